"""expand-spec and expand-vm-spec: what comes out, and what nobody may read by them."""

import copy

import pytest

from tests.integration.gateway.machine import put_vm
from tests.integration.gateway.world import OF_NAMESPACE, OF_VM, World
from tests.unit.controller.fake_api import Json

SENT = f"{OF_NAMESPACE}/expand-vm-spec"
VM: Json = {
    "apiVersion": "kubevirt.io/v1",
    "kind": "VirtualMachine",
    "metadata": {"name": "new", "creationTimestamp": None},
    "spec": {
        "instancetype": {"name": "small", "kind": "VirtualMachineInstancetype"},
        "template": {"metadata": {"creationTimestamp": None}, "spec": {"domain": {"devices": {}}}},
    },
}


def _put_size(world: World, plural: str = "virtualmachineinstancetypes", place: str = "ns") -> None:
    spec = {"cpu": {"guest": 2}, "memory": {"guest": "256Mi"}}
    world.api.put(plural, {"metadata": {"name": "small"}, "spec": spec}, place)


def _with(**spec: object) -> Json:
    sent = copy.deepcopy(VM)
    sent["spec"] |= spec
    return sent


def _list_asked(world: World) -> list[tuple[str, str, str]]:
    found = [each["resourceAttributes"] for each in world.api.reviews[1:]]
    return [(each["resource"], each.get("namespace", ""), each["name"]) for each in found]


async def test_a_stored_vm_is_expanded_as_it_is(world: World) -> None:
    _put_size(world)
    stored = put_vm(world.api, **VM["spec"])
    vm = (await world.get(f"{OF_VM}/expand-spec")).json
    assert vm["spec"]["template"]["spec"]["domain"]["memory"]["guest"] == "256Mi"
    assert "instancetype" not in vm["spec"]
    assert vm["metadata"] == stored["metadata"]
    assert vm["kind"] == "VirtualMachine"
    assert len(world.api.reviews) == 1


async def test_a_stored_vm_is_expanded_from_its_revision(world: World) -> None:
    data = {
        "kind": "VirtualMachineInstancetype",
        "metadata": {"name": "small"},
        "spec": {"cpu": {"guest": 1}, "memory": {"guest": "1Gi"}},
    }
    world.api.put("controllerrevisions", {"metadata": {"name": "held"}, "data": data})
    ref = {
        "name": "small",
        "kind": "VirtualMachineInstancetype",
        "controllerRevisionRef": {"name": "held"},
    }
    put_vm(world.api, status={"instancetypeRef": ref}, **VM["spec"])
    vm = (await world.get(f"{OF_VM}/expand-spec")).json
    assert vm["spec"]["template"]["spec"]["domain"]["memory"]["guest"] == "1Gi"
    assert "instancetypeRef" not in vm["status"]


async def test_what_is_missing_is_said(world: World) -> None:
    assert (await world.get(f"{OF_VM}/expand-spec")).status[0] == 404
    put_vm(world.api, **VM["spec"])
    code, _, message = (await world.get(f"{OF_VM}/expand-spec")).status
    assert (code, "small" in message) == (409, True)
    code, _, message = (await world.put(SENT, VM)).status
    assert (code, "small" in message) == (400, True)


async def test_a_vm_that_is_sent_is_expanded(world: World) -> None:
    _put_size(world)
    vm = (await world.put(SENT, VM)).json
    assert vm["spec"]["template"]["spec"]["domain"]["memory"]["guest"] == "256Mi"
    assert vm["metadata"]["name"] == "new"
    assert _list_asked(world) == [("virtualmachineinstancetypes", "ns", "small")]


async def test_what_the_user_may_not_read_is_not_read_for_them(world: World) -> None:
    """The gateway may read all of these; its account is not to be lent (confused deputy)."""
    _put_size(world)
    world.api.allow = lambda spec: spec["resourceAttributes"]["resource"] == "expand-vm-spec"
    code, reason, message = (await world.put(SENT, VM)).status
    assert (code, reason) == (403, "Forbidden")
    assert "256Mi" not in message


@pytest.mark.parametrize(
    ("spec", "asked"),
    [
        (
            {"instancetype": {"name": "small"}},
            ("virtualmachineclusterinstancetypes", "", "small"),
        ),
        (
            {"instancetype": {"revisionName": "held"}},
            ("controllerrevisions", "ns", "held"),
        ),
        (
            {"instancetype": None, "preference": {"name": "linux"}},
            ("virtualmachineclusterpreferences", "", "linux"),
        ),
    ],
)
async def test_each_reference_is_reviewed(
    world: World, spec: Json, asked: tuple[str, str, str]
) -> None:
    world.api.allow = lambda spec: spec["resourceAttributes"]["resource"] == "expand-vm-spec"
    assert (await world.put(SENT, _with(**spec))).code == 403
    assert _list_asked(world) == [asked]


async def test_a_claim_is_reviewed_and_what_it_names_too(world: World) -> None:
    _put_size(world, "virtualmachineclusterinstancetypes", "")
    labels = {"instancetype.kubevirt.io/default-instancetype": "small"}
    world.api.put("persistentvolumeclaims", {"metadata": {"name": "root", "labels": labels}})
    volumes = [{"name": "disk", "persistentVolumeClaim": {"claimName": "root"}}]
    sent = _with(instancetype={"inferFromVolume": "disk"})
    sent["spec"]["template"]["spec"]["volumes"] = volumes
    assert (await world.put(SENT, sent)).code == 200
    assert _list_asked(world) == [
        ("persistentvolumeclaims", "ns", "root"),
        ("virtualmachineclusterinstancetypes", "", "small"),
    ]


async def test_a_status_that_is_sent_opens_nothing(world: World) -> None:
    _put_size(world)
    held = {"name": "small", "kind": "VirtualMachineInstancetype"}
    sent = {**VM, "status": {"instancetypeRef": {**held, "controllerRevisionRef": {"name": "x"}}}}
    assert (await world.put(SENT, sent)).code == 200
    assert _list_asked(world) == [("virtualmachineinstancetypes", "ns", "small")]


@pytest.mark.parametrize(
    "sent",
    [
        {**VM, "kind": "Pod"},
        {**VM, "apiVersion": "v1"},
        {**VM, "metadata": {"name": "new", "namespace": "other"}},
        {**VM, "spec": {}},
        {**VM, "spec": 3},
        _with(instancetype={"name": "../../secrets/x", "kind": "VirtualMachineInstancetype"}),
        _with(instancetype={"name": "small", "kind": "Secret"}),
    ],
)
async def test_what_is_no_vm_of_this_namespace_is_400(world: World, sent: Json) -> None:
    _put_size(world)
    assert (await world.put(SENT, sent)).status[:2] == (400, "BadRequest")


async def test_an_instancetype_that_conflicts_is_400(world: World) -> None:
    _put_size(world)
    sent = _with()
    sent["spec"]["template"]["spec"]["domain"]["memory"] = {"guest": "1Gi"}
    code, _, message = (await world.put(SENT, sent)).status
    assert (code, "spec.template.spec.domain.memory" in message) == (400, True)
