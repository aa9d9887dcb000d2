"""The manifests that KubeVirt's users copy are taken as they are, and boot where they can."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.cluster import Cluster
from tests.e2e.kubectl import KubectlError
from tests.e2e.observer import VMS, Json
from tests.e2e.vm import Vm, destroy

SAMPLES = Path(__file__).resolve().parents[1] / "samples"
ALL = sorted(path.stem for path in SAMPLES.glob("*.yaml"))
# Those that the installation has to allow first, as KubeVirt's has; and what to allow.
SETTINGS = {"vmi-gpu": "permittedHostDevices", "vmi-host-disk": "feature gate HostDisk"}
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
BOOT_SECONDS = 480  # of Debian, with its services, in emulation


def read_sample(name: str) -> list[Json]:
    return list(yaml.safe_load_all((SAMPLES / f"{name}.yaml").read_text()))


def locate(name: str) -> str:
    return str(SAMPLES / f"{name}.yaml")


def until_prompt(made: Vm) -> None:
    """Wait for a login prompt: where services start late, it does not stay the last line."""
    with made.logs() as console:
        console.expect("login:", BOOT_SECONDS)


@pytest.fixture(scope="module")
def catalogue(cluster: Cluster) -> Iterator[None]:
    """Have the samples' instancetypes and preferences in the cluster."""
    for name in CATALOGUE:
        cluster.kubectl("apply", "-f", locate(name))
    yield
    cluster.kubectl("delete", "-f", locate("cluster-csmall"))  # the only one without a namespace


@pytest.mark.parametrize(("name", "setting"), SETTINGS.items())
def test_a_sample_that_needs_a_setting_is_told_so(
    cluster: Cluster, name: str, setting: str
) -> None:
    with pytest.raises(KubectlError, match=setting):
        cluster.kubectl("apply", "--dry-run=server", "-f", locate(name))


@pytest.mark.parametrize("name", [name for name in ALL if name not in SETTINGS])
def test_a_sample_is_accepted(cluster: Cluster, catalogue: None, name: str) -> None:
    told = cluster.kubectl("apply", "--dry-run=server", "--validate=strict", "-f", locate(name))
    assert len(told.splitlines()) == len(read_sample(name))


@pytest.mark.parametrize("name", BOOTABLE_VMIS)
def test_a_vmi_boots(cluster: Cluster, name: str) -> None:
    (manifest,) = read_sample(name)
    made = Vm(cluster, manifest).apply()
    try:
        until_prompt(made)
    finally:
        destroy([made])


@pytest.mark.parametrize("name", [*BOOTABLE_VMS, "vm-priorityclass"])
def test_a_vm_boots_when_it_is_started(cluster: Cluster, catalogue: None, name: str) -> None:
    *others, manifest = read_sample(name)
    cluster.kubectl("apply", "-f", locate(name))
    path = cluster.path(VMS, name)
    try:
        cluster.api.merge(path, {"spec": {"runStrategy": "Always"}})
        until_prompt(Vm(cluster, manifest))
    finally:
        cluster.kubectl("delete", "vm", name)
        for other in others:
            cluster.kubectl("delete", str(other["kind"]), str(other["metadata"]["name"]))


def test_a_replica_set_boots(cluster: Cluster) -> None:
    name = "vmi-replicaset-cirros"
    cluster.kubectl("apply", "-f", locate(name))
    try:
        cluster.kubectl.wait(f"vmirs/{name}", "jsonpath={.status.readyReplicas}=2", 240)
    finally:
        cluster.kubectl("delete", "vmirs", name, "--cascade=foreground")
