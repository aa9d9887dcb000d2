"""Exactly one pod per VMI: the controller dies after every single write, and its caches lie."""

import logging
from collections.abc import Awaitable, Callable

import pytest

from tests.unit.controller.fake_api import FakeApi
from tests.unit.controller.world import VMIS, World, build_vmi

# Writes of a whole life: finalizer, pod, Scheduled, pod's deletion, finalizer's end.
WRITES = 5
# Of one whose first pod is rejected: finalizer, pod, Pending, the pod's end, and from the pod on.
WRITES_WITH_REJECTION = 8


Steps = tuple[Callable[[World], Awaitable[None]], ...]


class Witness:
    """Counts pods at every change, as an outsider sees them."""

    def __init__(self, api: FakeApi) -> None:
        self.created: dict[str, int] = {}  # by the UID of the VMI
        self.most_at_once = 0
        self._api = api
        api.on_change = lambda _change: self._look()

    def _look(self) -> None:
        self.created = {}
        for change in self._api.changes:
            if change.plural == "pods" and change.type == "ADDED":
                owner = change.object["metadata"]["ownerReferences"][0]["uid"]
                self.created[owner] = self.created.get(owner, 0) + 1


async def create(world: World) -> None:
    world.api.put(VMIS, build_vmi())
    await world.settle()


async def place(world: World) -> None:
    world.bind()
    await world.look_again(seconds=5)


async def run(world: World) -> None:
    world.run_guest()
    await world.settle()


async def delete(world: World) -> None:
    world.api.delete(VMIS, "vm")
    await world.settle()


async def end(world: World) -> None:
    world.end_guest()
    await world.settle()


async def reject(world: World) -> None:
    """The node turns the first pod away; the next one is there after a while."""
    world.api.change("pods", "vm", {"status": {"phase": "Failed", "reason": "OutOfcpu"}})
    await world.settle()
    await world.look_again(seconds=6)


STEPS = (create, place, run, delete, end)


async def live(world: World, steps: Steps = STEPS) -> None:
    """One whole life, checked after each step."""
    await world.start()
    await world.settle()
    for step in steps:
        await step(world)
        if step is not end:
            assert world.pod() is not None, step.__name__
    assert world.vmi() is None
    await world.stop()


@pytest.mark.parametrize("writes", range(1, WRITES + 1))
async def test_a_crash_after_any_write_leaves_one_pod_and_converges(writes: int) -> None:
    world = World()
    witness = Witness(world.api)
    world.api.crash_after = writes
    await live(world)
    assert world.crashes == 1
    assert list(witness.created.values()) == [1]


async def test_a_crash_after_every_write_leaves_one_pod_and_converges() -> None:
    world = World()
    witness = Witness(world.api)

    def crash_again(_change: object) -> None:
        witness._look()
        if world.api.crash_after is None:
            world.api.crash_after = 1

    world.api.crash_after = 1
    world.api.on_change = crash_again
    await live(world)
    assert world.crashes >= WRITES
    assert list(witness.created.values()) == [1]


REJECTED = (create, reject, place, run, delete, end)


@pytest.mark.parametrize("writes", range(1, WRITES_WITH_REJECTION + 1))
async def test_a_crash_after_any_write_leaves_one_successor_of_a_rejected_pod(writes: int) -> None:
    world = World()
    witness = Witness(world.api)
    world.api.crash_after = writes
    await live(world, REJECTED)
    assert world.crashes == 1
    assert list(witness.created.values()) == [2]
    # A controller that knows nothing of a wait makes the pod at once, and tells of it.
    assert len(world.api.writes) <= WRITES_WITH_REJECTION + 1


async def end_early(world: World) -> None:
    """The pod ends and goes, before any guest was told of."""
    world.bind()
    world.api.delete("pods", "vm")
    await world.settle()
    world.api.remove("pods", "vm")
    await world.look_again(seconds=20)


@pytest.mark.parametrize("writes", range(1, 5))
async def test_a_crash_leaves_no_second_pod_when_the_first_goes_early(writes: int) -> None:
    world = World()
    witness = Witness(world.api)
    world.api.crash_after = writes
    await world.start()
    await world.settle()
    await create(world)
    await end_early(world)
    assert world.crashes == 1
    assert (world.status()["phase"], world.status()["reason"]) == ("Failed", "PodDeleted")
    assert list(witness.created.values()) == [1]
    await world.stop()


async def test_a_crash_writes_nothing_twice() -> None:
    calm, shaken = World(), World()
    await live(calm)
    assert len(calm.api.writes) == WRITES
    shaken.api.crash_after = 2
    await live(shaken)
    assert len(shaken.api.writes) == WRITES


def recreate(world: World) -> None:
    """Behind the controller's back the VMI goes, with finalizer and pod, and comes anew."""
    world.api.remove(VMIS, "vm")
    if world.pod() is not None:
        world.api.remove("pods", "vm")
    world.api.put(VMIS, build_vmi())


@pytest.mark.parametrize("frozen", [{VMIS}, {"pods"}, {VMIS, "pods"}])
@pytest.mark.parametrize("stage", [(), (create,), (create, place), (create, place, run)])
async def test_stale_caches_start_and_delete_nothing_of_the_old_life(
    frozen: set[str], stage: tuple[Callable[..., object], ...]
) -> None:
    world = World()
    witness = Witness(world.api)
    await world.start()
    await world.settle()
    world.api.put(VMIS, build_vmi("other"))
    for step in stage:
        await step(world)  # type: ignore[misc] # steps are coroutine functions
    if not stage:
        world.api.put(VMIS, build_vmi())
    await world.settle()
    world.api.frozen = frozen
    recreate(world)
    new_uid = world.vmi()["metadata"]["uid"]  # type: ignore[index] # it was just created
    for _ in range(3):
        await world.look_again(seconds=20)
    world.api.thaw()
    await world.settle()
    await world.look_again(seconds=20)
    assert world.status()["phase"] in {"Scheduling", "Scheduled"}
    assert all(count == 1 for count in witness.created.values())
    pod = world.pod()
    assert pod is not None
    assert pod["metadata"]["ownerReferences"][0]["uid"] == new_uid
    await world.stop()


async def test_a_deletion_that_the_cache_has_not_seen_starts_nothing() -> None:
    world = World()
    await world.start()
    await world.settle()
    world.api.refuse["pods"] = "exceeded quota"
    await create(world)
    world.api.frozen = {VMIS}
    del world.api.refuse["pods"]
    world.api.delete(VMIS, "vm")
    await world.look_again(seconds=100)
    assert world.pod() is None
    world.api.thaw()
    await world.settle()
    assert world.vmi() is None
    await world.stop()


async def test_a_vm_that_is_gone_before_the_cache_knows_is_no_error(
    caplog: pytest.LogCaptureFixture,
) -> None:
    world = World()
    await world.start()
    await world.settle()
    world.api.put("pods", {"metadata": {"name": "vm"}, "spec": {}})
    await create(world)
    world.api.frozen = {VMIS}
    world.api.remove(VMIS, "vm")
    world.api.remove("pods", "vm")
    with caplog.at_level(logging.INFO):
        await world.look_again(seconds=20)
    assert "the VM is gone already" in str([vars(record) for record in caplog.records])
    assert not [record for record in caplog.records if record.levelno > logging.INFO]
    world.api.thaw()
    await world.settle()
    assert world.pod() is None
    await world.stop()


async def test_two_controllers_at_once_make_one_pod() -> None:
    world, second = World(), World()
    second.api, second.clock = world.api, world.clock
    witness = Witness(world.api)
    await world.start()
    await second.start()
    await world.settle()
    for step in STEPS:
        await step(world)
        await second.settle()
    await world.look_again(seconds=5)
    assert list(witness.created.values()) == [1]
    assert world.vmi() is None
    await world.stop()
    await second.stop()
