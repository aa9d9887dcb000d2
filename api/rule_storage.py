"""Rules on disks and volumes."""

from typing import Final

from api.cause import CauseReason
from api.disk import BlockSize, CDRomTarget, CustomBlockSize, Disk, LunTarget
from api.rule import (
    PREFERENCE,
    AnyRule,
    Rule,
    at_least_one,
    at_most_one,
    exactly_one,
    required,
    wire_name,
)
from api.rule_path import cel_clean_path, path_is_clean
from api.rule_resource import at_least, at_most, cel_quantity
from api.volume import (
    CloudInitConfigDriveSource,
    CloudInitNoCloudSource,
    CloudInitSource,
    ConfigMapVolumeSource,
    ContainerDiskSource,
    ContainerPathVolumeSource,
    DownwardAPIVolumeFile,
    EmptyDiskSource,
    EphemeralVolumeSource,
    HostDiskSource,
    SecretVolumeSource,
    ServiceAccountVolumeSource,
    SysprepSource,
    Volume,
)

SOURCES: Final = tuple(name for name in Volume.__struct_fields__ if name != "name")
INLINE_BYTES: Final = 2048
MAX_DISK: Final = "8191Pi"
_CLOUD_INIT = (CloudInitNoCloudSource, CloudInitConfigDriveSource)


def _bus(disk: Disk) -> str | None:
    target = disk.disk or disk.lun or disk.cdrom
    return target.bus if target else None


def _logical_fits_sata(disk: Disk) -> bool:
    custom = disk.block_size.custom if disk.block_size else None
    return custom is None or _bus(disk) != "sata" or custom.logical == 512


_CEL_BUS = "[self.?disk.?bus, self.?lun.?bus, self.?cdrom.?bus]"

DISK_RULES: Final[tuple[AnyRule, ...]] = (
    at_most_one(Disk, "disk", "lun", "cdrom"),
    Rule(
        Disk,
        "a sata hard disk cannot be read-only",
        "self.?disk.?bus.orValue('') != 'sata' || !self.disk.?readonly.orValue(false)",
        lambda disk: not (disk.disk and disk.disk.bus == "sata" and disk.disk.readonly),
        ".disk.bus",
    ),
    Rule(
        Disk,
        "pciAddress is only possible on the bus virtio",
        "!self.?disk.?pciAddress.hasValue() || self.?disk.?bus.orValue('') == 'virtio'",
        lambda disk: not (disk.disk and disk.disk.pci_address) or disk.disk.bus == "virtio",
        ".disk.pciAddress",
        filled_by=PREFERENCE,
    ),
    Rule(
        Disk,
        "dedicatedIOThread is only possible on the bus virtio",
        "!self.?dedicatedIOThread.orValue(false) || "
        f"{_CEL_BUS}.all(bus, bus.orValue('virtio') == 'virtio')",
        lambda disk: not disk.dedicated_io_thread or _bus(disk) in {None, "virtio"},
    ),
    Rule(
        Disk,
        "the bus sata has logical blocks of 512 bytes only",
        "self.?blockSize.?custom.?logical.orValue(512) == 512 || "
        f"{_CEL_BUS}.all(bus, bus.orValue('') != 'sata')",
        _logical_fits_sata,
        ".blockSize.custom.logical",
    ),
    Rule(
        CDRomTarget,
        "a CD-ROM cannot be on the bus virtio",
        "self.?bus.orValue('') != 'virtio'",
        lambda cdrom: cdrom.bus != "virtio",
        ".bus",
    ),
    Rule(
        LunTarget,
        "a LUN must be on the bus scsi or sata",
        "self.?bus.orValue('scsi') in ['scsi', 'sata']",
        lambda lun: lun.bus in {None, "scsi", "sata"},
        ".bus",
    ),
    exactly_one(BlockSize, "custom", "match_volume"),
    Rule(
        CustomBlockSize,
        "logical must not be greater than physical",
        "self.logical <= self.physical",
        lambda size: size.logical <= size.physical,
        ".logical",
    ),
    Rule(
        CustomBlockSize,
        "discardGranularity must be a multiple of logical",
        "self.logical < 1 || self.?discardGranularity.orValue(0) % self.logical == 0",
        lambda size: size.logical < 1 or (size.discard_granularity or 0) % size.logical == 0,
        ".discardGranularity",
    ),
)


def _decoded_size(text: str | None) -> int:
    return len(text or "") // 4 * 3 - (text or "")[-2:].count("=")


def _inline_rules() -> list[AnyRule]:
    rules: list[AnyRule] = []
    for on in _CLOUD_INIT:
        rules += [
            at_least_one(
                on,
                "user_data",
                "user_data_base64",
                "secret_ref",
                "network_data",
                "network_data_base64",
                "network_data_secret_ref",
            ),
            at_most_one(on, "user_data", "user_data_base64", "secret_ref"),
            at_most_one(on, "network_data", "network_data_base64", "network_data_secret_ref"),
        ]
        for name in ("user_data", "network_data"):
            rules += [_text_rule(on, name), *_base64_rules(on, f"{name}_base64")]
    return rules


def _text_rule(on: type[CloudInitSource], name: str) -> AnyRule:
    wire = wire_name(on, name)
    return Rule(
        on,
        f"{wire} must not exceed {INLINE_BYTES} bytes; use a Secret for more",
        f"!has(self.{wire}) || bytes(self.{wire}).size() <= {INLINE_BYTES}",
        lambda source: len((getattr(source, name) or "").encode()) <= INLINE_BYTES,
        f".{wire}",
    )


def _base64_rules(on: type[CloudInitSource], name: str) -> tuple[AnyRule, AnyRule]:
    wire = wire_name(on, name)
    text = f"self.{wire}"
    padding = f"({text}.endsWith('==') ? 2 : {text}.endsWith('=') ? 1 : 0)"
    return (
        Rule(
            on,
            f"{wire} is not valid base64",
            f"!has({text}) || {text}.size() % 4 == 0",
            lambda source: len(getattr(source, name) or "") % 4 == 0,
            f".{wire}",
        ),
        Rule(
            on,
            f"{wire} must not exceed {INLINE_BYTES} bytes decoded; use a Secret for more",
            f"!has({text}) || {text}.size() / 4 * 3 - {padding} <= {INLINE_BYTES}",
            lambda source: _decoded_size(getattr(source, name)) <= INLINE_BYTES,
            f".{wire}",
        ),
    )


VOLUME_RULES: Final[tuple[AnyRule, ...]] = (
    exactly_one(Volume, *SOURCES),
    Rule(
        ContainerDiskSource,
        "path must name a file below /, with no step upwards",
        cel_clean_path("path"),
        lambda source: path_is_clean(source.path),
        ".path",
    ),
    Rule(
        EmptyDiskSource,
        f"capacity must be more than 0 and at most {MAX_DISK}",
        f"{cel_quantity('capacity')}.compareTo(quantity('1')) >= 0 && "
        f"{cel_quantity('capacity')}.compareTo(quantity('{MAX_DISK}')) <= 0",
        lambda source: at_least(source.capacity, "1") and at_most(source.capacity, MAX_DISK),
        ".capacity",
    ),
    Rule(
        EphemeralVolumeSource,
        "persistentVolumeClaim is required",
        "has(self.persistentVolumeClaim)",
        lambda source: source.persistent_volume_claim is not None,
        ".persistentVolumeClaim",
        CauseReason.REQUIRED,
    ),
    Rule(
        HostDiskSource,
        "path must be absolute and below /, with no step upwards",
        f"self.path.startsWith('/') && ({cel_clean_path('path')})",
        lambda source: source.path.startswith("/") and path_is_clean(source.path),
        ".path",
    ),
    Rule(
        HostDiskSource,
        "capacity is only possible with the type DiskOrCreate",
        "!has(self.capacity) || self.type == 'DiskOrCreate'",
        lambda source: source.capacity is None or source.type == "DiskOrCreate",
        ".capacity",
    ),
    required(ConfigMapVolumeSource, "name", "the ConfigMap's name is required"),
    required(SecretVolumeSource, "secret_name", "the Secret's name is required"),
    required(
        ServiceAccountVolumeSource,
        "service_account_name",
        "the service account's name is required",
    ),
    exactly_one(SysprepSource, "config_map", "secret"),
    exactly_one(DownwardAPIVolumeFile, "field_ref", "resource_field_ref"),
    Rule(
        DownwardAPIVolumeFile,
        "path must be relative, with no step upwards",
        "!self.path.startsWith('/') && !('..' in self.path.split('/'))",
        lambda file: not file.path.startswith("/") and path_is_clean(file.path),
        ".path",
    ),
    Rule(
        ContainerPathVolumeSource,
        "path must be absolute and below /, with no step upwards",
        f"self.path.startsWith('/') && ({cel_clean_path('path')})",
        lambda source: source.path.startswith("/") and path_is_clean(source.path),
        ".path",
    ),
)

STORAGE_RULES: Final[tuple[AnyRule, ...]] = (*DISK_RULES, *VOLUME_RULES, *_inline_rules())
