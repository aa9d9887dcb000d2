"""The cluster under test: a user's kubectl, and watchers of the namespace of one run."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from cluster.binaries import find_program
from cluster.paths import find_layout
from tests.e2e.kubectl import Kubectl
from tests.e2e.observer import EVENTS, PODS, VMIS, VMS, ApiServer, Watch


@dataclass(frozen=True, slots=True)
class Cluster:
    """The cluster under test: a user's kubectl, and outside watchers of one namespace."""

    kubectl: Kubectl
    api: ApiServer
    vms: Watch
    vmis: Watch
    pods: Watch
    events: Watch

    @property
    def namespace(self) -> str:
        return self.kubectl.namespace

    def path(self, collection: str, name: str) -> str:
        """Return the URL path of an object in the tests' namespace."""
        return f"{collection.format(namespace=self.namespace)}/{name}"


def find_kubeconfig() -> Path:
    """Return $KUBECONFIG or the embedded cluster's; without a cluster, fail."""
    if given := os.environ.get("KUBECONFIG"):
        return Path(given)
    asked = subprocess.run(
        [sys.executable, "-m", "cluster", "kubeconfig"], capture_output=True, text=True, check=False
    )
    assert asked.returncode == 0, f"no cluster to test on (make up): {asked.stderr.strip()}"
    return Path(asked.stdout.strip())


def find_kubectl() -> str:
    """Return the kubectl that a user would type, else the embedded cluster's."""
    built = find_program(find_layout(), "kubectl")
    program = os.environ.get("KUBECTL") or shutil.which("kubectl") or str(built)
    assert Path(program).exists(), "no kubectl: put it into PATH or name it in $KUBECTL"
    return program


@contextmanager
def open_cluster(purpose: str) -> Iterator[Cluster]:
    """Yield the cluster with a namespace of this run, watched from before its first object."""
    kubeconfig = find_kubeconfig()
    api = ApiServer(kubeconfig)
    namespace = f"{purpose}-{secrets.token_hex(3)}"
    kubectl = Kubectl(find_kubectl(), kubeconfig, namespace)
    kubectl("create", "namespace", namespace)
    kubectl.wait("serviceaccount/default", "create")  # without it, no pod can be made
    paths = [path.format(namespace=namespace) for path in (VMS, VMIS, PODS, EVENTS)]
    with ExitStack() as stack:
        vms, vmis, pods, events = (stack.enter_context(api.watch(path)) for path in paths)
        yield Cluster(kubectl, api, vms, vmis, pods, events)
    kubectl("delete", "namespace", namespace, "--timeout=300s", seconds=330)
