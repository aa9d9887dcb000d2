"""VirtualMachineInstance.status: what a VM is."""

from typing import Annotated

import msgspec

from api.meta import (
    ApiStruct,
    Condition,
    NonEmpty,
    Quantity,
    Time,
    Told,
    limits,
    one_of,
    share_texts,
)
from api.migration import VirtualMachineInstanceMigrationState

Message = Annotated[str, limits(maxLength=32768)]
PhaseName = Annotated[
    str,
    one_of(
        "",
        "Pending",
        "Scheduling",
        "Scheduled",
        "Running",
        "Succeeded",
        "Failed",
        "WaitingForSync",
        "Unknown",
    ),
]


class PhaseTransitionTimestamp(ApiStruct, frozen=True):
    """When a phase began."""

    phase: PhaseName
    """The phase."""
    phase_transition_timestamp: Time
    """When it began."""

    def __post_init__(self) -> None:
        share_texts(self, ("phase", "phase_transition_timestamp"))


class VirtualMachineInstanceNetworkInterface(ApiStruct, frozen=True):
    """A network interface of the guest."""

    name: Told | None = None
    """Name of the interface in the spec; absent when only the guest knows it."""
    mac: Told | None = None
    """MAC address."""
    ip_address: Told | None = None
    """First IP address; of the pod network, the pod's."""
    ip_addresses: tuple[Told, ...] = ()
    """All IP addresses."""
    interface_name: Told | None = None
    """Name within the guest, when its agent tells."""
    pod_interface_name: Told | None = None
    """Name within the pod."""
    info_source: Told | None = None
    """Where this comes from: domain, dhcp, guest-agent, multus-status; comma separated."""
    queue_count: Annotated[int, limits(format="int32")] | None = None
    """Queues of the device."""
    link_state: Annotated[str, one_of("up", "down")] | None = None
    """Whether the link is up or down."""


class VirtualMachineInstanceGuestOSInfo(ApiStruct, frozen=True):
    """What the guest agent tells of the operating system."""

    id: Told | None = None
    """Short name, such as debian."""
    name: Told | None = None
    """Name."""
    pretty_name: Told | None = None
    """Name and version."""
    version: Told | None = None
    """Version."""
    version_id: Told | None = None
    """Version, for programs."""
    kernel_release: Told | None = None
    """Release of the kernel."""
    kernel_version: Told | None = None
    """Version of the kernel."""
    machine: Told | None = None
    """Architecture."""


class MemoryStatus(ApiStruct, frozen=True):
    """Memory of the guest."""

    guest_at_boot: Quantity | None = None
    """What it started with."""
    guest_current: Quantity | None = None
    """What it has now."""
    guest_requested: Quantity | None = None
    """What was last asked for."""
    memory_overhead: Quantity | None = None
    """What the pod asks for besides."""


class CPUTopology(ApiStruct, frozen=True):
    """vCPUs of the guest."""

    cores: Annotated[int, limits(format="int64")] | None = None
    """Cores of each socket."""
    sockets: Annotated[int, limits(format="int64")] | None = None
    """Sockets."""
    threads: Annotated[int, limits(format="int64")] | None = None
    """Threads of each core."""


class MachineStatus(ApiStruct, frozen=True):
    """The machine that qemu emulates."""

    type: Told | None = None
    """Its versioned type."""


class PersistentVolumeClaimInfo(ApiStruct, frozen=True):
    """A claim behind a volume."""

    claim_name: Told | None = None
    """Name of the claim."""
    access_modes: tuple[Told, ...] = ()
    """Its access modes."""
    volume_mode: Told | None = None
    """Filesystem or Block."""
    capacity: Annotated[dict[str, Quantity], limits(maxProperties=16)] = msgspec.field(
        default_factory=dict
    )
    """What it has."""
    requests: Annotated[dict[str, Quantity], limits(maxProperties=16)] = msgspec.field(
        default_factory=dict
    )
    """What it asked for."""
    preallocated: bool | None = None
    """Its space is allocated already."""
    filesystem_overhead: Told | None = None
    """Share of the filesystem that is not the disk's."""


class HotplugVolumeStatus(ApiStruct, frozen=True):
    """A volume attached to the running VM."""

    attach_pod_name: Told | None = None
    """Pod that attaches it."""
    attach_pod_uid: Told | None = msgspec.field(name="attachPodUID", default=None)
    """UID of that pod."""


class ContainerDiskInfo(ApiStruct, frozen=True):
    """A disk from a container image."""

    checksum: Annotated[int, limits(format="int64")] | None = None
    """Checksum of the disk."""


class DomainMemoryDumpInfo(ApiStruct, frozen=True):
    """A dump of the guest's memory."""

    claim_name: Told | None = None
    """Claim that it is on."""
    start_timestamp: Time | None = None
    """When it began."""
    end_timestamp: Time | None = None
    """When it ended."""
    target_file_name: Told | None = None
    """Name of the file."""


class VolumeStatus(ApiStruct, frozen=True):
    """A volume of the VM."""

    name: NonEmpty
    """Name of the volume."""
    target: Told | None = None
    """Device in the guest, such as vda."""
    phase: Told | None = None
    """How far it is: Pending, Bound, AttachedToNode, MountedToPod, Ready or Detaching"""
    reason: Told | None = None
    """Why, in one word."""
    message: Message | None = None
    """Why, in a sentence."""
    size: Annotated[int, limits(format="int64")] | None = None
    """Size in bytes."""
    persistent_volume_claim_info: PersistentVolumeClaimInfo | None = None
    """The claim behind it."""
    hotplug_volume: HotplugVolumeStatus | None = None
    """Set when it is attached to the running VM."""
    container_disk_volume: ContainerDiskInfo | None = None
    """Set for a disk from a container image."""
    memory_dump_volume: DomainMemoryDumpInfo | None = None
    """Set for a dump of the guest's memory."""


class TopologyHints(ApiStruct, frozen=True):
    """What scheduling must know of the CPU."""

    tsc_frequency: Annotated[int, limits(format="int64")] | None = None
    """Frequency of the time stamp counter."""


class KernelBootPart(ApiStruct, frozen=True):
    """A file of direct kernel boot."""

    checksum: Annotated[int, limits(format="int64")] | None = None
    """Checksum of the file."""


class KernelBootStatus(ApiStruct, frozen=True):
    """Files of direct kernel boot."""

    kernel_info: KernelBootPart | None = None
    """The kernel."""
    initrd_info: KernelBootPart | None = None
    """The initial RAM disk."""


class StorageMigratedVolumeInfo(ApiStruct, frozen=True):
    """A volume that moves to another claim."""

    volume_name: NonEmpty
    """Name of the volume."""
    source_pvc_info: PersistentVolumeClaimInfo | None = msgspec.field(
        name="sourcePVCInfo", default=None
    )
    """The claim it leaves."""
    destination_pvc_info: PersistentVolumeClaimInfo | None = msgspec.field(
        name="destinationPVCInfo", default=None
    )
    """The claim it moves to."""


class ChangedBlockTrackingStatus(ApiStruct, frozen=True):
    """Record of changed blocks."""

    state: Told | None = None
    """Whether it is on."""


class VirtualMachineInstanceStatus(ApiStruct, frozen=True):
    """What the VM is."""

    phase: Annotated[PhaseName, limits(default="Pending")] = ""
    """Pending, Scheduling, Scheduled, Running, Succeeded or Failed; the last two are final."""
    reason: Told | None = None
    """Why the VM is in its phase, in one word."""
    node_name: Told | None = None
    """Node that the VM runs on."""
    active_pods: Annotated[dict[str, str], limits(maxProperties=16)] = msgspec.field(
        default_factory=dict
    )
    """UIDs of the VM's pods, and their nodes."""
    qos_class: Told | None = None
    """QoS class of the VM's pod: Guaranteed, Burstable or BestEffort."""
    conditions: Annotated[tuple[Condition, ...], limits(maxItems=64)] = ()
    """Aspects of the current state, such as Ready, Paused, AgentConnected."""
    phase_transition_timestamps: Annotated[
        tuple[PhaseTransitionTimestamp, ...], limits(maxItems=16)
    ] = ()
    """When each phase began."""
    interfaces: Annotated[
        tuple[VirtualMachineInstanceNetworkInterface, ...], limits(maxItems=512)
    ] = ()
    """Network interfaces: of the pod network first, then as in the spec, then the guest's own."""
    guest_os_info: VirtualMachineInstanceGuestOSInfo | None = msgspec.field(
        name="guestOSInfo", default=None
    )
    """What the guest agent tells of the operating system."""
    memory: MemoryStatus | None = None
    """Memory of the guest."""
    current_cpu_topology: CPUTopology | None = msgspec.field(
        name="currentCPUTopology", default=None
    )
    """vCPUs of the guest."""
    machine: MachineStatus | None = None
    """The machine that qemu emulates."""
    volume_status: Annotated[tuple[VolumeStatus, ...], limits(maxItems=256)] = ()
    """The VM's volumes."""
    migration_state: VirtualMachineInstanceMigrationState | None = None
    """The last live migration."""
    migration_method: Annotated[str, one_of("LiveMigration", "BlockMigration")] | None = None
    """How the VM can be migrated."""
    migration_transport: Annotated[str, one_of("Unix")] | None = None
    """How migration data travels."""
    migrated_volumes: Annotated[tuple[StorageMigratedVolumeInfo, ...], limits(maxItems=256)] = ()
    """Volumes that move to other claims."""
    evacuation_node_name: Told | None = None
    """Node that the VM is to leave."""
    fs_freeze_status: Told | None = None
    """frozen while the guest's filesystems are."""
    runtime_user: Annotated[int, limits(format="int64", minimum=0)] | None = None
    """User ID of qemu."""
    selinux_context: Told | None = None
    """SELinux context of the VM's pod."""
    vsock_cid: Annotated[int, limits(format="int64", minimum=0)] | None = msgspec.field(
        name="VSOCKCID", default=None
    )
    """Context ID of the vsock device."""
    virtual_machine_revision_name: Told | None = None
    """ControllerRevision of the VirtualMachine that this was made from."""
    launcher_container_image_version: Annotated[str, limits(maxLength=1024)] | None = None
    """Image of the VM's launcher."""
    topology_hints: TopologyHints | None = None
    """What scheduling must know of the CPU."""
    kernel_boot_status: KernelBootStatus | None = None
    """Files of direct kernel boot."""
    changed_block_tracking: ChangedBlockTrackingStatus | None = None
    """Record of changed blocks."""
    observed_generation: Annotated[int, limits(format="int64")] | None = None
    """The metadata.generation that this status is of."""
