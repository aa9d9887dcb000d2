"""The server's certificate from files that another container writes, renewed when they change."""

import logging
from pathlib import Path
from typing import Final

from api.problem import Problem
from daemon.tls import Material, ServerTls

NAMES: Final = ("tls.crt", "tls.key", "ca.crt")  # of Material's fields, in their order
_MAX_BYTES: Final = 1024 * 1024
_Stamp = tuple[tuple[int, int, int], ...]
log = logging.getLogger(__name__)


class TrustDirectory:
    """Gives what lies in a directory to a server's TLS; the files are swapped as one, by a link."""

    def __init__(self, directory: Path, tls: ServerTls) -> None:
        self._directory = directory
        self._tls = tls
        self._seen: _Stamp = ()
        self._material: Material | None = None

    @property
    def is_ready(self) -> bool:
        """Tell whether there has been a usable certificate."""
        return self._material is not None

    def refresh(self) -> None:
        """Look, which costs three stat calls, and read what is new.

        What cannot be used is logged once, and what there was stays in use.
        """
        try:
            stamp = self._read_stamp()
            if stamp == self._seen:
                return
            material = self._read_material()
            if self._read_stamp() != stamp:
                return  # swapped meanwhile: the next look gets it whole
        except OSError:
            return  # not there yet, or just being swapped
        self._seen = stamp
        if material == self._material:
            return
        try:
            self._tls.renew(material)
        except Problem as problem:
            log.error("certificate not taken", extra={"error": problem.message})  # noqa: TRY400
        else:
            self._material = material
            log.info("certificate taken")

    def _read_stamp(self) -> _Stamp:
        stats = [(self._directory / name).stat() for name in NAMES]
        return tuple((stat.st_ino, stat.st_mtime_ns, stat.st_size) for stat in stats)

    def _read_material(self) -> Material:
        certificate, key, authorities = (self._read(name) for name in NAMES)
        return Material(certificate, key, authorities)

    def _read(self, name: str) -> bytes:
        with (self._directory / name).open("rb") as file:
            return file.read(_MAX_BYTES)
