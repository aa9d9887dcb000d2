"""Where a VM runs, how big it is and why it does not run, in short."""

from typing import Final

from msgspec.structs import replace

from api.bound import find_out_of_bounds
from api.problem import Problem
from api.quantity import format_bytes, parse_bytes
from api.spec import VirtualMachineInstanceSpec
from api.vm import VirtualMachineInstanceSummary
from controller.vm.instance import expand_template
from controller.vm.seen import Seen
from controller.vm.strategy import Life, find_life
from controller.vmi.resource import count_vcpus
from controller.vmi.seen import VmiStatus

_MOST_VCPUS: Final = 2**63 - 1


def build_summary(seen: Seen, reason: str | None) -> VirtualMachineInstanceSummary | None:
    """Return the summary; of a VM that is off, its size is what it would be started with.

    ``reason`` is why the VM does not run.
    """
    known = seen.vm.status.instance
    size = _measure_instance(seen) or _measure_template(seen)
    if size is None or not _is_sane(size):
        size = known or VirtualMachineInstanceSummary()
    life, own = find_life(seen.own), seen.own
    status = own.status if own is not None and life in {Life.ALIVE, Life.GOING} else VmiStatus()
    address = next((each.ip_address for each in status.interfaces), "")
    summary = replace(size, node_name=status.node_name, ip_address=address or None, reason=reason)
    return summary if summary != VirtualMachineInstanceSummary() else None


def needs_measuring(seen: Seen, summary: VirtualMachineInstanceSummary | None) -> bool:
    """True when nobody knows the size of a guest that is to start: nobody asked yet."""
    own = seen.own
    if own is None or not own.is_starting or own.deleted or seen.unreadable:
        return False
    return (summary is None or summary.vcpus is None) and not _is_read(seen)


def _is_read(seen: Seen) -> bool:
    if seen.whole is None:
        return False
    spec = seen.whole.spec
    return (spec.instancetype is None and spec.preference is None) or seen.catalogue is not None


def _is_sane(size: VirtualMachineInstanceSummary) -> bool:
    """False for what the API server would refuse, and all the rest of the status with it."""
    fits = size.vcpus is None or size.vcpus <= _MOST_VCPUS
    return fits and not any(find_out_of_bounds(size, "status.instance"))


def _measure_instance(seen: Seen) -> VirtualMachineInstanceSummary | None:
    """Return the size of the guest that runs."""
    status = seen.own.status if seen.own is not None else VmiStatus()
    topology, memory = status.current_cpu_topology, status.memory
    if topology is None or memory is None or not memory.guest_at_boot:
        return None
    vcpus = topology.cores * topology.sockets * topology.threads
    return VirtualMachineInstanceSummary(vcpus=vcpus, memory=memory.guest_at_boot)


def _measure_template(seen: Seen) -> VirtualMachineInstanceSummary | None:
    """Return the size of the next instance, if the VM was read and its size is known."""
    whole, catalogue = seen.whole, seen.catalogue
    if whole is None:
        return None
    if whole.spec.instancetype is not None or whole.spec.preference is not None:
        if catalogue is None or catalogue.trouble:
            return None
        spec = expand_template(whole, catalogue.sizing, seen.config)
    else:
        spec = whole.spec.template.spec
    return VirtualMachineInstanceSummary(
        vcpus=count_vcpus(spec.domain.cpu), memory=_measure_memory(spec)
    )


def _measure_memory(spec: VirtualMachineInstanceSpec) -> str | None:
    domain = spec.domain
    requests = domain.resources.requests if domain.resources else {}
    asked = (domain.memory and domain.memory.guest) or requests.get("memory")
    try:
        return format_bytes(parse_bytes(asked)) if asked else None
    except Problem:
        return None
