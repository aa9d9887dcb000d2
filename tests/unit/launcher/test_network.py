"""What becomes of the pod's network; the whole text of it stands in tests/golden/domains."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.interface import Interface, InterfaceBridge, InterfaceMasquerade, InterfacePort
from api.network import PodNetwork
from api.problem import Problem
from launcher.address import derive_mac
from launcher.dhcp import build_arguments
from launcher.link import parse_link
from launcher.nat import build_ruleset
from launcher.network import PodLink, Route, plan_network
from launcher.resolver import Resolver, add_subdomain, parse_resolver

UID = "5d307ca9-b3ef-428c-8861-06e72d69f223"
LINK = PodLink("0a:58:0a:f4:00:05", 1450, ("10.244.0.5/24",), (Route("default", "10.244.0.1"),))
MASQUERADE = Interface("default", masquerade=InterfaceMasquerade())
BRIDGE = Interface("default", bridge=InterfaceBridge())


def test_masquerade_tells_the_pods_address_and_gives_another() -> None:
    plan = plan_network(MASQUERADE, PodNetwork(), LINK, UID)
    assert plan.guest_addresses == ("10.244.0.5",)
    assert plan.dhcp.address == "10.0.2.2"
    assert plan.dhcp.mtu == LINK.mtu


def test_masquerade_has_ipv6_only_when_the_pod_has() -> None:
    assert [nat.family for nat in plan_network(MASQUERADE, PodNetwork(), LINK, UID).nats] == ["ip"]
    both = PodLink(LINK.mac, 1500, (*LINK.addresses, "fd00::5/64"), LINK.routes)
    plan = plan_network(MASQUERADE, PodNetwork(), both, UID)
    assert [nat.family for nat in plan.nats] == ["ip", "ip6"]
    assert plan.dhcp.address_ipv6 == "fd10:0:2::2"
    assert plan.guest_addresses == ("10.244.0.5", "fd00::5")


def test_bridge_gives_the_guest_the_pods_own_addresses() -> None:
    plan = plan_network(BRIDGE, PodNetwork(), LINK, UID)
    assert (plan.dhcp.mac, plan.dhcp.address) == (LINK.mac, "10.244.0.5")
    assert plan.dhcp.routes == LINK.routes
    assert plan.nats == ()


def test_bridge_needs_an_ipv4_address() -> None:
    link = PodLink(LINK.mac, 1500, ("fd00::5/64",), ())
    with pytest.raises(Problem, match="IPv4"):
        plan_network(BRIDGE, PodNetwork(), link, UID)


def test_another_binding_is_refused() -> None:
    with pytest.raises(Problem, match="binding of interface default"):
        plan_network(Interface("default"), PodNetwork(), LINK, UID)


@pytest.mark.parametrize("subnet", ["10.0.2.0/31", "nonsense"])
def test_a_network_without_room_is_refused(subnet: str) -> None:
    with pytest.raises(Problem, match="no network with room"):
        plan_network(MASQUERADE, PodNetwork(vm_network_cidr=subnet), LINK, UID)


@given(st.uuids(), st.text(max_size=20))
def test_a_derived_mac_address_is_local_unicast_and_stays(uid: object, name: str) -> None:
    mac = derive_mac(str(uid), name)
    assert mac == derive_mac(str(uid), name)
    first = int(mac.split(":")[0], 16)
    assert first & 0b11 == 0b10


def test_listed_ports_alone_reach_the_guest() -> None:
    ports = (InterfacePort(80), InterfacePort(443), InterfacePort(53, protocol="UDP"))
    interface = Interface("default", masquerade=InterfaceMasquerade(), ports=ports)
    rules = json.dumps(build_ruleset(plan_network(interface, PodNetwork(), LINK, UID).nats))
    assert rules.count('"dnat"') == 4  # tcp and udp, from the network and from loopback
    assert '"set": [80, 443]' in rules
    assert '"set": [53]' in rules


def test_the_gateway_goes_by_option_3_and_odd_routes_by_option_121() -> None:
    plain = build_arguments(plan_network(BRIDGE, PodNetwork(), LINK, UID).dhcp, Resolver(), "vm")
    assert "--dhcp-option=option:router,10.244.0.1" in plain
    assert not any("classless" in argument for argument in plain)
    routes = (Route("169.254.1.1/32", ""), Route("default", "169.254.1.1"))
    link = PodLink(LINK.mac, 1500, ("10.244.0.5/32",), routes)
    routed = build_arguments(plan_network(BRIDGE, PodNetwork(), link, UID).dhcp, Resolver(), "vm")
    option = "option:classless-static-route,169.254.1.1/32,0.0.0.0,0.0.0.0/0,169.254.1.1"
    assert f"--dhcp-option={option}" in routed


def test_resolv_conf_is_read_without_loopback_and_rubbish() -> None:
    text = (
        "# c\nnameserver 127.0.0.53\nnameserver x\nnameserver 10.96.0.10\nsearch a.b c\noptions x\n"
    )
    assert parse_resolver(text) == Resolver(("10.96.0.10",), ("a.b", "c"))


def test_a_subdomain_is_searched_first() -> None:
    assert add_subdomain(("ns.svc", "svc"), "pool") == ("pool.ns.svc", "ns.svc", "svc")
    assert add_subdomain((), "pool") == ()
    assert add_subdomain(("ns.svc",), None) == ("ns.svc",)


def test_iproute2s_answer_is_read() -> None:
    link = {
        "address": LINK.mac,
        "mtu": 1450,
        "addr_info": [
            {"local": "10.244.0.5", "prefixlen": 24, "scope": "global"},
            {"local": "fe80::1", "prefixlen": 64, "scope": "link"},
        ],
    }
    routes = [
        {"dst": "default", "gateway": "10.244.0.1", "dev": "eth0"},
        {"dst": "10.244.0.0/24", "dev": "eth0", "protocol": "kernel"},
        {"dst": "10.9.9.9", "dev": "eth0", "scope": "link"},
        {"dst": "10.8.0.0/16", "dev": "net1"},
    ]
    seen = parse_link(link, routes)
    assert seen.addresses == ("10.244.0.5/24",)
    assert seen.routes == (Route("default", "10.244.0.1"), Route("10.9.9.9/32", ""))
