"""VMIs at admission."""

from collections.abc import Mapping

import pytest

from tests.integration.bad_vmi import GONE, GOOD, BadVmi, Manifest, change
from tests.integration.bad_vmis import ACCEPTED, BAD_VMIS
from tests.unit.gateway.admission.scene import Scene, list_fields

NEW: Manifest = change(GOOD, {"spec.domain.devices": GONE, "spec.networks": GONE})


@pytest.mark.parametrize("bad", BAD_VMIS, ids=lambda bad: bad.name)
async def test_every_row_of_the_table_is_refused(bad: BadVmi) -> None:
    scene = Scene()
    scene.set_config(bad.settings)
    response = await scene.judge(bad.manifest)
    assert response["allowed"] is False
    assert response["status"]["code"] == 422
    assert all(each["message"] for each in response["status"]["details"]["causes"])


@pytest.mark.parametrize("changes", ACCEPTED.values(), ids=ACCEPTED.keys())
async def test_what_is_odd_but_valid_passes_with_its_defaults(
    changes: Mapping[str, object],
) -> None:
    scene = Scene()
    manifest = change(GOOD, changes)
    assert (await scene.judge(manifest))["allowed"]
    completed = await scene.default(manifest)
    assert (await scene.judge(completed))["allowed"]
    assert await scene.default(completed) == completed


async def test_a_label_of_the_system_cannot_be_set_changed_or_removed() -> None:
    scene = Scene()
    label = "kubevirt.io/nodeName"
    mine = change(GOOD, {})
    mine["metadata"]["labels"] = {label: "mine", "app": "web"}
    assert list_fields(await scene.judge(mine)) == [f"metadata.labels[{label}]"]
    assert list_fields(await scene.judge(mine, GOOD)) == [f"metadata.labels[{label}]"]
    assert list_fields(await scene.judge(GOOD, mine)) == [f"metadata.labels[{label}]"]
    other = change(mine, {"metadata.labels": {label: "mine", "app": "db"}})
    assert (await scene.judge(other, mine))["allowed"]


async def test_a_new_vmi_gets_what_kubevirt_gives_it() -> None:
    stored = await Scene().default(NEW)
    assert stored["metadata"]["finalizers"] == ["kubevirt.io/foregroundDeleteVirtualMachine"]
    assert stored["metadata"]["annotations"] == {"kubevirt.io/pci-topology-version": "v3"}
    domain = stored["spec"]["domain"]
    assert domain["cpu"] == {"cores": 1, "sockets": 1, "threads": 1, "model": "host-model"}
    assert len(domain["firmware"]["uuid"]) == 36
    assert [disk["name"] for disk in domain["devices"]["disks"]] == ["boot", "seed"]
    assert stored["spec"]["networks"] == [{"name": "default", "pod": {}}]
    assert "status" not in stored


async def test_two_vmis_have_two_identities() -> None:
    scene = Scene()
    one, other = await scene.default(NEW), await scene.default(NEW)
    assert one["spec"]["domain"]["firmware"] != other["spec"]["domain"]["firmware"]


async def test_finalizers_and_annotations_of_the_user_stay() -> None:
    own = change(NEW, {})
    own["metadata"] |= {"finalizers": ["mine/x"], "annotations": {"a": "b"}}
    stored = await Scene().default(own)
    assert stored["metadata"]["finalizers"][0] == "mine/x"
    assert len(stored["metadata"]["finalizers"]) == 2
    assert stored["metadata"]["annotations"]["a"] == "b"


async def test_what_is_being_deleted_is_left_alone() -> None:
    scene = Scene()
    dying = change(GOOD, {"metadata.deletionTimestamp": "2026-11-22T12:00:00Z"})
    dying["spec"]["hostname"] = "A_b"
    assert (await scene.judge(dying))["allowed"]
    assert (await scene.judge(dying, GOOD))["allowed"]
    assert await scene.default(dying) == dying


async def test_what_is_not_built_is_a_warning() -> None:
    manifest = change(GOOD, {"spec.domain.devices.sound": {"name": "beep"}})
    response = await Scene().judge(manifest)
    assert response["allowed"]
    assert response["warnings"] == ["spec.domain.devices.sound is not supported yet"]


async def test_an_old_machine_is_a_warning() -> None:
    response = await Scene().judge(change(GOOD, {"spec.domain.machine.type": "pc-q35-2.11"}))
    assert response["allowed"]
    assert "pc-q35-2.11 is deprecated" in response["warnings"][0]


async def test_a_quantity_that_is_none_is_told_not_filled_in() -> None:
    scene = Scene()
    changes = {"spec.domain.cpu": GONE, "spec.domain.resources": {"limits": {"cpu": "many"}}}
    bad = change(GOOD, changes)
    assert await scene.default(bad) == bad
    assert list_fields(await scene.judge(bad)) == ["spec.domain.resources.limits[cpu]"]
