"""Instancetypes are law, preferences advice, and a VM keeps what it first used."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.cluster import Cluster
from tests.e2e.guests import build_container_disk
from tests.e2e.observer import Json
from tests.e2e.virtual_machine import MakeVirtualMachine, VirtualMachine, destroy_all
from tests.e2e.vm import find_condition

EXAMPLES = Path(__file__).resolve().parents[2] / "manifests" / "examples"
API_VERSION = "instancetype.kubevirt.io/v1beta1"


def build(kind: str, name: str, **spec: object) -> Json:
    return {
        "apiVersion": API_VERSION,
        "kind": f"VirtualMachine{kind}",
        "metadata": {"name": name},
        "spec": spec,
    }


def build_size(name: str, memory: str, vcpus: int = 1, **spec: object) -> Json:
    return build("Instancetype", name, cpu={"guest": vcpus}, memory={"guest": memory}, **spec)


def build_sized(
    name: str, instancetype: str, preference: str | None = None, **template: object
) -> Json:
    """Return a VM that leaves all to its namespace's instancetype and preference."""
    spec: Json = {
        "runStrategy": "Always",
        "instancetype": {"name": instancetype, "kind": "VirtualMachineInstancetype"},
        "template": {
            "spec": {
                "terminationGracePeriodSeconds": 0,
                "domain": {},
                "volumes": [build_container_disk()],
                **template,
            },
        },
    }
    if preference is not None:
        spec["preference"] = {"name": preference, "kind": "VirtualMachinePreference"}
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {"name": name},
        "spec": spec,
    }


def until_told(made: VirtualMachine, words: str) -> str:
    """Wait until the condition Ready says these words; return the sentence."""

    def tells(vm: Json) -> bool:
        ready = find_condition(vm, "Ready")
        return ready is not None and words in ready.get("message", "")

    ready = find_condition(made.until(tells, words), "Ready")
    assert ready is not None
    return str(ready["message"])


def read_domain(made: VirtualMachine) -> Json:
    return dict(made.instance.read()["spec"]["domain"])


def restart(made: VirtualMachine) -> None:
    uid = made.instance_uid
    made.restart()
    made.until_next_instance(uid)


@pytest.fixture
def unasked(cluster: Cluster) -> Iterator[MakeVirtualMachine]:
    """Return a function that makes VMs which admission would refuse, as if it were away."""
    made: list[VirtualMachine] = []

    def make(manifest: Json) -> VirtualMachine:
        made.append(VirtualMachine(cluster, manifest))
        return made[-1].apply_unasked()

    yield make
    destroy_all(made)


def test_a_vm_waits_for_its_catalogue_and_keeps_what_it_first_used(
    cluster: Cluster, unasked: MakeVirtualMachine
) -> None:
    manifest = yaml.safe_load((EXAMPLES / "vm-instancetype.yaml").read_text())
    manifest["spec"]["template"]["spec"]["terminationGracePeriodSeconds"] = 0
    made = unasked(manifest)
    until_told(made, "VirtualMachineInstancetype csmall does not exist")
    sizes = yaml.safe_load_all((EXAMPLES / "instancetype.yaml").read_text())
    ours = [size for size in sizes if size["kind"] == "VirtualMachineInstancetype"]
    cluster.kubectl.apply(*ours)
    until_told(made, "VirtualMachinePreference virtio does not exist")
    cluster.kubectl("apply", "-f", str(EXAMPLES / "preference.yaml"))
    status = made.until_status("Running")["status"]
    assert (status["instance"]["vcpus"], status["instance"]["memory"]) == (1, "128Mi")
    domain = read_domain(made)
    assert domain["devices"]["disks"] == [{"name": "boot", "disk": {"bus": "virtio"}}]
    assert domain["devices"]["interfaces"] == [
        {"name": "default", "model": "virtio", "masquerade": {}}
    ]
    assert domain["devices"]["rng"] == {}

    cluster.kubectl.apply(build_size("csmall", "192Mi"))
    cluster.kubectl("delete", "vmp", "virtio")
    restart(made)
    domain = read_domain(made)
    assert domain["memory"] == {"guest": "128Mi"}
    assert domain["devices"]["rng"] == {}

    made.patch({"instancetype": {"name": "clarge"}})
    condition = made.until_condition("RestartRequired", "True")
    assert "spec.instancetype.name" in condition["message"]
    restart(made)
    domain = read_domain(made)
    assert domain["memory"] == {"guest": "256Mi"}
    assert (domain["cpu"]["cores"], domain["cpu"]["sockets"]) == (2, 1)


def test_conflicts_are_listed_and_the_vm_starts_once_they_are_gone(
    cluster: Cluster, unasked: MakeVirtualMachine
) -> None:
    cluster.kubectl.apply(
        build_size(
            "placed", "96Mi", nodeSelector={"kubernetes.io/os": "linux"}, ioThreadsPolicy="auto"
        )
    )
    made = unasked(build_sized("argues", "placed", nodeSelector={"disk": "ssd"}))
    sentence = until_told(made, "conflict")
    assert "spec.template.spec.nodeSelector" in sentence
    failure = made.until_condition("Failure", "True")
    assert "spec.template.spec.nodeSelector" in failure["message"]
    made.patch({"template": {"spec": {"nodeSelector": {"disk": None}}}})
    until_told(made, "ioThreadsPolicy")  # which is not built
    cluster.kubectl.apply(build_size("pinned", "96Mi", nodeSelector={"kubernetes.io/os": "linux"}))
    made.patch({"instancetype": {"name": "pinned"}})
    made.until_running()
    assert made.instance.read()["spec"]["nodeSelector"] == {"kubernetes.io/os": "linux"}


def test_a_vm_with_less_than_required_starts_once_it_has_more(
    cluster: Cluster, unasked: MakeVirtualMachine
) -> None:
    requirements = {"cpu": {"guest": 2}, "memory": {"guest": "160Mi"}}
    cluster.kubectl.apply(
        build_size("tight", "96Mi"),
        build_size("roomy", "160Mi", vcpus=2),
        build("Preference", "demanding", requirements=requirements),
    )
    made = unasked(build_sized("demands", "tight", "demanding"))
    sentence = until_told(made, "requires")
    assert "160Mi of memory" in sentence
    assert "2 vCPUs" in sentence
    made.patch({"instancetype": {"name": "roomy"}})
    made.until_running()


@pytest.mark.parametrize("kind", ["vmcf", "vmcp"])
def test_what_comes_with_the_installation_comes_again(cluster: Cluster, kind: str) -> None:
    name = {"vmcf": "m1.8xlarge", "vmcp": "windows.2k16"}[kind]
    uid = cluster.kubectl.get(kind, name)["metadata"]["uid"]
    cluster.kubectl("delete", kind, name)
    cluster.kubectl.wait(f"{kind}/{name}", "create")
    assert cluster.kubectl.get(kind, name)["metadata"]["uid"] != uid


def test_a_vm_of_what_comes_with_the_installation_runs(
    virtual_machine: MakeVirtualMachine,
) -> None:
    manifest = build_sized("nano", "o1.nano", "cirros")
    manifest["spec"]["instancetype"] = {"name": "o1.nano"}
    manifest["spec"]["preference"] = {"name": "cirros"}
    made = virtual_machine(manifest).until_running()
    assert read_domain(made)["resources"] == {"requests": {"memory": "256Mi"}}
    assert made.read()["status"]["preferenceRef"]["kind"] == "VirtualMachineClusterPreference"


def test_windows_11_is_told_what_there_is_not(virtual_machine: MakeVirtualMachine) -> None:
    manifest = build_sized("windows", "u1.large")
    manifest["spec"]["instancetype"] = {"name": "u1.large"}
    manifest["spec"]["preference"] = {"name": "windows.11"}
    sentence = until_told(virtual_machine(manifest), "not supported yet")
    assert "spec.template.spec.domain.devices.tpm" in sentence
