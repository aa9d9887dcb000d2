"""Starts that get stuck on a node: what the VMI says, and that it goes on by itself."""

from tests.e2e.cluster import Cluster
from tests.e2e.guests import build_bare_vmi, build_vmi
from tests.e2e.observer import PODS, Json, Seen
from tests.e2e.vm import MakeVm, Vm

BY_HAND = "nobody"  # a scheduler that there is not: the test places the pod itself
WANTED = "virtpod.test/wanted"


def bind(made: Vm, pod_uid: str, node: str) -> None:
    """Be the scheduler, and one that errs."""
    target = {"apiVersion": "v1", "kind": "Node", "name": node}
    body: Json = {"metadata": {"name": made.name, "uid": pod_uid}, "target": target}
    body |= {"apiVersion": "v1", "kind": "Binding"}
    made.cluster.api.create(f"{made.cluster.path(PODS, made.name)}/binding", body)


def until_new_pod(made: Vm, known: str = "") -> str:
    """Wait for a pod of the VM that is another than the known one."""

    def is_new(seen: Seen) -> bool:
        return seen.name == made.name and seen.object["metadata"]["uid"] != known

    return str(made.cluster.pods.until(is_new, 60, "a new pod").object["metadata"]["uid"])


def find_node(cluster: Cluster) -> str:
    """Return a node for VMs."""
    nodes = cluster.api.get("/api/v1/nodes?labelSelector=kubevirt.io/schedulable=true")["items"]
    return str(nodes[0]["metadata"]["name"])


def test_a_pod_that_its_node_rejects_is_told_of_and_made_anew(cluster: Cluster, vm: MakeVm) -> None:
    node = find_node(cluster)
    selector = {WANTED: "yes"}
    made = vm(build_bare_vmi("rejected", schedulerName=BY_HAND, nodeSelector=selector))
    first = until_new_pod(made)
    bind(made, first, node)
    condition = made.until_condition("Ready", "False", "PodRejected")
    assert node in condition["message"]
    assert "NodeAffinity" in condition["message"]
    assert made.until_event("PodRejected")
    second = until_new_pod(made, first)
    cluster.api.merge(f"/api/v1/nodes/{node}", {"metadata": {"labels": {WANTED: "yes"}}})
    try:
        bind(made, second, node)
        status = made.until_phase("Running")["status"]
    finally:
        cluster.api.merge(f"/api/v1/nodes/{node}", {"metadata": {"labels": {WANTED: None}}})
    assert "reason" not in status
    assert list(status["activePods"]) == [second]
    assert made.pod_uids() == {first, second}
    assert made.taken_pod_uids() == {second}


def test_a_secret_that_is_missing_is_told_in_the_vmi(cluster: Cluster, vm: MakeVm) -> None:
    disks = [{"name": "seed", "disk": {"bus": "virtio"}}]
    volumes = [{"name": "seed", "cloudInitNoCloud": {"secretRef": {"name": "login"}}}]
    devices = {"disks": disks}
    made = vm(
        build_vmi("secretless", devices=devices, volumes=volumes, terminationGracePeriodSeconds=0)
    )
    condition = made.until_condition("Ready", "False", "FailedMount")
    assert '"login" not found' in condition["message"]
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "login"}}
    cluster.kubectl.apply(secret | {"stringData": {"userdata": "#cloud-config\n"}})
    made.until_phase("Running", 300)  # the kubelet tries again less and less often
    made.until_condition("Ready", "True")


def test_a_pod_forced_away_before_its_guest_runs_has_no_successor(
    cluster: Cluster, vm: MakeVm
) -> None:
    made = vm(build_bare_vmi("forced", schedulerName=BY_HAND))
    first = until_new_pod(made)
    cluster.api.delete(cluster.path(PODS, made.name), grace_seconds=0)
    status = made.until_phase("Failed")["status"]
    assert status["reason"] == "PodDeleted"
    assert made.pod_uids() == {first}
