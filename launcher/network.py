"""Plans the pod's network for the guest: bridge, tap, addresses, NAT and DHCP, as data.

masquerade: the guest has an address of its own behind a bridge, and the pod translates; what
arrives at the pod's address goes to the guest, all of it or just the ports that are listed.

bridge: the guest takes over the pod's address and MAC address. The pod's link hangs in the
bridge under another name; a stand-in with the pod's name keeps the address, because the CNI
plugin looks there for what it has to clean up.

The plan is applied by launcher/link.py with iproute2, nftables and dnsmasq.
"""

import ipaddress
from dataclasses import dataclass
from typing import Final, Literal

from api.interface import Interface
from api.network import PodNetwork
from api.problem import Problem
from launcher.address import derive_mac

POD_LINK: Final = "eth0"
BRIDGE: Final = f"k6t-{POD_LINK}"
TAP: Final = "tap0"
RENAMED_LINK: Final = f"{POD_LINK}-nic"
# KubeVirt gives every bridge this address and refuses it to guests, so that a guest's neighbour
# entry for its gateway stays true wherever it moves.
GATEWAY_MAC: Final = "02:00:00:00:00:00"
# With the bridge binding the DHCP server needs some address; no guest ever talks to it again.
BRIDGE_ADDRESS: Final = "169.254.75.10/32"
_IPV4_NETWORK: Final = "10.0.2.0/24"
_IPV6_NETWORK: Final = "fd10:0:2::/120"


@dataclass(frozen=True, slots=True)
class Route:
    """A route of the pod."""

    destination: str  # "default" or a CIDR
    gateway: str  # empty: on the link


@dataclass(frozen=True, slots=True)
class PodLink:
    """The pod's network interface as the CNI plugin left it."""

    mac: str
    mtu: int
    addresses: tuple[str, ...]  # CIDRs, link-local ones left out
    routes: tuple[Route, ...]  # IPv4


@dataclass(frozen=True, slots=True)
class Dhcp:
    """What the DHCP server tells the guest."""

    mac: str
    address: str  # IPv4, without its prefix length
    netmask: str
    routes: tuple[Route, ...]
    mtu: int
    address_ipv6: str = ""  # empty: no DHCPv6 and no router advertisements
    prefix_ipv6: int = 0
    foreign: bool = False  # the bridge has no address in the guest's subnet


@dataclass(frozen=True, slots=True)
class PortRule:
    """Which ports of the pod are the guest's."""

    protocol: Literal["tcp", "udp"]
    port: int


@dataclass(frozen=True, slots=True)
class Nat:
    """Translation between the pod's address and the guest's, for one IP family."""

    family: Literal["ip", "ip6"]
    gateway: str
    guest: str
    ports: tuple[PortRule, ...]  # empty: all


@dataclass(frozen=True, slots=True)
class NetworkPlan:
    """All that is done to the pod's network, and what the guest and the status then see."""

    mac: str
    mtu: int
    guest_addresses: tuple[str, ...]  # as the status tells: the pod's
    commands: tuple[str, ...]  # lines for `ip -batch`
    settings: tuple[tuple[str, str], ...]  # below /proc/sys/net
    nats: tuple[Nat, ...]
    dhcp: Dhcp


def plan_network(interface: Interface, network: PodNetwork, link: PodLink, uid: str) -> NetworkPlan:
    """Plan the guest's only interface, on the pod network."""
    if interface.masquerade:
        return _plan_masquerade(interface, network, link, uid)
    if interface.bridge:
        return _plan_bridge(interface, link, uid)
    raise Problem(
        "FieldNotSupported", f"the binding of interface {interface.name} is not supported yet"
    )


def _plan_masquerade(
    interface: Interface, network: PodNetwork, link: PodLink, uid: str
) -> NetworkPlan:
    subnet = _parse_subnet(network.vm_network_cidr or _IPV4_NETWORK)
    gateway, guest = str(subnet[1]), str(subnet[2])
    mac = (interface.mac_address or derive_mac(uid, interface.name)).lower().replace("-", ":")
    ports = tuple(
        PortRule("udp" if port.protocol == "UDP" else "tcp", port.port) for port in interface.ports
    )
    addresses = [f"{gateway}/{subnet.prefixlen}"]
    nats = [Nat("ip", gateway, guest, ports)]
    settings = [
        ("ipv4/ip_forward", "1"),
        # what arrives at the pod's loopback, as `kubectl port-forward` does, is for the guest too
        (f"ipv4/conf/{BRIDGE}/route_localnet", "1"),
    ]
    guest_ipv6, prefix_ipv6 = "", 0
    if any(":" in address for address in link.addresses):
        subnet_ipv6 = _parse_subnet(network.vm_ipv6_network_cidr or _IPV6_NETWORK)
        gateway_ipv6, guest_ipv6 = str(subnet_ipv6[1]), str(subnet_ipv6[2])
        prefix_ipv6 = subnet_ipv6.prefixlen
        addresses.append(f"{gateway_ipv6}/{prefix_ipv6} nodad")
        nats.append(Nat("ip6", gateway_ipv6, guest_ipv6, ports))
        settings.append(("ipv6/conf/all/forwarding", "1"))
    return NetworkPlan(
        mac=mac,
        mtu=link.mtu,
        guest_addresses=tuple(address.split("/")[0] for address in link.addresses),
        commands=(
            *_make_bridge(BRIDGE, GATEWAY_MAC),
            *(f"address add {address} dev {BRIDGE}" for address in addresses),
            f"link set dev {BRIDGE} mtu {link.mtu} up",
            f"link set dev {TAP} mtu {link.mtu} master {BRIDGE} up",
        ),
        settings=tuple(settings),
        nats=tuple(nats),
        dhcp=Dhcp(
            mac,
            guest,
            str(subnet.netmask),
            (Route("default", gateway),),
            link.mtu,
            guest_ipv6,
            prefix_ipv6,
        ),
    )


def _plan_bridge(interface: Interface, link: PodLink, uid: str) -> NetworkPlan:
    mine = [address for address in link.addresses if ":" not in address]
    if not mine:
        raise Problem("NetworkNotSupported", "the bridge binding needs a pod with an IPv4 address")
    address = ipaddress.ip_interface(mine[0])
    mac = (interface.mac_address or link.mac).lower().replace("-", ":")
    return NetworkPlan(
        mac=mac,
        mtu=link.mtu,
        guest_addresses=(str(address.ip),),
        commands=(
            f"link set dev {POD_LINK} down",
            f"address flush dev {POD_LINK}",
            f"link set dev {POD_LINK} name {RENAMED_LINK}",
            f"link set dev {RENAMED_LINK} address {derive_mac(uid, RENAMED_LINK)}",
            *_make_bridge(BRIDGE, derive_mac(uid, BRIDGE)),
            f"link set dev {RENAMED_LINK} master {BRIDGE} up",
            # the node's bridge may send a guest's broadcast back (hairpin mode): the guest must
            # not seem to be out there
            f"link set dev {RENAMED_LINK} type bridge_slave learning off",
            f"link set dev {TAP} mtu {link.mtu} master {BRIDGE} up",
            f"address add {BRIDGE_ADDRESS} dev {BRIDGE}",
            f"link set dev {BRIDGE} mtu {link.mtu} up",
            *_make_bridge(POD_LINK, derive_mac(uid, POD_LINK)),
            f"address add {address} dev {POD_LINK}",
        ),
        # the stand-in's address is the guest's: only the guest may answer for it
        settings=((f"ipv4/conf/{BRIDGE}/arp_ignore", "1"),),
        nats=(),
        dhcp=Dhcp(mac, str(address.ip), str(address.netmask), link.routes, link.mtu, foreign=True),
    )


def _make_bridge(name: str, mac: str) -> tuple[str, ...]:
    # a port forwards at once, and neighbour discovery needs no listener to be known
    return (f"link add name {name} address {mac} type bridge forward_delay 0 mcast_snooping 0",)


def _parse_subnet(text: str) -> ipaddress.IPv4Network | ipaddress.IPv6Network:
    try:
        subnet = ipaddress.ip_network(text, strict=False)
        _ = subnet[3]
    except (ValueError, IndexError) as error:
        raise Problem("FieldValueInvalid", f"{text} is no network with room for a guest") from error
    return subnet
