"""What users are warned of: what is deprecated, and what is not built yet; pure."""

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Final

from api.spec import VirtualMachineInstanceSpec
from api.support import find_unsupported
from api.support_vm import find_unsupported_vm
from api.vm import VirtualMachine

# qemu gives a machine type up six years after it came.
_OLD_MACHINES: Final = ("pc-q35-2.*", "pc-q35-3.*", "pc-q35-4.*", "pc-q35-rhel7.*")
_RUNNING: Final = "spec.running is deprecated, use spec.runStrategy instead"


def warn_of_vm(vm: VirtualMachine, expanded: VirtualMachineInstanceSpec | None) -> tuple[str, ...]:
    """Return the warnings for a VM; ``expanded`` is its template with the catalogue's parts."""
    old = _find_old_machine(vm.spec.template.spec, "spec.template.spec")
    unbuilt = (cause.message for cause in find_unsupported_vm(vm.spec, expanded))
    return (*warn_of_running(vm), *old, *unbuilt)


def warn_of_running(vm: VirtualMachine) -> tuple[str, ...]:
    """Return the warning for the old way to say when a VM runs."""
    return (_RUNNING,) if vm.spec.running is not None else ()


def warn_of_spec(spec: VirtualMachineInstanceSpec, path: str = "spec") -> tuple[str, ...]:
    """Return the warnings for the spec of a VMI."""
    unbuilt = (cause.message for cause in find_unsupported(spec, path))
    return (*_find_old_machine(spec, path), *unbuilt)


def _find_old_machine(spec: VirtualMachineInstanceSpec, path: str) -> Iterator[str]:
    machine = spec.domain.machine.type if spec.domain.machine else None
    if machine and any(fnmatchcase(machine, pattern) for pattern in _OLD_MACHINES):
        yield f"{path}.domain.machine.type {machine} is deprecated: later versions of qemu lack it"
