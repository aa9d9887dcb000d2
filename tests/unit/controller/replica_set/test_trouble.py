"""Sets whose VMIs cannot be made, or end at once."""

from datetime import timedelta

from tests.unit.controller.replica_set.fleet import (
    SETS,
    build_set,
    change_spec,
    count_writes,
    end,
    find_failure,
    list_names,
    list_vmis,
    serve,
    show,
)
from tests.unit.controller.world import VMIS, World, run_world


async def test_a_template_that_is_not_built_yet_is_named_once() -> None:
    async with run_world() as world:
        item = build_set()
        item["spec"]["template"]["spec"]["domain"]["devices"]["sound"] = {"name": "loud"}
        world.api.put(SETS, item)
        await world.settle()
        failure = find_failure(world)
        assert failure is not None
        assert (failure["status"], failure["reason"]) == ("True", "FailedCreate")
        assert "spec.template.spec.domain.devices.sound" in failure["message"]
        assert list_vmis(world) == []
        before = count_writes(world, SETS)
        await world.look_again(seconds=3600)
        assert count_writes(world, SETS) == before
        assert world.events() == [("Warning", "FailedCreate")]
        change_spec(world, template=build_set()["spec"]["template"] | {"spec": None})
        change_spec(world, template=build_set()["spec"]["template"])
        await world.settle()
        assert len(list_vmis(world)) == 3
        assert find_failure(world) is None


async def test_a_template_that_no_type_fits_is_told() -> None:
    async with run_world() as world:
        item = build_set()
        item["spec"]["template"]["spec"]["domain"]["cpu"] = {"cores": "many"}
        world.api.put(SETS, item)
        await world.settle()
        failure = find_failure(world)
        assert failure is not None
        assert "cores" in failure["message"]
        assert list_vmis(world) == []


async def test_a_refusal_is_told_once_and_tried_again_later_and_later() -> None:
    async with run_world() as world:
        world.api.refuse[VMIS] = "exceeded quota: vms, used: 2"
        world.api.put(SETS, build_set())
        await world.settle()
        failure = find_failure(world)
        assert failure is not None
        assert (failure["reason"], failure["message"]) == ("FailedCreate", world.api.refuse[VMIS])
        assert [reason for _, reason in world.events()] == ["FailedCreate"]
        tries = 0
        for _ in range(400):
            before = world.api.requests
            await world.look_again(seconds=2)
            tries += world.api.requests > before
        assert 7 <= tries <= 10  # after 4, 8, 16, 32, 64, 128, 256 and 300 seconds or less
        del world.api.refuse[VMIS]
        await world.look_again(seconds=300)
        assert len(list_vmis(world)) == 3
        assert find_failure(world) is None


async def test_a_deletion_that_is_refused_is_told_and_tried_again() -> None:
    async with run_world() as world:
        world.api.put(SETS, build_set(replicas=2))
        await world.settle()
        world.api.keep[VMIS] = "not yours"
        change_spec(world, replicas=1)
        await world.settle()
        failure = find_failure(world)
        assert failure is not None
        assert (failure["reason"], failure["message"]) == ("FailedDelete", "not yours")
        del world.api.keep[VMIS]
        await world.look_again(seconds=5)
        assert len(list_vmis(world)) == 1
        assert find_failure(world) is None


async def test_nothing_is_said_when_the_namespace_goes() -> None:
    async with run_world() as world:
        why = "unable to create new content in namespace ns because it is being terminated"
        world.api.refuse[VMIS] = why
        world.api.put(SETS, build_set())
        await world.settle()
        assert show(world) == {}
        assert world.events() == []


async def test_settings_of_the_installation_are_heeded_when_they_change() -> None:
    async with run_world() as world:
        item = build_set(replicas=1)
        item["spec"]["template"]["spec"]["domain"]["devices"]["sound"] = {"name": "loud"}
        world.api.put(SETS, item)
        await world.settle()
        before = world.api.requests
        kubevirt = {"metadata": {"name": "kubevirt"}, "spec": {}}
        world.api.put("kubevirts", kubevirt, "kubevirt")
        await world.settle()
        assert world.api.requests > before  # the template was looked at once more


async def run_until_replaced(world: World, names: list[str]) -> float:
    """Let time pass until other VMIs have taken the places; return the seconds."""
    for seconds in range(0, 400, 1):
        if set(list_names(world)) != set(names):
            return seconds
        await world.look_again(seconds=1)
    raise AssertionError("never replaced")


async def test_vmis_that_end_at_once_are_replaced_later_and_later() -> None:
    async with run_world() as world:
        world.api.put(SETS, build_set(replicas=2))
        await world.settle()
        waits = []
        for round_ in range(7):
            names = list_names(world)
            assert len(names) == 2
            end(world, names[0], reason="StartFailed")
            await world.settle()
            end(world, names[1])
            await world.settle()
            assert show(world)["startFailure"]["consecutiveFailCount"] == round_ + 1
            assert list_names(world) == names  # one can look at what failed
            assert show(world)["replicas"] == 0
            waits.append(await run_until_replaced(world, names))
        expected = [10, 40, 90, 160, 250, 300, 300]
        assert all(0 <= wait - want <= 2 for wait, want in zip(waits, expected, strict=True)), waits
        failure = find_failure(world)
        assert failure is not None
        assert failure["reason"] == "CrashLoopBackOff"
        assert "7 times in a row: kernel panic" in failure["message"]
        assert "kubectl describe vmi web-" in failure["message"]
        reasons = [reason for _, reason in world.events()]
        assert reasons.count("CrashLoopBackOff") == 7


async def test_failures_are_forgotten_when_all_vmis_have_run_for_a_while() -> None:
    async with run_world() as world:
        world.api.put(SETS, build_set(replicas=1))
        await world.settle()
        end(world, *list_names(world))
        await world.settle()
        await world.look_again(seconds=12)
        (name,) = list_names(world)
        serve(world, name)
        await world.look_again(seconds=5)
        assert show(world)["startFailure"]["consecutiveFailCount"] == 1
        assert find_failure(world) is not None
        await world.look_again(seconds=6)
        assert "startFailure" not in show(world)
        assert find_failure(world) is None


async def test_a_change_of_the_set_is_tried_at_once() -> None:
    async with run_world() as world:
        world.api.put(SETS, build_set(replicas=1))
        await world.settle()
        for seconds in (12, 42, 0):
            end(world, *list_names(world))
            await world.settle()
            await world.look_again(seconds=seconds)
        names = list_names(world)
        assert show(world)["startFailure"]["consecutiveFailCount"] == 3
        template = build_set()["spec"]["template"]
        template["spec"]["domain"]["memory"]["guest"] = "256Mi"
        change_spec(world, template=template)
        await world.settle()
        assert list_names(world) != names
        (vmi,) = list_vmis(world)
        assert vmi["spec"]["domain"]["memory"]["guest"] == "256Mi"
        assert "startFailure" not in show(world)
        assert find_failure(world) is None


async def test_a_new_controller_waits_as_long_as_the_old_one_would() -> None:
    async with run_world() as world:
        world.api.put(SETS, build_set(replicas=1))
        await world.settle()
        for seconds in (12, 42):
            end(world, *list_names(world))
            await world.settle()
            await world.look_again(seconds=seconds)
        names = list_names(world)
        end(world, *names)
        await world.settle()
        await world.stop()
        world.clock.now += timedelta(seconds=60)
        await world.start()
        await world.settle()
        assert list_names(world) == names
        await world.look_again(seconds=32)
        assert list_names(world) != names
        assert show(world)["startFailure"]["consecutiveFailCount"] == 3


async def test_only_the_places_of_failed_vmis_wait() -> None:
    async with run_world() as world:
        world.api.put(SETS, build_set(replicas=3))
        await world.settle()
        bad, good, other = list_names(world)
        serve(world, good, other)
        end(world, bad)
        await world.settle()
        world.api.delete(VMIS, good)
        await world.settle()
        assert bad in list_names(world)
        assert len(list_names(world)) == 3
        change_spec(world, replicas=2)
        await world.settle()
        assert bad not in list_names(world)  # what failed goes first
        assert other in list_names(world)


async def test_a_pod_deleted_by_somebody_is_no_failure() -> None:
    async with run_world() as world:
        world.api.put(SETS, build_set(replicas=1))
        await world.settle()
        (name,) = list_names(world)
        serve(world, name)
        end(world, name, reason="PodDeleted")
        await world.settle()
        assert list_names(world) != [name]
        assert "startFailure" not in show(world)


async def test_a_set_that_is_paused_leaves_failed_vmis_alone() -> None:
    async with run_world() as world:
        world.api.put(SETS, build_set(replicas=1))
        await world.settle()
        names = list_names(world)
        end(world, *names)
        await world.settle()
        change_spec(world, paused=True)
        await world.look_again(seconds=600)
        assert list_names(world) == names
        kinds = {each["type"] for each in show(world)["conditions"]}
        assert kinds == {"ReplicaFailure", "ReplicaPaused"}
        change_spec(world, paused=None)
        await world.settle()
        assert list_names(world) != names
