"""qcow2 headers: what is refused, and what a new image looks like."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.problem import Problem
from launcher.qcow2 import HEADER_BYTES, MAGIC, build_image, read_header

GIBIBYTE = 1 << 30
CLUSTER = 65536


def changed(offset: int, value: bytes) -> bytes:
    image = bytearray(build_image(GIBIBYTE)[:HEADER_BYTES])
    image[offset : offset + len(value)] = value
    return bytes(image)


def test_an_image_of_ours_is_read_back() -> None:
    header = read_header(build_image(GIBIBYTE))
    assert header is not None
    assert header.size_bytes == GIBIBYTE


@pytest.mark.parametrize("start", [b"", b"\0" * 512, b"\xeb\x63\x90" + b"\0" * 509, b"QFI"])
def test_what_is_no_qcow2_is_raw(start: bytes) -> None:
    assert read_header(start) is None


@pytest.mark.parametrize(
    ("start", "slug"),
    [
        (changed(4, struct.pack(">I", 4)), "DiskImageCorrupt"),
        (changed(8, struct.pack(">Q", 512)), "DiskImageRefused"),  # backing file
        (changed(24, struct.pack(">Q", 1 << 60)), "DiskImageRefused"),
        (changed(32, struct.pack(">I", 1)), "DiskImageRefused"),  # encrypted
        (changed(72, struct.pack(">Q", 1 << 1)), "DiskImageRefused"),  # corrupt
        (changed(72, struct.pack(">Q", 1 << 2)), "DiskImageRefused"),  # external data file
        (MAGIC + b"\0" * 50, "DiskImageCorrupt"),
        (b"KDMV" + b"\0" * 200, "DiskFormatNotSupported"),
        (b"\x1f\x8b\x08" + b"\0" * 200, "DiskFormatNotSupported"),
    ],
)
def test_a_dangerous_or_foreign_image_is_refused(start: bytes, slug: str) -> None:
    with pytest.raises(Problem) as caught:
        read_header(start)
    assert caught.value.slug == slug


@given(st.binary(max_size=200))
def test_no_header_makes_the_reader_fail_otherwise(rest: bytes) -> None:
    try:
        read_header(MAGIC + rest)
    except Problem as problem:
        assert problem.message  # noqa: PT017 - either outcome is fine


@given(st.integers(min_value=512, max_value=1 << 45))
def test_each_cluster_of_a_new_image_is_counted_once(size_bytes: int) -> None:
    image = build_image(size_bytes)
    assert len(image) % CLUSTER == 0
    (l1_size, l1_offset, table_offset) = struct.unpack_from(">IQQ", image, 36)
    assert l1_size * 512 * 1024 * 1024 >= size_bytes
    assert l1_offset + l1_size * 8 <= len(image)
    (block_offset,) = struct.unpack_from(">Q", image, table_offset)
    clusters = len(image) // CLUSTER
    assert struct.unpack_from(f">{clusters}H", image, block_offset) == (1,) * clusters


def test_an_overlay_names_its_backing_file_and_format() -> None:
    image = build_image(GIBIBYTE, "/run/virtpod/images/root", "raw")
    (offset, length) = struct.unpack_from(">QI", image, 8)
    assert image[offset : offset + length] == b"/run/virtpod/images/root"
    assert struct.unpack_from(">II3s", image, HEADER_BYTES) == (0xE2792ACA, 3, b"raw")
    with pytest.raises(Problem):
        read_header(image)
