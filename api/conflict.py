"""Conflicts: what a VM and its instancetype both say. The instancetype is law."""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from api.cause import Cause, CauseReason
from api.sizing import Sizing
from api.spec import VirtualMachineInstanceSpec
from api.topology import explain_spread

TEMPLATE: Final = ".template.spec"

# Fields of a VM that conflict with every instancetype.
_ALWAYS: Final = (
    "domain.cpu.cores",
    "domain.cpu.sockets",
    "domain.cpu.threads",
    "domain.memory.guest",
)
# Fields of a VM, and the field of the instancetype that they conflict with.
_WHERE_BOTH: Final = (
    ("domain.cpu.model", "cpu.model"),
    ("domain.cpu.dedicated_cpu_placement", "cpu.dedicated_cpu_placement"),
    ("domain.cpu.isolate_emulator_thread", "cpu.isolate_emulator_thread"),
    ("domain.cpu.numa", "cpu.numa"),
    ("domain.cpu.realtime", "cpu.realtime"),
    ("domain.cpu.max_sockets", "cpu.max_sockets"),
    ("domain.memory.max_guest", "memory.max_guest"),
    ("domain.memory.hugepages", "memory.hugepages"),
    ("domain.devices.gpus", "gpus"),
    ("domain.devices.host_devices", "host_devices"),
    ("domain.io_threads_policy", "io_threads_policy"),
    ("domain.io_threads", "io_threads"),
    ("domain.launch_security", "launch_security"),
    ("node_selector", "node_selector"),
    ("scheduler_name", "scheduler_name"),
)


def find_conflicts(
    spec: VirtualMachineInstanceSpec, sizing: Sizing, path: str = f"spec{TEMPLATE}"
) -> tuple[Cause, ...]:
    """Return a cause for each field of the VM that its instancetype decides."""
    law = sizing.instancetype
    if law is None:
        return ()
    wires = (
        *(_to_wire(own) for own in _ALWAYS if _look_up(spec, own)),
        *_find_resources(spec),
        *(
            _to_wire(own)
            for own, theirs in _WHERE_BOTH
            if _look_up(spec, own) and _look_up(law, theirs)
        ),
    )
    clashes = tuple(_build_cause(f"{path}.{wire}") for wire in wires)
    spread = explain_spread(law.cpu.guest, sizing.preference)
    if spread:
        field = f"{path.removesuffix(TEMPLATE)}.instancetype"
        clashes += (Cause(CauseReason.INVALID, f"the preference does not fit: {spread}", field),)
    return clashes


def find_annotation_conflicts(
    annotations: Mapping[str, str],
    sizing: Sizing,
    path: str = "spec.template.metadata.annotations",
) -> tuple[Cause, ...]:
    """Return a cause for each annotation that the instancetype has with another value."""
    law = sizing.instancetype.annotations if sizing.instancetype else {}
    return tuple(
        _build_cause(f"{path}[{key}]")
        for key, value in law.items()
        if annotations.get(key, value) != value
    )


def _find_resources(spec: VirtualMachineInstanceSpec) -> Iterator[str]:
    resources = spec.domain.resources
    for key in ("cpu", "memory"):
        for name in ("requests", "limits"):
            if resources is not None and key in getattr(resources, name):
                yield f"domain.resources.{name}.{key}"


def _look_up(part: object, path: str) -> bool:
    """Say whether a field is set, at whatever depth; False and 0 count, what is empty does not."""
    for name in path.split("."):
        part = getattr(part, name, None)
    return part is not None and part not in ((), {})


def _to_wire(path: str) -> str:
    return re.sub(r"_([a-z])", lambda match: match[1].upper(), path)


def _build_cause(field: str) -> Cause:
    message = f"{field} conflicts with the instancetype, which decides it; remove it from the VM"
    return Cause(CauseReason.INVALID, message, field)
