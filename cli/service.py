"""The Service that `expose` makes; pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from api.names import LABEL_VMI_ID
from api.problem import Problem
from cli.target import VMIRS, Kind

Json = dict[str, Any]  # Any: an object of Kubernetes as it is on the wire
TYPES: Final = ("ClusterIP", "NodePort", "LoadBalancer")
PROTOCOLS: Final = ("TCP", "UDP", "SCTP")
_LABEL_BYTES: Final = 63


@dataclass(frozen=True, slots=True)
class ServiceWish:
    """What the flags say; empty is for what they leave open."""

    name: str
    type: str = TYPES[0]
    port: int | None = None
    target_port: str = ""
    protocol: str = PROTOCOLS[0]
    port_name: str = ""
    cluster_ip: str = ""
    external_ip: str = ""
    ip_families: tuple[str, ...] = ()
    ip_family_policy: str = ""


def build_service(wish: ServiceWish, kind: Kind, item: Json) -> Json:
    """Return the Service for a VM, an instance or a replica set."""
    metadata = item["metadata"]
    labels = metadata.get("labels") or {}
    fields = {
        "type": wish.type,
        "selector": find_selector(kind, item),
        "ports": _build_ports(wish, find_template(kind, item)),
        "clusterIP": wish.cluster_ip,
        "externalIPs": [wish.external_ip] if wish.external_ip else [],
        "ipFamilies": list(wish.ip_families),
        "ipFamilyPolicy": wish.ip_family_policy,
    }
    return {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {
            "name": wish.name,
            "namespace": metadata["namespace"],
            **({"labels": labels} if labels else {}),
        },
        "spec": {name: value for name, value in fields.items() if value},
    }


def find_selector(kind: Kind, item: Json) -> Mapping[str, str]:
    """Return the labels that the pods have."""
    name = item["metadata"]["name"]
    if kind is VMIRS:
        selector = item["spec"].get("selector") or {}
        labels: dict[str, str] = selector.get("matchLabels") or {}
        if selector.get("matchExpressions") or not labels:
            raise Problem("BadSelector", f"the selector of {name} is not of labels alone")
        return labels
    if len(name) > _LABEL_BYTES:
        raise Problem("NameTooLong", f"{name} is longer than a label, by which Services find pods")
    return {LABEL_VMI_ID: name}


def find_template(kind: Kind, item: Json) -> Json:
    """Return the spec of the instances."""
    spec: Json = item["spec"]
    return spec if kind.short == "vmi" else spec["template"]["spec"]


def _build_ports(wish: ServiceWish, spec: Json) -> list[Json]:
    if wish.port is not None:
        target = wish.target_port or str(wish.port)
        port = {
            "port": wish.port,
            "protocol": wish.protocol,
            "targetPort": int(target) if target.isdecimal() else target,
        }
        return [{**({"name": wish.port_name} if wish.port_name else {}), **port}]
    found = _list_own_ports(spec)
    if not found:
        raise Problem("NoPort", "its interfaces list no ports; say which one by --port")
    return found


def _list_own_ports(spec: Json) -> list[Json]:
    """Return the ports that the interfaces list; several need a name each."""
    interfaces: Sequence[Json] = spec.get("domain", {}).get("devices", {}).get("interfaces") or ()
    ports = [port for interface in interfaces for port in interface.get("ports") or ()]
    built = [
        {
            "name": port.get("name") or f"port-{index}",
            "port": port["port"],
            "protocol": port.get("protocol") or PROTOCOLS[0],
            "targetPort": port["port"],
        }
        for index, port in enumerate(ports, start=1)
    ]
    if len(built) == 1 and not ports[0].get("name"):
        del built[0]["name"]
    return built
