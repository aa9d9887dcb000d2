"""Whole lives of VMs, with the controller against a fake API server."""

import pytest

from tests.unit.controller.fake_api import Json
from tests.unit.controller.world import REVISIONS, VMIS, VMS, World, build_vm, build_vmi, run_world

START = {"status": {"stateChangeRequests": [{"action": "Start"}]}}
STOP = {"status": {"stateChangeRequests": [{"action": "Stop"}]}}


def list_writes(world: World) -> list[tuple[str, str, str]]:
    return [(w.verb, w.plural, w.subresource) for w in world.api.writes]


async def run_vm(world: World, strategy: str = "Always") -> Json:
    """Bring a VM to Running; return its VMI."""
    world.api.put(VMS, build_vm(strategy=strategy))
    await world.settle()
    if strategy == "Manual":
        world.api.change(VMS, "vm", START)
        await world.settle()
    return await follow(world)


async def follow(world: World) -> Json:
    """Play scheduler, kubelet and handler until the guest runs."""
    world.bind()
    world.run_guest()
    await world.settle()
    vmi = world.vmi()
    assert vmi is not None
    return vmi


async def let_go(world: World, phase: str = "Succeeded") -> None:
    """The guest of a VMI that is being deleted ends, and its pod is gone."""
    world.end_guest(phase=phase)
    await world.settle()
    if world.pod() is not None:
        world.api.remove("pods", "vm")
    await world.settle()


async def test_a_start_costs_six_writes_with_those_of_its_instance() -> None:
    async with run_world() as world:
        vmi = await run_vm(world)
        assert list_writes(world) == [
            ("PATCH", VMS, ""),
            ("POST", REVISIONS, ""),
            ("POST", VMIS, ""),
            ("POST", "pods", ""),
            ("PATCH", VMS, "status"),
        ]  # the sixth is Running, which the handler writes
        vm, status = world.vm(), world.vm_status()
        assert vm is not None
        assert (status["printableStatus"], status["created"], status["ready"]) == (
            "Running",
            True,
            True,
        )
        meta = vmi["metadata"]
        (owner,) = meta["ownerReferences"]
        assert (owner["uid"], owner["controller"]) == (vm["metadata"]["uid"], True)
        generation = vm["metadata"]["generation"]
        assert meta["annotations"]["kubevirt.io/vm-generation"] == str(generation)
        assert world.revisions() == [f"revision-start-vm-{vm['metadata']['uid']}-{generation}"]
        assert ("Normal", "SuccessfulCreate") in world.events()


async def test_what_is_first_seen_gets_finalizer_and_identity_in_one_write() -> None:
    async with run_world() as world:
        world.api.put(VMS, build_vm(strategy="Halted"))
        await world.settle()
        vm = world.vm()
        assert vm is not None
        assert vm["metadata"]["finalizers"] == ["kubevirt.io/virtualMachineControllerFinalize"]
        spec = vm["spec"]["template"]["spec"]
        assert spec["domain"]["firmware"]["uuid"]
        assert spec["domain"]["machine"]["type"] == "q35"
        assert list_writes(world) == [("PATCH", VMS, ""), ("PATCH", VMS, "status")]
        assert world.vm_status()["printableStatus"] == "Stopped"
        assert world.vmi() is None


async def count_cold_start(world: World) -> int:
    """Return what a new process asks for until it is quiet."""
    await world.stop()
    before = world.api.requests
    await world.start()
    await world.settle()
    return world.api.requests - before


async def test_idle_vms_cost_no_request_at_a_cold_start() -> None:
    async with run_world() as world:
        empty = await count_cold_start(world)
        await run_vm(world)
        for number, strategy in enumerate(("Halted", "Manual", "RerunOnFailure")):
            world.api.put(VMS, build_vm(f"idle-{number}", strategy))
        await world.settle()
        world.api.delete(VMIS, "idle-2")
        await world.settle()
        await world.look_again(seconds=60)
        assert world.vm_status("idle-2")["printableStatus"] == "Stopped"
        assert await count_cold_start(world) == empty


async def test_halting_stops_the_guest_and_removes_the_instance() -> None:
    async with run_world() as world:
        await run_vm(world)
        world.api.change(VMS, "vm", {"spec": {"runStrategy": "Halted"}})
        await world.settle()
        vmi = world.vmi()
        assert vmi is not None
        assert vmi["metadata"]["deletionTimestamp"]
        assert world.vm_status()["printableStatus"] == "Stopping"
        await let_go(world)
        assert world.vmi() is None
        status = world.vm_status()
        assert (status["printableStatus"], status.get("created", False)) == ("Stopped", False)
        assert ("Normal", "SuccessfulDelete") in world.events()


async def test_always_runs_again_whatever_ended_it() -> None:
    async with run_world() as world:
        old = await run_vm(world)
        world.clock.pass_seconds(60)
        world.end_guest()
        await world.settle()
        if world.pod() is not None:
            world.api.remove("pods", "vm")
        await world.settle()
        new = world.vmi()
        assert new is not None
        assert new["metadata"]["uid"] != old["metadata"]["uid"]
        assert world.pod() is not None


async def test_manual_starts_and_stops_when_asked_to() -> None:
    async with run_world() as world:
        world.api.put(VMS, build_vm(strategy="Manual"))
        await world.settle()
        assert world.vmi() is None
        world.api.change(VMS, "vm", START)
        await world.settle()
        await follow(world)
        assert not world.vm_status().get("stateChangeRequests")
        world.api.change(VMS, "vm", STOP)
        await world.settle()
        await let_go(world)
        assert world.vmi() is None
        assert "stateChangeRequests" not in world.vm_status()
        assert world.vm_status()["printableStatus"] == "Stopped"


async def test_rerun_on_failure_leaves_a_vm_off_that_was_shut_down() -> None:
    async with run_world() as world:
        await run_vm(world, "RerunOnFailure")
        world.clock.pass_seconds(60)
        world.end_guest()
        await world.settle()
        if world.pod() is not None:
            world.api.remove("pods", "vm")
        await world.look_again(seconds=400)
        assert world.vmi() is None
        assert world.vm_status()["printableStatus"] == "Stopped"


async def test_once_leaves_its_ended_instance_in_place() -> None:
    async with run_world() as world:
        old = await run_vm(world, "Once")
        world.end_guest()
        await world.look_again(seconds=400)
        vmi = world.vmi()
        assert vmi is not None
        assert vmi["metadata"]["uid"] == old["metadata"]["uid"]


async def test_a_crash_loop_is_slowed_down_and_told() -> None:
    async with run_world() as world:
        await run_vm(world)
        world.end_guest(phase="Failed")
        await world.settle()
        status = world.vm_status()
        assert status["printableStatus"] == "CrashLoopBackOff"
        assert status["startFailure"]["consecutiveFailCount"] == 1
        uid = status["startFailure"]["lastFailedVMIUID"]
        world.api.remove("pods", "vm")
        await world.look_again(seconds=20)
        vmi = world.vmi()
        assert vmi is not None
        assert vmi["metadata"]["uid"] != uid


async def test_deleting_a_vm_ends_its_guest_first() -> None:
    async with run_world() as world:
        await run_vm(world)
        world.api.delete(VMS, "vm")
        await world.settle()
        assert world.vm() is not None
        assert world.vm_status()["printableStatus"] == "Terminating"
        await let_go(world)
        assert world.vm() is None
        assert world.vmi() is None
        world.api.collect()
        assert world.revisions() == []


async def test_an_instance_that_has_not_started_is_replaced_by_what_the_vm_is_now() -> None:
    async with run_world() as world:
        world.api.put(VMS, build_vm())
        await world.settle()
        old = world.vmi()
        assert old is not None
        disk = {
            "name": "boot",
            "containerDisk": {"image": "right:1", "imagePullPolicy": "IfNotPresent"},
        }
        world.api.change(VMS, "vm", {"spec": {"template": {"spec": {"volumes": [disk]}}}})
        await world.look_again(seconds=5)
        new = world.vmi()
        assert new is not None
        assert new["metadata"]["uid"] != old["metadata"]["uid"]
        assert new["spec"]["volumes"][0]["containerDisk"]["image"] == "right:1"
        await follow(world)
        assert world.vm_condition("RestartRequired") is None


async def test_a_guest_that_has_just_started_is_not_replaced() -> None:
    async with run_world() as world:
        world.api.put(VMS, build_vm())
        await world.settle()
        old = world.vmi()
        assert old is not None
        world.bind()
        world.api.frozen.add(VMIS)  # the controller does not hear that the guest runs
        world.run_guest()
        disk = {"name": "boot", "containerDisk": {"image": "right:1"}}
        world.api.change(VMS, "vm", {"spec": {"template": {"spec": {"volumes": [disk]}}}})
        await world.settle()
        world.api.thaw()
        await world.look_again(seconds=5)
        vmi = world.vmi()
        assert vmi is not None
        assert vmi["metadata"]["uid"] == old["metadata"]["uid"]
        assert not vmi["metadata"].get("deletionTimestamp")
        assert world.vm_condition("RestartRequired") is not None


async def leave_orphan(world: World) -> Json:
    """Delete a VM that runs, without its instance; return that."""
    vmi = await run_vm(world)
    vm = world.vm()
    assert vm is not None
    world.api.change(
        VMS, "vm", {"metadata": {"finalizers": [*vm["metadata"]["finalizers"], "orphan"]}}
    )
    world.api.delete(VMS, "vm")
    await world.settle()
    world.api.orphan(VMS, "vm")
    await world.settle()
    world.api.collect()
    assert world.vm() is None
    left = world.vmi()
    assert left is not None
    assert left["metadata"]["uid"] == vmi["metadata"]["uid"]
    assert not left["metadata"].get("deletionTimestamp")
    return left


def read_firmware(world: World) -> Json:
    vm = world.vm()
    assert vm is not None
    firmware: Json = vm["spec"]["template"]["spec"]["domain"]["firmware"]
    return firmware


async def test_an_orphan_is_left_alone_and_found_again() -> None:
    async with run_world() as world:
        left = await leave_orphan(world)
        again = world.api.put(VMS, build_vm())
        await world.settle()
        adopted = world.vmi()
        assert adopted is not None
        assert adopted["metadata"]["uid"] == left["metadata"]["uid"]
        (owner,) = adopted["metadata"]["ownerReferences"]
        assert owner["uid"] == again["metadata"]["uid"]
        assert read_firmware(world) == left["spec"]["domain"]["firmware"]
        assert world.vm_status()["printableStatus"] == "Running"
        assert world.vm_condition("RestartRequired") is None


@pytest.mark.parametrize("writes", [1, 2, 3])
async def test_an_orphan_keeps_its_identity_whatever_happens(writes: int) -> None:
    async with run_world() as world:
        left = await leave_orphan(world)
        world.api.crash_after = writes
        world.api.put(VMS, build_vm())
        await world.look_again()
        assert world.crashes == 1
        adopted = world.vmi()
        assert adopted is not None
        assert adopted["metadata"]["ownerReferences"]
        assert read_firmware(world) == left["spec"]["domain"]["firmware"]


async def test_what_an_adopted_instance_differs_in_is_told() -> None:
    async with run_world() as world:
        left = await leave_orphan(world)
        changed = build_vm()
        domain = changed["spec"]["template"]["spec"]["domain"]
        domain["memory"] = {"guest": "256Mi"}
        domain["firmware"] = {"uuid": "6f1b3c5c-58b6-5d3a-9f5c-2a1f6f0e9c11"}
        world.api.put(VMS, changed)
        await world.settle()
        told = world.vm_condition("RestartRequired")
        assert told is not None
        for path in ("memory.guest", "firmware.uuid"):
            assert f"spec.template.spec.domain.{path}" in told["message"]
        firmware = read_firmware(world)
        assert firmware["uuid"] == "6f1b3c5c-58b6-5d3a-9f5c-2a1f6f0e9c11"
        assert firmware["serial"] == left["spec"]["domain"]["firmware"]["serial"]


async def test_a_bare_instance_keeps_its_uid_as_uuid_when_a_vm_adopts_it() -> None:
    async with run_world() as world:
        bare = world.api.put(VMIS, build_vmi())
        await world.settle()
        await follow(world)
        world.api.put(VMS, build_vm())
        await world.settle()
        assert read_firmware(world)["uuid"] == bare["metadata"]["uid"]


async def test_a_strangers_instance_is_left_alone() -> None:
    async with run_world() as world:
        owner = {"apiVersion": "v1", "kind": "Other", "name": "o", "uid": "x", "controller": True}
        vmi = build_vmi()
        vmi["metadata"]["ownerReferences"] = [owner]
        world.api.put(VMIS, vmi)
        world.api.put(VMS, build_vm())
        await world.settle()
        failure = world.vm_condition("Failure")
        assert failure is not None
        assert "belongs to the Other o" in failure["message"]
        assert ("Warning", "FailedCreate") in world.events()
        world.api.remove(VMIS, "vm")
        world.api.remove("pods", "vm")
        await world.settle()
        made = world.vmi()
        assert made is not None
        assert made["metadata"]["ownerReferences"][0]["kind"] == "VirtualMachine"


async def test_only_the_last_start_is_remembered() -> None:
    async with run_world() as world:
        await run_vm(world)
        world.api.change(VMS, "vm", {"spec": {"runStrategy": "Halted"}})
        await world.settle()
        await let_go(world)
        world.api.change(VMS, "vm", {"spec": {"runStrategy": "Always"}})
        await world.settle()
        await follow(world)
        vm = world.vm()
        assert vm is not None
        meta = vm["metadata"]
        assert world.revisions() == [f"revision-start-vm-{meta['uid']}-{meta['generation']}"]


@pytest.mark.parametrize("plural", [VMIS, REVISIONS])
async def test_a_refusal_is_told_and_tried_again(plural: str) -> None:
    async with run_world() as world:
        world.api.refuse[plural] = f"{plural} is forbidden: exceeded quota: small"
        world.api.put(VMS, build_vm())
        await world.settle()
        failure = world.vm_condition("Failure")
        assert failure is not None
        assert failure["reason"] == "QuotaExceeded"
        assert "exceeded quota: small" in failure["message"]
        requests = world.api.requests
        await world.look_again(seconds=1)
        assert world.api.requests == requests  # not before its time
        world.api.refuse.clear()
        await world.look_again(seconds=10)
        assert world.vmi() is not None
        await follow(world)
        assert world.vm_condition("Failure") is None
