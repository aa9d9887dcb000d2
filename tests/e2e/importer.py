"""CDI as far as VMs see of it: a DataVolume type, claims, and a status that says how far it is.

The tests play CDI themselves: its images can be had from a registry only, and a cluster under test
may reach none. What virtpod sees of CDI are DataVolumes, their status and the claims they leave.
"""

import http.client
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from tests.e2e.cluster import Cluster
from tests.e2e.guests import build_claim
from tests.e2e.kubectl import KubectlError
from tests.e2e.observer import Json, Watch
from tests.e2e.vm import START_SECONDS

CRDS = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions"
CRD = "datavolumes.cdi.kubevirt.io"
DATA_VOLUMES = "/apis/cdi.kubevirt.io/v1beta1/namespaces/{namespace}/datavolumes"
# The controller looks for CDI now and then only.
NOTICE_SECONDS = 240
SERVE_SECONDS = 60.0


def build_crd() -> Json:
    """Return the type of DataVolumes, open to every field."""
    schema = {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    version = {
        "name": "v1beta1",
        "served": True,
        "storage": True,
        "schema": {"openAPIV3Schema": schema},
        "subresources": {"status": {}},
    }
    return {
        "apiVersion": "apiextensions.k8s.io/v1",
        "kind": "CustomResourceDefinition",
        "metadata": {"name": CRD},
        "spec": {
            "group": "cdi.kubevirt.io",
            "names": {
                "kind": "DataVolume",
                "plural": "datavolumes",
                "singular": "datavolume",
                "shortNames": ["dv", "dvs"],
            },
            "scope": "Namespaced",
            "versions": [version],
        },
    }


class Importer:
    """Fills DataVolumes, or fails to."""

    def __init__(self, cluster: Cluster, volumes: Watch) -> None:
        self._cluster = cluster
        self._volumes = volumes

    def until_made(self, name: str, seconds: float = START_SECONDS) -> Json:
        """Wait for a DataVolume and return it."""
        return self._volumes.until(lambda seen: seen.name == name, seconds, name).object

    def until_gone(self, name: str, seconds: float = START_SECONDS) -> None:
        """Wait for its end; Kubernetes' garbage collector looks for new kinds now and then only."""
        self._volumes.until_gone(name, seconds)

    def report(self, name: str, phase: str, **status: object) -> None:
        """Say how far the import is."""
        path = self._cluster.path(DATA_VOLUMES, name)
        self._cluster.api.patch_status(path, {"phase": phase, **status})

    def make_claim(self, name: str) -> None:
        """Make the claim, which belongs to the DataVolume."""
        claim, volume = build_claim(name, "64Mi"), self.until_made(name)
        owner = {"apiVersion": volume["apiVersion"], "kind": volume["kind"], "name": name}
        owner |= {"uid": volume["metadata"]["uid"], "controller": True}
        claim["metadata"]["ownerReferences"] = [owner]
        self._cluster.kubectl.apply(claim)

    def fill(self, name: str) -> None:
        """Make the claim, and say that all is done."""
        self.make_claim(name)
        self.report(name, "Succeeded", progress="100.0%")


def _until_served(cluster: Cluster, path: str) -> None:
    """Ask until a path is there, which is a moment after its kind is said to be Established."""
    deadline, pause = time.monotonic() + SERVE_SECONDS, threading.Event()
    while True:
        with cluster.api.open("GET", path) as answer:
            if answer.response.status != http.client.NOT_FOUND:
                return
        assert time.monotonic() < deadline, f"{path} is never served"
        pause.wait(0.05)


@contextmanager
def install(cluster: Cluster) -> Iterator[Importer]:
    """Have DataVolumes in the cluster; afterwards there are none, whatever happened."""
    try:
        cluster.kubectl("get", "crd", CRD)
    except KubectlError:
        pass
    else:
        raise AssertionError(f"{CRD} is there: not touched, as somebody's CDI may use it")
    try:
        cluster.kubectl.apply(build_crd())
        cluster.kubectl.wait(f"crd/{CRD}", "condition=Established")
        path = DATA_VOLUMES.format(namespace=cluster.namespace)
        _until_served(cluster, path)
        with cluster.api.watch(path) as volumes:
            yield Importer(cluster, volumes)
    finally:
        cluster.kubectl("delete", "crd", CRD, "--ignore-not-found")
