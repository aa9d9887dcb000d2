"""Users of the cluster with one role in the tests' namespace, as a browser's pages know them."""

from dataclasses import dataclass
from pathlib import Path

import yaml

from tests.e2e.cluster import Cluster
from tests.e2e.tenant import build_tenant


@dataclass(frozen=True, slots=True)
class Tenant:
    """A service account; its kubeconfig and its token are the same rights."""

    kubeconfig: Path
    token: str


def make_tenant(cluster: Cluster, name: str, folder: Path, role: str) -> Tenant:
    """Make the account; its kubeconfig begins in the tests' namespace."""
    kubectl = build_tenant(cluster, name, folder, role)
    path = Path(kubectl.env["KUBECONFIG"])
    config = yaml.safe_load(path.read_text())
    config["contexts"][0]["context"]["namespace"] = cluster.namespace
    path.write_text(yaml.safe_dump(config))
    return Tenant(path, str(config["users"][0]["user"]["token"]))
