"""Kubernetes' own rules place a VM: on two nodes, with the stock scheduler."""

import subprocess
import sys
from collections.abc import Iterator

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.guests import build_bare_vmi
from tests.e2e.observer import ApiServer, Json
from tests.e2e.vm import MakeVm

HOSTNAME = "kubernetes.io/hostname"
SECOND = "second"
TIER = "e2e.virtpod.io/tier"
KUBEVIRT = "/apis/kubevirt.io/v1/namespaces/kubevirt/kubevirts/kubevirt"


@pytest.fixture(scope="module")
def nodes(api: ApiServer) -> Iterator[list[str]]:
    """Yield the names of two nodes that run VMs; the second one is there only for this module."""
    before = list_nodes(api)
    if len(before) > 1:
        yield before
        return
    run_cluster("node", "add", SECOND)
    yield list_nodes(api)
    run_cluster("node", "remove", SECOND)


def list_nodes(api: ApiServer) -> list[str]:
    return [str(node["metadata"]["name"]) for node in api.get("/api/v1/nodes")["items"]]


def run_cluster(*args: str) -> None:
    """python -m cluster ARGS."""
    done = subprocess.run(
        [sys.executable, "-m", "cluster", *args], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"cluster {' '.join(args)}: {done.stdout}{done.stderr}"


def require_near(kind: str, name: str) -> Json:
    """Return an affinity or anti-affinity to the node of the pods with the label test=name."""
    term = {"labelSelector": {"matchLabels": {"test": name}}, "topologyKey": HOSTNAME}
    return {kind: {"requiredDuringSchedulingIgnoredDuringExecution": [term]}}


def node_of(vm_running: MakeVm, manifest: Json) -> str:
    """Start a VM and return where its status and its pod say it runs."""
    made = vm_running(manifest)
    node = made.read()["status"]["nodeName"]
    assert node == made.read_pod()["spec"]["nodeName"]
    return str(node)


def test_a_node_selector_places_a_vm_on_each_node(nodes: list[str], vm_running: MakeVm) -> None:
    for number, node in enumerate(nodes):
        placed = node_of(vm_running, build_bare_vmi(f"on-{number}", nodeSelector={HOSTNAME: node}))
        assert placed == node


def test_affinity_and_anti_affinity_place_vms_by_other_vms(
    nodes: list[str], vm_running: MakeVm
) -> None:
    anchor = node_of(vm_running, build_bare_vmi("anchor", nodeSelector={HOSTNAME: nodes[1]}))
    near = build_bare_vmi("near", affinity=require_near("podAffinity", "anchor"))
    far = build_bare_vmi("far", affinity=require_near("podAntiAffinity", "anchor"))
    assert node_of(vm_running, near) == anchor
    assert node_of(vm_running, far) == nodes[0]


def test_a_taint_keeps_a_vm_off_unless_it_tolerates(
    cluster: Cluster, nodes: list[str], vm_running: MakeVm, vm: MakeVm
) -> None:
    pinned = {HOSTNAME: nodes[1]}
    cluster.kubectl("taint", "node", nodes[1], f"{TIER}=gold:NoSchedule")
    try:
        kept_off = vm(build_bare_vmi("kept-off", nodeSelector=pinned))
        condition = kept_off.until_condition("PodScheduled", "False", "Unschedulable")
        assert "untolerated taint" in condition["message"]
        tolerating = build_bare_vmi(
            "tolerating", tolerations=[{"key": TIER, "operator": "Exists"}], nodeSelector=pinned
        )
        assert node_of(vm_running, tolerating) == nodes[1]
    finally:
        cluster.kubectl("taint", "node", nodes[1], f"{TIER}-")
    kept_off.until_running()


def test_too_much_memory_is_unschedulable_with_the_schedulers_text(vm: MakeVm) -> None:
    manifest = build_bare_vmi("huge")
    manifest["spec"]["domain"]["memory"]["guest"] = "1Ti"
    condition = vm(manifest).until_condition("PodScheduled", "False", "Unschedulable")
    assert "Insufficient memory" in condition["message"]


def test_a_selector_that_no_node_fulfils_says_so_and_waits(
    cluster: Cluster, nodes: list[str], vm: MakeVm
) -> None:
    made = vm(build_bare_vmi("waiting", nodeSelector={TIER: "none-yet"}))
    condition = made.until_condition("PodScheduled", "False", "Unschedulable")
    assert "node affinity/selector" in condition["message"]
    cluster.kubectl("label", "node", nodes[0], f"{TIER}=none-yet")
    try:
        assert made.until_running().read()["status"]["nodeName"] == nodes[0]
    finally:
        cluster.kubectl("label", "node", nodes[0], f"{TIER}-")


def test_an_exceeded_quota_is_told_and_waited_for(cluster: Cluster, vm: MakeVm) -> None:
    cluster.kubectl("create", "quota", "tight", "--hard=count/pods=0")
    cluster.kubectl.wait("resourcequota/tight", "jsonpath={.status.hard.count/pods}=0")
    try:
        made = vm(build_bare_vmi("over-quota"))
        condition = made.until_condition("Synchronized", "False", "QuotaExceeded")
        assert "exceeded quota: tight" in condition["message"]
        assert made.read()["status"]["phase"] == "Pending"
    finally:
        cluster.kubectl("delete", "quota", "tight")
    made.until_running()


def test_without_emulation_a_vm_says_that_no_node_has_kvm(cluster: Cluster, vm: MakeVm) -> None:
    set_emulation(cluster, allowed=False)
    try:
        condition = vm(build_bare_vmi("real-kvm")).until_condition(
            "PodScheduled", "False", "Unschedulable"
        )
        assert "devices.kubevirt.io/kvm" in condition["message"]
    finally:
        set_emulation(cluster, allowed=True)


def set_emulation(cluster: Cluster, *, allowed: bool) -> None:
    """Change the installation, and wait until the controller goes by it."""
    developer = {"developerConfiguration": {"useEmulation": allowed}}
    changed = cluster.api.merge(KUBEVIRT, {"spec": {"configuration": developer}})
    generation = changed["metadata"]["generation"]
    cluster.kubectl.within("kubevirt").wait(
        "kubevirt/kubevirt", f"jsonpath={{.status.observedGeneration}}={generation}"
    )
