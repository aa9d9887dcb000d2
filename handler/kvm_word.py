"""Tells the node's launchers whether KVM works, in a file that they can reach.

The directory is shared with launchers, which are privileged and may be anyone's: nothing in it
is trusted, no link in it is followed, and what is there already is never written to.
"""

import contextlib
import os
import secrets
from pathlib import Path
from typing import Final

from api.names import HOST_KVM_VERDICT

WORKS: Final = "works"
_NAME: Final = Path(HOST_KVM_VERDICT).name


def format_word(reason: str) -> str:
    """Return the word for a KVM with this fault; empty when it has none."""
    return f"does not work: {' '.join(reason.split())}" if reason else WORKS


def write_word(word: str, directory: Path) -> None:
    """Put the word in place, whole or not at all."""
    where = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        _replace(where, f"{word}\n")
    finally:
        os.close(where)


def _replace(where: int, text: str) -> None:
    draft = f".{_NAME}.{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    descriptor = os.open(draft, flags, 0o644, dir_fd=where)
    try:
        with os.fdopen(descriptor, "w") as file:
            file.write(text)
        os.rename(draft, _NAME, src_dir_fd=where, dst_dir_fd=where)
    except OSError:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(draft, dir_fd=where)
        raise
