"""The Service that expose makes."""

from typing import Any

import pytest

from api.problem import Problem
from cli.service import ServiceWish, build_service
from cli.target import VM, VMI, VMIRS, Kind

Json = dict[str, Any]  # Any: any object
SSH = {"name": "ssh", "port": 22}
DNS = {"port": 53, "protocol": "UDP"}


def build_item(*ports: Json, kind: Kind = VM, **spec: object) -> Json:
    instance = {"domain": {"devices": {"interfaces": [{"name": "default", "ports": list(ports)}]}}}
    whole = instance if kind is VMI else {"template": {"spec": instance}}
    return {"metadata": {"name": "a", "namespace": "ns"}, "spec": {**whole, **spec}}


def test_all_flags_arrive() -> None:
    wish = ServiceWish(
        name="s",
        type="NodePort",
        port=80,
        target_port="http",
        protocol="TCP",
        port_name="web",
        cluster_ip="None",
        external_ip="192.0.2.1",
        ip_families=("IPv4", "IPv6"),
        ip_family_policy="PreferDualStack",
    )
    item = build_item()
    item["metadata"]["labels"] = {"app": "x"}
    assert build_service(wish, VM, item) == {
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": {"name": "s", "namespace": "ns", "labels": {"app": "x"}},
        "spec": {
            "type": "NodePort",
            "selector": {"vmi.kubevirt.io/id": "a"},
            "ports": [{"name": "web", "port": 80, "protocol": "TCP", "targetPort": "http"}],
            "clusterIP": "None",
            "externalIPs": ["192.0.2.1"],
            "ipFamilies": ["IPv4", "IPv6"],
            "ipFamilyPolicy": "PreferDualStack",
        },
    }


@pytest.mark.parametrize("kind", [VM, VMI])
def test_without_a_port_the_interfaces_ports_are_taken(kind: Kind) -> None:
    service = build_service(ServiceWish("s"), kind, build_item(SSH, DNS, kind=kind))
    assert service["spec"]["ports"] == [
        {"name": "ssh", "port": 22, "protocol": "TCP", "targetPort": 22},
        {"name": "port-2", "port": 53, "protocol": "UDP", "targetPort": 53},
    ]
    alone = build_service(ServiceWish("s"), kind, build_item(DNS, kind=kind))
    assert alone["spec"]["ports"] == [{"port": 53, "protocol": "UDP", "targetPort": 53}]


def test_a_replica_set_is_found_by_its_selector() -> None:
    item = build_item(SSH, selector={"matchLabels": {"app": "x"}})
    assert build_service(ServiceWish("s"), VMIRS, item)["spec"]["selector"] == {"app": "x"}


@pytest.mark.parametrize(
    ("kind", "item", "said"),
    [
        (VM, build_item(), "list no ports"),
        (VMIRS, build_item(SSH, selector={"matchExpressions": [{}]}), "not of labels alone"),
        (VMIRS, build_item(SSH), "not of labels alone"),
        (
            VM,
            {**build_item(SSH), "metadata": {"name": "a" * 64, "namespace": "ns"}},
            "longer than a label",
        ),
    ],
)
def test_what_no_service_can_find_is_a_problem(kind: Kind, item: Json, said: str) -> None:
    with pytest.raises(Problem, match=said):
        build_service(ServiceWish("s"), kind, item)
