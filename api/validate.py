"""Validation: everything that is wrong with an object's spec, with field paths.

Four kinds of checks: bounds that the types declare, rules on one struct, references between
parts, and what depends on the installation's settings. The first three are the CRD's too.

The template of a VM with an instancetype or a preference is judged as they make it: with the
sizing when it is known; else without the rules that they may satisfy.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Final

from api.bound import find_out_of_bounds, walk
from api.cause import Cause, CauseReason
from api.config import KubeVirtConfiguration
from api.expand import Sizing, expand_spec, find_conflicts, find_unmet
from api.instancetype import VirtualMachineInstancetypeSpec
from api.meta import ApiStruct
from api.permit import find_unpermitted
from api.preference import VirtualMachinePreferenceSpec
from api.reference import find_broken_references
from api.reference_vm import find_broken_templates
from api.replica_set import VirtualMachineInstanceReplicaSet
from api.rule import INSTANCETYPE, PREFERENCE, AnyRule
from api.rule_instancetype import INSTANCETYPE_RULES, PREFERENCE_RULES
from api.rule_machine import MACHINE_RULES
from api.rule_network import NETWORK_RULES
from api.rule_pod import POD_RULES
from api.rule_reference import REFERENCE_RULES
from api.rule_resource import RESOURCE_RULES
from api.rule_storage import STORAGE_RULES
from api.rule_template import REPLICA_SET_RULES, RESERVED_LABELS
from api.rule_vm import VM_RULES
from api.spec import VirtualMachineInstanceSpec
from api.vm import VirtualMachine, VirtualMachineSpec

RULES: Final[tuple[AnyRule, ...]] = (
    *RESOURCE_RULES,
    *MACHINE_RULES,
    *STORAGE_RULES,
    *NETWORK_RULES,
    *POD_RULES,
    *REFERENCE_RULES,
)
CATALOGUE_RULES: Final[tuple[AnyRule, ...]] = (*RULES, *INSTANCETYPE_RULES, *PREFERENCE_RULES)
_TEMPLATE: Final = "spec.template.spec"
_TEMPLATE_LABELS: Final = "spec.template.metadata.labels"


def validate_spec(
    spec: VirtualMachineInstanceSpec, config: KubeVirtConfiguration, path: str = "spec"
) -> tuple[Cause, ...]:
    """Return all that is wrong with the spec as its user wrote it, defaults not applied."""
    return (*find_out_of_bounds(spec, path), *_find_causes(spec, config, path))


def validate_vm(
    vm: VirtualMachine, config: KubeVirtConfiguration, sizing: Sizing | None = None
) -> tuple[Cause, ...]:
    """Return all that is wrong with the VM; ``sizing`` is None while it is not known."""
    own = (*find_out_of_bounds(vm.spec, "spec"), *_find_broken_rules(vm.spec, _VM_RULES, "spec"))
    labels = vm.spec.template.metadata.labels
    return (
        *own,
        *find_broken_templates(vm),
        *validate_labels(labels, _TEMPLATE_LABELS),
        *_find_template_causes(vm.spec, config, sizing, {cause.field for cause in own}),
    )


def validate_replica_set(
    replica_set: VirtualMachineInstanceReplicaSet, config: KubeVirtConfiguration
) -> tuple[Cause, ...]:
    """Return all that is wrong with the replica set."""
    spec = replica_set.spec
    return (
        *find_out_of_bounds(spec, "spec"),
        *_find_broken_rules(spec, _REPLICA_SET_RULES, "spec"),
        *validate_labels(spec.template.metadata.labels, _TEMPLATE_LABELS),
        *_find_causes(spec.template.spec, config, _TEMPLATE),
    )


def validate_catalogue(
    spec: VirtualMachineInstancetypeSpec | VirtualMachinePreferenceSpec, path: str = "spec"
) -> tuple[Cause, ...]:
    """Return all that is wrong with an instancetype or a preference."""
    return (*find_out_of_bounds(spec, path), *_find_broken_rules(spec, _CATALOGUE_RULES, path))


def validate_labels(labels: Mapping[str, str], path: str = "metadata.labels") -> tuple[Cause, ...]:
    """Return a cause for each label that only the system may set."""
    return tuple(
        Cause(CauseReason.INVALID, f"the label {label} is reserved", f"{path}[{label}]")
        for label in sorted(RESERVED_LABELS & labels.keys())
    )


def _find_template_causes(
    spec: VirtualMachineSpec,
    config: KubeVirtConfiguration,
    sizing: Sizing | None,
    blamed: Iterable[str],
) -> Iterator[Cause]:
    """Yield what is wrong with a VM's template; conflicts that are told already are left out."""
    template = spec.template.spec
    conflicts = find_conflicts(template, sizing, _TEMPLATE) if sizing else ()
    if sizing is None or conflicts:
        yield from (cause for cause in conflicts if cause.field not in blamed)
        matchers = {INSTANCETYPE: spec.instancetype, PREFERENCE: spec.preference}
        open_ends = frozenset(name for name, matcher in matchers.items() if matcher is not None)
        yield from _find_causes(template, config, _TEMPLATE, open_ends)
        return
    expanded = expand_spec(template, sizing, config)
    yield from _find_causes(expanded, config, _TEMPLATE)
    yield from find_unmet(expanded, sizing, "spec", config)


def _find_causes(
    spec: VirtualMachineInstanceSpec,
    config: KubeVirtConfiguration,
    path: str,
    open_ends: frozenset[str] = frozenset(),
) -> Iterator[Cause]:
    yield from _find_broken_rules(spec, _SPEC_RULES, path, open_ends)
    yield from find_broken_references(spec, path)
    yield from find_unpermitted(spec, config, path)


_RulesByStruct = Mapping[type[ApiStruct], list[AnyRule]]


def _index_rules(rules: tuple[AnyRule, ...]) -> _RulesByStruct:
    by_struct: defaultdict[type[ApiStruct], list[AnyRule]] = defaultdict(list)
    for rule in rules:
        if rule.holds is not None:
            by_struct[rule.on].append(rule)
    return by_struct


_SPEC_RULES: Final = _index_rules(RULES)
_CATALOGUE_RULES: Final = _index_rules(CATALOGUE_RULES)
_VM_RULES: Final = _index_rules(VM_RULES)
_REPLICA_SET_RULES: Final = _index_rules(REPLICA_SET_RULES)


def _find_broken_rules(
    part: ApiStruct,
    rules: _RulesByStruct,
    path: str,
    open_ends: frozenset[str] = frozenset(),
) -> Iterator[Cause]:
    """Yield what breaks a rule, but for rules that something yet unknown may satisfy."""
    for place in walk(part, path):
        if not isinstance(place.value, ApiStruct):
            continue
        for rule in rules.get(type(place.value), ()):
            if rule.filled_by in open_ends or rule.holds is None or rule.holds(place.value):
                continue
            yield Cause(rule.reason, rule.message, f"{place.path}{rule.field}")
