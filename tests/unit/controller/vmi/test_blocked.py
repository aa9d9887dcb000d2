"""VMIs that cannot start: what they say, and that they start once the cause is gone."""

import pytest

from api.launch import decode_launch
from api.names import ANNOTATION_LAUNCH_DOCUMENT
from tests.unit.controller.fake_api import Json
from tests.unit.controller.world import VMIS, World, build_vmi, run_world

STRANGER: Json = {
    "metadata": {"name": "vm", "labels": {"kubevirt.io": "virt-launcher"}},
    "spec": {},
}


def assert_blocked(world: World, reason: str, *words: str, type_: str = "Warning") -> None:
    assert (world.status()["phase"], world.status()["reason"]) == ("Pending", reason)
    for name in ("Ready", "Synchronized"):
        condition = world.condition(name)
        assert (condition["status"], condition["reason"]) == ("False", reason)
        assert all(word in condition["message"] for word in words)
    assert world.events().count((type_, reason)) == 1


async def test_a_strangers_pod_is_left_alone_and_waited_for() -> None:
    async with run_world() as world:
        stranger = world.api.put("pods", STRANGER)
        world.api.put(VMIS, build_vmi())
        await world.settle()
        assert_blocked(world, "PodNameTaken", "vm")
        pod = world.pod()
        assert pod is not None
        assert pod["metadata"]["uid"] == stranger["metadata"]["uid"]
        world.api.remove("pods", "vm")
        await world.settle()
        assert world.status()["phase"] == "Scheduling"


async def test_a_strangers_pod_that_is_not_watched_is_found_and_waited_for() -> None:
    async with run_world() as world:
        world.api.put("pods", {"metadata": {"name": "vm"}, "spec": {}})
        world.api.put(VMIS, build_vmi())
        await world.settle()
        assert_blocked(world, "PodNameTaken", "vm")
        world.api.delete(VMIS, "vm")
        await world.settle()
        assert world.vmi() is None
        assert world.pod() is not None


async def test_a_new_vm_waits_for_the_pod_of_an_old_one_of_its_name() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi())
        await world.settle()
        world.bind()
        world.run_guest()
        world.api.delete(VMIS, "vm")
        await world.settle()
        world.end_guest()
        await world.settle()
        old = world.pod()
        world.api.put(VMIS, build_vmi())
        await world.settle()
        assert_blocked(world, "WaitingForOldPod", "vm", type_="Normal")
        assert world.pod() == old
        world.api.remove("pods", "vm")
        await world.settle()
        assert world.status()["phase"] == "Scheduling"
        assert world.status().get("reason") is None
        assert {c["type"] for c in world.status()["conditions"]} == {"Ready"}


async def test_a_quota_is_told_with_its_text_and_tried_again() -> None:
    async with run_world() as world:
        world.api.refuse["pods"] = 'pods "vm" is forbidden: exceeded quota: small, used: pods=1'
        world.api.put(VMIS, build_vmi())
        await world.settle()
        assert_blocked(world, "QuotaExceeded", "exceeded quota: small")
        requests = world.api.requests
        await world.look_again(seconds=1)
        assert world.api.requests == requests  # no hot loop
        del world.api.refuse["pods"]
        await world.look_again(seconds=10)
        assert world.status()["phase"] == "Scheduling"


async def test_a_pod_that_is_forbidden_is_told_with_its_text() -> None:
    async with run_world() as world:
        said = 'pods "vm" is forbidden: violates PodSecurity "restricted:latest"'
        world.api.refuse["pods"] = said
        world.api.put(VMIS, build_vmi())
        await world.settle()
        assert_blocked(world, "FailedCreate", "PodSecurity")


async def test_a_missing_claim_is_named_and_waited_for() -> None:
    async with run_world() as world:
        volumes = [{"name": "boot", "persistentVolumeClaim": {"claimName": "data"}}]
        world.api.put(VMIS, build_vmi(volumes=volumes))
        await world.settle()
        assert_blocked(world, "FailedPvcNotFound", "data")
        claim = {"metadata": {"name": "data"}, "spec": {"volumeMode": "Block"}}
        world.api.put("persistentvolumeclaims", claim)
        await world.settle()
        pod = world.pod()
        assert pod is not None
        devices = pod["spec"]["containers"][0]["volumeDevices"]
        assert devices == [{"name": "boot", "devicePath": "/dev/virtpod/boot"}]


async def test_the_launcher_is_told_how_large_a_claim_is() -> None:
    async with run_world() as world:
        claim = {
            "metadata": {"name": "data"},
            "spec": {"resources": {"requests": {"storage": "1Gi"}}},
        }
        world.api.put("persistentvolumeclaims", claim)
        volumes = [{"name": "boot", "persistentVolumeClaim": {"claimName": "data"}}]
        world.api.put(VMIS, build_vmi(volumes=volumes))
        await world.settle()
        pod = world.pod()
        assert pod is not None
        launch = decode_launch(pod["metadata"]["annotations"][ANNOTATION_LAUNCH_DOCUMENT])
        assert launch.claim_bytes == {"boot": 1 << 30}


async def test_an_unsupported_field_is_named_and_nothing_is_started() -> None:
    async with run_world() as world:
        vmi = build_vmi()
        vmi["spec"]["domain"]["devices"]["tpm"] = {}
        world.api.put(VMIS, vmi)
        await world.settle()
        assert_blocked(world, "FieldNotSupported", "spec.domain.devices.tpm")
        condition = world.condition("Unsupported")
        assert (condition["status"], condition["reason"]) == ("True", "FieldNotSupported")
        assert world.pod() is None


async def test_an_invalid_field_is_named_and_nothing_is_started() -> None:
    async with run_world() as world:
        vmi = build_vmi()
        vmi["spec"]["domain"]["memory"]["guest"] = "a lot"
        world.api.put(VMIS, vmi)
        await world.settle()
        assert_blocked(world, "FieldValueInvalid", "spec.domain.memory.guest")
        assert world.pod() is None
        world.api.delete(VMIS, "vm")
        await world.settle()
        assert world.vmi() is None


async def test_a_spec_that_fits_no_type_is_told_with_its_path() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi(volumes="none"))
        await world.settle()
        assert_blocked(world, "FieldValueInvalid", "spec.volumes")


async def test_an_unschedulable_pod_is_told_in_the_schedulers_words() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi())
        await world.settle()
        text = "0/2 nodes are available: 2 Insufficient devices.kubevirt.io/kvm."
        condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
        status = {"conditions": [condition | {"message": text}]}
        world.api.change("pods", "vm", {"status": status})
        await world.settle()
        assert world.status()["phase"] == "Scheduling"
        assert world.condition("PodScheduled")["message"] == text
        ready = world.condition("Ready")
        assert ready["reason"] == "Unschedulable"
        assert text.rstrip(".") in ready["message"]
        assert "useEmulation" in ready["message"]
        world.bind()
        await world.look_again(seconds=1)
        assert world.condition("Ready")["reason"] == "GuestNotRunning"


@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff"])
async def test_an_image_that_cannot_be_pulled_is_told_once_however_often_it_is_tried(
    reason: str,
) -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi())
        await world.settle()
        world.bind()
        await world.look_again(seconds=5)
        for number in range(4):
            word = reason if number % 2 == 0 else "ImagePullBackOff"
            waiting = {"reason": word, "message": f"no such image ({number})"}
            statuses = [{"name": "compute", "state": {"waiting": waiting}}]
            world.api.change("pods", "vm", {"status": {"containerStatuses": statuses}})
            await world.settle()
        assert world.condition("Synchronized")["reason"] == "ImagePullBackOff"
        assert "no such image" in world.condition("Ready")["message"]
        status_writes = [w for w in world.api.writes if w.subresource == "status"]
        assert len(status_writes) <= 4  # Scheduling, Scheduled, each word once
        world.run_guest()
        conditions = [{"type": "Synchronized", "status": "False", "reason": "ImagePullBackOff"}]
        world.api.change(VMIS, "vm", {"status": {"conditions": conditions}})
        await world.settle()
        assert not world.status().get("conditions")
