"""Guest, pod and Service reach each other, with both bindings of the pod network."""

from collections.abc import Iterator

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.console import Console
from tests.e2e.guests import PEER_PORT, WEB_PORT, build_pod, build_service, build_vmi
from tests.e2e.vm import Vm, destroy

PEER = "peer"
PEER_SERVICE = "peer-service"
PEER_PAGE = "hello from the pod"
SERVE = f"echo {PEER_PAGE} >/tmp/index.html && exec httpd -f -p {PEER_PORT} -h /tmp"
ASK = f"until wget -qO /dev/null http://127.0.0.1:{PEER_PORT}/; do sleep 1; done"


@pytest.fixture(scope="module")
def peer(cluster: Cluster) -> str:
    """Run a pod with a web server behind a Service; return its address."""
    cluster.kubectl.apply(
        build_pod(PEER, ["sh", "-c", SERVE]),
        build_service(PEER_SERVICE, PEER_PORT, {"test": PEER}),
    )
    cluster.kubectl.wait(f"pod/{PEER}", "condition=Ready")
    run_in_peer(cluster, "sh", "-c", ASK)
    return str(cluster.kubectl.get("pod", PEER)["status"]["podIP"])


@pytest.fixture(scope="module")
def bridged(cluster: Cluster) -> Iterator[Vm]:
    made = Vm(cluster, build_vmi("bridged", binding="bridge")).apply().until_networked()
    yield made
    destroy([made])


@pytest.fixture(params=["masquerade", "bridge"])
def networked(request: pytest.FixtureRequest) -> Vm:
    """Return a VM on the pod network, once with each binding."""
    name = "shared" if request.param == "masquerade" else "bridged"
    made: Vm = request.getfixturevalue(name)
    return made


@pytest.fixture
def shell(networked: Vm) -> Iterator[Console]:
    with networked.attach() as console:
        console.log_in(60)
        yield console


def run_in_peer(cluster: Cluster, *command: str) -> str:
    """Run a command in the peer pod."""
    return cluster.kubectl("exec", PEER, "--", *command)


def fetch_from_peer(cluster: Cluster, host: str) -> str:
    """Fetch a guest's page from the peer pod."""
    return run_in_peer(cluster, "wget", "-qO-", f"http://{host}:{WEB_PORT}/").strip()


def address_of(vm: Vm) -> str:
    """Return the guest's address as the VMI's status tells it."""
    return str(vm.read()["status"]["interfaces"][0]["ipAddress"])


def test_the_status_tells_the_address_of_the_pod(networked: Vm) -> None:
    assert address_of(networked) == networked.read_pod()["status"]["podIP"]


def test_a_guest_pings_a_pod(peer: str, shell: Console) -> None:
    assert "0% packet loss" in shell.run(f"ping -c 2 -W 5 {peer}")


def test_a_guest_fetches_a_page_from_a_pod(peer: str, shell: Console) -> None:
    assert PEER_PAGE in shell.run(f"wget -qO- http://{peer}:{PEER_PORT}/")


def test_a_guest_fetches_a_page_from_a_service_by_name(peer: str, shell: Console) -> None:
    # Nothing tells when kube-proxy and the name server have heard of it.
    url = f"http://{PEER_SERVICE}:{PEER_PORT}/"
    shell.run(f"until wget -qO /dev/null {url}; do sleep 1; done", 120)
    assert PEER_PAGE in shell.run(f"wget -qO- {url}")


def test_a_guest_resolves_the_names_of_the_cluster(peer: str, shell: Console) -> None:
    assert "10." in shell.run("nslookup kubernetes.default.svc.cluster.local")


def test_a_pod_pings_a_guest(cluster: Cluster, peer: str, networked: Vm) -> None:
    run_in_peer(cluster, "ping", "-c", "2", "-W", "5", address_of(networked))


def test_a_pod_fetches_a_page_from_a_guest(cluster: Cluster, peer: str, networked: Vm) -> None:
    assert fetch_from_peer(cluster, address_of(networked))


def test_a_pod_fetches_a_page_from_a_guest_behind_a_service(
    cluster: Cluster, peer: str, networked: Vm
) -> None:
    service = f"{networked.name}-web"
    cluster.kubectl.apply(build_service(service, WEB_PORT, {"test": networked.name}))
    cluster.kubectl.wait(f"endpoints/{service}", "create")
    cluster.kubectl.wait(f"endpoints/{service}", "jsonpath={.subsets[0].addresses[0].ip}")
    # Nothing tells when kube-proxy and the name server have heard of it.
    url = f"http://{service}:{WEB_PORT}/"
    run_in_peer(cluster, "sh", "-c", f"until wget -qO /dev/null {url}; do sleep 1; done")
    assert fetch_from_peer(cluster, service)


def test_guests_of_both_bindings_reach_each_other(
    cluster: Cluster, shared: Vm, bridged: Vm, vm_login: Console
) -> None:
    assert vm_login.run(f"wget -qO- http://{address_of(bridged)}:{WEB_PORT}/").strip()
    with bridged.attach() as console:
        console.log_in(60)
        assert console.run(f"wget -qO- http://{address_of(shared)}:{WEB_PORT}/").strip()


def test_a_guest_has_the_mtu_of_the_pod_network(
    peer: str, cluster: Cluster, shell: Console
) -> None:
    pod_mtu = run_in_peer(cluster, "cat", "/sys/class/net/eth0/mtu").strip()
    assert shell.run("cat /sys/class/net/eth0/mtu").strip() == pod_mtu
