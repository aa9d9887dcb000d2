"""VirtualMachines at admission."""

import copy
from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from api.catalogue import INSTANCETYPE, PREFERENCE
from api.default_vm import plan_vm_defaults
from api.vm import VirtualMachine
from tests.integration.bad_vmi import GONE, GOOD, Manifest, change
from tests.integration.bad_vms import ACCEPTED_VMS, BAD_VMS, GOOD_VM, SIZED, BadVm, D, T
from tests.unit.gateway.admission.scene import Scene, list_fields

FINALIZER = "kubevirt.io/virtualMachineControllerFinalize"
HALTED: Manifest = change(GOOD_VM, {"metadata.uid": "1c35d5b8-14e0-4b3f-8b4f-b43d5b4c3ef1"})


async def make(scene: Scene, manifest: Manifest) -> Manifest:
    """Return a VM as it is stored when it was created through the webhook."""
    stored = await scene.default(manifest)
    stored["metadata"] |= {"uid": "1c35d5b8-14e0-4b3f-8b4f-b43d5b4c3ef1", "generation": 1}
    return stored


def read(manifest: Manifest) -> VirtualMachine:
    return msgspec.convert(manifest, VirtualMachine)


def get_template(manifest: Manifest) -> Any:
    return manifest["spec"]["template"]


@pytest.mark.parametrize("bad", BAD_VMS, ids=lambda bad: bad.name)
async def test_every_row_of_the_table_is_refused(bad: BadVm) -> None:
    scene = Scene()
    scene.set_config(bad.settings)
    response = await scene.judge(bad.manifest)
    assert response["allowed"] is False
    assert response["status"]["code"] == 422


@pytest.mark.parametrize("changes", ACCEPTED_VMS.values(), ids=ACCEPTED_VMS.keys())
async def test_defaults_are_filled_in_once(changes: Mapping[str, object]) -> None:
    scene = Scene()
    stored = await scene.default(change(GOOD_VM, changes))
    assert await scene.default(stored) == stored
    assert await scene.default(stored, stored) == stored
    refused = await scene.judge(stored), await scene.judge(change(GOOD_VM, changes))
    assert list_fields(refused[0]) == list_fields(refused[1])


async def test_a_new_vm_gets_what_the_controller_would_write_next() -> None:
    stored = await make(Scene(), GOOD_VM)
    assert stored["metadata"]["finalizers"] == [FINALIZER]
    template = get_template(stored)
    assert template["metadata"]["annotations"] == {"kubevirt.io/pci-topology-version": "v3"}
    assert template["spec"]["architecture"] == "amd64"
    assert template["spec"]["domain"]["machine"] == {"type": "q35"}
    firmware = template["spec"]["domain"]["firmware"]
    assert firmware.keys() == {"uuid", "serial"}
    assert firmware["uuid"] != firmware["serial"]
    assert plan_vm_defaults(read(stored), Scene().config) == {}  # nothing is left to write
    assert "status" not in stored


async def test_the_guest_of_an_earlier_vm_keeps_its_identity() -> None:
    scene = Scene()
    scene.api.put("virtualmachineinstances", change(GOOD, {}), namespace="default")
    assert await scene.default(GOOD_VM) == GOOD_VM


async def test_the_kind_that_is_meant_is_written_down() -> None:
    stored = await Scene().default(change(GOOD_VM, {**SIZED, "spec.preference": {"name": "p"}}))
    assert stored["spec"]["instancetype"]["kind"] == INSTANCETYPE.cluster_kind
    assert stored["spec"]["preference"]["kind"] == PREFERENCE.cluster_kind
    inferred = {**SIZED, "spec.instancetype": {"inferFromVolume": "boot"}}
    assert "kind" not in (await Scene().default(change(GOOD_VM, inferred)))["spec"]["instancetype"]


async def test_a_write_that_leaves_the_identity_out_does_not_change_it() -> None:
    scene = Scene()
    stored = await make(scene, GOOD_VM)
    get_template(stored)["metadata"]["annotations"]["kubevirt.io/pci-topology-version"] = "v2"
    get_template(stored)["spec"]["domain"]["machine"]["type"] = "pc-q35-6.2"
    scene.set_config({"machineType": "pc-q35-7.2"})
    bare = change(GOOD_VM, {"metadata.uid": stored["metadata"]["uid"], f"{D}.cpu.cores": 2})
    bare["metadata"]["finalizers"] = stored["metadata"]["finalizers"]
    written = await scene.default(bare, stored)
    expected = copy.deepcopy(stored)
    get_template(expected)["spec"]["domain"]["cpu"]["cores"] = 2
    assert get_template(written) == get_template(expected)


async def test_a_new_identity_can_be_given() -> None:
    scene = Scene()
    stored = await make(scene, GOOD_VM)
    other = copy.deepcopy(stored)
    get_template(other)["spec"]["domain"]["firmware"]["uuid"] = "other"
    assert await scene.default(other, stored) == other


async def test_a_finalizer_that_is_taken_away_stays_away() -> None:
    scene = Scene()
    stored = await make(scene, GOOD_VM)
    freed = change(stored, {"metadata.finalizers": []})
    assert await scene.default(freed, stored) == freed


async def test_what_is_being_deleted_is_left_alone() -> None:
    scene = Scene()
    dying = change(GOOD_VM, {"metadata.deletionTimestamp": "2026-11-22T12:00:00Z"})
    bad = change(dying, {f"{T}.hostname": "A_b"})
    assert await scene.default(bad, dying) == bad
    assert (await scene.judge(bad, dying))["allowed"]


async def test_a_bad_vm_can_be_started_and_stopped() -> None:
    scene = Scene()
    bad = change(HALTED, {f"{T}.hostname": "A_b"})
    started = change(bad, {"spec.runStrategy": "Always"})
    assert (await scene.judge(started, bad))["allowed"]
    assert list_fields(await scene.judge(bad)) == [f"{T}.hostname"]
    edited = change(bad, {f"{D}.cpu.cores": 2})
    assert list_fields(await scene.judge(edited, bad)) == [f"{T}.hostname"]


@pytest.mark.parametrize(("field", "what"), [("snapshot", "snapshot"), ("restore", "restore")])
async def test_a_spec_is_not_edited_while_it_is_stored(field: str, what: str) -> None:
    scene = Scene()
    held = change(HALTED, {f"status.{field}InProgress": "mine"})
    edited = change(held, {f"{D}.cpu.cores": 2})
    response = await scene.judge(edited, held)
    assert list_fields(response) == ["spec"]
    assert f"until the {what} mine completes" in response["status"]["message"]
    assert (await scene.judge(change(held, {"metadata.labels": {"a": "b"}}), held))["allowed"]


async def test_the_old_way_to_say_when_it_runs_is_a_warning() -> None:
    old_way = change(GOOD_VM, {"spec.runStrategy": GONE, "spec.running": False})
    response = await Scene().judge(old_way)
    assert response["allowed"]
    assert response["warnings"] == ["spec.running is deprecated, use spec.runStrategy instead"]
    started = change(old_way, {"spec.running": True})
    assert (await Scene().judge(started, old_way))["warnings"] == response["warnings"]
