"""Manifests that KubeVirt's own client writes, expands and exposes, and what becomes of them."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.cluster import Cluster
from tests.e2e.guests import TINY, WEB_PORT, build_vm
from tests.e2e.kubectl import Kubectl, KubectlError
from tests.e2e.observer import Json
from tests.e2e.virtctl import open_virtctl
from tests.e2e.virtual_machine import MakeVirtualMachine

SIZE, CHOICE = "virtctl-size", "virtctl-choice"


@pytest.fixture(scope="module")
def virtctl(cluster: Cluster) -> Kubectl:
    return open_virtctl(cluster.kubectl)


@pytest.fixture(scope="module")
def catalogue(cluster: Cluster, virtctl: Kubectl) -> Iterator[None]:
    """Have an instancetype and a preference that virtctl wrote."""
    size = virtctl("create", "instancetype", f"--name={SIZE}", "--cpu=1", "--memory=128Mi")
    words = ("--cpu-topology=preferSockets", f"--name={CHOICE}")
    choice = virtctl("create", "preference", *words)
    for manifest in (size, choice):
        cluster.kubectl("create", "-f", "-", given=manifest)
    yield
    cluster.kubectl("delete", "virtualmachineinstancetype", SIZE)
    cluster.kubectl("delete", "virtualmachinepreference", CHOICE)


def create(virtctl: Kubectl, *words: str) -> Json:
    """virtctl create vm WORDS."""
    return dict(yaml.safe_load(virtctl("create", "vm", *words)))


@pytest.mark.usefixtures("catalogue")
def test_a_vm_of_an_instancetype_boots(
    virtctl: Kubectl, virtual_machine: MakeVirtualMachine
) -> None:
    words = (
        "--name=virtctl-made",
        f"--instancetype=virtualmachineinstancetype/{SIZE}",
        f"--preference=virtualmachinepreference/{CHOICE}",
        f"--volume-containerdisk=src:{TINY}",
        "--termination-grace-period=20",
    )
    manifest = create(virtctl, *words)
    # our images are loaded into the nodes, never pulled
    volume = manifest["spec"]["template"]["spec"]["volumes"][0]
    volume["containerDisk"]["imagePullPolicy"] = "IfNotPresent"
    made = virtual_machine(manifest).until_running()
    made.instance.until_login()
    domain = made.instance.read()["spec"]["domain"]
    assert domain["memory"]["guest"] == "128Mi"
    assert domain["cpu"]["sockets"] == 1


MANIFESTS = [
    (),
    ("--run-strategy=Manual", "--memory=1Gi"),
    ("--user=alice", "--ssh-key=ssh-ed25519 AAAA"),
    ("--cloud-init=configdrive", "--cloud-init-user-data=I2Nsb3VkLWNvbmZpZwo="),
    ("--cloud-init=none", "--volume-containerdisk=src:example.test/a:1,name:boot,bootorder:1"),
    ("--volume-pvc=src:claim,name:data",),
    ("--volume-import=type:pvc,src:ns/claim,size:1Gi",),
    ("--volume-import=type:blank,size:1Gi", "--volume-sysprep=src:answers,type:configMap"),
    ("--volume-import=type:http,url:http://example.test/a.img,size:1Gi",),
]


@pytest.mark.parametrize("words", MANIFESTS, ids=" ".join)
def test_what_virtctl_writes_is_accepted(
    cluster: Cluster, virtctl: Kubectl, words: tuple[str, ...]
) -> None:
    manifest = create(virtctl, "--name=virtctl-dry", *words)
    given = json.dumps(manifest)
    cluster.kubectl("create", "--dry-run=server", "--validate=strict", "-f", "-", given=given)


def test_expand_shows_the_vm_with_all_that_it_refers_to(
    cluster: Cluster, virtctl: Kubectl, virtual_machine: MakeVirtualMachine, catalogue: None
) -> None:
    vm = build_vm("virtctl-expand", "Halted")
    del vm["spec"]["template"]["spec"]["domain"]["memory"]
    vm["spec"]["instancetype"] = {"name": SIZE, "kind": "VirtualMachineInstancetype"}
    made = virtual_machine(vm)
    made.until_stopped()
    shown = yaml.safe_load(virtctl("expand", "--vm", made.name))
    assert shown["kind"] == "VirtualMachine"
    assert shown["metadata"]["namespace"] == cluster.namespace
    assert "instancetype" not in shown["spec"]
    assert shown["spec"]["template"]["spec"]["domain"]["memory"]["guest"] == "128Mi"
    assert json.loads(virtctl("expand", "--vm", made.name, "--output=json"))["spec"]


def test_expand_reads_a_file(virtctl: Kubectl, catalogue: None, tmp_path: Path) -> None:
    vm = build_vm("virtctl-file", "Halted")
    del vm["spec"]["template"]["spec"]["domain"]["memory"]
    vm["spec"]["instancetype"] = {"name": SIZE, "kind": "VirtualMachineInstancetype"}
    path = tmp_path / "vm.yaml"
    path.write_text(yaml.safe_dump(vm))
    shown = yaml.safe_load(virtctl("expand", f"--file={path}"))
    assert shown["spec"]["template"]["spec"]["domain"]["memory"]["guest"] == "128Mi"
    vm["spec"]["instancetype"]["name"] = "that-there-is-not"
    path.write_text(yaml.safe_dump(vm))
    with pytest.raises(KubectlError, match="that-there-is-not"):
        virtctl("expand", f"--file={path}")


@pytest.mark.parametrize("kind", ["vm", "vmi"])
def test_a_service_in_front_of_a_guest(
    cluster: Cluster, virtctl: Kubectl, virtual_machine: MakeVirtualMachine, kind: str
) -> None:
    made = virtual_machine(build_vm(f"virtctl-expose-{kind}", "Always")).until_running()
    made.instance.until_login()
    service = f"{made.name}-service"
    virtctl("expose", kind, made.name, f"--name={service}", f"--port={WEB_PORT}")
    cluster.kubectl.wait(f"endpoints/{service}", "create")  # later than the Service
    cluster.kubectl.wait(f"endpoints/{service}", "jsonpath={.subsets[0].addresses[0].ip}")
    address = cluster.kubectl.get("endpoints", service)["subsets"][0]["addresses"][0]["ip"]
    assert address == made.instance.read()["status"]["interfaces"][0]["ipAddress"]
    cluster.kubectl("delete", "service", service)
