"""Reads and writes the header of qcow2 images: what a format is, and a fresh image's bytes."""

import struct
from dataclasses import dataclass
from typing import Final

from api.problem import Problem

MAGIC: Final = b"QFI\xfb"
HEADER_BYTES: Final = 104
_HEADER: Final = ">4sIQIIQIIQQIIQQQQII"
_CLUSTER_BITS: Final = 16
_CLUSTER: Final = 1 << _CLUSTER_BITS
_REFCOUNTS_A_CLUSTER: Final = _CLUSTER // 2
_L1_REACH: Final = _CLUSTER * (_CLUSTER // 8)  # bytes of disk behind one entry of the L1 table
_EXTENSION_BACKING_FORMAT: Final = 0xE2792ACA
_INCOMPATIBLE_CORRUPT: Final = 1 << 1
_INCOMPATIBLE_EXTERNAL_DATA: Final = 1 << 2
_LARGEST_BYTES: Final = 1 << 53  # 8 PiB, far above what any disk of ours has

# Formats that users bring by mistake; raw would be a guess that never boots.
FOREIGN_MAGICS: Final = {
    b"KDMV": "vmdk",
    b"vhdxfile": "vhdx",
    b"conectix": "vpc",
    b"\x1f\x8b\x08": "gzip",
    b"\xfd7zXZ\x00": "xz",
    b"\x28\xb5\x2f\xfd": "zstd",
}


@dataclass(frozen=True, slots=True)
class Header:
    """What matters of a qcow2 header."""

    size_bytes: int


def read_header(start: bytes) -> Header | None:
    """Read the first bytes of an image; None when it is no qcow2, so raw.

    An image that would make qemu open another file is refused: that file would be ours.
    """
    for magic, name in FOREIGN_MAGICS.items():
        if start.startswith(magic):
            raise Problem("DiskFormatNotSupported", f"the disk is {name}; it must be qcow2 or raw")
    if not start.startswith(MAGIC):
        return None
    if len(start) < HEADER_BYTES:
        raise Problem("DiskImageCorrupt", "the qcow2 image ends within its header")
    fields = struct.unpack(_HEADER, start[:HEADER_BYTES])
    version, size_bytes = fields[1], fields[5]
    if version not in {2, 3}:
        raise Problem("DiskImageCorrupt", f"the qcow2 image has the unknown version {version}")
    features = fields[13] if version == 3 else 0
    flaw = _find_flaw(fields[2], size_bytes, fields[6], features)
    if flaw:
        raise Problem("DiskImageRefused", f"the qcow2 image {flaw}")
    return Header(size_bytes)


def _find_flaw(backing_offset: int, size_bytes: int, encryption: int, features: int) -> str:
    """Return why such an image is not opened; empty when it is."""
    if backing_offset:
        return "has a backing file"
    if features & _INCOMPATIBLE_EXTERNAL_DATA:
        return "has an external data file"
    if features & _INCOMPATIBLE_CORRUPT:
        return "is marked as corrupt"
    if encryption:
        return "is encrypted"
    if size_bytes > _LARGEST_BYTES:
        return f"claims to hold {size_bytes} bytes"
    return ""


def build_image(size_bytes: int, backing_path: str = "", backing_format: str = "") -> bytes:
    """Return a new qcow2 image without data, over a backing file of an explicit format if given.

    Its clusters are: header, refcount table, refcount blocks, L1 table.
    """
    l1_entries = -(-size_bytes // _L1_REACH)
    l1_clusters = -(-l1_entries * 8 // _CLUSTER) or 1
    blocks = 1
    while (clusters := 2 + blocks + l1_clusters) > blocks * _REFCOUNTS_A_CLUSTER:
        blocks += 1
    l1_offset = (2 + blocks) * _CLUSTER
    image = bytearray(clusters * _CLUSTER)
    extensions, name = _build_extensions(backing_path, backing_format)
    name_offset = HEADER_BYTES + len(extensions) if name else 0
    struct.pack_into(
        _HEADER,
        image,
        0,
        *(MAGIC, 3, name_offset, len(name), _CLUSTER_BITS, size_bytes, 0),
        *(l1_entries, l1_offset, _CLUSTER, 1),  # one cluster of refcount table
        *(0, 0),  # no snapshots
        *(0, 0, 0),  # features: incompatible, compatible, autoclear
        *(4, HEADER_BYTES),  # refcounts of 16 bits
    )
    tail = extensions + name
    image[HEADER_BYTES : HEADER_BYTES + len(tail)] = tail
    offsets = [(2 + block) * _CLUSTER for block in range(blocks)]
    struct.pack_into(f">{blocks}Q", image, _CLUSTER, *offsets)
    struct.pack_into(f">{clusters}H", image, 2 * _CLUSTER, *([1] * clusters))
    return bytes(image)


def _build_extensions(backing_path: str, backing_format: str) -> tuple[bytes, bytes]:
    end = struct.pack(">II", 0, 0)
    if not backing_path:
        return end, b""
    format_name = backing_format.encode()
    padded = format_name.ljust(-(-len(format_name) // 8) * 8, b"\0")
    head = struct.pack(">II", _EXTENSION_BACKING_FORMAT, len(format_name))
    name = backing_path.encode()
    if len(name) > 1023:
        raise Problem("DiskImageRefused", "the path of the backing file is too long")
    return head + padded + end, name
