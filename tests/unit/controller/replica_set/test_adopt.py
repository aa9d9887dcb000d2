"""VMIs that nobody controls, and that a set's selector selects."""

from tests.unit.controller.fake_api import Json
from tests.unit.controller.replica_set.fleet import (
    LABELS,
    SETS,
    build_set,
    end,
    list_names,
    serve,
    show,
)
from tests.unit.controller.world import VMIS, build_vmi, run_world


def build_orphan(name: str, **labels: str) -> Json:
    vmi = build_vmi(name)
    vmi["metadata"]["labels"] = labels or LABELS
    return vmi


async def test_a_new_set_adopts_before_it_creates() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_orphan("stray"))
        world.api.put(VMIS, build_orphan("unrelated", app="other"))
        await world.settle()
        made = world.api.put(SETS, build_set(replicas=2))
        await world.settle()
        assert len(list_names(world)) == 3
        (owner,) = world.api.objects[VMIS, "ns", "stray"]["metadata"]["ownerReferences"]
        assert (owner["uid"], owner["controller"]) == (made["metadata"]["uid"], True)
        assert "ownerReferences" not in world.api.objects[VMIS, "ns", "unrelated"]["metadata"]
        assert show(world)["replicas"] == 2


async def test_a_stray_that_comes_later_is_adopted_and_counts() -> None:
    async with run_world() as world:
        world.api.put(SETS, build_set(replicas=2))
        await world.settle()
        world.api.put(VMIS, build_orphan("stray"))
        await world.settle()
        await world.look_again(seconds=1)  # the VMI's own controller wrote to it meanwhile
        assert len(list_names(world)) == 2
        assert show(world)["replicas"] == 2


async def test_strays_that_nobody_selects_are_looked_at_once() -> None:
    async with run_world() as world:
        world.api.put(SETS, build_set(replicas=1))
        await world.settle()
        world.api.put(VMIS, build_orphan("stray", app="other"))
        await world.settle()
        serve(world, *list_names(world))
        await world.look_again(seconds=60)
        before = world.api.requests
        await world.look_again(seconds=60)
        assert world.api.requests == before


async def test_what_ended_goes_or_is_anothers_is_not_adopted() -> None:
    async with run_world() as world:
        for name in ("ended", "going", "owned"):
            world.api.put(VMIS, build_orphan(name))
        owner = {"uid": "x", "kind": "VirtualMachine", "name": "owned", "controller": True}
        owner["apiVersion"] = "kubevirt.io/v1"
        world.api.change(VMIS, "owned", {"metadata": {"ownerReferences": [owner]}})
        await world.settle()
        world.bind("going")
        end(world, "ended")
        world.api.delete(VMIS, "going")
        await world.settle()
        world.api.put(SETS, build_set(replicas=1))
        await world.settle()
        assert len(list_names(world)) == 3  # ended, owned, and a new one
        assert show(world)["replicas"] == 1
        for name in ("ended", "going"):
            assert "ownerReferences" not in world.api.objects[VMIS, "ns", name]["metadata"]


async def test_a_vmi_that_lost_its_owner_is_replaced_or_taken_back() -> None:
    async with run_world() as world:
        world.api.put(SETS, build_set(replicas=1))
        await world.settle()
        (name,) = list_names(world)
        world.api.change(VMIS, name, {"metadata": {"ownerReferences": [], "labels": {"app": "x"}}})
        await world.settle()
        assert len(list_names(world)) == 2
        world.api.change(VMIS, name, {"metadata": {"labels": {"app": "web"}}})
        await world.settle()
        assert len(list_names(world)) == 2  # labels are looked at when a VMI is missing
        (other,) = set(list_names(world)) - {name}
        world.api.delete(VMIS, other)
        await world.settle()
        assert list_names(world) == [name]


async def test_a_set_that_is_gone_on_the_server_adopts_nothing() -> None:
    async with run_world() as world:
        world.api.put(SETS, build_set(replicas=0))
        await world.settle()
        world.api.frozen = {SETS}
        world.api.remove(SETS, "web")
        world.api.put(VMIS, build_orphan("stray"))
        await world.settle()
        world.api.thaw()
        await world.look_again(seconds=10)
        assert "ownerReferences" not in world.api.objects[VMIS, "ns", "stray"]["metadata"]
