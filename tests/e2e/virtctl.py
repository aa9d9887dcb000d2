"""KubeVirt's own client, built from its Go module: once a machine, into the cache."""

from pathlib import Path
from typing import Final

from cluster.binaries import build, is_built, parse_module
from cluster.paths import find_layout
from tests.e2e.kubectl import Kubectl

MODULES: Final = Path(__file__).resolve().parent.parent / "interop"


def ensure_virtctl() -> Path:
    """Return the program, built first where there is none (minutes)."""
    layout = find_layout()
    project = parse_module("virtctl", (MODULES / "virtctl" / "go.mod").read_text())
    if not is_built(layout, project):
        build(layout, project, MODULES)
    return layout.binaries / project.folder / "virtctl"


def open_virtctl(kubectl: Kubectl) -> Kubectl:
    """Return virtctl with a kubectl's kubeconfig and namespace; it takes the same flags."""
    return Kubectl(str(ensure_virtctl()), Path(kubectl.env["KUBECONFIG"]), kubectl.namespace)
