"""Where the cluster keeps its things: one directory for its state, one for what can be reused."""

import os
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Layout:
    """Every path of the cluster follows from these two directories."""

    state: Path  # gone after `down`
    cache: Path  # survives it: binaries and images

    @property
    def pki(self) -> Path:
        return self.state / "pki"

    @property
    def config(self) -> Path:
        return self.state / "config"

    @property
    def logs(self) -> Path:
        return self.state / "logs"

    @property
    def pids(self) -> Path:
        return self.state / "pids"

    @property
    def record(self) -> Path:
        return self.state / "cluster.json"

    @property
    def admin_kubeconfig(self) -> Path:
        return self.state / "admin.kubeconfig"

    @property
    def audit_log(self) -> Path:
        return self.logs / "audit.log"

    @property
    def binaries(self) -> Path:
        return self.cache / "bin"

    @property
    def images(self) -> Path:
        return self.cache / "images"

    @property
    def lock(self) -> Path:
        return self.cache / f"{self.state.name}.lock"

    @property
    def cgroup(self) -> str:
        """Return where the cluster's pods live in every cgroup hierarchy."""
        return self.state.name

    def node(self, name: str) -> Path:
        """Return the directory that stands in for a node's disk."""
        return self.state / "nodes" / name

    def log(self, component: str) -> Path:
        return self.logs / f"{component}.log"

    def pid(self, component: str) -> Path:
        return self.pids / f"{component}.pid"


def find_layout() -> Layout:
    """Return the layout that the environment asks for."""
    home = Path(os.environ.get("HOME", "/root"))
    return Layout(
        state=Path(os.environ.get("VIRTPOD_CLUSTER_DIR", "/var/lib/virtpod-cluster")),
        cache=Path(os.environ.get("VIRTPOD_CACHE", home / ".cache" / "virtpod")),
    )
