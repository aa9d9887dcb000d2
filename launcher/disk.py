"""Plans disks: which image each one shows, and what has to be made before qemu opens it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from api.device import Devices
from api.disk import Disk as DiskSpec
from api.names import PATH_SCRATCH
from api.problem import Problem
from api.quantity import parse_bytes
from api.spec import VirtualMachineInstanceSpec
from api.volume import Volume
from launcher.domain import Disk, DiskFormat, DiskKind, DiskSource
from launcher.place import DISK_ALIAS

_LETTERS: Final = "abcdefghijklmnopqrstuvwxyz"
_SECTOR: Final = 512
_MEBIBYTE: Final = 1 << 20
_FILE_SYSTEM_PERMILLE: Final = 55  # of a claim, for the file system's own use; as KubeVirt has it


@dataclass(frozen=True, slots=True)
class Image:
    """A disk image that is there already, opened beneath its volume and looked at."""

    kind: DiskKind
    path: str
    format: DiskFormat
    size_bytes: int  # as the guest will see it
    direct_io: bool = False  # its file system can do O_DIRECT


@dataclass(frozen=True, slots=True)
class NewImage:
    """A qcow2 image to make: empty, or an overlay that takes the writes for a read-only one."""

    path: str
    size_bytes: int
    backing: Image | None = None


@dataclass(frozen=True, slots=True)
class DiskPlan:
    """The disks of a domain and the images to make for them."""

    disks: tuple[Disk, ...]
    new_images: tuple[NewImage, ...]


def plan_disks(spec: VirtualMachineInstanceSpec, images: Mapping[str, Image]) -> DiskPlan:
    """Plan all disks; ``images`` holds what was found in each volume that brings an image."""
    devices = spec.domain.devices
    volumes = {volume.name: volume for volume in spec.volumes}
    boots_disks = not spec.domain.firmware or spec.domain.firmware.kernel_boot is None
    orders = choose_boot_orders(devices) if boots_disks else {}
    disks: list[Disk] = []
    new_images: list[NewImage] = []
    for disk, target in zip(devices.disks, name_targets(devices.disks), strict=True):
        volume = volumes.get(disk.name)
        if volume is None:
            raise Problem("FieldValueInvalid", f"disk {disk.name} shows no volume")
        image = images.get(disk.name)
        source, new_image = _plan_source(disk, volume, image)
        if new_image:
            new_images.append(new_image)
        order = disk.boot_order or orders.get(disk.name)
        disks.append(_build_disk(disk, volume, image, source, target=target, boot_order=order))
    return DiskPlan(tuple(disks), tuple(new_images))


def choose_boot_orders(devices: Devices) -> dict[str, int]:
    """Return the boot order of disks when the spec gives none at all: the first hard disk."""
    asked = [disk.boot_order for disk in devices.disks]
    asked += [interface.boot_order for interface in devices.interfaces]
    if any(asked):
        return {}
    hard_disks = [disk.name for disk in devices.disks if disk.cdrom is None]
    names = hard_disks or [disk.name for disk in devices.disks]
    return {names[0]: 1} if names else {}


def name_targets(disks: tuple[DiskSpec, ...]) -> tuple[str, ...]:
    """Return the device names vda, vdb … for virtio and sda, sdb … for all other buses."""
    counts = {"vd": 0, "sd": 0}
    names: list[str] = []
    for disk in disks:
        prefix = "vd" if get_bus(disk) == "virtio" else "sd"
        names.append(prefix + _number_letters(counts[prefix]))
        counts[prefix] += 1
    return tuple(names)


def _number_letters(index: int) -> str:
    letters = ""
    index += 1
    while index:
        index, rest = divmod(index - 1, len(_LETTERS))
        letters = _LETTERS[rest] + letters
    return letters


def count_claim_disk_bytes(claim_bytes: int, available_bytes: int) -> int:
    """Return the size of a new disk on a claim, in whole MiB: 0 when there is no room for one."""
    room = min(claim_bytes, available_bytes)
    usable = room * (1000 - _FILE_SYSTEM_PERMILLE) // 1000
    return max(0, usable // _MEBIBYTE * _MEBIBYTE)


def get_bus(disk: DiskSpec) -> str:
    """Return the bus, whichever kind of disk it is."""
    target = disk.cdrom or disk.lun or disk.disk
    return (target and target.bus) or "sata"


def is_readonly(disk: DiskSpec) -> bool:
    """Say whether the guest may only read."""
    if disk.cdrom:
        return disk.cdrom.readonly is not False
    target = disk.lun or disk.disk
    return bool(target and target.readonly)


def path_of_image(volume: str, suffix: str) -> str:
    """Return where an image of our own making lives."""
    return f"{PATH_SCRATCH}/{volume}.{suffix}"


def _plan_source(
    disk: DiskSpec, volume: Volume, image: Image | None
) -> tuple[DiskSource, NewImage | None]:
    if volume.empty_disk:
        path = path_of_image(volume.name, "qcow2")
        size = parse_bytes(volume.empty_disk.capacity)
        return DiskSource("file", path, "qcow2"), NewImage(path, -(-size // _SECTOR) * _SECTOR)
    if volume.cloud_init_no_cloud:
        return DiskSource("file", path_of_image(volume.name, "iso"), "raw"), None
    if image is None:
        raise Problem(
            "FieldNotSupported", f"the source of volume {volume.name} is not supported yet"
        )
    found = DiskSource(image.kind, image.path, image.format)
    if volume.container_disk and not is_readonly(disk):
        path = path_of_image(volume.name, "qcow2")
        overlay = DiskSource("file", path, "qcow2", backing=found)
        return overlay, NewImage(path, image.size_bytes, backing=image)
    return found, None


def _build_disk(
    disk: DiskSpec,
    volume: Volume,
    image: Image | None,
    source: DiskSource,
    *,
    target: str,
    boot_order: int | None,
) -> Disk:
    claim = volume.claim
    readonly = is_readonly(disk) or (claim is not None and claim.read_only)
    if disk.lun and source.kind != "block":
        raise Problem("FieldValueInvalid", f"lun {disk.name} needs a claim in block mode")
    return Disk(
        alias=f"{DISK_ALIAS}{disk.name}",
        device="cdrom" if disk.cdrom else "lun" if disk.lun else "disk",
        target=target,
        bus=get_bus(disk),
        source=source,
        cache=choose_cache(disk, kept=claim is not None, direct_io=bool(image and image.direct_io)),
        io=disk.io if disk.io != "default" else None,
        error_policy=disk.error_policy or (None if disk.cdrom else "stop"),
        discard=not readonly and disk.cdrom is None,
        readonly=readonly,
        shareable=bool(disk.shareable),
        serial=disk.serial,
        boot_order=boot_order,
    )


def choose_cache(disk: DiskSpec, *, kept: bool, direct_io: bool) -> str:
    """Return the cache mode: as asked; without flushes for what is thrown away; else O_DIRECT."""
    if disk.cache:
        return disk.cache
    if disk.io == "native":
        return "none"  # qemu has no other that goes with it
    if not kept:
        return "unsafe"
    return "none" if direct_io else "writethrough"
