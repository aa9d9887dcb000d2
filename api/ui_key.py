"""How the keys that seal the pages' sessions are spelled in their Secret; pure.

Each key of the Secret's data is the second (Unix time) when its value, 32 random bytes, was made.
"""

from collections.abc import Mapping
from typing import Final

KEY_BYTES: Final = 32
_LATEST: Final = 1 << 32  # seconds have four bytes in a cookie


def read_keys(data: Mapping[str, bytes]) -> dict[int, bytes]:
    """Return the keys by when they were made, oldest first; what is none is left out."""
    return {
        int(name): key
        for name, key in sorted(data.items())
        if name.isdecimal() and name.isascii() and int(name) < _LATEST and len(key) == KEY_BYTES
    }


def spell_time(made: int) -> str:
    """Return the name of a key."""
    return f"{made:010d}"
