"""Sets that grow and shrink, with the controller against a fake API server."""

from controller.replica_set.decide import PASS_CHANGES
from tests.unit.controller.replica_set.fleet import (
    LABELS,
    SETS,
    build_set,
    change_spec,
    count_writes,
    end,
    list_names,
    list_vmis,
    serve,
    show,
)
from tests.unit.controller.world import VMIS, run_world


async def test_a_set_makes_its_vmis_and_says_so_in_one_patch() -> None:
    async with run_world() as world:
        made = world.api.put(SETS, build_set())
        await world.settle()
        assert len(list_vmis(world)) == 3
        assert show(world) == {
            "replicas": 3,
            "readyReplicas": 0,
            "labelSelector": "app=web,tier=front",
            "observedGeneration": 1,
        }
        assert count_writes(world, SETS) == 1
        for vmi in list_vmis(world):
            meta = vmi["metadata"]
            assert (meta["labels"], meta["annotations"]) == (LABELS, {"note": "kept"})
            assert meta["finalizers"] == ["kubevirt.io/foregroundDeleteVirtualMachine"]
            assert meta["ownerReferences"] == [
                {
                    "apiVersion": "kubevirt.io/v1",
                    "kind": "VirtualMachineInstanceReplicaSet",
                    "name": "web",
                    "uid": made["metadata"]["uid"],
                    "controller": True,
                    "blockOwnerDeletion": True,
                }
            ]
            template = build_set()["spec"]["template"]["spec"]
            assert vmi["spec"]["domain"]["memory"] == template["domain"]["memory"]
            assert vmi["spec"]["volumes"][0]["name"] == template["volumes"][0]["name"]
        assert world.events().count(("Normal", "SuccessfulCreate")) == 1 + 3  # and of the VMIs


async def test_without_a_number_there_is_one() -> None:
    async with run_world() as world:
        world.api.put(SETS, build_set(replicas=None))
        await world.settle()
        assert len(list_vmis(world)) == 1


async def test_an_idle_set_costs_nothing() -> None:
    async with run_world() as world:
        world.api.put(SETS, build_set())
        await world.settle()
        serve(world, *list_names(world))
        await world.settle()
        assert show(world)["readyReplicas"] == 3
        before = world.api.requests
        await world.look_again(seconds=3600)
        assert world.api.requests == before


async def test_what_serves_longest_stays_when_a_set_shrinks() -> None:
    async with run_world() as world:
        world.api.put(SETS, build_set(replicas=4))
        await world.settle()
        _first, second, third, fourth = list_names(world)
        serve(world, second, third, fourth)
        unready = [{"type": "Ready", "status": "False"}]
        world.api.change(VMIS, third, {"status": {"conditions": unready}})
        await world.settle()
        change_spec(world, replicas=3)
        await world.settle()
        assert list_names(world) == sorted([second, third, fourth])
        change_spec(world, replicas=2)
        await world.settle()
        assert list_names(world) == sorted([second, fourth])
        assert show(world) | {"labelSelector": ""} == {
            "replicas": 2,
            "readyReplicas": 2,
            "labelSelector": "",
            "observedGeneration": 3,
        }
        assert ("Normal", "SuccessfulDelete") in world.events()


async def test_a_large_set_grows_and_goes_in_several_passes() -> None:
    async with run_world() as world:
        number = PASS_CHANGES + 30
        world.api.put(SETS, build_set(replicas=number))
        await world.settle()
        await world.look_again()
        assert len(list_vmis(world)) == number
        change_spec(world, replicas=0)
        await world.settle()
        await world.look_again()
        await world.settle()
        assert list_vmis(world) == []
        assert show(world)["replicas"] == 0


async def test_a_deleted_vmi_is_replaced_while_it_still_goes() -> None:
    async with run_world() as world:
        world.api.put(SETS, build_set(replicas=1))
        await world.settle()
        (first,) = list_names(world)
        world.bind(first)
        serve(world, first)
        await world.settle()
        world.api.delete(VMIS, first)
        await world.settle()
        assert world.vmi(first) is not None  # its guest shuts down
        (second,) = list_names(world)
        assert second != first
        assert show(world)["replicas"] == 1


async def test_a_name_is_not_used_again_while_the_pod_of_that_name_goes() -> None:
    async with run_world() as world:
        world.api.put(SETS, build_set(replicas=1))
        await world.settle()
        (first,) = list_names(world)
        world.bind(first)
        serve(world, first)
        await world.settle()
        world.clock.pass_seconds(60)
        end(world, first)
        await world.settle()
        assert world.vmi(first) is None
        assert world.pod(first) is not None
        assert list_names(world) != [first]
        (second,) = list_names(world)
        assert world.pod(second) is not None


async def test_a_vmi_that_ended_after_a_life_is_replaced_at_once() -> None:
    async with run_world() as world:
        world.api.put(SETS, build_set(replicas=2))
        await world.settle()
        before = list_names(world)
        serve(world, *before)
        await world.settle()
        world.clock.pass_seconds(60)
        end(world, before[0], phase="Succeeded", reason="GuestShutdown")
        await world.settle()
        after = list_names(world)
        assert len(after) == 2
        assert before[1] in after
        assert all(vmi["status"].get("phase") != "Succeeded" for vmi in list_vmis(world))
        assert "startFailure" not in show(world)


async def test_a_paused_set_stays_as_it_is() -> None:
    async with run_world() as world:
        world.api.put(SETS, build_set(replicas=2))
        await world.settle()
        change_spec(world, paused=True, replicas=5)
        await world.settle()
        assert len(list_vmis(world)) == 2
        (condition,) = show(world)["conditions"]
        assert (condition["type"], condition["status"]) == ("ReplicaPaused", "True")
        assert condition["observedGeneration"] == 2
        assert ("Normal", "SuccessfulPaused") in world.events()
        serve(world, *list_names(world))
        await world.settle()
        assert show(world)["readyReplicas"] == 2
        change_spec(world, paused=None)
        await world.settle()
        assert len(list_vmis(world)) == 5
        assert "conditions" not in show(world)
        assert ("Normal", "SuccessfulResumed") in world.events()
        assert [reason for _, reason in world.events()].count("SuccessfulPaused") == 1


async def test_a_deleted_set_makes_nothing_more() -> None:
    async with run_world() as world:
        item = build_set(replicas=2)
        item["metadata"]["finalizers"] = ["foregroundDeletion"]
        world.api.put(SETS, item)
        await world.settle()
        world.api.delete(SETS, "web")
        world.api.delete(VMIS, list_names(world)[0])
        before = count_writes(world, SETS)
        await world.settle()
        assert len(list_vmis(world)) == 1
        assert count_writes(world, SETS) == before


async def test_a_new_set_of_the_same_name_leaves_the_old_ones_vmis() -> None:
    async with run_world() as world:
        world.api.put(SETS, build_set(replicas=2))
        await world.settle()
        before = list_names(world)
        world.api.remove(SETS, "web")
        world.api.put(SETS, build_set(replicas=1))
        await world.settle()
        assert len(set(list_names(world)) - set(before)) == 1
        assert set(before) <= set(list_names(world))  # the garbage collector's affair
        assert show(world)["replicas"] == 1
