"""Reads the pod's resolv.conf: what the guest is told about DNS."""

import ipaddress
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Resolver:
    """Name servers and search domains of the pod."""

    nameservers: tuple[str, ...] = ()
    searches: tuple[str, ...] = ()


def parse_resolver(text: str) -> Resolver:
    """Return what resolv.conf says; loopback servers are the node's own, no guest reaches them."""
    nameservers: list[str] = []
    searches: tuple[str, ...] = ()
    for line in text.splitlines():
        words = line.split()
        if len(words) < 2 or words[0].startswith(("#", ";")):
            continue
        if words[0] == "nameserver" and _is_reachable(words[1]):
            nameservers.append(words[1])
        elif words[0] in {"search", "domain"}:
            searches = tuple(words[1:])
    return Resolver(tuple(nameservers), searches)


def add_subdomain(searches: tuple[str, ...], subdomain: str | None) -> tuple[str, ...]:
    """Put the VM's own subdomain first, so that its siblings answer to their short names."""
    if not subdomain or not searches:
        return searches
    return (f"{subdomain}.{searches[0]}", *searches)


def _is_reachable(address: str) -> bool:
    try:
        return not ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False
