"""Preferences: what a guest runs best with, for those parts that a VM leaves open."""

from enum import StrEnum
from typing import Annotated

import msgspec

from api.device import FeatureState, Rng, TPMDevice, VGPUOptions, Watchdog
from api.disk import BlockSize, Bus
from api.domain import ClockUTC, CPUFeature, Timer, TimeZone, VcpuCount
from api.feature import FeatureAPIC, FeatureHyperv, FeatureKVM
from api.firmware import EFI
from api.instancetype import Annotations
from api.interface import InterfaceMasquerade, NicModel
from api.meta import (
    ApiStruct,
    DnsSubdomain,
    ObjectMeta,
    Quantity,
    ShortText,
    limits,
    one_of,
)
from api.names import INSTANCETYPE_API_VERSION


class Topology(StrEnum):
    """How the vCPUs of an instancetype are shown to the guest."""

    SOCKETS = "sockets"
    CORES = "cores"
    THREADS = "threads"
    SPREAD = "spread"
    ANY = "any"


# The spelling of KubeVirt before 1.4; manifests of that time are still around.
OLD_TOPOLOGIES = {f"prefer{topology.capitalize()}": topology for topology in Topology}


class Across(StrEnum):
    """What the vCPUs are spread across."""

    SOCKETS_CORES = "SocketsCores"
    SOCKETS_CORES_THREADS = "SocketsCoresThreads"
    CORES_THREADS = "CoresThreads"


class PreferredClockOffset(ApiStruct, frozen=True):
    """What the guest's hardware clock shows; at most one of utc and timezone."""

    utc: ClockUTC | None = None
    """UTC."""
    timezone: TimeZone | None = None
    """The time of this zone, such as Europe/Berlin."""


class ClockPreferences(ApiStruct, frozen=True):
    """The guest's hardware clock."""

    preferred_clock_offset: PreferredClockOffset | None = None
    """What it shows."""
    preferred_timer: Timer | None = None
    """Timers of the machine."""


class SpreadOptions(ApiStruct, frozen=True):
    """How vCPUs are spread."""

    across: Annotated[str, one_of(*Across)] | None = None
    """SocketsCores (the default), SocketsCoresThreads or CoresThreads."""
    ratio: VcpuCount | None = None
    """Cores of each socket, 2 by default; of CoresThreads: threads of each core, always 2."""


class CPUPreferences(ApiStruct, frozen=True):
    """vCPUs."""

    preferred_cpu_topology: Annotated[str, one_of(*Topology, *OLD_TOPOLOGIES)] | None = (
        msgspec.field(name="preferredCPUTopology", default=None)
    )
    """The vCPUs of an instancetype are sockets (the default), cores, threads, or spread; any is
    as sockets."""
    spread_options: SpreadOptions | None = None
    """How they are spread."""
    preferred_cpu_features: Annotated[tuple[CPUFeature, ...], limits(maxItems=256)] = msgspec.field(
        name="preferredCPUFeatures", default=()
    )
    """Features added to or taken from the CPU model."""


class DevicePreferences(ApiStruct, frozen=True):
    """Devices; what is said of disks, interfaces and so on applies to each of them."""

    preferred_autoattach_graphics_device: bool | None = None
    """Whether there is a graphics card with VNC."""
    preferred_autoattach_mem_balloon: bool | None = None
    """Whether there is a memory balloon."""
    preferred_autoattach_pod_interface: bool | None = None
    """Whether a VM without networks has an interface on the pod network."""
    preferred_autoattach_serial_console: bool | None = None
    """Whether there is a serial console."""
    preferred_autoattach_input_device: bool | None = None
    """Whether there is a tablet."""
    preferred_disable_hotplug: bool | None = None
    """Whether nothing can be attached to the running VM."""
    preferred_virtual_gpu_options: VGPUOptions | None = msgspec.field(
        name="preferredVirtualGPUOptions", default=None
    )
    """Options of GPUs."""
    preferred_sound_model: Annotated[str, one_of("ich9", "ac97")] | None = None
    """Model of the sound card, where the VM has one."""
    preferred_use_virtio_transitional: bool | None = None
    """Whether virtio devices are of the 0.9 kind."""
    preferred_input_bus: Annotated[str, one_of("usb", "virtio")] | None = None
    """Bus of input devices."""
    preferred_input_type: Annotated[str, one_of("tablet")] | None = None
    """Type of input devices."""
    preferred_disk_bus: Bus | None = None
    """Bus of hard disks."""
    preferred_lun_bus: Bus | None = None
    """Bus of LUNs."""
    preferred_cdrom_bus: Bus | None = None
    """Bus of CD-ROM drives."""
    preferred_disk_dedicated_io_thread: bool | None = None
    """Whether a virtio hard disk has a thread of qemu to itself."""
    preferred_disk_cache: Annotated[str, one_of("none", "writethrough", "writeback")] | None = None
    """Cache of hard disks."""
    preferred_disk_io: Annotated[str, one_of("native", "default", "threads")] | None = (
        msgspec.field(name="preferredDiskIO", default=None)
    )
    """How qemu does the I/O of hard disks."""
    preferred_disk_block_size: BlockSize | None = None
    """Block size of hard disks."""
    preferred_interface_model: NicModel | None = None
    """Model of interfaces."""
    preferred_interface_masquerade: InterfaceMasquerade | None = None
    """Interfaces on the pod network are bound by masquerade."""
    preferred_rng: Rng | None = None
    """A random number generator."""
    preferred_block_multi_queue: bool | None = None
    """Whether virtio disks have a queue for each vCPU."""
    preferred_network_interface_multi_queue: bool | None = None
    """Whether virtio interfaces have a queue for each vCPU."""
    preferred_tpm: TPMDevice | None = msgspec.field(name="preferredTPM", default=None)
    """An emulated TPM."""
    preferred_watchdog: Watchdog | None = None
    """A watchdog."""
    preferred_panic_device_model: Annotated[str, one_of("isa", "hyperv", "pvpanic")] | None = None
    """Model of panic devices, where the VM has them."""
    preferred_video_type: Annotated[str, one_of("virtio", "vga", "bochs", "ramfb")] | None = None
    """Model of the graphics card."""


class FeaturePreferences(ApiStruct, frozen=True):
    """Features of the machine."""

    preferred_acpi: FeatureState | None = None
    """ACPI."""
    preferred_apic: FeatureAPIC | None = None
    """The interrupt controller."""
    preferred_hyperv: FeatureHyperv | None = None
    """Hyper-V enlightenments."""
    preferred_kvm: FeatureKVM | None = None
    """What KVM shows of itself."""
    preferred_pvspinlock: FeatureState | None = None
    """Paravirtual spinlocks."""
    preferred_smm: FeatureState | None = None
    """System management mode; secure boot needs it."""


class FirmwarePreferences(ApiStruct, frozen=True):
    """Firmware of the machine."""

    preferred_use_bios: bool | None = None
    """Whether the VM boots by BIOS."""
    preferred_use_bios_serial: bool | None = None
    """Whether the BIOS writes to the serial console."""
    preferred_efi: EFI | None = None
    """The VM boots by UEFI."""
    preferred_use_efi: bool | None = None
    """Deprecated: see preferredEfi."""
    preferred_use_secure_boot: bool | None = None
    """Deprecated: see preferredEfi.secureBoot."""


class MachinePreferences(ApiStruct, frozen=True):
    """The machine that qemu emulates."""

    preferred_machine_type: Annotated[str, limits(maxLength=64)] | None = None
    """Machine type, such as q35."""


class VolumePreferences(ApiStruct, frozen=True):
    """Volumes that are made for the VM."""

    preferred_storage_class_name: ShortText | None = None
    """Storage class of DataVolumes."""


class CPUPreferenceRequirement(ApiStruct, frozen=True):
    """The least CPUs."""

    guest: VcpuCount
    """Number of vCPUs."""


class MemoryPreferenceRequirement(ApiStruct, frozen=True):
    """The least memory."""

    guest: Quantity
    """What the guest sees."""


class PreferenceRequirements(ApiStruct, frozen=True):
    """What a VM must have; one with less is refused."""

    cpu: CPUPreferenceRequirement | None = None
    """The least CPUs."""
    memory: MemoryPreferenceRequirement | None = None
    """The least memory."""
    architecture: Annotated[str, one_of("amd64", "arm64", "s390x")] | None = None
    """Architecture of the guest."""


class VirtualMachinePreferenceSpec(ApiStruct, frozen=True):
    """What VMs have where they do not say otherwise."""

    clock: ClockPreferences | None = None
    """The guest's hardware clock."""
    cpu: CPUPreferences | None = None
    """vCPUs."""
    devices: DevicePreferences | None = None
    """Devices."""
    features: FeaturePreferences | None = None
    """Features of the machine."""
    firmware: FirmwarePreferences | None = None
    """Firmware of the machine."""
    machine: MachinePreferences | None = None
    """The machine that qemu emulates."""
    volumes: VolumePreferences | None = None
    """Volumes that are made for the VM."""
    preferred_subdomain: DnsSubdomain | None = None
    """Subdomain of the guest's DNS name."""
    preferred_termination_grace_period_seconds: (
        Annotated[int, limits(format="int64", minimum=0, maximum=31536000)] | None
    ) = None
    """Seconds the guest has to power off before it is killed."""
    preferred_architecture: Annotated[str, one_of("amd64", "arm64", "s390x")] | None = None
    """Architecture of the guest."""
    prefer_spread_socket_to_core_ratio: VcpuCount | None = None
    """Deprecated: see cpu.spreadOptions.ratio."""
    requirements: PreferenceRequirements | None = None
    """What a VM must have; one with less is refused."""
    annotations: Annotations = msgspec.field(default_factory=dict)
    """Annotations of the VirtualMachineInstance."""


class VirtualMachinePreference(ApiStruct, frozen=True):
    """What a guest runs best with, for VMs of its namespace."""

    metadata: ObjectMeta
    spec: VirtualMachinePreferenceSpec
    """What VMs have where they do not say otherwise."""
    api_version: str = msgspec.field(default=INSTANCETYPE_API_VERSION)
    kind: str = "VirtualMachinePreference"


class VirtualMachineClusterPreference(ApiStruct, frozen=True):
    """What a guest runs best with, for VMs of any namespace."""

    metadata: ObjectMeta
    spec: VirtualMachinePreferenceSpec
    """What VMs have where they do not say otherwise."""
    api_version: str = msgspec.field(default=INSTANCETYPE_API_VERSION)
    kind: str = "VirtualMachineClusterPreference"
