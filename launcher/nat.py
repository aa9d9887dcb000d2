"""Builds nftables rules between the pod's address and the guest's."""

from collections.abc import Iterator
from typing import Any, Final

from launcher.network import BRIDGE, POD_LINK, Nat

TABLE: Final = "virtpod"
_PRIORITIES: Final = {"prerouting": -100, "output": -100, "postrouting": 100}
_LOOPBACK: Final = {"ip": "127.0.0.1", "ip6": "::1"}

Rule = dict[str, Any]  # nftables' JSON has no type of its own


def build_ruleset(nats: tuple[Nat, ...]) -> dict[str, list[Rule]]:
    """Return the input of ``nft -j -f -``."""
    return {"nftables": [command for nat in nats for command in _iter_commands(nat)]}


def _iter_commands(nat: Nat) -> Iterator[Rule]:
    table = {"family": nat.family, "table": TABLE}
    yield {"add": {"table": {"family": nat.family, "name": TABLE}}}
    for hook, priority in _PRIORITIES.items():
        chain = {"name": hook, "type": "nat", "hook": hook, "prio": priority, "policy": "accept"}
        yield {"add": {"chain": {**table, **chain}}}
    for hook, expressions in _iter_rules(nat):
        yield {"add": {"rule": {**table, "chain": hook, "expr": expressions}}}


def _iter_rules(nat: Nat) -> Iterator[tuple[str, list[Rule]]]:
    to_guest = {"dnat": {"addr": nat.guest}}
    loopback = _LOOPBACK[nat.family]
    inbound = _match({"meta": {"key": "iifname"}}, POD_LINK)
    local = _match(_field(nat.family, "daddr"), loopback)
    for ports in _match_ports(nat):
        yield "prerouting", [inbound, *ports, to_guest]
    for ports in _match_ports(nat) if nat.ports else [[_match_protocols()]]:
        yield "output", [local, *ports, to_guest]
    outbound = _match({"meta": {"key": "oifname"}}, POD_LINK)
    from_guest = _match(_field(nat.family, "saddr"), nat.guest)
    yield "postrouting", [from_guest, outbound, {"masquerade": None}]
    to_bridge = _match({"meta": {"key": "oifname"}}, BRIDGE)
    from_loopback = _match(_field(nat.family, "saddr"), loopback)
    yield "postrouting", [to_bridge, from_loopback, {"snat": {"addr": nat.gateway}}]


def _match_ports(nat: Nat) -> list[list[Rule]]:
    """Return one list of expressions for each rule: one a protocol, or one that takes all."""
    if not nat.ports:
        return [[]]
    protocols = sorted({rule.protocol for rule in nat.ports})
    return [
        [
            _match(
                {"payload": {"protocol": protocol, "field": "dport"}},
                {"set": sorted({rule.port for rule in nat.ports if rule.protocol == protocol})},
            )
        ]
        for protocol in protocols
    ]


def _match_protocols() -> Rule:
    return _match({"meta": {"key": "l4proto"}}, {"set": ["tcp", "udp"]})


def _field(family: str, name: str) -> Rule:
    return {"payload": {"protocol": family, "field": name}}


def _match(left: Rule, right: object) -> Rule:
    return {"match": {"op": "==", "left": left, "right": right}}
