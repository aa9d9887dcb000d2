"""The embedded cluster comes up from any state, and leaves the machine as it was."""

import json
import secrets
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from cluster import oci
from cluster.kubectl import kubectl_argv
from cluster.paths import Layout, find_layout
from tests.integration.cluster.machine import Machine

STAGES = (
    "control plane: waiting",
    "nodes: waiting for containerd of node1",
    "nodes: waiting for nodes to be Ready",
    "DNS and storage: waiting for local-path-provisioner",
)
PROGRAMS = {
    "etcd": 1,
    "kube-apiserver": 1,
    "kube-controller": 1,  # the kernel cuts names after 15 bytes
    "kube-scheduler": 1,
    "containerd": 2,
    "kubelet": 2,
    "kube-proxy": 2,
}


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Machine]:
    """Yield a machine; whatever a test does to it, it is taken down."""
    name = f"virtpod-test-{secrets.token_hex(3)}"
    subprocess.run(["ip", "netns", "add", name], check=True)
    made = Machine(name, tmp_path / name)
    made.run("ip", "link", "set", "lo", "up")
    yield made
    made.cluster("down")
    subprocess.run(["ip", "netns", "delete", name], check=True)


def list_ready_nodes(machine: Machine) -> list[str]:
    listing = machine.run(*kubectl(machine), "get", "nodes", "-o", "json")
    return [
        node["metadata"]["name"]
        for node in json.loads(listing)["items"]
        if {"type": "Ready", "status": "True"}.items()
        <= next(c for c in node["status"]["conditions"] if c["type"] == "Ready").items()
    ]


def kubectl(machine: Machine) -> list[str]:
    return kubectl_argv(Layout(machine.state, find_layout().cache))


def test_a_cluster_leaves_the_machine_as_it_was_even_when_killed_at_every_stage(
    machine: Machine,
) -> None:
    before = machine.observe()
    for stage in STAGES:
        machine.die_at(stage, "up", "--nodes", "2")
    machine.cluster("up", "--nodes", "2")
    assert list_ready_nodes(machine) == ["node1", "node2"]
    programs = machine.list_programs()
    assert {name: programs.count(name) for name in PROGRAMS} == PROGRAMS

    machine.cluster("node", "stop", "node2")
    machine.cluster("node", "start", "node2")
    machine.cluster("node", "remove", "node1")
    machine.cluster("node", "add", "other")
    assert list_ready_nodes(machine) == ["node2", "other"]

    machine.cluster("down")
    assert machine.observe() == before


@pytest.mark.parametrize("stage", STAGES[:2])
def test_a_cluster_that_is_half_up_goes_down_whole(machine: Machine, stage: str) -> None:
    before = machine.observe()
    machine.die_at(stage, "up")
    machine.cluster("down")
    machine.cluster("down")
    assert machine.observe() == before


def test_a_killed_program_is_back_after_up(machine: Machine) -> None:
    machine.cluster("up")
    for component in ("kube-apiserver", "etcd", "node1-kubelet", "node1-init"):
        pid = (machine.state / "pids" / f"{component}.pid").read_text().split()[0]
        subprocess.run(["kill", "-9", pid], check=True)
    machine.cluster("up")
    assert list_ready_nodes(machine) == ["node1"]


def test_an_image_that_is_loaded_again_is_mounted_with_its_new_content(
    machine: Machine, tmp_path: Path
) -> None:
    machine.cluster("up")
    for word in ("first", "second"):
        (tmp_path / "word").write_text(word)
        image = oci.Image("localhost/test/word:1", {"/word": tmp_path / "word"}, ["/word"])
        oci.write_archive(image, tmp_path / "image.tar")
        machine.cluster("load", str(tmp_path / "image.tar"))
        (tmp_path / "pod.json").write_text(json.dumps(build_reader(word)))
        machine.run(*kubectl(machine), "apply", "-f", str(tmp_path / "pod.json"))
        done = ["--for=jsonpath={.status.phase}=Succeeded", "--timeout=300s"]
        machine.run(*kubectl(machine), "wait", f"pod/{word}", *done)
        assert machine.run(*kubectl(machine), "logs", word) == word


def build_reader(name: str) -> dict[str, object]:
    """Return a pod that prints the word in the image."""
    container = {
        "name": "reader",
        "image": "localhost/virtpod/busybox:1",
        "command": ["cat", "/image/word"],
        "volumeMounts": [{"name": "image", "mountPath": "/image"}],
    }
    source = {"reference": "localhost/test/word:1", "pullPolicy": "IfNotPresent"}
    volume = {"name": "image", "image": source}
    spec = {"restartPolicy": "Never", "containers": [container], "volumes": [volume]}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": name}, "spec": spec}
