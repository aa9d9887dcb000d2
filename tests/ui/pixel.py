"""Pictures of pages, compared with the references in tests/ui/reference."""

import struct
import zlib
from pathlib import Path
from typing import Final

import numpy as np

from tests.e2e.screen import Picture, read_png

REFERENCES: Final = Path(__file__).parent / "reference"
# A pixel differs when one of its colours is off by more than this: fonts are drawn a little
# differently by each build of the browser.
TOLERANCE: Final = 48
DIFFERENT: Final = 0.002  # of all pixels: a label more or less is seen


def measure_difference(one: Picture, other: Picture, tolerance: int = TOLERANCE) -> float:
    """Return which share of the pixels differs, 0 to 1; pictures of two sizes differ wholly."""
    if one.shape != other.shape:
        return 1.0
    off = np.abs(one.astype(np.int16) - other.astype(np.int16)).max(axis=2)
    return float((off > tolerance).mean())


def simplify(picture: Picture) -> Picture:
    """Return the picture in 33 shades a colour: many bytes less, and not to be seen."""
    return np.minimum((picture.astype(np.int16) + 4) // 8 * 8, 255).astype(np.uint8)


def write_png(picture: Picture) -> bytes:
    """Return a PNG without filters: of pages, which are mostly plain, it is the smallest."""
    height, width, _ = picture.shape
    lines = np.zeros((height, 1 + width * 3), np.uint8)
    lines[:, 1:] = picture.reshape(height, -1)
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes(), 9)), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )


def check_picture(name: str, png: bytes, made: Path, *, update: bool) -> None:
    """Fail unless a picture looks like its reference; ``made`` gets what was seen instead."""
    reference = REFERENCES / f"{name}.png"
    if update:
        REFERENCES.mkdir(exist_ok=True)
        reference.write_bytes(write_png(simplify(read_png(png))))
        return
    seen = made / f"{name}.png"
    seen.write_bytes(png)
    assert reference.is_file(), f"{name} has no reference; --update-golden makes it; see {seen}"
    share = measure_difference(read_png(png), read_png(reference.read_bytes()))
    assert share <= DIFFERENT, f"{share:.1%} of {name} look different: {seen}"
