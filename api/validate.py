"""Validation: everything that is wrong with a VM's spec, with field paths.

Four kinds of checks: bounds that the types declare, rules on one struct, references between
parts, and what depends on the installation's settings. The first three are the CRD's too.
"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Final

from api.bound import find_out_of_bounds, walk
from api.cause import Cause, CauseReason
from api.config import KubeVirtConfiguration
from api.meta import ApiStruct
from api.names import GROUP
from api.permit import find_unpermitted
from api.reference import find_broken_references
from api.rule import AnyRule
from api.rule_machine import MACHINE_RULES
from api.rule_network import NETWORK_RULES
from api.rule_pod import POD_RULES
from api.rule_reference import REFERENCE_RULES
from api.rule_resource import RESOURCE_RULES
from api.rule_storage import STORAGE_RULES
from api.spec import VirtualMachineInstanceSpec

RULES: Final[tuple[AnyRule, ...]] = (
    *RESOURCE_RULES,
    *MACHINE_RULES,
    *STORAGE_RULES,
    *NETWORK_RULES,
    *POD_RULES,
    *REFERENCE_RULES,
)

# Labels that the system writes; a user who sets them would mislead it.
RESERVED_LABELS: Final = frozenset(
    f"{GROUP}/{name}"
    for name in ("created-by", "migrationJobUID", "nodeName", "migrationTargetNodeName")
) | frozenset((GROUP,))


def validate_spec(
    spec: VirtualMachineInstanceSpec, config: KubeVirtConfiguration, path: str = "spec"
) -> tuple[Cause, ...]:
    """Return all that is wrong with the spec as its user wrote it, defaults not applied."""
    return (
        *find_out_of_bounds(spec, path),
        *_find_broken_rules(spec, path),
        *find_broken_references(spec, path),
        *find_unpermitted(spec, config, path),
    )


def validate_labels(labels: Mapping[str, str], path: str = "metadata.labels") -> tuple[Cause, ...]:
    """Return a cause for each label that only the system may set."""
    return tuple(
        Cause(CauseReason.INVALID, f"the label {label} is reserved", f"{path}[{label}]")
        for label in sorted(RESERVED_LABELS & labels.keys())
    )


def _index_rules() -> Mapping[type[ApiStruct], list[AnyRule]]:
    by_struct: defaultdict[type[ApiStruct], list[AnyRule]] = defaultdict(list)
    for rule in RULES:
        by_struct[rule.on].append(rule)
    return by_struct


_RULES_BY_STRUCT: Final = _index_rules()


def _find_broken_rules(spec: VirtualMachineInstanceSpec, path: str) -> Iterator[Cause]:
    for place in walk(spec, path):
        if not isinstance(place.value, ApiStruct):
            continue
        for rule in _RULES_BY_STRUCT.get(type(place.value), ()):
            if rule.holds is not None and not rule.holds(place.value):
                yield Cause(rule.reason, rule.message, f"{place.path}{rule.field}")
