"""Hands our certificate to the pod's other containers: files in memory, changed all at once."""

import os
import re
import shutil
from pathlib import Path
from typing import Final

from api.problem import Problem
from daemon.tls import Material

CURRENT: Final = "current"  # a link to the directory of the newest generation
_GENERATION: Final = re.compile(r"[1-9][0-9]{0,8}")
_FRESH: Final = ".fresh"


class TrustFiles:
    """A directory per generation; readers open ``current`` once, and read what is in it.

    The generation before the newest stays, for those who opened it just before it was replaced.
    """

    def __init__(self, root: Path) -> None:
        self._root = root

    def write(self, material: Material) -> None:
        """Make this the current generation; raises TrustNotWritten."""
        try:
            self._write(material)
        except OSError as error:
            text = f"cannot write our certificate for other containers: {error.strerror}"
            raise Problem("TrustNotWritten", text, retryable=True) from error

    def _write(self, material: Material) -> None:
        # This process may have been started anew: what an earlier one left here counts.
        known = sorted(int(path.name) for path in self._root.iterdir() if _is_generation(path))
        number = known[-1] + 1 if known else 1
        directory = self._root / str(number)
        directory.mkdir(mode=0o700)
        _write_file(directory / "tls.crt", material.certificate)
        _write_file(directory / "tls.key", material.key)
        _write_file(directory / "ca.crt", material.authorities)
        fresh = self._root / _FRESH
        fresh.unlink(missing_ok=True)
        fresh.symlink_to(directory.name)
        fresh.replace(self._root / CURRENT)
        for old in known[:-1]:
            shutil.rmtree(self._root / str(old))


def _is_generation(path: Path) -> bool:
    return _GENERATION.fullmatch(path.name) is not None


def _write_file(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
