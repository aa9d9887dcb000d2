"""Volumes: where the bytes of a VM's disks come from."""

from typing import Annotated

import msgspec

from api.meta import (
    ApiStruct,
    DnsLabel,
    LocalObjectReference,
    NonEmpty,
    Quantity,
    ShortText,
    limits,
    one_of,
)

PullPolicy = Annotated[str, one_of("Always", "IfNotPresent", "Never")]
_NAME = r"[a-z0-9]+((\.|_|__|-+)[a-z0-9]+)*"
_HOST = r"([A-Za-z0-9]([-A-Za-z0-9.]*[A-Za-z0-9])?|\[[0-9a-fA-F:]+\])(:[0-9]+)?"
_TAG = r"(:[A-Za-z0-9_][-A-Za-z0-9_.]{0,127})?"
_DIGEST = r"(@[A-Za-z][A-Za-z0-9+._-]*:[0-9a-fA-F]{32,128})?"
Image = Annotated[
    str,
    limits(
        title="an image reference such as registry.example/name:tag",
        pattern=f"^({_HOST}/)?{_NAME}(/{_NAME})*{_TAG}{_DIGEST}$",
        minLength=1,
        maxLength=1024,
    ),
]
ImagePath = Annotated[
    str, limits(title="an absolute path", pattern=r"^/[^\x00-\x1f\x7f]+$", maxLength=1024)
]
ClaimName = Annotated[
    str,
    limits(
        title="a name: a-z, 0-9, dots and -",
        pattern=r"^[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
        minLength=1,
        maxLength=253,
    ),
]
# Room for base64 of KubeVirt's 2048 bytes; api/validate.py counts the decoded bytes.
InlineText = Annotated[str, limits(maxLength=2048)]
InlineBase64 = Annotated[
    str, limits(title="base64", pattern=r"^[A-Za-z0-9+/]*={0,2}$", maxLength=2736)
]


class ContainerDiskSource(ApiStruct, frozen=True):
    """A disk from a container image; what the guest writes is lost when the VM stops."""

    image: Image
    """The container image; it holds one raw or qcow2 file in /disk."""
    image_pull_secret: ShortText | None = None
    """Name of a Secret of this namespace with the registry's credentials."""
    image_pull_policy: PullPolicy | None = None
    """Always for :latest or an untagged image, else IfNotPresent."""
    path: ImagePath | None = None
    """Absolute path of the disk within the image, when it is not in /disk."""


class PersistentVolumeClaimSource(ApiStruct, frozen=True):
    """A disk on a claim: disk.img in a filesystem, or the block device."""

    claim_name: ClaimName
    """Name of a PersistentVolumeClaim of this namespace."""
    read_only: bool = False
    """Mount it read-only."""
    hotpluggable: bool = False
    """It may be attached to and detached from the running VM."""


class DataVolumeSource(ApiStruct, frozen=True):
    """A disk on the claim that a DataVolume fills."""

    name: ClaimName
    """Name of a DataVolume, and of its claim, of this namespace."""
    hotpluggable: bool = False
    """It may be attached to and detached from the running VM."""


class CloudInitSource(ApiStruct, frozen=True):
    """A disk with configuration for cloud-init; at least one of its sources of data."""

    user_data: InlineText | None = None
    """User data as text, at most 2048 bytes."""
    user_data_base64: InlineBase64 | None = None
    """User data in base64, at most 2048 bytes decoded."""
    secret_ref: LocalObjectReference | None = None
    """Secret with user data in its key userdata or userData."""
    network_data: InlineText | None = None
    """Network configuration as text, at most 2048 bytes."""
    network_data_base64: InlineBase64 | None = None
    """Network configuration in base64, at most 2048 bytes decoded."""
    network_data_secret_ref: LocalObjectReference | None = None
    """Secret with network configuration in its key networkdata or networkData."""


class CloudInitNoCloudSource(CloudInitSource, frozen=True):
    """cloud-init's NoCloud data source: a disk labelled cidata."""


class CloudInitConfigDriveSource(CloudInitSource, frozen=True):
    """cloud-init's ConfigDrive data source: a disk labelled config-2."""


class EmptyDiskSource(ApiStruct, frozen=True):
    """An empty sparse disk that lives as long as the VM's pod."""

    capacity: Quantity
    """Size of the disk."""


class EphemeralVolumeSource(ApiStruct, frozen=True):
    """A claim's disk, read-only under an overlay that is lost when the VM stops."""

    persistent_volume_claim: PersistentVolumeClaimSource | None = None
    """The claim."""


class HostDiskSource(ApiStruct, frozen=True):
    """A raw image file on the node."""

    path: ImagePath
    """Path of the file on the node."""
    type: Annotated[str, one_of("Disk", "DiskOrCreate")]
    """Disk: it must exist. DiskOrCreate: it is created when it does not."""
    capacity: Quantity | None = None
    """Size of a file that is created."""
    shared: bool | None = None
    """More than one VM may use it at once."""


class ConfigMapVolumeSource(ApiStruct, frozen=True):
    """A ConfigMap's keys as files."""

    name: ShortText | None = None
    """Name of the ConfigMap."""
    optional: bool | None = None
    """The VM may start without it."""
    volume_label: ShortText | None = None
    """Label of the disk's filesystem; cfgdata by default."""


class SecretVolumeSource(ApiStruct, frozen=True):
    """A Secret's keys as files."""

    secret_name: ShortText | None = None
    """Name of the Secret."""
    optional: bool | None = None
    """The VM may start without it."""
    volume_label: ShortText | None = None
    """Label of the disk's filesystem; cfgdata by default."""


class ServiceAccountVolumeSource(ApiStruct, frozen=True):
    """A service account's token, ca.crt and namespace as files."""

    service_account_name: ShortText | None = None
    """Name of the service account."""


class ObjectFieldSelector(ApiStruct, frozen=True):
    """A field of the VM's pod."""

    field_path: NonEmpty
    """Path of the field."""
    api_version: ShortText | None = None
    """Version of the schema that the path is in; v1 by default."""


class ResourceFieldSelector(ApiStruct, frozen=True):
    """A resource of a container."""

    resource: NonEmpty
    """Which resource, such as limits.memory."""
    container_name: ShortText | None = None
    """Of which container."""
    divisor: Quantity | None = None
    """Unit of the output; 1 by default."""


class DownwardAPIVolumeFile(ApiStruct, frozen=True):
    """A file with one fact about the VM's pod."""

    path: NonEmpty
    """Relative path of the file."""
    field_ref: ObjectFieldSelector | None = None
    """A field: annotations, labels, name, namespace and uid."""
    resource_field_ref: ResourceFieldSelector | None = None
    """A resource of a container."""
    mode: Annotated[int, limits(format="int32", minimum=0, maximum=511)] | None = None
    """Permission bits of the file."""


class DownwardAPIVolumeSource(ApiStruct, frozen=True):
    """Facts about the VM's pod as files."""

    fields: Annotated[tuple[DownwardAPIVolumeFile, ...], limits(maxItems=16)] = ()
    """The files."""
    volume_label: ShortText | None = None
    """Label of the disk's filesystem; cfgdata by default."""


class SysprepSource(ApiStruct, frozen=True):
    """Answers for Windows' unattended installation, as a CD-ROM; one of configMap, secret."""

    config_map: LocalObjectReference | None = None
    """ConfigMap with Unattend.xml or Autounattend.xml."""
    secret: LocalObjectReference | None = None
    """Secret with Unattend.xml or Autounattend.xml."""


class DownwardMetricsVolumeSource(ApiStruct, frozen=True):
    """A disk with metrics of the node and the VM."""


class MemoryDumpVolumeSource(ApiStruct, frozen=True):
    """A claim that a dump of the guest's memory is written to."""

    claim_name: ClaimName
    """Name of the claim."""
    read_only: bool = False
    """Mount it read-only."""
    hotpluggable: bool = False
    """It may be attached to and detached from the running VM."""


class ContainerPathVolumeSource(ApiStruct, frozen=True):
    """A path of the launcher's container, shared by virtiofs."""

    path: ImagePath
    """Absolute path."""
    read_only: bool | None = None
    """Share it read-only; true by default."""


class Volume(ApiStruct, frozen=True):
    """A volume, and exactly one source for it."""

    name: DnsLabel
    """Name; a disk or filesystem of the same name shows it to the guest."""
    container_disk: ContainerDiskSource | None = None
    """A disk from a container image; what the guest writes is lost when the VM stops."""
    persistent_volume_claim: PersistentVolumeClaimSource | None = None
    """A disk on a claim of this namespace."""
    data_volume: DataVolumeSource | None = None
    """A disk on the claim that a DataVolume fills."""
    empty_disk: EmptyDiskSource | None = None
    """An empty sparse disk that lives as long as the VM's pod."""
    ephemeral: EphemeralVolumeSource | None = None
    """A claim's disk, read-only under an overlay that is lost when the VM stops."""
    cloud_init_no_cloud: CloudInitNoCloudSource | None = None
    """Configuration for cloud-init, as its NoCloud data source."""
    cloud_init_config_drive: CloudInitConfigDriveSource | None = None
    """Configuration for cloud-init, as its ConfigDrive data source."""
    host_disk: HostDiskSource | None = None
    """A raw image file on the node."""
    config_map: ConfigMapVolumeSource | None = None
    """A ConfigMap's keys as files."""
    secret: SecretVolumeSource | None = None
    """A Secret's keys as files."""
    service_account: ServiceAccountVolumeSource | None = None
    """A service account's token, ca.crt and namespace as files."""
    downward_api: DownwardAPIVolumeSource | None = msgspec.field(name="downwardAPI", default=None)
    """Facts about the VM's pod as files."""
    sysprep: SysprepSource | None = None
    """Answers for Windows' unattended installation."""
    downward_metrics: DownwardMetricsVolumeSource | None = None
    """A disk with metrics of the node and the VM."""
    memory_dump: MemoryDumpVolumeSource | None = None
    """A claim that a dump of the guest's memory is written to."""
    container_path: ContainerPathVolumeSource | None = None
    """A path of the launcher's container."""

    @property
    def claim(self) -> PersistentVolumeClaimSource | None:
        """The claim that holds the disk: a DataVolume's has the DataVolume's name."""
        if self.data_volume is not None:
            source = self.data_volume
            return PersistentVolumeClaimSource(source.name, hotpluggable=source.hotpluggable)
        return self.persistent_volume_claim
