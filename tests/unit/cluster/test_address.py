"""The address plan."""

from ipaddress import IPv4Network
from itertools import combinations

import pytest

from cluster import address
from cluster.address import Node, next_index
from cluster.network import plan_routes

NODES = [Node("node1", 1), Node("node2", 2), Node("far", address.MAX_NODES)]


@pytest.mark.parametrize("node", NODES)
def test_a_node_lies_within_the_networks_of_the_cluster(node: Node) -> None:
    assert node.ip in address.NODE_NETWORK
    assert node.pod_subnet.subnet_of(address.POD_NETWORK)
    assert node.gateway in node.pod_subnet


def test_networks_and_nodes_never_overlap() -> None:
    networks = [address.NODE_NETWORK, address.POD_NETWORK, address.SERVICE_NETWORK]
    for one, other in combinations(networks, 2):
        assert not one.overlaps(other)
    subnets: list[IPv4Network] = [node.pod_subnet for node in NODES]
    assert len({*subnets}) == len({node.ip for node in NODES}) == len(NODES)
    assert address.HOST_IP not in {node.ip for node in NODES}


@pytest.mark.parametrize("node", NODES)
def test_a_link_name_fits_into_the_kernels_sixteen_bytes(node: Node) -> None:
    assert len(node.link) < 16


def test_the_smallest_free_number_is_given_again() -> None:
    assert next_index(set()) == 1
    assert next_index({1, 3}) == 2


def test_the_machine_routes_to_every_node_and_to_services_over_the_first() -> None:
    assert plan_routes(NODES[:2], None) == [
        ("10.244.1.0/24", "172.30.0.11"),
        ("10.244.2.0/24", "172.30.0.12"),
        ("10.96.0.0/16", "172.30.0.11"),
    ]


def test_a_node_routes_to_every_node_but_itself() -> None:
    assert plan_routes(NODES[:2], NODES[0]) == [("10.244.2.0/24", "172.30.0.12")]


def test_without_nodes_there_are_no_routes() -> None:
    assert plan_routes([], None) == []
