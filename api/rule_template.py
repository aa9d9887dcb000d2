"""Rules on templates: what a VM or a replica set makes VirtualMachineInstances from.

A VM's instancetype and preference fill in what its template leaves open. A rule that such a
matcher can satisfy is lifted out of the template: the VM's CRD has it only for VMs without that
matcher, and for the others it is checked on the expanded spec (api/validate.py).
"""

import re
from collections.abc import Iterable
from typing import Final

from api.disk import Disk
from api.domain import CPU, DomainSpec
from api.interface import Interface
from api.meta import ApiStruct, LabelSelector, LabelSelectorRequirement
from api.names import GROUP
from api.replica_set import VirtualMachineInstanceReplicaSetSpec
from api.rule import AnyRule, Rule
from api.vm import TemplateMeta, VirtualMachineSpec

# Labels that the system writes; a user who sets them would mislead it.
RESERVED_LABELS: Final = frozenset(
    f"{GROUP}/{name}"
    for name in ("created-by", "migrationJobUID", "nodeName", "migrationTargetNodeName")
) | frozenset((GROUP,))

_DOMAIN: Final = ".template.spec.domain"
_SINGLE: Final[dict[type[ApiStruct], str]] = {DomainSpec: "", CPU: ".cpu"}
_LISTED: Final[dict[type[ApiStruct], str]] = {Disk: "disks", Interface: "interfaces"}


def lift_rules(rules: Iterable[AnyRule]) -> tuple[AnyRule, ...]:
    """Return the rules as the VM's CRD has them."""
    return tuple(rule if rule.filled_by is None else _lift_rule(rule) for rule in rules)


def _lift_rule(rule: AnyRule) -> AnyRule:
    without = f"has(self.{rule.filled_by})"
    if rule.on in _SINGLE:
        field = f"{_DOMAIN}{_SINGLE[rule.on]}"
        cel = f"{without} || !has(self{field}) || ({_rename_self(rule.cel, f'self{field}')})"
        field = f"{field}{rule.field}"
    else:
        devices = f"{_DOMAIN}.devices"
        field = f"{devices}.{_LISTED[rule.on]}"
        entries = f"self{field}.all(entry, {_rename_self(rule.cel, 'entry')})"
        cel = f"{without} || !has(self{devices}) || !has(self{field}) || {entries}"
    return Rule(VirtualMachineSpec, rule.message, cel, None, field, rule.reason)


def _rename_self(cel: str, name: str) -> str:
    return re.sub(r"\bself\b", name, cel)


def _selects(selector: LabelSelector, labels: dict[str, str]) -> bool:
    return selector.match_labels.items() <= labels.items() and all(
        _meets(requirement, labels) for requirement in selector.match_expressions
    )


def _meets(requirement: LabelSelectorRequirement, labels: dict[str, str]) -> bool:
    match requirement.operator:
        case "In":
            return labels.get(requirement.key) in requirement.values
        case "NotIn":
            return labels.get(requirement.key) not in requirement.values
        case "Exists":
            return requirement.key in labels
        case "DoesNotExist":
            return requirement.key not in labels
    return True  # an unknown operator is told by its own bound


_LABELS = "self.template.metadata.labels"
_HAS_LABELS = "has(self.template.metadata) && has(self.template.metadata.labels)"
_HAS_KEY = f"({_HAS_LABELS} && e.key in {_LABELS})"
_HAS_VALUE = f"({_HAS_KEY} && has(e.values) && {_LABELS}[e.key] in e.values)"

TEMPLATE_RULES: Final[tuple[AnyRule, ...]] = (
    Rule(
        TemplateMeta,
        f"these labels are reserved: {', '.join(sorted(RESERVED_LABELS))}",
        f"!has(self.labels) || !{sorted(RESERVED_LABELS)}.exists(l, l in self.labels)",
        None,  # validate_labels names the label
        ".labels",
    ),
)

REPLICA_SET_RULES: Final[tuple[AnyRule, ...]] = (
    Rule(
        VirtualMachineInstanceReplicaSetSpec,
        "the selector must not be empty: it would select every VM of the namespace",
        "has(self.selector.matchLabels) && self.selector.matchLabels.size() > 0 || "
        "has(self.selector.matchExpressions) && self.selector.matchExpressions.size() > 0",
        lambda spec: bool(spec.selector.match_labels or spec.selector.match_expressions),
        ".selector",
    ),
    Rule(
        VirtualMachineInstanceReplicaSetSpec,
        "selector does not match labels: template.metadata.labels must match it",
        "(!has(self.selector.matchLabels) || self.selector.matchLabels.all(k, "
        f"{_HAS_LABELS} && k in {_LABELS} && {_LABELS}[k] == self.selector.matchLabels[k])) && "
        "(!has(self.selector.matchExpressions) || self.selector.matchExpressions.all(e, "
        f"e.operator == 'In' ? {_HAS_VALUE} : e.operator == 'NotIn' ? !{_HAS_VALUE} : "
        f"e.operator == 'Exists' ? {_HAS_KEY} : !{_HAS_KEY}))",
        lambda spec: _selects(spec.selector, spec.template.metadata.labels),
        ".selector",
    ),
)
