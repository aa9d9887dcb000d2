"""Instancetypes: sizes that VMs are ordered in, of a namespace or of the whole cluster."""

from typing import Annotated

import msgspec

from api.device import GPU, HostDevice
from api.domain import NUMA, CpuModel, DiskIOThreads, Hugepages, LaunchSecurity, Realtime, VcpuCount
from api.meta import ApiStruct, Labels, ObjectMeta, Quantity, ShortText, limits, one_of
from api.names import INSTANCETYPE_API_VERSION

Annotations = Annotated[
    dict[str, Annotated[str, limits(maxLength=262144)]], limits(maxProperties=64)
]


class CPUInstancetype(ApiStruct, frozen=True):
    """vCPUs of every VM of the instancetype."""

    guest: VcpuCount
    """Number of vCPUs; a preference says whether the guest sees sockets, cores or threads."""
    model: CpuModel | None = None
    """host-model (the default), host-passthrough, or a name that libvirt knows."""
    dedicated_cpu_placement: bool | None = msgspec.field(name="dedicatedCPUPlacement", default=None)
    """Each vCPU has a CPU of the node to itself."""
    isolate_emulator_thread: bool | None = None
    """qemu's own threads have a CPU of their own; needs dedicatedCPUPlacement."""
    numa: NUMA | None = None
    """NUMA topology of the guest."""
    realtime: Realtime | None = None
    """Real-time scheduling; needs dedicatedCPUPlacement and numa."""
    max_sockets: VcpuCount | None = None
    """Sockets that the running VM may grow to."""


class MemoryInstancetype(ApiStruct, frozen=True):
    """Memory of every VM of the instancetype."""

    guest: Quantity
    """What the guest sees."""
    max_guest: Quantity | None = None
    """What the running VM may grow to."""
    hugepages: Hugepages | None = None
    """Back it with hugepages."""
    overcommit_percent: Annotated[int, limits(format="int64", minimum=0, maximum=100)] = 0
    """Percent of it that the pod does not ask of the node; 0 by default."""


class VirtualMachineInstancetypeSpec(ApiStruct, frozen=True):
    """What every VM of the instancetype has; the VM itself cannot say otherwise."""

    cpu: CPUInstancetype
    """vCPUs."""
    memory: MemoryInstancetype
    """Memory."""
    gpus: tuple[GPU, ...] = ()
    """GPUs of the node."""
    host_devices: tuple[HostDevice, ...] = ()
    """Other devices of the node."""
    io_threads_policy: Annotated[str, one_of("shared", "auto", "supplementalPool")] | None = None
    """How disks share I/O threads: shared, auto or supplementalPool."""
    io_threads: DiskIOThreads | None = None
    """I/O threads of qemu."""
    launch_security: LaunchSecurity | None = None
    """Encrypt the guest's memory."""
    node_selector: Labels = msgspec.field(default_factory=dict)
    """Labels that a node must have to run the VM."""
    scheduler_name: ShortText | None = None
    """Scheduler that places the VM; the cluster's default when absent."""
    annotations: Annotations = msgspec.field(default_factory=dict)
    """Annotations of the VirtualMachineInstance."""


class VirtualMachineInstancetype(ApiStruct, frozen=True):
    """A size that VMs of its namespace are ordered in."""

    metadata: ObjectMeta
    spec: VirtualMachineInstancetypeSpec
    """What every VM of the instancetype has."""
    api_version: str = msgspec.field(default=INSTANCETYPE_API_VERSION)
    kind: str = "VirtualMachineInstancetype"


class VirtualMachineClusterInstancetype(ApiStruct, frozen=True):
    """A size that VMs of any namespace are ordered in."""

    metadata: ObjectMeta
    spec: VirtualMachineInstancetypeSpec
    """What every VM of the instancetype has."""
    api_version: str = msgspec.field(default=INSTANCETYPE_API_VERSION)
    kind: str = "VirtualMachineClusterInstancetype"
