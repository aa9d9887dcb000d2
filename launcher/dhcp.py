"""Builds dnsmasq's arguments: DHCP for the guest, router advertisements, and no DNS."""

from collections.abc import Iterator

from launcher.network import BRIDGE, Dhcp, Route
from launcher.resolver import Resolver


def build_arguments(dhcp: Dhcp, resolver: Resolver, hostname: str) -> list[str]:
    """Return the command line; only the guest, known by its MAC address, is answered."""
    return ["dnsmasq", *_iter_settings(), *_iter_options(dhcp, resolver, hostname)]


def _iter_settings() -> Iterator[str]:
    yield "--keep-in-foreground"
    yield "--conf-file=/dev/null"
    yield "--pid-file="
    yield "--log-facility=-"
    yield "--quiet-dhcp"
    yield "--quiet-dhcp6"
    yield "--quiet-ra"
    yield "--user=nobody"  # it keeps NET_ADMIN, NET_RAW and NET_BIND_SERVICE, and no more
    yield "--port=0"  # the guest asks the cluster's DNS itself
    yield "--no-ping"
    yield "--leasefile-ro"
    yield "--dhcp-authoritative"
    yield "--dhcp-rapid-commit"
    yield f"--interface={BRIDGE}"
    yield "--except-interface=lo"
    yield "--bind-interfaces"
    yield "--dhcp-ignore=tag:!known"


def _iter_options(dhcp: Dhcp, resolver: Resolver, hostname: str) -> Iterator[str]:
    yield f"--dhcp-range={dhcp.address},static,{dhcp.netmask},infinite"
    if dhcp.foreign:
        yield f"--shared-network={BRIDGE},{dhcp.address}"
        yield "--dhcp-broadcast"  # the stand-in has the guest's address: an answer to it stays here
    yield f"--dhcp-host={dhcp.mac},{dhcp.address},{hostname},infinite"
    yield f"--dhcp-option=option:mtu,{dhcp.mtu}"
    default = [route.gateway for route in dhcp.routes if route.destination == "default"]
    yield f"--dhcp-option={','.join(['option:router', *default[:1]])}"
    if needs_classless_routes(dhcp):
        yield f"--dhcp-option=option:classless-static-route,{','.join(_iter_routes(dhcp.routes))}"
    yield from _iter_names(resolver)
    if dhcp.address_ipv6:
        yield f"--dhcp-range={dhcp.address_ipv6},static,{dhcp.prefix_ipv6},infinite"
        yield f"--dhcp-host={dhcp.mac},[{dhcp.address_ipv6}],{hostname},infinite"
        yield "--enable-ra"


def _iter_names(resolver: Resolver) -> Iterator[str]:
    ipv4 = [server for server in resolver.nameservers if ":" not in server]
    ipv6 = [f"[{server}]" for server in resolver.nameservers if ":" in server]
    # named without a value, an option is not sent; left out, dnsmasq would name itself
    yield f"--dhcp-option={','.join(['option:dns-server', *ipv4])}"
    yield f"--dhcp-option={','.join(['option6:dns-server', *ipv6])}"
    if resolver.searches:
        yield f"--dhcp-option=option:domain-name,{resolver.searches[0]}"
        yield f"--dhcp-option=option:domain-search,{','.join(resolver.searches)}"
        yield f"--dhcp-option=option6:domain-search,{','.join(resolver.searches)}"


def needs_classless_routes(dhcp: Dhcp) -> bool:
    """Say whether a router option alone would leave the guest without some of its routes."""
    return any(route.destination != "default" for route in dhcp.routes)


def _iter_routes(routes: tuple[Route, ...]) -> Iterator[str]:
    for route in sorted(routes, key=lambda route: route.destination == "default"):
        yield "0.0.0.0/0" if route.destination == "default" else route.destination
        yield route.gateway or "0.0.0.0"  # noqa: S104 - DHCP's word for "on the link"
