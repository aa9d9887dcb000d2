"""Takes a picture of the guest's screen: qemu draws it into a file that has no name."""

import os
from collections.abc import Iterator
from typing import Final

from api.problem import Problem

PICTURE_BYTES: Final = 16 * 1024 * 1024
PIECE_BYTES: Final = 32 * 1024
SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"


class Canvas:
    """A file in memory for one picture; closing it is all the cleaning that there is."""

    def __init__(self) -> None:
        self._file = os.memfd_create("screen")

    def open_for_qemu(self) -> int:
        """Return a descriptor as qemu wants it: for writing alone."""
        return os.open(f"/proc/self/fd/{self._file}", os.O_WRONLY | os.O_CLOEXEC)

    def read_pieces(self) -> Iterator[bytes]:
        """Yield the picture; raises Problem for what is none, or too large."""
        if os.pread(self._file, len(SIGNATURE), 0) != SIGNATURE:
            raise Problem("ScreenshotFailed", "qemu drew no picture")
        if os.fstat(self._file).st_size > PICTURE_BYTES:
            raise Problem("ScreenshotFailed", "the picture of the screen is larger than 16 MiB")
        position = 0
        while piece := os.pread(self._file, PIECE_BYTES, position):
            position += len(piece)
            yield piece

    def close(self) -> None:
        os.close(self._file)
