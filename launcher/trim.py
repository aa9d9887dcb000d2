"""Gives memory back once the start is over: what only a start needed is not kept mapped."""

import ctypes
import gc
from pathlib import Path
from typing import Final

_MADV_DONTNEED: Final = 4


def trim_memory() -> None:
    """Collect garbage, empty the allocator, and drop clean pages of program files.

    The pages stay in the node's page cache and come back when they are used again.
    """
    gc.collect()
    gc.freeze()
    libc = ctypes.CDLL(None)
    libc.malloc_trim(0)
    libc.madvise.argtypes = (ctypes.c_void_p, ctypes.c_size_t, ctypes.c_int)
    for start, end in list_clean_mappings(Path("/proc/self/smaps").read_text()):
        libc.madvise(start, end - start, _MADV_DONTNEED)


def list_clean_mappings(smaps: str) -> list[tuple[int, int]]:
    """Return address ranges of files that cannot be written and hold no page of our own.

    A read-only range with anonymous pages was relocated at load: dropping it would lose that.
    """
    ranges: list[tuple[int, int]] = []
    candidate: tuple[int, int] | None = None
    for line in smaps.splitlines():
        words = line.split()
        if words[0].endswith(":"):
            if words[0] == "Anonymous:" and words[1] == "0" and candidate:
                ranges.append(candidate)
        else:
            start, end = (int(part, 16) for part in words[0].split("-"))
            is_file = len(words) > 5 and words[5].startswith("/")
            candidate = (start, end) if is_file and "w" not in words[1] else None
    return ranges
