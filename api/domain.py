"""The machine itself: CPU, memory, firmware, features, clock and devices."""

from typing import Annotated

import msgspec

from api.device import Devices
from api.feature import Features
from api.firmware import Firmware
from api.meta import (
    ApiStruct,
    LongText,
    NonEmpty,
    Quantity,
    ShortText,
    limits,
    one_of,
)

VcpuCount = Annotated[int, limits(format="int32", minimum=1, maximum=512)]
ResourceList = Annotated[dict[str, Quantity], limits(maxProperties=16)]
TickPolicy = Annotated[str, one_of("delay", "catchup", "merge", "discard")]
TimeZone = Annotated[str, limits(pattern=r"^[A-Za-z0-9_+/-]+$", maxLength=64)]
CpuModel = Annotated[str, limits(pattern=r"^[A-Za-z0-9_.-]+$", maxLength=128)]


class ResourceRequirements(ApiStruct, frozen=True):
    """What the VM's pod asks of the node."""

    requests: ResourceList = msgspec.field(default_factory=dict)
    """Memory and cpu that the node sets aside; our overhead is added to memory."""
    limits: ResourceList = msgspec.field(default_factory=dict)
    """Memory and cpu that the pod may at most use; our overhead is added to memory."""
    overcommit_guest_overhead: bool = False
    """Do not add our overhead to the memory request."""


class CPUFeature(ApiStruct, frozen=True):
    """A feature of the CPU model."""

    name: NonEmpty
    """Name, as libvirt knows it."""
    policy: Annotated[str, one_of("force", "require", "optional", "disable", "forbid")] | None = (
        None
    )
    """force, require (the default), optional, disable or forbid."""


class NUMAGuestMappingPassthrough(ApiStruct, frozen=True):
    """The guest sees the NUMA nodes that its CPUs and pages are on."""


class NUMA(ApiStruct, frozen=True):
    """NUMA topology of the guest."""

    guest_mapping_passthrough: NUMAGuestMappingPassthrough | None = None
    """The guest sees the node's; needs dedicated CPUs and hugepages."""


class Realtime(ApiStruct, frozen=True):
    """Real-time scheduling of vCPUs."""

    mask: ShortText | None = None
    """Which vCPUs, such as 0-3,^1; all when absent."""


class CPU(ApiStruct, frozen=True):
    """vCPUs: their number is cores * sockets * threads, at most 512."""

    cores: VcpuCount | None = None
    """Cores of each socket; 1 by default."""
    sockets: VcpuCount | None = None
    """Sockets; by default the cpu limit or request rounded up, else 1."""
    threads: VcpuCount | None = None
    """Threads of each core; 1 by default."""
    max_sockets: VcpuCount | None = None
    """Sockets that the running VM may grow to."""
    model: CpuModel | None = None
    """host-model (the default), host-passthrough, or a name that libvirt knows."""
    features: Annotated[tuple[CPUFeature, ...], limits(maxItems=256)] = ()
    """Features added to or taken from the model."""
    dedicated_cpu_placement: bool | None = None
    """Each vCPU has a CPU of the node to itself."""
    isolate_emulator_thread: bool | None = None
    """qemu's own threads have a CPU of their own; needs dedicatedCpuPlacement."""
    numa: NUMA | None = None
    """NUMA topology of the guest."""
    realtime: Realtime | None = None
    """Real-time scheduling; needs dedicatedCpuPlacement and numa."""

    @property
    def vcpus(self) -> int:
        """How many vCPUs the guest sees; what is unset counts as 1."""
        return (self.cores or 1) * (self.sockets or 1) * (self.threads or 1)


class Hugepages(ApiStruct, frozen=True):
    """Back the guest's memory with hugepages."""

    page_size: Annotated[str, one_of("2Mi", "1Gi")] | None = None
    """2Mi or 1Gi; the memory must be a multiple."""


class ReservedOverhead(ApiStruct, frozen=True):
    """More memory for what is not the guest's."""

    added_overhead: Quantity | None = None
    """Added to our own estimate."""
    mem_lock: Annotated[str, one_of("NotRequired", "Required")] | None = None
    """Whether memory must be locked."""


class Memory(ApiStruct, frozen=True):
    """Memory of the guest."""

    guest: Quantity | None = None
    """What the guest sees; by default the memory request, else the limit."""
    max_guest: Quantity | None = None
    """What the running VM may grow to."""
    hugepages: Hugepages | None = None
    """Back it with hugepages."""
    reserved_overhead: ReservedOverhead | None = None
    """More memory for what is not the guest's."""


class Machine(ApiStruct, frozen=True):
    """The machine that qemu emulates."""

    type: Annotated[str, limits(maxLength=64)] | None = None
    """q35 or a versioned pc-q35-…; virt on arm64."""


class Chassis(ApiStruct, frozen=True):
    """What the guest reads of its chassis in SMBIOS."""

    manufacturer: ShortText | None = None
    """Manufacturer."""
    version: ShortText | None = None
    """Version."""
    serial: ShortText | None = None
    """Serial number."""
    asset: ShortText | None = None
    """Asset tag."""
    sku: ShortText | None = None
    """SKU."""


class SEVPolicy(ApiStruct, frozen=True):
    """Policy of SEV."""

    encrypted_state: bool | None = None
    """SEV-ES: registers are encrypted too."""


class Attestation(ApiStruct, frozen=True):
    """Attest the VM before it starts."""


class SEV(ApiStruct, frozen=True):
    """AMD SEV."""

    policy: SEVPolicy | None = None
    """Policy."""
    attestation: Attestation | None = None
    """Attest the VM before it starts."""
    session: LongText | None = None
    """Session blob, base64."""
    dh_cert: LongText | None = None
    """Guest owner's Diffie-Hellman key, base64."""


class SNP(ApiStruct, frozen=True):
    """AMD SEV-SNP."""


class TDX(ApiStruct, frozen=True):
    """Intel TDX."""


class LaunchSecurity(ApiStruct, frozen=True):
    """Encrypt the guest's memory."""

    sev: SEV | None = None
    """AMD SEV."""
    snp: SNP | None = None
    """AMD SEV-SNP."""
    tdx: TDX | None = None
    """Intel TDX."""


class ClockUTC(ApiStruct, frozen=True):
    """The guest's hardware clock shows UTC."""

    offset_seconds: Annotated[int, limits(format="int64")] | None = None
    """Seconds that it is ahead of UTC; lost on a reset unless given."""


class HPETTimer(ApiStruct, frozen=True):
    """High precision event timer."""

    present: bool | None = None
    """Whether there is one; true when the object is present."""
    tick_policy: TickPolicy | None = None
    """What becomes of missed ticks: delay, catchup, merge or discard."""


class KVMTimer(ApiStruct, frozen=True):
    """KVM's paravirtual clock."""

    present: bool | None = None
    """Whether there is one; true when the object is present."""


class HypervTimer(ApiStruct, frozen=True):
    """Hyper-V's reference clock."""

    present: bool | None = None
    """Whether there is one; true when the object is present."""


class PITTimer(ApiStruct, frozen=True):
    """Programmable interval timer."""

    present: bool | None = None
    """Whether there is one; true when the object is present."""
    tick_policy: Annotated[str, one_of("delay", "catchup", "discard")] | None = None
    """What becomes of missed ticks: delay, catchup or discard."""


class RTCTimer(ApiStruct, frozen=True):
    """Real time clock."""

    present: bool | None = None
    """Whether there is one; true when the object is present."""
    tick_policy: Annotated[str, one_of("delay", "catchup")] | None = None
    """What becomes of missed ticks: delay or catchup."""
    track: Annotated[str, one_of("guest", "wall")] | None = None
    """guest: it follows the guest's time; wall: it follows the node's."""


class Timer(ApiStruct, frozen=True):
    """Timers of the machine."""

    hpet: HPETTimer | None = None
    """High precision event timer."""
    kvm: KVMTimer | None = None
    """KVM's paravirtual clock."""
    pit: PITTimer | None = None
    """Programmable interval timer."""
    rtc: RTCTimer | None = None
    """Real time clock."""
    hyperv: HypervTimer | None = None
    """Hyper-V's reference clock."""


class Clock(ApiStruct, frozen=True):
    """The guest's hardware clock; at most one of utc and timezone."""

    utc: ClockUTC | None = None
    """It shows UTC (the default)."""
    timezone: TimeZone | None = None
    """It shows the time of this zone, such as Europe/Berlin."""
    timer: Timer | None = None
    """Timers of the machine."""


class DiskIOThreads(ApiStruct, frozen=True):
    """I/O threads of qemu."""

    supplemental_pool_thread_count: (
        Annotated[int, limits(format="int32", minimum=1, maximum=256)] | None
    ) = None
    """Threads of the supplemental pool."""


class DomainSpec(ApiStruct, frozen=True):
    """The machine: CPU, memory, firmware, clock, features and devices."""

    devices: Annotated[Devices, limits(default={})] = msgspec.field(default_factory=Devices)
    """Disks, interfaces and all other devices."""
    resources: ResourceRequirements | None = None
    """What the VM's pod asks of the node."""
    cpu: CPU | None = None
    """vCPUs and their model."""
    memory: Memory | None = None
    """Memory of the guest."""
    machine: Machine | None = None
    """The machine that qemu emulates."""
    firmware: Firmware | None = None
    """Firmware, its identity, and what it boots."""
    clock: Clock | None = None
    """The guest's hardware clock and timers."""
    features: Features | None = None
    """Features of the machine."""
    chassis: Chassis | None = None
    """What the guest reads of its chassis."""
    launch_security: LaunchSecurity | None = None
    """Encrypt the guest's memory."""
    reboot_policy: Annotated[str, one_of("Reboot", "Terminate")] | None = None
    """What a reboot of the guest does: Reboot (the default) or Terminate."""
    io_threads_policy: Annotated[str, one_of("shared", "auto", "supplementalPool")] | None = None
    """How disks share I/O threads: shared, auto or supplementalPool."""
    io_threads: DiskIOThreads | None = None
    """I/O threads of qemu."""
