"""What a VM's screen shows, as text: pictures of a text console, read with its own font.

A text console is a grid of cells, each showing one glyph. Which glyph is which character is
learned from a picture and the guest's own memory of the same screen (/dev/vcs1).
"""

import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, Self

import numpy as np
from numpy.typing import NDArray

# Pixels: height x width x (red, green, blue), each 0 to 255.
Picture = NDArray[np.uint8]

COLUMNS: Final = 80
ROWS: Final = 25
GLYPH_HEIGHT: Final = 16
GLYPH_WIDTH: Final = 9
SIZE: Final = (COLUMNS * GLYPH_WIDTH, ROWS * GLYPH_HEIGHT)  # of a VGA in text mode
ALPHABET: Final = "".join(map(chr, range(33, 127)))

_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
_CHANNELS: Final = {2: 3, 6: 4}  # by PNG's colour type: RGB, RGBA


def read_png(data: bytes) -> Picture:
    """Return the pixels of a PNG with 8 bits a channel; every checksum in it is checked."""
    assert data.startswith(_SIGNATURE), f"no PNG: {data[:40]!r}"
    chunks = _split_png(data[len(_SIGNATURE) :])
    width, height, depth, colour, *rest = struct.unpack(">IIBBBBB", chunks[b"IHDR"])
    assert (depth, rest) == (8, [0, 0, 0]), "8 bits a channel and no interlacing"
    channels = _CHANNELS[colour]
    lines = np.frombuffer(zlib.decompress(chunks[b"IDAT"]), np.uint8)
    lines = lines.reshape(height, 1 + width * channels)
    above = np.zeros(width * channels, np.uint8)
    pixels = []
    for line in lines:
        above = _unfilter(int(line[0]), line[1:], above, channels)
        pixels.append(above)
    return np.stack(pixels).reshape(height, width, channels)[:, :, :3]


def _split_png(data: bytes) -> Mapping[bytes, bytes]:
    """Return what the chunks contain, by kind."""
    chunks: dict[bytes, bytes] = {}
    at = 0
    while at < len(data):
        (size,) = struct.unpack_from(">I", data, at)
        kind, end = data[at + 4 : at + 8], at + 8 + size
        assert struct.unpack_from(">I", data, end) == (zlib.crc32(data[at + 4 : end]),), kind
        chunks[kind] = chunks.get(kind, b"") + data[at + 8 : end]
        at = end + 4
    assert b"IEND" in chunks, "cut off"
    return chunks


def _unfilter(
    kind: int, line: NDArray[np.uint8], above: NDArray[np.uint8], channels: int
) -> NDArray[np.uint8]:
    """Undo what PNG did to a line so that it packs better."""
    if kind == 0:
        return line
    if kind == 2:
        return line + above
    out, up = line.tolist(), above.tolist()
    for index, value in enumerate(out):
        left = out[index - channels] if index >= channels else 0
        corner = up[index - channels] if index >= channels else 0
        guess = {
            1: left,
            3: (left + up[index]) // 2,
            4: min((left, up[index], corner), key=lambda c: abs(left + up[index] - corner - c)),
        }[kind]
        out[index] = (value + guess) % 256
    return np.array(out, np.uint8)


def cut_cells(picture: Picture) -> list[bytes]:
    """Return the cells of a text console, row by row: for each pixel, whether it is lit."""
    assert picture.shape[:2] == SIZE[::-1], f"no text console: {picture.shape}"
    lit = picture[:, :, :3].max(axis=2) > 0
    grid = lit.reshape(ROWS, GLYPH_HEIGHT, COLUMNS, GLYPH_WIDTH).swapaxes(1, 2)
    return [np.packbits(cell).tobytes() for row in grid for cell in row]


@dataclass(frozen=True, slots=True)
class Font:
    """Characters by what their glyphs look like."""

    characters: Mapping[bytes, str]

    @classmethod
    def learn(cls, picture: Picture, text: str) -> Self:
        """Return the font with which the text, a line after the other, makes the picture."""
        characters: dict[bytes, str] = {}
        for glyph, character in zip(cut_cells(picture), text, strict=True):
            assert characters.setdefault(glyph, character) == character, "one glyph, two characters"
        assert len(set(characters.values())) == len(characters), "one character, two glyphs"
        return cls(characters)

    def read(self, picture: Picture) -> str:
        """Return the lines of a text console without blanks at their ends; \ufffd: no glyph."""
        text = "".join(self.characters.get(cell, "\ufffd") for cell in cut_cells(picture))
        bounds = pairwise(range(0, len(text) + 1, COLUMNS))
        return "\n".join(text[begin:end].rstrip() for begin, end in bounds)
