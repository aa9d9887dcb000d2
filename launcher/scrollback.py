"""A bounded memory of what the guest wrote, read at any number of positions."""

from typing import Final

SCROLLBACK_BYTES: Final = 256 * 1024


class Scrollback:
    """Keeps the last bytes of a stream; positions count from its first byte."""

    def __init__(self, limit: int = SCROLLBACK_BYTES) -> None:
        self.limit = limit
        self._kept = bytearray()
        self._start = 0

    @property
    def start(self) -> int:
        """Return the position of the first byte that is still kept."""
        return self._start

    @property
    def end(self) -> int:
        """Return the position behind the last byte."""
        return self._start + len(self._kept)

    @property
    def ends_line(self) -> bool:
        """Say whether nothing is left of an unfinished line."""
        return not self._kept or self._kept.endswith(b"\n")

    def append(self, data: bytes) -> None:
        """Add bytes; the oldest give way."""
        self._kept += data
        excess = len(self._kept) - self.limit
        if excess > 0:
            del self._kept[:excess]
            self._start += excess

    def read(self, position: int, limit: int) -> tuple[int, bytes]:
        """Return how many bytes are lost after a position, and up to ``limit`` that are not."""
        lost = max(0, self._start - position)
        offset = position + lost - self._start
        with memoryview(self._kept) as kept:  # a slice of the bytes themselves is a copy more
            return lost, bytes(kept[offset : offset + limit])
