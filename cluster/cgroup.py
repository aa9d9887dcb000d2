"""A cgroup for each node's pods, in every hierarchy that this kernel mounts."""

import contextlib
import errno
import os
import time
from pathlib import Path

from api.problem import Problem

ROOT = Path("/sys/fs/cgroup")
EMPTY_SECONDS = 5.0


def find_hierarchies() -> list[Path]:
    """Return the one root of cgroup v2, or each controller's root of v1."""
    if (ROOT / "cgroup.controllers").exists():
        return [ROOT]
    return sorted(path for path in ROOT.iterdir() if (path / "cgroup.procs").exists())


def ensure_cgroups(path: str) -> None:
    """Make a cgroup; below a node's the kubelet makes those of its pods."""
    for hierarchy in find_hierarchies():
        folder = hierarchy
        for part in Path(path).parts:
            _delegate(folder)
            folder /= part
            folder.mkdir(exist_ok=True)
            _copy_cpuset(folder)


def _delegate(folder: Path) -> None:
    """Hand v2's controllers down; the kernel refuses those that are in use otherwise."""
    control = folder / "cgroup.subtree_control"
    if control.exists():
        for controller in (folder / "cgroup.controllers").read_text().split():
            with contextlib.suppress(OSError):
                control.write_text(f"+{controller}")


def _copy_cpuset(folder: Path) -> None:
    """Start a v1 cpuset with what its parent has: empty, it would hold no process."""
    for name in ("cpuset.cpus", "cpuset.mems"):
        file, above = folder / name, folder.parent / name
        if above.exists() and not file.read_text().strip():
            file.write_text(above.read_text())


def remove_cgroups(path: str) -> None:
    """Remove a cgroup with all below it, once their killed processes are gone."""
    deadline = time.monotonic() + EMPTY_SECONDS
    for hierarchy in find_hierarchies():
        for folder, _, _ in os.walk(hierarchy / path, topdown=False):
            _remove_empty(Path(folder), deadline)


def _remove_empty(folder: Path, deadline: float) -> None:
    while True:
        try:
            folder.rmdir()
        except FileNotFoundError:
            return
        except OSError as error:
            if error.errno != errno.EBUSY or time.monotonic() > deadline:
                raise Problem("CgroupBusy", f"{folder} cannot be removed: {error}") from error
            time.sleep(0.02)  # v1 has no event for it
        else:
            return
