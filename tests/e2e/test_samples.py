"""The manifests that KubeVirt's users copy are taken as they are, and boot where they can."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.cluster import Cluster
from tests.e2e.observer import VMS, Json
from tests.e2e.vm import Vm, destroy

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
ALL = sorted(path.stem for path in SAMPLES.glob("*.yaml"))
CATALOGUE = ("csmall", "clarge", "cluster-csmall", "virtio", "windows")
BOOTABLE_VMS = ("vm-cirros", "vm-cirros-sata", "vm-cirros-csmall", "vm-cirros-cluster-csmall")
BOOTABLE_VMIS = (
    "vmi-ephemeral",
    "vmi-nocloud",
    "vmi-masquerade",
    "vmi-sata",
    "vmi-usb",
    "vmi-fedora",
    "vmi-alpine-efi",
    "vmi-kernel-boot",
    "vmi-migratable",
)
BOOT_SECONDS = 240  # of Debian, with its services, in emulation


def read_sample(name: str) -> list[Json]:
    return list(yaml.safe_load_all((SAMPLES / f"{name}.yaml").read_text()))


def locate(name: str) -> str:
    return str(SAMPLES / f"{name}.yaml")


@pytest.fixture(scope="module")
def catalogue(cluster: Cluster) -> Iterator[None]:
    """Have the samples' instancetypes and preferences in the cluster."""
    for name in CATALOGUE:
        cluster.kubectl("apply", "-f", locate(name))
    yield
    cluster.kubectl("delete", "-f", locate("cluster-csmall"))  # the only one without a namespace


@pytest.mark.parametrize("name", ALL)
def test_a_sample_is_accepted(cluster: Cluster, name: str) -> None:
    told = cluster.kubectl("apply", "--dry-run=server", "--validate=strict", "-f", locate(name))
    assert len(told.splitlines()) == len(read_sample(name))


@pytest.mark.parametrize("name", BOOTABLE_VMIS)
def test_a_vmi_boots(cluster: Cluster, name: str) -> None:
    (manifest,) = read_sample(name)
    made = Vm(cluster, manifest).apply()
    try:
        made.until_login(BOOT_SECONDS)
    finally:
        destroy([made])


@pytest.mark.parametrize("name", [*BOOTABLE_VMS, "vm-priorityclass"])
def test_a_vm_boots_when_it_is_started(cluster: Cluster, catalogue: None, name: str) -> None:
    *others, manifest = read_sample(name)
    cluster.kubectl("apply", "-f", locate(name))
    path = cluster.path(VMS, name)
    try:
        cluster.api.merge(path, {"spec": {"runStrategy": "Always"}})
        Vm(cluster, manifest).until_login(BOOT_SECONDS)
    finally:
        cluster.kubectl("delete", "vm", name)
        for other in others:
            cluster.kubectl("delete", str(other["kind"]), str(other["metadata"]["name"]))


def test_a_replica_set_boots(cluster: Cluster) -> None:
    name = "vmi-replicaset-cirros"
    cluster.kubectl("apply", "-f", locate(name))
    try:
        cluster.kubectl.wait(f"vmirs/{name}", "jsonpath={.status.readyReplicas}=2", 120)
    finally:
        cluster.kubectl("delete", "vmirs", name, "--cascade=foreground")
