"""The machine as a switch and router: a bridge that nodes plug into, routes to their pods, NAT.

No packet between pods is rewritten: each node owns a /24, and the machine and every node
have a route to it. Only what leaves the cluster is masqueraded.
"""

from collections.abc import Sequence
from pathlib import Path

from cluster import address, render
from cluster.address import BRIDGE, MTU, Node
from cluster.shell import run, succeeds

IP_FORWARD = Path("/proc/sys/net/ipv4/ip_forward")


def ensure_network() -> None:
    """Make the bridge, let the machine forward, and masquerade what leaves."""
    if not succeeds(["ip", "link", "show", BRIDGE]):
        run(["ip", "link", "add", BRIDGE, "mtu", str(MTU), "type", "bridge"])
    prefix = address.NODE_NETWORK.prefixlen
    run(["ip", "address", "replace", f"{address.HOST_IP}/{prefix}", "dev", BRIDGE])
    run(["ip", "link", "set", BRIDGE, "up"])
    IP_FORWARD.write_text("1")
    run(["nft", "-f", "-"], stdin=render.render_nft())


def remove_network(ip_forward_before: str | None) -> None:
    """Take it all back; routes vanish with the bridge."""
    if succeeds(["nft", "list", "table", "ip", render.NFT_TABLE]):
        run(["nft", "delete", "table", "ip", render.NFT_TABLE])
    remove_link(BRIDGE)
    if ip_forward_before is not None:
        IP_FORWARD.write_text(ip_forward_before)


def remove_link(name: str) -> None:
    """Remove a network device; the kernel may be at it already, with the node it led to."""
    delete = ["ip", "link", "delete", name]
    if not succeeds(delete) and succeeds(["ip", "link", "show", name]):
        run(delete)


def is_plugged(inside: Sequence[str]) -> bool:
    """Tell whether a node has its cable and routes; `inside` are the words that enter it."""
    return succeeds([*inside, "ip", "route", "get", str(address.HOST_IP)]) and bool(
        run([*inside, "ip", "route", "show", "default"])
    )


def plug(node: Node, pid: int, inside: Sequence[str]) -> None:
    """Run a cable from the bridge to a node's eth0."""
    remove_link(node.link)
    link = ["ip", "link", "add", node.link, "mtu", str(MTU), "type", "veth"]
    run([*link, "peer", "name", "eth0", "mtu", str(MTU), "netns", str(pid)])
    run(["ip", "link", "set", node.link, "master", BRIDGE, "up"])
    prefix = address.NODE_NETWORK.prefixlen
    run([*inside, "ip", "address", "replace", f"{node.ip}/{prefix}", "dev", "eth0"])
    run([*inside, "ip", "link", "set", "eth0", "up"])
    run([*inside, "ip", "route", "replace", "default", "via", str(address.HOST_IP)])


def plan_routes(nodes: Sequence[Node], viewer: Node | None) -> list[tuple[str, str]]:
    """Return (destination, gateway) for the machine (viewer None) or for one of the nodes.

    Services are virtual: any node translates them, so the machine sends them to the first.
    """
    routes = [
        (str(node.pod_subnet), str(node.ip))
        for node in nodes
        if viewer is None or node.index != viewer.index
    ]
    if viewer is None and nodes:
        routes.append((str(address.SERVICE_NETWORK), str(nodes[0].ip)))
    return routes


def apply_routes(routes: Sequence[tuple[str, str]], inside: Sequence[str] = ()) -> None:
    """Set routes, on the machine or inside a node."""
    for destination, gateway in routes:
        run([*inside, "ip", "route", "replace", destination, "via", gateway])


def remove_route(destination: str, inside: Sequence[str] = ()) -> None:
    """Remove a route if it is there."""
    if run([*inside, "ip", "route", "show", destination]).strip():
        run([*inside, "ip", "route", "delete", destination])
