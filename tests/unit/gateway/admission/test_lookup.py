"""What a VM takes from the catalogue, at admission."""

import asyncio
from collections.abc import Mapping

import pytest

from api.catalogue import Unavailable
from api.problem import Problem
from gateway.admission import lookup
from kube.transport import Response
from tests.integration.bad_vmi import Manifest, change
from tests.integration.bad_vms import GOOD_VM, SIZED, UNSIZED, D, T
from tests.unit.controller.fake_api import FakeApi, Json
from tests.unit.gateway.admission.scene import Scene, list_fields
from tests.unit.gateway.admission.test_vm import get_template, make, read

SMALL: Manifest = {
    "apiVersion": "instancetype.kubevirt.io/v1beta1",
    "kind": "VirtualMachineClusterInstancetype",
    "metadata": {"name": "u1.small"},
    "spec": {"cpu": {"guest": 1}, "memory": {"guest": "2Gi"}},
}
PREFERENCE: Manifest = {
    "apiVersion": "instancetype.kubevirt.io/v1beta1",
    "kind": "VirtualMachinePreference",
    "metadata": {"name": "mine"},
    "spec": {
        "machine": {"preferredMachineType": "pc-q35-7.2"},
        "requirements": {"cpu": {"guest": 2}},
    },
}
PREFERRED = {"spec.preference": {"name": "mine", "kind": "VirtualMachinePreference"}}
INFERRED = {**UNSIZED, "spec.instancetype": {"inferFromVolume": "boot"}}
CLAIM: Manifest = {"apiVersion": "v1", "kind": "PersistentVolumeClaim", "metadata": {"name": "c"}}
ON_CLAIM = {**INFERRED, f"{T}.volumes.0": {"name": "boot", "dataVolume": {"name": "c"}}}
SIZES = "virtualmachineclusterinstancetypes"


def put_catalogue(scene: Scene) -> None:
    scene.api.put(SIZES, SMALL, namespace="")
    scene.api.put("virtualmachinepreferences", PREFERENCE, namespace="default")


async def test_a_vm_is_judged_as_its_instancetype_makes_it() -> None:
    scene = Scene()
    put_catalogue(scene)
    async with scene.running():
        assert (await scene.judge(change(GOOD_VM, SIZED)))["allowed"]
        both = await scene.judge(change(GOOD_VM, {**SIZED, f"{D}.memory": {"guest": "1Gi"}}))
        assert list_fields(both) == [f"{D}.memory.guest"]
        unmet = await scene.judge(change(GOOD_VM, {**SIZED, **PREFERRED}))
        assert list_fields(unmet) == ["spec.instancetype"]


async def test_known_objects_cost_no_request() -> None:
    scene = Scene()
    put_catalogue(scene)
    async with scene.running():
        before = scene.api.requests
        await scene.judge(change(GOOD_VM, SIZED))
        assert scene.api.requests == before


async def test_an_object_that_the_cache_does_not_have_yet_is_read() -> None:
    scene = Scene()
    put_catalogue(scene)
    assert (await scene.judge(change(GOOD_VM, SIZED)))["allowed"]


async def test_what_does_not_exist_cannot_be_named() -> None:
    scene = Scene()
    named = change(GOOD_VM, SIZED)
    response = await scene.judge(named)
    [cause] = response["status"]["details"]["causes"]
    assert (cause["reason"], cause["field"]) == ("FieldValueNotFound", "spec.instancetype")
    assert "u1.small does not exist; `kubectl get" in cause["message"]
    both = await scene.judge(change(GOOD_VM, {**SIZED, **PREFERRED}))
    assert list_fields(both) == ["spec.instancetype", "spec.preference"]


async def test_what_went_away_later_keeps_nobody_from_editing() -> None:
    scene = Scene()
    named = change(GOOD_VM, SIZED)
    edited = change(named, {f"{T}.hostname": "other"})
    response = await scene.judge(edited, named)
    assert response["allowed"]
    assert "u1.small does not exist" in response["warnings"][0]


async def test_a_claim_that_may_still_come_is_a_warning() -> None:
    scene = Scene()
    response = await scene.judge(change(GOOD_VM, ON_CLAIM))
    assert response["allowed"]
    assert response["warnings"][0].startswith("spec.instancetype: PersistentVolumeClaim c")
    scene.api.put("persistentvolumeclaims", CLAIM, namespace="default")
    response = await scene.judge(change(GOOD_VM, ON_CLAIM))
    assert "set the label" in response["warnings"][0]


async def test_what_a_claim_names_is_used() -> None:
    scene = Scene()
    put_catalogue(scene)
    labels = {"instancetype.kubevirt.io/default-instancetype": "u1.small"}
    claim = change(CLAIM, {"metadata.labels": labels})
    scene.api.put("persistentvolumeclaims", claim, namespace="default")
    response = await scene.judge(change(GOOD_VM, {**ON_CLAIM, f"{D}.cpu": {"cores": 1}}))
    assert list_fields(response) == [f"{D}.cpu.cores"]


def build_revision(kind: str = SMALL["kind"]) -> Manifest:
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {"name": "held"},
        "revision": 0,
        "data": {**change(SMALL, {"spec.memory.guest": "1Gi"}), "kind": kind},
    }


async def test_a_vm_is_judged_by_the_revision_that_it_uses() -> None:
    scene = Scene()
    scene.api.put("controllerrevisions", build_revision(), namespace="default")
    ref = {"name": "u1.small", "kind": SMALL["kind"], "controllerRevisionRef": {"name": "held"}}
    vm = change(GOOD_VM, {**SIZED, "status.instancetypeRef": ref})
    sizing = await scene.catalogue.find_sizing(read(vm))
    assert sizing.instancetype is not None
    assert sizing.instancetype.memory.guest == "1Gi"
    asked = {**SIZED, "spec.instancetype": {"name": "u1.small", "revisionName": "held"}}
    assert await scene.catalogue.find_sizing(read(change(GOOD_VM, asked))) == sizing


async def test_a_revision_of_something_else_is_of_no_use() -> None:
    scene = Scene()
    asked = {**SIZED, "spec.instancetype": {"name": "u1.small", "revisionName": "held"}}
    vm = read(change(GOOD_VM, asked))
    with pytest.raises(Unavailable, match="held, which holds the VM's instancetype, does not"):
        await scene.catalogue.find_sizing(vm)
    revision = build_revision("VirtualMachinePreference")
    scene.api.put("controllerrevisions", revision, namespace="default")
    with pytest.raises(Unavailable, match="holds no instancetype"):
        await scene.catalogue.find_sizing(vm)


async def test_the_machine_that_a_preference_wants_becomes_the_vm_s() -> None:
    scene = Scene()
    unknown = get_template(await make(scene, change(GOOD_VM, PREFERRED)))
    assert "machine" not in unknown["spec"]["domain"]  # the controller waits for the preference
    put_catalogue(scene)
    known = get_template(await make(scene, change(GOOD_VM, PREFERRED)))
    assert known["spec"]["domain"]["machine"] == {"type": "pc-q35-7.2"}


class _Silent(FakeApi):
    """An API server whose answers do not come, or are of no use."""

    answer: Response | None = None

    async def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        *,
        body: bytes | None,
        content_type: str,
        deadline_seconds: float,
    ) -> Response:
        if self.answer is not None:
            return self.answer
        await asyncio.Event().wait()
        raise AssertionError


async def test_what_cannot_be_looked_up_keeps_nobody_waiting(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(lookup, "LOOKUP_SECONDS", 0.05)
    monkeypatch.setattr("gateway.admission.webhook.LOOKUP_SECONDS", 0.05)
    api = _Silent()
    scene = Scene(api)
    response = await scene.judge(change(GOOD_VM, SIZED))
    assert response["allowed"]
    assert response["warnings"] == ["spec.instancetype was not looked up: no answer in time"]
    assert await scene.default(GOOD_VM) == GOOD_VM  # a VMI of its name may be there
    api.answer = Response(500, b"{}", {})
    response = await scene.judge(change(GOOD_VM, SIZED))
    assert response["allowed"]
    assert "was not looked up" in response["warnings"][0]
    assert await scene.default(GOOD_VM) == GOOD_VM


async def test_an_object_that_cannot_be_read_is_told() -> None:
    scene = Scene()
    odd: Json = change(SMALL, {"spec.cpu.guest": "many"})
    scene.api.put(SIZES, odd, namespace="")
    with pytest.raises(Problem, match="cannot read an object"):
        await scene.catalogue.find_sizing(read(change(GOOD_VM, SIZED)))
    assert (await scene.judge(change(GOOD_VM, SIZED)))["allowed"]
