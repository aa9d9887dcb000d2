"""KubeVirt.spec.configuration: settings of the installation, with their defaults."""

from typing import Annotated

import msgspec

from api.meta import (
    ApiStruct,
    Count,
    LabelSelector,
    LongText,
    NonEmpty,
    Positive,
    Quantity,
    RawObject,
    ShortText,
    UInt32,
    limits,
    one_of,
)
from api.migration import MigrationConfiguration
from api.volume import PullPolicy

GateNames = Annotated[tuple[NonEmpty, ...], limits(maxItems=256)]
Percent = Annotated[int, limits(format="int64", minimum=1, maximum=10000)]
Verbosity = Annotated[int, limits(format="int64", minimum=0, maximum=9)]


class LogVerbosity(ApiStruct, frozen=True):
    """How much components log, 0 to 9; 2 by default."""

    virt_api: Verbosity | None = msgspec.field(name="virtAPI", default=None)
    """Verbosity of the API service."""
    virt_controller: Verbosity | None = None
    """Verbosity of the controller."""
    virt_handler: Verbosity | None = None
    """Verbosity of the handler."""
    virt_launcher: Verbosity | None = None
    """Verbosity of launchers."""
    virt_operator: Verbosity | None = None
    """Verbosity of the operator."""
    virt_synchronization_controller: Verbosity | None = None
    """Verbosity of the synchronization controller."""
    node_verbosity: Annotated[dict[str, Verbosity], limits(maxProperties=256)] = msgspec.field(
        default_factory=dict
    )
    """Verbosity of the handlers of these nodes."""


class DiskVerification(ApiStruct, frozen=True):
    """How disk images are inspected."""

    memory_limit: Quantity | None = None
    """Memory that qemu-img may use; 2000Mi by default."""


class DeveloperConfiguration(ApiStruct, frozen=True):
    """Settings of the kind that is rarely changed."""

    use_emulation: bool = False
    """Run guests in software where KVM does not work."""
    cpu_allocation_ratio: Positive = msgspec.field(name="cpuAllocationRatio", default=10)
    """vCPUs for each CPU that the pod asks for; 10 by default."""
    memory_overcommit: Percent = 100
    """Guest memory in percent of what the pod asks for; 100 by default."""
    feature_gates: GateNames = ()
    """Alpha features to enable."""
    disabled_feature_gates: GateNames = ()
    """Beta features to disable."""
    minimum_reserve_pvc_bytes: Count = msgspec.field(name="minimumReservePVCBytes", default=131072)
    """Bytes of a filesystem claim that are left free; 131072 by default."""
    pvc_tolerate_less_space_up_to_percent: Annotated[
        int, limits(format="int64", minimum=0, maximum=100)
    ] = msgspec.field(name="pvcTolerateLessSpaceUpToPercent", default=10)
    """Percent by which a claim may be too small; 10 by default."""
    minimum_cluster_tsc_frequency: Count | None = msgspec.field(
        name="minimumClusterTSCFrequency", default=None
    )
    """Lowest TSC frequency that guests are shown."""
    disk_verification: DiskVerification | None = None
    """How disk images are inspected."""
    log_verbosity: LogVerbosity | None = None
    """How much components log."""
    node_selectors: Annotated[dict[str, str], limits(maxProperties=64)] = msgspec.field(
        default_factory=dict
    )
    """Labels that a node must have to run any VM."""
    cluster_profiler: bool | None = None
    """Profiling of the components."""


class ArchSpecificConfiguration(ApiStruct, frozen=True):
    """Settings of one architecture."""

    machine_type: ShortText | None = None
    """Machine type by default."""
    emulated_machines: Annotated[tuple[ShortText, ...], limits(maxItems=64)] = ()
    """Machine types that are allowed; * stands for any text."""
    ovmf_path: LongText | None = None
    """Directory of the UEFI images."""


class ArchConfiguration(ApiStruct, frozen=True):
    """Settings by architecture."""

    amd64: ArchSpecificConfiguration | None = None
    """By default machine type q35; q35* and pc-q35* are allowed."""
    arm64: ArchSpecificConfiguration | None = None
    """By default machine type virt; virt* is allowed."""
    s390x: ArchSpecificConfiguration | None = None
    """By default machine type s390-ccw-virtio; s390-ccw-virtio* is allowed."""
    ppc64le: ArchSpecificConfiguration | None = None
    """No longer used."""
    default_architecture: Annotated[str, one_of("amd64", "arm64", "s390x")] = "amd64"
    """Architecture of VMs that do not say; amd64 by default."""


class SMBiosConfiguration(ApiStruct, frozen=True):
    """What guests read of the system in SMBIOS."""

    manufacturer: ShortText = "KubeVirt"
    """Manufacturer; KubeVirt by default."""
    product: ShortText = "None"
    """Product; None by default."""
    version: ShortText | None = None
    """Version."""
    sku: ShortText | None = None
    """SKU."""
    family: ShortText = "KubeVirt"
    """Family; KubeVirt by default."""


class NetworkConfiguration(ApiStruct, frozen=True):
    """Settings of networks."""

    default_network_interface: Annotated[str, one_of("bridge", "masquerade")] = "bridge"
    """Binding of the interface of VMs that name no network; bridge by default."""
    permit_bridge_interface_on_pod_network: bool = True
    """The bridge binding is allowed on the pod network; true by default."""
    permit_slirp_interface: bool | None = None
    """No longer used: slirp is discontinued."""
    binding: Annotated[dict[str, RawObject], limits(maxProperties=64)] = msgspec.field(
        default_factory=dict
    )
    """Binding plugins by name."""


class LiveUpdateConfiguration(ApiStruct, frozen=True):
    """Limits of changes to running VMs."""

    max_hotplug_ratio: Positive = 4
    """How many times its CPU and memory a VM may grow to; 4 by default."""
    max_cpu_sockets: UInt32 | None = None
    """Sockets that a VM may grow to."""
    max_guest: Quantity | None = None
    """Memory that a VM may grow to."""


class VirtualMachineOptions(ApiStruct, frozen=True):
    """What VMs have or lack."""

    disable_free_page_reporting: RawObject | None = None
    """Set, to keep the balloon from returning free pages to the node."""
    disable_serial_console_log: RawObject | None = None
    """Set, to keep serial consoles out of the pods' logs."""


class PciHostDevice(ApiStruct, frozen=True):
    """A PCI device that VMs may get."""

    pci_vendor_selector: NonEmpty
    """vendor:product, in hexadecimal."""
    resource_name: NonEmpty
    """Name of the resource."""
    external_resource_provider: bool | None = None
    """Another device plugin offers it."""


class MediatedHostDevice(ApiStruct, frozen=True):
    """A mediated device that VMs may get."""

    mdev_name_selector: NonEmpty
    """Type of the mediated device."""
    resource_name: NonEmpty
    """Name of the resource."""
    external_resource_provider: bool | None = None
    """Another device plugin offers it."""


class USBSelector(ApiStruct, frozen=True):
    """A kind of USB device."""

    vendor: NonEmpty
    """Vendor ID, in hexadecimal."""
    product: NonEmpty
    """Product ID, in hexadecimal."""


class USBHostDevice(ApiStruct, frozen=True):
    """A USB device that VMs may get."""

    resource_name: NonEmpty
    """Name of the resource."""
    selectors: Annotated[tuple[USBSelector, ...], limits(maxItems=64)] = ()
    """Which devices."""
    external_resource_provider: bool | None = None
    """Another device plugin offers it."""


class PermittedHostDevices(ApiStruct, frozen=True):
    """Devices of nodes that VMs may get."""

    pci_host_devices: Annotated[tuple[PciHostDevice, ...], limits(maxItems=256)] = ()
    """PCI devices."""
    mediated_devices: Annotated[tuple[MediatedHostDevice, ...], limits(maxItems=256)] = ()
    """Mediated devices."""
    usb: Annotated[tuple[USBHostDevice, ...], limits(maxItems=256)] = ()
    """USB devices."""


class InstancetypeConfiguration(ApiStruct, frozen=True):
    """Settings of instance types."""

    reference_policy: Annotated[str, one_of("reference", "expand", "expandAll")] = "reference"
    """Whether VMs keep a reference or get a copy; reference by default."""


class CommonInstancetypesDeployment(ApiStruct, frozen=True):
    """The instance types that come with the installation."""

    enabled: bool = True
    """Whether they are installed; true by default."""


class TLSConfiguration(ApiStruct, frozen=True):
    """TLS of the components."""

    min_tls_version: (
        Annotated[str, one_of("VersionTLS10", "VersionTLS11", "VersionTLS12", "VersionTLS13")]
        | None
    ) = msgspec.field(name="minTLSVersion", default=None)
    """Lowest version; VersionTLS12 by default."""
    ciphers: Annotated[tuple[NonEmpty, ...], limits(maxItems=64)] = ()
    """Ciphers up to TLS 1.2."""


class KSMConfiguration(ApiStruct, frozen=True):
    """Merging of equal memory pages."""

    node_label_selector: LabelSelector | None = None
    """Nodes that do it."""


class KubeVirtConfiguration(ApiStruct, frozen=True):
    """Settings of the installation. Every field that is absent has KubeVirt's default."""

    image_pull_policy: PullPolicy = "IfNotPresent"
    """Pull policy of our own images; IfNotPresent by default."""
    eviction_strategy: Annotated[
        str, one_of("None", "LiveMigrate", "LiveMigrateIfPossible", "External")
    ] = "None"
    """Eviction strategy of VMs that do not say; None by default."""
    vm_rollout_strategy: Annotated[str, one_of("Stage", "LiveUpdate")] = "LiveUpdate"
    """Whether changes of a VM reach the running instance; LiveUpdate by default."""
    live_update_configuration: LiveUpdateConfiguration = msgspec.field(
        default_factory=LiveUpdateConfiguration
    )
    """Limits of changes to running VMs."""
    developer_configuration: DeveloperConfiguration = msgspec.field(
        default_factory=DeveloperConfiguration
    )
    """Settings of the kind that is rarely changed."""
    architecture_configuration: ArchConfiguration = msgspec.field(default_factory=ArchConfiguration)
    """Settings by architecture."""
    cpu_model: ShortText | None = None
    """CPU model of VMs that do not say; host-model by default."""
    cpu_request: Quantity = "100m"
    """CPU request of VMs that ask for none; 100m by default."""
    machine_type: ShortText | None = None
    """Deprecated: see architectureConfiguration."""
    emulated_machines: Annotated[tuple[ShortText, ...], limits(maxItems=64)] = ()
    """Deprecated: see architectureConfiguration."""
    ovmf_path: LongText | None = None
    """Deprecated: see architectureConfiguration."""
    smbios: SMBiosConfiguration = msgspec.field(default_factory=SMBiosConfiguration)
    """What guests read of the system in SMBIOS."""
    network: NetworkConfiguration = msgspec.field(default_factory=NetworkConfiguration)
    """Settings of networks."""
    migrations: MigrationConfiguration | None = None
    """How live migrations are done."""
    mem_balloon_stats_period: UInt32 = 10
    """Seconds between memory statistics of guests; 10 by default, 0 is never."""
    virtual_machine_options: VirtualMachineOptions = msgspec.field(
        default_factory=VirtualMachineOptions
    )
    """What VMs have or lack."""
    permitted_host_devices: PermittedHostDevices | None = None
    """Devices of nodes that VMs may get."""
    mediated_devices_configuration: RawObject | None = None
    """Mediated devices that nodes offer."""
    ksm_configuration: KSMConfiguration | None = None
    """Merging of equal memory pages."""
    selinux_launcher_type: ShortText | None = msgspec.field(
        name="selinuxLauncherType", default=None
    )
    """SELinux type of launchers."""
    support_container_resources: Annotated[tuple[RawObject, ...], limits(maxItems=64)] = ()
    """Resources of helper containers."""
    seccomp_configuration: RawObject | None = None
    """Seccomp profile of launchers."""
    tls_configuration: TLSConfiguration | None = None
    """TLS of the components."""
    vm_state_storage_class: ShortText | None = None
    """Storage class for the state of TPM and UEFI."""
    auto_cpu_limit_namespace_label_selector: LabelSelector | None = msgspec.field(
        name="autoCPULimitNamespaceLabelSelector", default=None
    )
    """Namespaces whose VMs get a cpu limit of their vCPUs' number."""
    additional_guest_memory_overhead_ratio: (
        Annotated[str, limits(pattern=r"^[0-9]+(\.[0-9]+)?$", maxLength=16)] | None
    ) = None
    """Factor on our estimate of memory overhead."""
    instancetype: InstancetypeConfiguration | None = None
    """Settings of instance types."""
    common_instancetypes_deployment: CommonInstancetypesDeployment | None = None
    """The instance types that come with the installation."""
    hypervisors: Annotated[tuple[RawObject, ...], limits(maxItems=16)] = ()
    """Hypervisors of nodes."""
    changed_block_tracking_label_selectors: RawObject | None = None
    """VMs with a record of changed blocks."""
    api_configuration: RawObject | None = None
    """Rate limits of the API service."""
    controller_configuration: RawObject | None = None
    """Rate limits of the controller."""
    handler_configuration: RawObject | None = None
    """Rate limits of the handler."""
    webhook_configuration: RawObject | None = None
    """Rate limits of the webhooks."""
    role_aggregation_strategy: Annotated[str, one_of("AggregateToDefault", "Manual")] | None = None
    """Whether our roles are part of view, edit and admin."""
    virt_template_deployment: RawObject | None = None
    """Deployment of the template service."""
    default_runtime_class: ShortText | None = None
    """Runtime class of the VMs' pods."""
    obsolete_cpu_models: Annotated[dict[str, bool], limits(maxProperties=256)] = msgspec.field(
        name="obsoleteCPUModels", default_factory=dict
    )
    """CPU models that nodes do not offer."""
    min_cpu_model: ShortText | None = msgspec.field(name="minCPUModel", default=None)
    """No longer used."""
