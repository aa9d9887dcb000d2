"""Topology: how the vCPUs of an instancetype are shown to the guest."""

from typing import Final, NamedTuple

from api.preference import OLD_TOPOLOGIES, Across, Topology, VirtualMachinePreferenceSpec

_RATIO: Final = 2
_THREADS: Final = 2  # of a core, where threads are spread across


class Shape(NamedTuple):
    """A topology; its product is the number of vCPUs."""

    sockets: int = 1
    cores: int = 1
    threads: int = 1

    @property
    def vcpus(self) -> int:
        return self.sockets * self.cores * self.threads


def choose_shape(vcpus: int, preference: VirtualMachinePreferenceSpec | None) -> Shape:
    """Return the preferred topology of so many vCPUs; sockets when they cannot be spread so."""
    match _find_topology(preference):
        case Topology.CORES:
            return Shape(cores=vcpus)
        case Topology.THREADS:
            return Shape(threads=vcpus)
        case Topology.SPREAD if vcpus > 1 and not explain_spread(vcpus, preference):
            return _spread(vcpus, *_find_spread(preference))
    return Shape(sockets=vcpus)


def explain_spread(vcpus: int, preference: VirtualMachinePreferenceSpec | None) -> str:
    """Return why so many vCPUs cannot be spread as preferred; nothing when they can."""
    if _find_topology(preference) != Topology.SPREAD or vcpus == 1:
        return ""
    across, ratio = _find_spread(preference)
    if across == Across.CORES_THREADS and ratio != _THREADS:
        return f"cores have {_THREADS} threads each, so spreadOptions.ratio must be {_THREADS}"
    if _spread(vcpus, across, ratio).vcpus == vcpus:
        return ""
    product = f"{ratio} cores of {_THREADS} threads" if across == _ALL else str(ratio)
    return f"{vcpus} vCPUs cannot be spread {across} by {product}"


_ALL: Final = Across.SOCKETS_CORES_THREADS


def _spread(vcpus: int, across: Across, ratio: int) -> Shape:
    if across == Across.CORES_THREADS:
        return Shape(cores=vcpus // _THREADS, threads=_THREADS)
    threads = _THREADS if across == _ALL else 1
    return Shape(vcpus // threads // ratio, ratio, threads)


def _find_topology(preference: VirtualMachinePreferenceSpec | None) -> Topology:
    preferred = preference.cpu.preferred_cpu_topology if preference and preference.cpu else None
    if preferred is None:
        return Topology.SOCKETS
    return OLD_TOPOLOGIES.get(preferred) or Topology(preferred)


def _find_spread(preference: VirtualMachinePreferenceSpec | None) -> tuple[Across, int]:
    options = preference.cpu.spread_options if preference and preference.cpu else None
    old = preference.prefer_spread_socket_to_core_ratio if preference else None
    across = Across((options and options.across) or Across.SOCKETS_CORES)
    return across, (options and options.ratio) or old or _RATIO
