"""What a running VMI has used, as the subresource `metrics` answers it: an addition of ours.

Counters grow from qemu's start: two answers and their times make a rate. Nothing of it is stored.
"""

from api.meta import ApiStruct


class MemoryMetrics(ApiStruct, frozen=True):
    """Memory, in bytes."""

    bytes: int
    """The guest's RAM."""
    unused_bytes: int | None
    """What the guest uses for nothing, not even as a cache; null: it does not tell."""
    usable_bytes: int | None
    """What the guest's programs could have without swapping; null: likewise."""
    resident_bytes: int
    """What qemu has of the node's memory."""


class DiskMetrics(ApiStruct, frozen=True):
    """What one disk has done."""

    name: str
    """As in spec.domain.devices.disks."""
    read_bytes: int
    """Bytes read."""
    written_bytes: int
    """Bytes written."""
    reads: int
    """Read requests."""
    writes: int
    """Write requests."""


class InterfaceMetrics(ApiStruct, frozen=True):
    """What one network interface has carried."""

    name: str
    """As in spec.domain.devices.interfaces."""
    received_bytes: int
    """Bytes that the guest received."""
    sent_bytes: int
    """Bytes that the guest sent."""


class ViewerMetrics(ApiStruct, frozen=True):
    """How many look at the consoles, whoever asks among them."""

    serial: int
    """Sessions at the serial console; `kubectl logs` and `kubectl attach` are none."""
    vnc: int
    """Viewers of the screen."""


class GuestMetrics(ApiStruct, frozen=True):
    """What a VMI has used."""

    time: str
    """When it was read: RFC 3339, with a fraction."""
    vcpus: int
    """Number of vCPUs."""
    cpu_seconds: float
    """CPU time of all of qemu: vCPUs, emulation, input and output."""
    memory: MemoryMetrics
    """Memory."""
    disks: tuple[DiskMetrics, ...]
    """One for each disk."""
    interfaces: tuple[InterfaceMetrics, ...]
    """One for each network interface."""
    viewers: ViewerMetrics
    """Who looks."""
