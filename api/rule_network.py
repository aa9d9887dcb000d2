"""Rules on interfaces and networks."""

import re
from collections.abc import Iterable
from ipaddress import ip_address
from typing import Final

from api.cause import CauseReason
from api.interface import DHCPOptions, Interface, InterfacePortRange
from api.network import Network, PodNetwork
from api.rule import PREFERENCE, AnyRule, Rule, exactly_one

BINDINGS: Final = ("bridge", "masquerade", "sriov", "passt_binding", "binding")
DISCONTINUED: Final = ("slirp", "macvtap", "passt")
RESERVED_MAC: Final = "02:00:00:00:00:00"  # the gateway's, on the pod's side of masquerade


def is_ip(text: str) -> bool:
    """Say whether a text is an IP address that CEL's isIP takes: no zone, no IPv4 in IPv6."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return "%" not in text and getattr(address, "ipv4_mapped", None) is None


def _is_cidr(text: str | None, version: int) -> bool:
    if text is None:
        return True
    address, _, bits = text.partition("/")
    if not is_ip(address) or not re.fullmatch("[0-9]{1,3}", bits):
        return False
    longest = 32 if version == 4 else 128
    # room for the gateway, the guest and the broadcast address
    return ip_address(address).version == version and int(bits) <= longest - 2


def are_unique(values: Iterable[object]) -> bool:
    """Say whether no value occurs twice."""
    seen = list(values)
    return len(seen) == len(set(seen))


def _normalized(mac: str | None) -> str:
    return (mac or "").lower().replace("-", ":")


def _is_multicast(mac: str | None) -> bool:
    return mac is not None and mac[1:2] in set("13579bBdDfF")


def _discontinued_rule(name: str) -> Rule[Interface]:
    return Rule(
        Interface,
        f"{name} is discontinued; use masquerade or bridge",
        f"!has(self.{name})",
        lambda interface: getattr(interface, name) is None,
        f".{name}",
    )


_NAMED_PORTS = "self.ports.filter(p, has(p.name) && p.name != '')"

INTERFACE_RULES: Final[tuple[AnyRule, ...]] = (
    Rule(
        Interface,
        "exactly one binding must be set: bridge, masquerade, sriov, passtBinding or binding",
        "[has(self.bridge), has(self.masquerade), has(self.sriov), has(self.passtBinding), "
        "has(self.binding), has(self.slirp), has(self.macvtap), has(self.passt)]"
        ".exists_one(set, set)",
        lambda interface: (
            sum(getattr(interface, name) is not None for name in (*BINDINGS, *DISCONTINUED)) == 1
        ),
        filled_by=PREFERENCE,
    ),
    *(_discontinued_rule(name) for name in DISCONTINUED),
    Rule(
        Interface,
        "macAddress must not be a multicast address",
        "!has(self.macAddress) || !self.macAddress.matches('^.[13579bBdDfF]')",
        lambda interface: not _is_multicast(interface.mac_address),
        ".macAddress",
    ),
    Rule(
        Interface,
        f"macAddress {RESERVED_MAC} is reserved with masquerade",
        "!has(self.macAddress) || !has(self.masquerade) || "
        f"self.macAddress.replace('-', ':') != '{RESERVED_MAC}'",
        lambda interface: (
            interface.masquerade is None or _normalized(interface.mac_address) != RESERVED_MAC
        ),
        ".macAddress",
    ),
    Rule(
        Interface,
        "only a bridge interface can be down or absent",
        "!has(self.state) || self.state == 'up' || has(self.bridge)",
        lambda interface: interface.state in {None, "up"} or interface.bridge is not None,
        ".state",
    ),
    Rule(
        Interface,
        "two ports must not share a name",
        "!has(self.ports) || self.ports.all(p, !has(p.name) || p.name == '' || "
        f"{_NAMED_PORTS}.exists_one(q, q.name == p.name))".replace(
            _NAMED_PORTS, "self.ports.filter(q, has(q.name))"
        ),
        lambda interface: are_unique(port.name for port in interface.ports if port.name),
        ".ports",
        CauseReason.DUPLICATE,
    ),
    Rule(
        Interface,
        "portRanges need masquerade",
        "!has(self.portRanges) || self.portRanges.size() == 0 || has(self.masquerade)",
        lambda interface: not interface.port_ranges or interface.masquerade is not None,
        ".portRanges",
        filled_by=PREFERENCE,
    ),
    Rule(
        InterfacePortRange,
        "start must not be greater than end",
        "self.start <= self.end",
        lambda ports: ports.start <= ports.end,
        ".start",
    ),
    Rule(
        DHCPOptions,
        "NTP servers must be IPv4 addresses",
        "!has(self.ntpServers) || self.ntpServers.all(s, isIP(s) && ip(s).family() == 4)",
        lambda options: all(
            is_ip(server) and ip_address(server).version == 4 for server in options.ntp_servers
        ),
        ".ntpServers",
    ),
    Rule(
        DHCPOptions,
        "two private options must not share a number",
        "!has(self.privateOptions) || self.privateOptions.all(o, "
        "self.privateOptions.exists_one(p, p.option == o.option))",
        lambda options: are_unique(option.option for option in options.private_options),
        ".privateOptions",
        CauseReason.DUPLICATE,
    ),
)

NETWORK_RULES_ONLY: Final[tuple[AnyRule, ...]] = (
    exactly_one(Network, "pod", "multus", "resource_claim"),
    Rule(
        PodNetwork,
        "vmNetworkCIDR must be an IPv4 network of at least 4 addresses, such as 10.0.2.0/24",
        "!has(self.vmNetworkCIDR) || isCIDR(self.vmNetworkCIDR) && "
        "cidr(self.vmNetworkCIDR).ip().family() == 4 && "
        "cidr(self.vmNetworkCIDR).prefixLength() <= 30",
        lambda network: _is_cidr(network.vm_network_cidr, 4),
        ".vmNetworkCIDR",
    ),
    Rule(
        PodNetwork,
        "vmIPv6NetworkCIDR must be an IPv6 network of at least 4 addresses, such as fd10:0:2::/120",
        "!has(self.vmIPv6NetworkCIDR) || isCIDR(self.vmIPv6NetworkCIDR) && "
        "cidr(self.vmIPv6NetworkCIDR).ip().family() == 6 && "
        "cidr(self.vmIPv6NetworkCIDR).prefixLength() <= 126",
        lambda network: _is_cidr(network.vm_ipv6_network_cidr, 6),
        ".vmIPv6NetworkCIDR",
    ),
)

NETWORK_RULES: Final[tuple[AnyRule, ...]] = (*INTERFACE_RULES, *NETWORK_RULES_ONLY)
