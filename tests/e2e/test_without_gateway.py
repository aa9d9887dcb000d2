"""Without virt-api nothing is blocked: VMs come, change and go, and pods are not its business."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.names import COMPONENT_API, INSTALL_NAMESPACE
from tests.e2e.cluster import Cluster
from tests.e2e.component import AS_CONTROLLER
from tests.e2e.guests import BUSYBOX, build_vm, build_vmi
from tests.e2e.kubectl import KubectlError
from tests.e2e.observer import VMIS, VMS, ApiServer, Json

DEPLOYMENT = f"deployment/{COMPONENT_API}"
WRITES = 100
LOST_MS = 10.0


@pytest.fixture(scope="module")
def doomed(cluster: Cluster) -> Iterator[str]:
    """Yield a namespace that a test deletes; it is gone soon after the gateway is back."""
    name = f"{cluster.namespace}-doomed"
    cluster.kubectl("create", "namespace", name)
    yield name
    cluster.kubectl("wait", "--for=delete", "namespace", name, "--timeout=300s", seconds=330)


@pytest.fixture(scope="module", autouse=True)
def without_gateway(cluster: Cluster, doomed: str) -> Iterator[None]:
    """Have no gateway during these tests."""
    install = cluster.kubectl.within(INSTALL_NAMESPACE)
    install("scale", DEPLOYMENT, "--replicas=0")
    install("wait", "--for=delete", "pod", "-l", f"kubevirt.io={COMPONENT_API}", "--timeout=150s")
    yield
    install("scale", DEPLOYMENT, "--replicas=2")
    install("rollout", "status", DEPLOYMENT, "--timeout=300s", seconds=330)


def test_the_webhooks_are_there(cluster: Cluster) -> None:
    """Else these tests would say nothing."""
    for kind, name in (("mutating", "virt-api-mutator"), ("validating", "virt-api-validator")):
        hooks = cluster.kubectl.get(f"{kind}webhookconfiguration", name)["webhooks"]
        assert all(hook["clientConfig"].get("caBundle") for hook in hooks)


def test_a_vm_comes_runs_changes_and_goes(cluster: Cluster) -> None:
    kubectl = cluster.kubectl
    kubectl.apply(build_vm("alone", "Always"))
    kubectl.wait("vm/alone", "condition=Ready")
    stored = kubectl.get("vm", "alone")
    template = stored["spec"]["template"]["spec"]
    assert template["domain"]["firmware"]["uuid"]  # the controller wrote it
    kubectl("patch", "vm", "alone", "--type=merge", "-p", '{"spec":{"runStrategy":"Halted"}}')
    kubectl.wait("vmi/alone", "delete", seconds=240)  # its grace is 90 s
    kubectl("label", "vm", "alone", "a=b")
    kubectl("delete", "vm", "alone", "--timeout=150s")


def test_what_a_schema_can_say_is_still_refused(cluster: Cluster) -> None:
    bad = build_vm("bad", "Halted", hostname="A_b")
    with pytest.raises(KubectlError, match=r"spec\.template\.spec\.hostname"):
        cluster.kubectl.apply(bad)


def test_the_rest_is_told_by_the_controller(cluster: Cluster) -> None:
    vm = build_vm("lost", "Always")
    del vm["spec"]["template"]["spec"]["domain"]["memory"]
    vm["spec"]["instancetype"] = {"name": "that-there-is-not"}
    cluster.kubectl.apply(vm)
    cluster.kubectl.wait("vm/lost", "condition=Failure")
    cluster.kubectl("delete", "vm", "lost", "--timeout=150s")


def test_the_vms_of_a_namespace_go_with_it(cluster: Cluster, doomed: str) -> None:
    """The namespace itself waits for the aggregated API to be back, as it does for any."""
    inside = cluster.kubectl.within(doomed)
    inside.apply(build_vm("doomed", "Always"), build_vm("halted", "Halted"), build_vmi("bare"))
    inside.wait("vm/doomed", "condition=Ready")
    inside("delete", "namespace", doomed, "--wait=false")
    for kind in ("vm", "vmi", "pod"):
        inside("wait", "--for=delete", kind, "--all", "--timeout=240s", seconds=270)


def build_pod() -> Json:
    container = {"name": "a", "image": BUSYBOX, "command": ["true"]}
    spec = {"containers": [container], "restartPolicy": "Never"}
    return {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "plain"}, "spec": spec}


def test_a_pod_runs_as_ever(cluster: Cluster) -> None:
    cluster.kubectl.apply(build_pod())
    cluster.kubectl.wait("pod/plain", "jsonpath={.status.phase}=Succeeded")
    cluster.kubectl("delete", "pod", "plain")


@pytest.mark.parametrize(
    ("path", "item"),
    [(VMS, build_vm("dry", "Halted")), (VMIS, build_vmi("dry"))],
    ids=["vm", "vmi"],
)
def test_asking_in_vain_costs_little(cluster: Cluster, path: str, item: Json) -> None:
    """By turns with a write of which no webhook is asked."""
    url = f"{path.format(namespace=cluster.namespace)}?dryRun=All"
    unasked = ApiServer(Path(cluster.kubectl.env["KUBECONFIG"]), headers=AS_CONTROLLER)
    pairs = [(measure(cluster.api, url, item), measure(unasked, url, item)) for _ in range(WRITES)]
    # The quickest of each, which nothing else has held up.
    asked, alone = (min(times) for times in zip(*pairs, strict=True))
    assert asked - alone < LOST_MS


def measure(api: ApiServer, url: str, item: Json) -> float:
    began = time.perf_counter()
    api.create(url, item)
    return (time.perf_counter() - began) * 1000
