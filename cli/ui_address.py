"""Where browsers find the graphical interface; pure."""

from collections.abc import Iterable
from typing import Any, Final

Json = dict[str, Any]  # Any: an object of Kubernetes as it is on the wire
_HTTPS_PORT: Final = 443


def find_address(service: Json, nodes: Iterable[Json]) -> str:
    """Return the URL that a Service has outside of the cluster; empty when it has none."""
    port = service["spec"]["ports"][0]
    for ingress in service.get("status", {}).get("loadBalancer", {}).get("ingress", ()):
        host = ingress.get("hostname") or ingress.get("ip")
        if host:
            return spell_url(host, port["port"])
    if port.get("nodePort"):
        for node in nodes:
            host = find_host(node)
            if host:
                return spell_url(host, port["nodePort"])
    return ""


def find_host(node: Json) -> str:
    """Return the address of a node that is ready, the one for the world before the inner one."""
    status = node.get("status", {})
    conditions = {each["type"]: each["status"] for each in status.get("conditions", ())}
    if conditions.get("Ready") != "True":
        return ""
    addresses = {each["type"]: each["address"] for each in status.get("addresses", ())}
    return addresses.get("ExternalIP") or addresses.get("InternalIP") or ""


def spell_url(host: str, port: int) -> str:
    """Return an https URL; the usual port is left out."""
    where = f"[{host}]" if ":" in host else host
    return f"https://{where}/" if port == _HTTPS_PORT else f"https://{where}:{port}/"
