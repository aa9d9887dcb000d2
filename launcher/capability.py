"""Keeps libvirt's capabilities of qemu for the node, so that only its first VM pays for them.

libvirt asks a qemu binary what it can do, which takes a second, and keeps the answer in a file.
Each launcher has that file for itself, copied from the node's directory before libvirt looks,
and copied there, whole or not at all, when libvirt had to ask. libvirt decides itself whether a
file still fits: it compares the binary's and its own age, the kernel and the CPU.
"""

import contextlib
import os
from dataclasses import dataclass
from pathlib import Path


def name_generation(accelerator: str, *binaries: Path) -> str:
    """Name what the capabilities depend on: these very binaries, the kernel, and KVM's presence."""
    ages = [f"{path.stat().st_ctime_ns:x}" for path in binaries if path.exists()]
    return "-".join([accelerator, os.uname().release, *ages])


@dataclass(frozen=True, slots=True)
class CapabilityCache:
    """The node's directory for one generation, and libvirt's own."""

    shared: Path
    own: Path
    writer: str  # no two launchers have the same

    def fetch(self) -> bool:
        """Copy what the node has; returns whether it had anything."""
        self.own.mkdir(parents=True, exist_ok=True)
        found = False
        with contextlib.suppress(OSError):
            for path in self.shared.glob("*.xml"):
                (self.own / path.name).write_bytes(path.read_bytes())
                found = True
        return found

    def publish(self) -> bool:
        """Give the node what libvirt found out; returns whether it took anything new.

        A node that takes nothing, say with a full disk, is no reason to end a guest that runs.
        """
        draft = self.shared / f".{self.writer}"
        try:
            news = [path for path in self.own.glob("*.xml") if self._is_new(path)]
            for path in news:
                self.shared.mkdir(mode=0o700, parents=True, exist_ok=True)
                draft.write_bytes(path.read_bytes())
                os.replace(draft, self.shared / path.name)  # noqa: PTH105 - atomic is the point
        except OSError:
            with contextlib.suppress(OSError):
                draft.unlink()
            return False
        return bool(news)

    def _is_new(self, path: Path) -> bool:
        known = self.shared / path.name
        return not known.exists() or known.read_bytes() != path.read_bytes()
