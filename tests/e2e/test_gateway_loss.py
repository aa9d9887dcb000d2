"""Replicas of virt-api are killed, one and then all: for how long calls fail, and what stays."""

import threading
import time
from collections.abc import Iterator
from functools import partial

import pytest

from api.names import COMPONENT_API
from tests.e2e.caller import Caller, keep_calling
from tests.e2e.cluster import Cluster
from tests.e2e.component import SYSTEM_PODS, Component, find_modules, is_restart_of
from tests.e2e.door import GROUP
from tests.e2e.guests import build_vm, build_vmi
from tests.e2e.kubectl import KubectlError
from tests.e2e.observer import Json
from tests.e2e.virtual_machine import MakeVirtualMachine
from tests.e2e.vm import Vm, destroy

# Until kubelet, endpoints and kube-proxy have told that a replica is gone.
ONE_SECONDS = 20.0
RESTART_SECONDS = 240.0
CALM_SECONDS = 3.0
CRITICAL = "kubevirt-cluster-critical"


@pytest.fixture
def gateway(cluster: Cluster) -> Iterator[Component]:
    component = Component(COMPONENT_API, cluster.api, cluster.kubectl)
    component.renew()
    yield component
    component.renew()


@pytest.fixture(scope="module")
def guest(cluster: Cluster) -> Iterator[Vm]:
    made = Vm(cluster, build_vmi("survivor", priorityClassName=CRITICAL)).apply().until_login()
    yield made
    destroy([made])


def kill(pod: Json) -> None:
    (process,) = find_modules(pod, "gateway")
    process.kill()


def until_back(component: Component, pods: list[Json]) -> None:
    """Wait until these pods' containers are ready, not for the first time."""
    with component.api.watch(SYSTEM_PODS) as watch:
        for pod in pods:
            back = partial(is_restart_of, pod["metadata"]["uid"])
            watch.until(back, RESTART_SECONDS, "restart of virt-api")


def report(callers: dict[str, Caller], killed: float) -> float:
    """Return for how long calls failed after a moment."""
    for name, caller in callers.items():
        failing = max(0.0, caller.last_failure - killed)
        print(name, f"{failing:.1f} s", dict(caller.codes), f"slowest {caller.slowest:.2f} s")
    return max(caller.last_failure - killed for caller in callers.values())


def test_one_of_two_is_not_missed_for_long(cluster: Cluster, gateway: Component, guest: Vm) -> None:
    victim = gateway.list_pods()[0]
    with keep_calling(cluster, guest) as callers:
        time.sleep(CALM_SECONDS)
        assert not any(caller.failures for caller in callers.values())
        killed = time.monotonic()
        kill(victim)
        until_back(gateway, [victim])
        time.sleep(CALM_SECONDS)
    assert report(callers, killed) < ONE_SECONDS


def test_none_is_left_and_vms_do_not_mind(
    cluster: Cluster, gateway: Component, guest: Vm, virtual_machine: MakeVirtualMachine
) -> None:
    qemu = guest.qemu()
    victims = gateway.list_pods()
    with guest.attach() as console:
        console.log_in(60)
        for victim in victims:
            kill(victim)
        made = virtual_machine(build_vm("orphan", "Always", priorityClassName=CRITICAL))
        assert console.run("echo alive").strip() == "alive"
        made.until_running()
    until_back(gateway, victims)
    assert guest.qemu() == qemu
    cluster.kubectl.wait("apiservice/v1.subresources.kubevirt.io", "condition=Available")
    until_served(cluster)
    with pytest.raises(KubectlError, match="already running"):
        cluster.kubectl(
            *("replace", "-f", "-", "--raw"),
            "/apis/subresources.kubevirt.io/v1"
            f"/namespaces/{cluster.namespace}/virtualmachines/orphan/start",
            given="{}",
        )


def until_served(cluster: Cluster) -> None:
    """Ask until virt-api answers: kube-proxy may hear of it later than who says Available."""
    deadline, pause = time.monotonic() + RESTART_SECONDS, threading.Event()
    code = 0
    while code != 200:
        assert time.monotonic() < deadline, f"virt-api answers {code}"
        pause.wait(0.1)
        with cluster.api.open("GET", f"{GROUP}/v1/version") as answer:
            code = answer.response.status
