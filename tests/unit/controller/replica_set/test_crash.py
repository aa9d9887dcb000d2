"""A controller that dies, a cache that lags: never a VMI too many."""

import pytest

from tests.unit.controller.fake_api import Change
from tests.unit.controller.replica_set.fleet import (
    SETS,
    build_set,
    change_spec,
    list_names,
    list_vmis,
    serve,
    show,
)
from tests.unit.controller.world import VMIS, World, build_vmi, run_world


class Witness:
    """Sees every VMI that ever existed."""

    def __init__(self, world: World) -> None:
        self.created = 0
        world.api.on_change = self._see

    def _see(self, change: Change) -> None:
        self.created += change.plural == VMIS and change.type == "ADDED"


@pytest.mark.parametrize("writes", range(1, 8))
async def test_killed_after_any_write_it_goes_on_without_an_extra_vmi(writes: int) -> None:
    async with run_world() as world:
        witness = Witness(world)
        world.api.crash_after = writes
        world.api.put(SETS, build_set())
        await world.settle()
        assert world.crashes == 1
        assert witness.created == len(list_vmis(world)) == 3
        assert show(world)["replicas"] == 3


@pytest.mark.parametrize("writes", range(1, 8))
async def test_killed_while_it_shrinks_it_deletes_no_more_than_it_should(writes: int) -> None:
    async with run_world() as world:
        world.api.put(SETS, build_set(replicas=5))
        await world.settle()
        witness = Witness(world)
        world.api.crash_after = writes
        change_spec(world, replicas=3)
        await world.settle()
        assert (len(list_vmis(world)), witness.created) == (3, 0)
        assert show(world)["replicas"] == 3


async def test_a_cache_that_lags_deletes_nobody_twice() -> None:
    async with run_world() as world:
        world.api.put(SETS, build_set(replicas=4))
        await world.settle()
        serve(world, *list_names(world))
        await world.settle()
        world.api.frozen = {VMIS}
        change_spec(world, replicas=3)
        await world.settle()
        await world.look_again(seconds=10)
        await world.look_again(seconds=10)
        assert len(list_vmis(world)) == 3
        world.api.thaw()
        await world.settle()
        assert len(list_vmis(world)) == 3


async def test_a_cache_that_lags_creates_nobody_twice() -> None:
    async with run_world() as world:
        witness = Witness(world)
        world.api.frozen = {VMIS}
        world.api.put(SETS, build_set())
        await world.settle()
        await world.stop()
        await world.start()
        await world.settle()
        await world.look_again(seconds=10)
        world.api.thaw()
        await world.settle()
        assert witness.created == len(list_vmis(world)) == 3


async def test_a_name_that_a_stranger_has_is_passed_over() -> None:
    async with run_world() as world:
        world.api.put(SETS, build_set())
        await world.settle()
        names = list_names(world)
        item = world.api.find(SETS, "web")
        assert item is not None
        world.api.frozen = {VMIS}
        for name in names:
            world.api.remove(VMIS, name)
        world.api.put(VMIS, build_vmi(names[0]))
        world.api.thaw()
        await world.settle()
        after = list_names(world)
        assert len(after) == 4
        assert "ownerReferences" not in world.api.objects[VMIS, "ns", names[0]]["metadata"]
        assert show(world)["replicas"] == 3


async def test_a_lost_answer_is_found_under_the_same_name() -> None:
    async with run_world() as world:
        witness = Witness(world)
        world.api.frozen = {VMIS}
        world.api.put(SETS, build_set(replicas=1))
        await world.settle()
        (name,) = list_names(world)
        # The cache of the next life never hears of it but by asking.
        live = world.controller.caches.vmis
        live._items.clear()
        await world.look_again(seconds=10)
        assert (list_names(world), witness.created) == ([name], 1)
        assert show(world)["replicas"] == 1
