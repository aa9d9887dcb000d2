"""Disks, CD-ROMs and LUNs: how the guest sees a volume."""

from typing import Annotated

import msgspec

from api.meta import ApiStruct, Positive, ShortText, limits, one_of

Bus = Annotated[str, one_of("virtio", "sata", "scsi", "usb")]
PciAddress = Annotated[
    str,
    limits(
        title="a PCI address such as 0000:81:01.0",
        pattern=r"^([0-9a-fA-F]{4}):([0-9a-fA-F]{2}):([0-1][0-9a-fA-F])\.([0-7])$",
        maxLength=12,
    ),
]
BlockBytes = Annotated[int, limits(format="int64", enum=[2**n for n in range(9, 22)])]


class DiskTarget(ApiStruct, frozen=True):
    """A hard disk."""

    bus: Bus | None = None
    """virtio, sata, scsi or usb; sata by default (virtio on arm64 and s390x)."""
    readonly: bool = msgspec.field(name="readonly", default=False)
    """The guest cannot write; not possible on sata."""
    pci_address: PciAddress | None = None
    """PCI address in the guest, such as 0000:81:01.0; only on virtio."""


class LunTarget(ApiStruct, frozen=True):
    """A SCSI device whose commands go through to the storage."""

    bus: Bus | None = None
    """scsi, sata or virtio."""
    readonly: bool = False
    """The guest cannot write."""
    reservation: bool = False
    """SCSI persistent reservations are possible."""


class CDRomTarget(ApiStruct, frozen=True):
    """A CD-ROM drive."""

    bus: Bus | None = None
    """sata (the default on amd64), scsi or usb."""
    readonly: bool | None = None
    """true by default."""
    tray: Annotated[str, one_of("closed", "open")] | None = None
    """closed (the default) or open."""


class CustomBlockSize(ApiStruct, frozen=True):
    """Sizes of blocks, powers of two from 512 to 2097152."""

    logical: BlockBytes
    """Logical block size in bytes."""
    physical: BlockBytes
    """Physical block size in bytes, at least the logical one."""
    discard_granularity: Annotated[int, limits(format="int64", minimum=0)] | None = None
    """Granularity of discards in bytes, a multiple of the logical block size."""


class MatchVolume(ApiStruct, frozen=True):
    """Take the block size of the volume."""

    enabled: bool | None = None
    """Whether it is on; true when the object is present."""


class BlockSize(ApiStruct, frozen=True):
    """Block size of a disk; exactly one of custom and matchVolume."""

    custom: CustomBlockSize | None = None
    """These sizes."""
    match_volume: MatchVolume | None = None
    """The sizes of the volume underneath."""


class Disk(ApiStruct, frozen=True):
    """A disk, CD-ROM or LUN; a hard disk when none of disk, cdrom, lun is given."""

    name: Annotated[str, limits(minLength=1, maxLength=63)]
    """Name of the volume that it shows."""
    disk: DiskTarget | None = None
    """It is a hard disk."""
    lun: LunTarget | None = None
    """It is a SCSI device whose commands go through to the storage."""
    cdrom: CDRomTarget | None = None
    """It is a CD-ROM drive."""
    boot_order: Positive | None = None
    """Place in the boot order, from 1; unique over disks and interfaces."""
    serial: (
        Annotated[
            str,
            limits(
                title="a serial number: A-Z, a-z, 0-9, _, ., + and -",
                pattern=r"^[A-Za-z0-9_.+-]+$",
                maxLength=256,
            ),
        ]
        | None
    ) = None
    """Serial number that the guest sees."""
    cache: Annotated[str, one_of("none", "writethrough", "writeback")] | None = None
    """Cache of the node: none, writethrough or writeback; by default what the storage allows."""
    io: Annotated[str, one_of("native", "default", "threads")] | None = None
    """How qemu does I/O: native, threads or default."""
    dedicated_io_thread: bool | None = msgspec.field(name="dedicatedIOThread", default=None)
    """A thread of qemu for this disk alone; only on virtio."""
    tag: ShortText | None = None
    """Tag shown to the guest by ConfigDrive metadata."""
    block_size: BlockSize | None = None
    """Block size that the guest sees."""
    shareable: bool | None = None
    """More than one VM may use it at once."""
    error_policy: Annotated[str, one_of("stop", "ignore", "report", "enospace")] | None = None
    """On I/O errors: stop the VM, ignore, report to the guest, or stop only when space is out."""
    changed_block_tracking: bool | None = None
    """Keep a record of changed blocks for incremental backups."""
