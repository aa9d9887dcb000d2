"""One instance per start: the controller dies after every single write, and its caches lie."""

from collections.abc import Awaitable, Callable

import pytest

from tests.unit.controller.fake_api import Change, FakeApi, Json
from tests.unit.controller.world import REVISIONS, VMIS, VMS, World, build_vm

INSTANCETYPES = "virtualmachineclusterinstancetypes"
START = {"status": {"stateChangeRequests": [{"action": "Start"}]}}


class Witness:
    """Looks at every change, as an outsider sees them."""

    def __init__(self, api: FakeApi) -> None:
        self.instances: list[str] = []  # names of all VMIs that ever were
        self.revisions: list[str] = []
        self._api = api
        api.on_change = self.look

    def look(self, change: Change) -> None:
        if change.type == "ADDED" and change.plural in {VMIS, REVISIONS}:
            seen = self.instances if change.plural == VMIS else self.revisions
            seen.append(change.object["metadata"]["name"])


Step = Callable[[World], Awaitable[None]]


async def settle(world: World) -> None:
    """Wait until all is quiet; what backs off tries again now."""
    for _ in range(3):
        await world.look_again()


async def create(world: World) -> None:
    world.api.put(VMS, build_sized())
    await settle(world)


async def run(world: World) -> None:
    world.bind()
    world.run_guest()
    await world.look_again(seconds=30)
    await settle(world)


async def halt(world: World) -> None:
    world.api.change(VMS, "vm", {"spec": {"runStrategy": "Halted"}})
    await settle(world)


async def end(world: World) -> None:
    ended = {"type": "Ready", "status": "False", "reason": "GuestShutdown"}
    world.api.change(VMIS, "vm", {"status": {"phase": "Succeeded", "conditions": [ended]}})
    await world.settle()
    if world.pod() is not None:
        world.api.remove("pods", "vm")
    await settle(world)


async def switch_on(world: World) -> None:
    world.api.change(VMS, "vm", {"spec": {"runStrategy": "Always"}})
    await settle(world)


async def delete(world: World) -> None:
    world.api.delete(VMS, "vm")
    await settle(world)


STEPS: tuple[Step, ...] = (create, run, halt, end, switch_on, run, delete, end)


def build_sized(strategy: str = "Always") -> Json:
    """Return a VM of an instancetype."""
    vm = build_vm(strategy=strategy, instancetype={"name": "small"})
    del vm["spec"]["template"]["spec"]["domain"]["memory"]
    return vm


def build_world() -> World:
    world = World()
    spec = {"cpu": {"guest": 1}, "memory": {"guest": "64Mi"}}
    kind = "VirtualMachineClusterInstancetype"
    world.api.put(
        INSTANCETYPES, {"kind": kind, "metadata": {"name": "small"}, "spec": spec}, namespace=""
    )
    return world


async def live(world: World, steps: tuple[Step, ...] = STEPS) -> list[Json]:
    """One whole life; returns what the VM said after each step."""
    await world.start()
    await world.settle()
    said = []
    for step in steps:
        await step(world)
        said.append(describe(world))
    await world.stop()
    return said


def describe(world: World) -> Json:
    vm = world.vm()
    if vm is None:
        return {"vmi": world.vmi() is not None}
    status = vm["status"]
    words = ("printableStatus", "created", "ready", "instancetypeRef", "startFailure")
    ready = world.vm_condition("Ready") or {}
    return {
        **{word: status.get(word) for word in words},
        "why": (ready.get("reason"), ready.get("message")),
    }


async def count_writes() -> int:
    world = build_world()
    await live(world)
    return len(world.api.writes)


async def test_a_start_of_an_instancetype_costs_two_writes_more_and_the_next_one_less() -> None:
    world = build_world()
    await live(world)
    mine = [(w.verb, w.plural, w.subresource) for w in world.api.writes if w.plural != "pods"]
    assert mine[:6] == [
        ("POST", REVISIONS, ""),  # of the instancetype
        ("PATCH", VMS, ""),
        ("PATCH", VMS, "status"),  # which instancetype it is
        ("POST", REVISIONS, ""),
        ("POST", VMIS, ""),
        ("PATCH", VMS, "status"),
    ]
    again = mine.index(("POST", VMIS, ""), 6)
    assert mine[again - 1 : again + 3] == [
        ("POST", REVISIONS, ""),
        ("POST", VMIS, ""),
        ("DELETE", REVISIONS, ""),  # of the start before
        ("PATCH", VMS, "status"),
    ]


async def test_a_crash_after_any_write_makes_no_second_instance_and_converges() -> None:
    calm = await live(build_world())
    for writes in range(1, await count_writes() + 1):
        world = build_world()
        witness = Witness(world.api)
        world.api.crash_after = writes
        assert await live(world) == calm, writes
        assert world.crashes == 1
        assert len(witness.instances) == 2, writes
        assert len(set(witness.revisions)) == len(witness.revisions) == 3, writes


async def test_a_crash_after_every_write_makes_no_second_instance_and_converges() -> None:
    calm = await live(build_world())
    world = build_world()
    witness = Witness(world.api)

    def crash_again(change: Change) -> None:
        witness.look(change)
        if world.api.crash_after is None:
            world.api.crash_after = 1

    world.api.crash_after = 1
    world.api.on_change = crash_again
    assert await live(world) == calm
    assert len(witness.instances) == 2
    assert len(witness.revisions) == 3


async def ask_for_start(world: World) -> None:
    world.api.change(VMS, "vm", START)
    await settle(world)


async def create_manual(world: World) -> None:
    world.api.put(VMS, build_sized("Manual"))
    await settle(world)


async def stop_by_request(world: World) -> None:
    world.api.change(VMS, "vm", {"status": {"stateChangeRequests": [{"action": "Stop"}]}})
    await settle(world)


async def restart(world: World) -> None:
    requests = [{"action": "Stop"}, {"action": "Start"}]
    world.api.change(VMS, "vm", {"status": {"stateChangeRequests": requests}})
    await settle(world)


async def test_requests_are_fulfilled_once_whenever_the_controller_dies() -> None:
    steps = (create_manual, ask_for_start, run, restart, end, run, stop_by_request, end)
    calm = build_world()
    said = await live(calm, steps)
    assert said[-1]["printableStatus"] == "Stopped"
    for writes in range(1, len(calm.api.writes) + 1):
        world = build_world()
        witness = Witness(world.api)
        world.api.crash_after = writes
        assert await live(world, steps) == said, writes
        assert len(witness.instances) == 2, writes


@pytest.mark.parametrize("strategy", ["Once", "RerunOnFailure"])
async def test_what_starts_once_starts_once_whenever_the_controller_dies(strategy: str) -> None:
    async def begin(world: World) -> None:
        world.api.put(VMS, build_sized(strategy))
        await settle(world)

    steps = (begin, run, end)
    calm = build_world()
    said = await live(calm, steps)
    for writes in range(1, len(calm.api.writes) + 1):
        world = build_world()
        witness = Witness(world.api)
        world.api.crash_after = writes
        assert await live(world, steps) == said, writes
        assert witness.instances == ["vm"], writes


async def test_answers_that_are_lost_make_no_second_instance() -> None:
    calm = build_world()
    said = await live(calm)
    for writes in range(1, len(calm.api.writes) + 1):
        world = build_world()
        witness = Witness(world.api)
        world.api.lose_after = writes
        assert await live(world) == said, writes
        assert len(witness.instances) == 2, writes
        assert len(witness.revisions) == 3, writes


def recreate(world: World) -> str:
    """Behind the controller's back the VM goes with all it has, and comes anew; return its UID."""
    for plural, name in ((VMS, "vm"), (VMIS, "vm"), ("pods", "vm")):
        if world.api.find(plural, name) is not None:
            world.api.remove(plural, name)
    world.api.collect()
    uid: str = world.api.put(VMS, build_sized())["metadata"]["uid"]
    return uid


@pytest.mark.parametrize("frozen", [{VMS}, {VMIS}, {VMS, VMIS}, {VMS, VMIS, "pods"}])
@pytest.mark.parametrize("steps", [(create,), (create, run), (create, run, halt)])
async def test_stale_caches_start_and_delete_nothing_of_the_old_life(
    frozen: set[str], steps: tuple[Step, ...]
) -> None:
    world = build_world()
    await world.start()
    await world.settle()
    for step in steps:
        await step(world)
    world.api.frozen = frozen
    uid = recreate(world)
    for _ in range(3):
        await world.look_again(seconds=20)
    world.api.thaw()
    await world.settle()
    for _ in range(3):
        await world.look_again(seconds=20)
        world.api.collect()
    vmi = world.vmi()
    assert vmi is not None
    (owner,) = vmi["metadata"]["ownerReferences"]
    assert owner["uid"] == uid
    assert not vmi["metadata"].get("deletionTimestamp")
    assert world.pod() is not None
    await world.stop()


async def test_a_halt_that_the_cache_has_not_seen_starts_nothing() -> None:
    world = build_world()
    await world.start()
    await world.settle()
    world.api.refuse[VMIS] = "exceeded quota: none"
    await create(world)
    world.api.frozen = {VMS}
    world.api.refuse.clear()
    world.api.change(VMS, "vm", {"spec": {"runStrategy": "Halted"}})
    await world.look_again(seconds=100)
    assert world.vmi() is None
    world.api.thaw()
    await world.settle()
    assert world.vmi() is None
    assert world.vm_status()["printableStatus"] == "Stopped"
    await world.stop()


async def test_a_request_that_the_cache_has_not_seen_is_not_lost() -> None:
    world = build_world()
    await world.start()
    await world.settle()
    await create_manual(world)
    world.api.frozen = {VMS}
    world.api.change(VMS, "vm", START)
    await world.look_again(seconds=10)
    world.api.thaw()
    await world.settle()
    await run(world)
    assert world.vm_status()["printableStatus"] == "Running"
    world.api.frozen = {VMS}
    await stop_by_request(world)
    world.api.change(VMIS, "vm", {"status": {"interfaces": [{"ipAddress": "10.0.0.9"}]}})
    await world.look_again()  # a status on the old view is refused
    world.api.thaw()
    await world.look_again()
    vmi = world.vmi()
    assert vmi is not None
    assert vmi["metadata"]["deletionTimestamp"]
    await world.stop()


async def test_two_controllers_at_once_make_one_instance_a_start() -> None:
    world = build_world()
    second = World()
    second.api, second.clock = world.api, world.clock
    witness = Witness(world.api)
    await world.start()
    await second.start()
    for step in STEPS:
        await step(world)
        await second.settle()
    await world.look_again(seconds=5)
    assert len(witness.instances) == 2
    assert world.vm() is None
    await world.stop()
    await second.stop()
