"""Where the graphical interface is found."""

from typing import Any

import pytest

from cli.ui_address import find_address
from tests.unit.cli.conftest import FakeKubectl

Json = dict[str, Any]  # Any: any object


def build_service(**port: int) -> Json:
    return {"metadata": {"name": "virt-ui"}, "spec": {"ports": [{"port": 443, **port}]}}


def build_node(ready: str = "True", **addresses: str) -> Json:
    listed = [{"type": type_, "address": address} for type_, address in addresses.items()]
    return {
        "metadata": {"name": "node1"},
        "status": {"conditions": [{"type": "Ready", "status": ready}], "addresses": listed},
    }


@pytest.mark.parametrize(
    ("service", "nodes", "url"),
    [
        (build_service(), [build_node(InternalIP="10.0.0.1")], ""),
        (build_service(nodePort=30443), [], ""),
        (build_service(nodePort=30443), [build_node("False", InternalIP="10.0.0.1")], ""),
        (build_service(nodePort=30443), [build_node()], ""),
        (
            build_service(nodePort=30443),
            [build_node("Unknown", InternalIP="10.0.0.1"), build_node(InternalIP="10.0.0.2")],
            "https://10.0.0.2:30443/",
        ),
        (
            build_service(nodePort=30443),
            [build_node(InternalIP="10.0.0.1", ExternalIP="2001:db8::1")],
            "https://[2001:db8::1]:30443/",
        ),
    ],
)
def test_a_node_that_is_ready_leads_to_a_node_port(
    service: Json, nodes: list[Json], url: str
) -> None:
    assert find_address(service, nodes) == url


@pytest.mark.parametrize("entry", [{"ip": "192.0.2.1"}, {"hostname": "192.0.2.1", "ip": ""}])
def test_a_load_balancer_goes_first(entry: Json) -> None:
    status = {"status": {"loadBalancer": {"ingress": [{}, entry]}}}
    assert find_address(build_service(nodePort=30443) | status, []) == "https://192.0.2.1/"


def test_the_address_that_was_set_is_printed(kubectl: FakeKubectl) -> None:
    config = {"metadata": {"name": "virt-ui"}, "data": {"url": "https://vms.example"}}
    kubectl.know("configmaps", config)
    done = kubectl.virt("ui", "--print-url", "-n", "mine")
    assert (done.code, done.out) == (0, "https://vms.example\n")
    assert kubectl.calls()[0][-4:] == ["--output=json", "--", "configmaps", "virt-ui"]
    assert "--namespace=kubevirt" in kubectl.calls()[0]


def test_who_cannot_reach_the_api_is_told_so(kubectl: FakeKubectl) -> None:
    kubectl.fail("error: You must be logged in to the server (Unauthorized)")
    done = kubectl.virt("ui", "--print-url")
    assert done.code == 1
    assert "You must be logged in" in done.err


def test_a_port_that_cannot_be_forwarded_is_kubectls_word(kubectl: FakeKubectl) -> None:
    kubectl.fail("Error from server (Forbidden): services is forbidden")
    done = kubectl.virt("ui", "--print-url")
    assert (done.code, "Forbidden" in done.err) == (1, True)
