"""What is said of a VirtualMachine at admission: what is wrong with it, what it lacks; pure."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from msgspec.structs import replace

from api.catalogue import INSTANCETYPE, PREFERENCE, Family
from api.cause import Cause, CauseReason
from api.config import KubeVirtConfiguration
from api.default_vm import plan_vm_defaults
from api.expand import Sizing, expand_spec, find_annotation_conflicts
from api.names import ANNOTATION_PCI_TOPOLOGY, FINALIZER_VM
from api.validate import validate_vm
from api.vm import Matcher, VirtualMachine, VirtualMachineSpec
from gateway.admission.patch import plan_additions
from gateway.admission.review import Answer, Operation
from gateway.admission.warning import warn_of_running, warn_of_vm

Json = dict[str, Any]  # Any: any object

_FAMILIES: Final = (INSTANCETYPE, PREFERENCE)


@dataclass(frozen=True, slots=True)
class Found:
    """What the catalogue says of a VM."""

    sizing: Sizing | None = field(default_factory=Sizing)  # None: not known
    causes: tuple[Cause, ...] = ()  # why the VM cannot have what it names
    warnings: tuple[str, ...] = ()  # what could not be found out


def asks_catalogue(vm: VirtualMachine) -> bool:
    """Say whether a VM has an instancetype or a preference."""
    return any(get_matcher(family, vm.spec) is not None for family in _FAMILIES)


def get_matcher(family: Family, spec: VirtualMachineSpec) -> Matcher | None:
    """Return the field of a VM's spec that names an instancetype, or a preference."""
    return spec.instancetype if family is INSTANCETYPE else spec.preference


def changes_machine(vm: VirtualMachine, old: VirtualMachine | None) -> bool:
    """Say whether a write changes what the VM is, and not just whether it runs."""
    if old is None:
        return True
    bare = {"run_strategy": None, "running": None}
    return replace(vm.spec, **bare) != replace(old.spec, **bare)


def judge_vm(
    vm: VirtualMachine, old: VirtualMachine | None, config: KubeVirtConfiguration, found: Found
) -> Answer:
    """Return what is wrong. A VM that is as it was can be started and stopped, whatever it is."""
    if vm.metadata.deletion_timestamp is not None:
        return Answer()
    held = _find_holds(vm, old)
    if not changes_machine(vm, old):
        return Answer(held, warn_of_running(vm))
    own = validate_vm(vm, config, found.sizing)
    annotations = vm.spec.template.metadata.annotations
    conflicts = find_annotation_conflicts(annotations, found.sizing or Sizing())
    causes = (*held, *found.causes, *own, *conflicts)
    expanded = None
    if found.sizing is not None and not causes:
        expanded = expand_spec(vm.spec.template.spec, found.sizing, config)
    return Answer(causes, (*found.warnings, *warn_of_vm(vm, expanded)))


def _find_holds(vm: VirtualMachine, old: VirtualMachine | None) -> tuple[Cause, ...]:
    """Return what keeps a spec from being edited just now."""
    if old is None or vm.spec == old.spec:
        return ()
    holds = {"snapshot": old.status.snapshot_in_progress, "restore": old.status.restore_in_progress}
    return tuple(
        Cause(
            CauseReason.NOT_SUPPORTED,
            f"the spec cannot be changed until the {what} {name} completes",
            "spec",
        )
        for what, name in holds.items()
        if name
    )


def default_vm(
    raw: Json,
    vm: VirtualMachine,
    old: VirtualMachine | None,
    config: KubeVirtConfiguration,
    *,
    sizing: Sizing | None,
    identity: str,
) -> Sequence[Operation]:
    """Return the JSON patch of what a VM lacks; ``raw`` is the same VM as it was sent.

    ``identity`` is what the firmware of a new VM is known by, a random text; "" leaves firmware,
    machine and finalizer to the controller, which knows the guest that the VM may take over.
    """
    if vm.metadata.deletion_timestamp is not None:
        return ()
    full: Json = {"spec": _name_kinds(vm.spec)}
    if old is not None:
        full = _merge(full, _carry_over(vm, old))
        full = _merge(plan_vm_defaults(vm, config, sizing), full)
    elif identity:
        new = replace(vm, metadata=replace(vm.metadata, uid=identity))
        full = _merge(full, plan_vm_defaults(new, config, sizing))
        finalizers = vm.metadata.finalizers
        if FINALIZER_VM not in finalizers:
            full["metadata"] = {"finalizers": [*finalizers, FINALIZER_VM]}
    return tuple(plan_additions(raw, full))


def needs_preference(vm: VirtualMachine) -> bool:
    """Say whether the machine of a VM depends on its preference."""
    spec = vm.spec.template.spec
    named = spec.domain.machine is not None and spec.domain.machine.type
    return vm.spec.preference is not None and not (named and spec.architecture)


def _name_kinds(spec: VirtualMachineSpec) -> Json:
    """Write down the kind that is meant where only a name is given."""
    kinds: Json = {}
    for family in _FAMILIES:
        matcher = get_matcher(family, spec)
        if matcher is not None and matcher.name and not matcher.kind:
            kinds[family.noun] = {"kind": family.cluster_kind}
    return kinds


def _carry_over(vm: VirtualMachine, old: VirtualMachine) -> Json:
    """Keep what a guest knows its machine by, when a write leaves it out: it was not meant."""
    before, after = old.spec.template, vm.spec.template
    domain: Json = {}
    was, now = before.spec.domain.firmware, after.spec.domain.firmware
    for name in ("uuid", "serial"):
        known = getattr(was, name) if was is not None else None
        if known and not (now is not None and getattr(now, name)):
            domain.setdefault("firmware", {})[name] = known
    machine = before.spec.domain.machine
    if machine is not None and machine.type:
        domain["machine"] = {"type": machine.type}
    spec: Json = {"domain": domain} if domain else {}
    if before.spec.architecture:
        spec["architecture"] = before.spec.architecture
    template: Json = {"spec": spec} if spec else {}
    topology = before.metadata.annotations.get(ANNOTATION_PCI_TOPOLOGY)
    if topology:
        template["metadata"] = {"annotations": {ANNOTATION_PCI_TOPOLOGY: topology}}
    return {"spec": {"template": template}} if template else {}


def _merge(first: Json, second: Json) -> Json:
    """Return both; the second's values go first."""
    merged = dict(first)
    for key, value in second.items():
        known = merged.get(key)
        both = isinstance(known, dict) and isinstance(value, dict)
        merged[key] = _merge(known, value) if both else value  # type: ignore[arg-type]
    return merged
