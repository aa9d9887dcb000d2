"""A cgroup for each node's pods, in every hierarchy that this kernel mounts."""

import contextlib
import os
from pathlib import Path

from cluster.render import cgroup_path

ROOT = Path("/sys/fs/cgroup")


def find_hierarchies() -> list[Path]:
    """Return the one root of cgroup v2, or each controller's root of v1."""
    if (ROOT / "cgroup.controllers").exists():
        return [ROOT]
    return sorted(path for path in ROOT.iterdir() if (path / "cgroup.procs").exists())


def ensure_cgroups(node: str) -> None:
    """Make a node's cgroup; below it the kubelet makes those of its pods."""
    for hierarchy in find_hierarchies():
        folder = hierarchy
        for part in Path(cgroup_path(node)).parts:
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
        file = folder / name
        if (file.parent.parent / name).exists() and not file.read_text().strip():
            file.write_text((file.parent.parent / name).read_text())


def remove_cgroups(node: str = "") -> None:
    """Remove a node's cgroups, or all; their processes have ended before."""
    for hierarchy in find_hierarchies():
        top = hierarchy / cgroup_path(node)
        for folder, _, _ in os.walk(top, topdown=False):
            with contextlib.suppress(FileNotFoundError):
                Path(folder).rmdir()
