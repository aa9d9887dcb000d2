"""Pods that never start: turned away by their node, or held up by what only events tell."""

from datetime import datetime

import pytest

from tests.unit.controller.world import VMIS, World, build_vmi, run_world

NO_DEVICE = "no healthy devices present"


def reject(
    world: World,
    reason: str = "UnexpectedAdmissionError",
    text: str = f"Pod was rejected: {NO_DEVICE}",
) -> None:
    """The kubelet turns the pod away: it sets a status and starts nothing."""
    status = {"phase": "Failed", "reason": reason, "message": text}
    world.api.change("pods", "vm", {"status": status})


async def start(world: World) -> str:
    """Have a pod on a node; return its UID."""
    world.api.put(VMIS, build_vmi())
    await world.settle()
    world.bind()
    await world.settle()
    return read_pod_uid(world)


def read_pod_uid(world: World) -> str:
    pod = world.pod()
    assert pod is not None
    return str(pod["metadata"]["uid"])


async def test_a_rejected_pod_is_told_in_the_kubelets_words_and_made_anew_later() -> None:
    async with run_world() as world:
        first = await start(world)
        reject(world)
        await world.settle()
        assert (world.status()["phase"], world.status()["reason"]) == ("Pending", "PodRejected")
        assert world.condition("Ready")["message"] == (
            "the node node1 rejected the pod (UnexpectedAdmissionError): "
            f"{NO_DEVICE}; a new pod will be made"
        )
        assert ("Warning", "PodRejected") in world.events()
        assert world.pod() is None
        await world.look_again(seconds=1)
        assert world.pod() is None
        await world.look_again(seconds=5)
        assert read_pod_uid(world) != first
        world.bind()
        world.run_guest()
        await world.settle()
        assert world.status()["phase"] == "Running"


async def test_pods_that_are_rejected_again_and_again_are_made_ever_more_slowly() -> None:
    async with run_world() as world:
        await start(world)
        waits = []
        for _ in range(7):
            reject(world)
            await world.settle()
            assert world.pod() is None
            before = world.clock.now
            while world.pod() is None:
                await world.look_again(seconds=1)
            waits.append((world.clock.now - before).total_seconds())
        assert waits[0] <= 6
        assert waits[3] > waits[0] * 3
        assert max(waits) <= 76
        assert world.events().count(("Warning", "PodRejected")) <= 7


async def test_a_vm_that_was_scheduled_already_waits_again_when_its_pod_is_rejected() -> None:
    async with run_world() as world:
        await start(world)
        await world.look_again(seconds=5)
        assert world.status()["phase"] == "Scheduled"
        reject(world, "OutOfcpu", "Node didn't have enough resource: cpu")
        await world.settle()
        status = world.status()
        assert (status["phase"], status["reason"]) == ("Pending", "PodRejected")
        assert "nodeName" not in status
        assert "activePods" not in status
        assert [stamp["phase"] for stamp in status["phaseTransitionTimestamps"]] == ["Pending"]
        await world.look_again(seconds=6)
        await world.look_again(seconds=3)
        assert world.status()["phase"] == "Scheduling"
        assert "reason" not in world.status()


async def test_the_pod_that_follows_a_rejected_one_is_the_last() -> None:
    async with run_world() as world:
        await start(world)
        reject(world)
        await world.look_again()
        await world.look_again(seconds=6)
        world.api.remove("pods", "vm")
        await world.look_again(seconds=100)
        assert (world.status()["phase"], world.status()["reason"]) == ("Failed", "PodDeleted")
        assert world.pod() is None


async def test_a_deleted_vm_with_a_rejected_pod_goes() -> None:
    async with run_world() as world:
        await start(world)
        world.api.refuse["pods"] = "exceeded quota"
        reject(world)
        await world.settle()
        world.api.delete(VMIS, "vm")
        await world.settle()
        assert world.vmi() is None
        assert world.pod() is None


@pytest.mark.parametrize("state", ["running", "terminated"])
async def test_a_pod_whose_containers_were_started_is_not_taken_for_a_rejected_one(
    state: str,
) -> None:
    async with run_world() as world:
        first = await start(world)
        statuses = [{"name": "guest", "state": {state: {}}}]
        world.api.change("pods", "vm", {"status": {"containerStatuses": statuses}})
        reject(world, "OutOfcpu", "too late")
        await world.look_again(seconds=6)
        assert (world.status()["phase"], world.status()["reason"]) == ("Failed", "OutOfcpu")
        assert read_pod_uid(world) == first


async def test_a_pod_that_was_disrupted_is_not_taken_for_a_rejected_one() -> None:
    async with run_world() as world:
        first = await start(world)
        condition = {"type": "DisruptionTarget", "status": "True", "reason": "DeletionByPodGC"}
        world.api.change("pods", "vm", {"status": {"conditions": [condition]}})
        reject(world)
        await world.look_again(seconds=6)
        assert (world.status()["phase"], world.status()["reason"]) == ("Failed", "NodeLost")
        assert read_pod_uid(world) == first


def tell(world: World, name: str, type_: str, reason: str, message: str) -> None:
    """The kubelet posts an event on the pod."""
    pod = world.pod()
    assert pod is not None
    about = {"kind": "Pod", "name": "vm", "uid": pod["metadata"]["uid"]}
    event = {"metadata": {"name": name}, "involvedObject": about, "type": type_, "reason": reason}
    world.api.put("events", event | {"message": message, "lastTimestamp": world.stamp()})


async def test_a_secret_that_is_missing_is_told_after_a_while() -> None:
    async with run_world() as world:
        await start(world)
        tell(world, "a", "Normal", "Scheduled", "assigned")
        await world.look_again(seconds=1)
        tell(world, "b", "Warning", "FailedMount", 'secret "login" not found')
        await world.look_again(seconds=8)
        assert world.condition("Ready")["reason"] == "GuestNotRunning"
        await world.look_again(seconds=1)
        for type_ in ("Ready", "Synchronized"):
            assert world.condition(type_)["reason"] == "FailedMount"
            assert 'secret "login" not found' in world.condition(type_)["message"]
        requests = world.api.requests
        await world.look_again(seconds=9)
        assert world.api.requests == requests  # nobody asks all the time
        tell(world, "c", "Normal", "Pulling", "the image")
        await world.look_again(seconds=1)
        assert world.condition("Ready")["reason"] == "GuestNotRunning"


async def test_a_pod_that_starts_nothing_is_looked_at_after_twice_the_time() -> None:
    async with run_world() as world:
        await start(world)
        looks = []
        for second in range(1, 210):
            requests = world.api.requests
            await world.look_again(seconds=1)
            if world.api.requests != requests:
                looks.append(second)
        assert [second for second in looks if second >= 10] == [10, 20, 40, 80, 140, 200]


async def test_events_of_a_pod_whose_launcher_runs_are_not_read() -> None:
    async with run_world() as world:
        await start(world)
        statuses = [{"name": "compute", "state": {"running": {}}}]
        world.api.change("pods", "vm", {"status": {"containerStatuses": statuses}})
        await world.look_again(seconds=5)
        requests = world.api.requests
        await world.look_again(seconds=100)
        assert world.api.requests == requests


async def test_what_is_told_of_a_start_survives_the_controller() -> None:
    async with run_world() as world:
        await start(world)
        tell(world, "b", "Warning", "FailedMount", "no")
        await world.look_again(seconds=12)
        writes = len(world.api.writes)
        await world.stop()
        await world.start()
        await world.look_again(seconds=5)
        assert world.condition("Ready")["reason"] == "FailedMount"
        assert len(world.api.writes) == writes


async def test_waits_are_told_to_the_second() -> None:
    async with run_world() as world:
        await start(world)
        reject(world)
        await world.settle()
        stamp = world.condition("Ready")["lastTransitionTime"]
        assert datetime.fromisoformat(stamp) == world.clock.now
