"""Namespaces that VMs run in are marked before the first pod, once, and stay so."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from api.names import LABEL_RUNS_VMS
from tests.unit.controller.world import VMIS, World, build_vmi, run_world


@asynccontextmanager
async def run_unmarked() -> AsyncIterator[World]:
    """Run a world whose namespace has had no VM yet."""
    async with run_world() as world:
        labels = {LABEL_RUNS_VMS: None, "theirs": "kept"}
        world.api.change("namespaces", "ns", {"metadata": {"labels": labels}}, "")
        await world.settle()
        yield world


def labels_of(world: World) -> dict[str, str]:
    namespace = world.api.find("namespaces", "ns", "")
    assert namespace is not None
    labels: dict[str, str] = namespace["metadata"]["labels"]
    return labels


def marks_of(world: World) -> int:
    return sum(write.plural == "namespaces" for write in world.api.writes)


async def test_the_first_vm_of_a_namespace_marks_it_before_its_pod() -> None:
    async with run_unmarked() as world:
        world.api.put(VMIS, build_vmi())
        await world.settle()
        assert labels_of(world) == {LABEL_RUNS_VMS: "true", "theirs": "kept"}
        plurals = [write.plural for write in world.api.writes]
        assert plurals.index("namespaces") < plurals.index("pods")


async def test_many_first_vms_at_once_mark_it_once() -> None:
    async with run_unmarked() as world:
        for number in range(20):
            world.api.put(VMIS, build_vmi(f"vm-{number}"))
        await world.settle()
        assert all(world.pod(f"vm-{number}") for number in range(20))
        assert marks_of(world) == 1


async def test_a_namespace_without_vms_is_not_marked() -> None:
    async with run_unmarked() as world:
        assert marks_of(world) == 0
        assert LABEL_RUNS_VMS not in labels_of(world)


async def test_a_mark_that_was_removed_comes_back_while_there_are_vms_and_not_after() -> None:
    async with run_unmarked() as world:
        world.api.put(VMIS, build_vmi())
        await world.settle()
        world.bind()
        world.run_guest()
        for number in (2, 3):
            changed = {LABEL_RUNS_VMS: None if number == 2 else "false"}
            world.api.change("namespaces", "ns", {"metadata": {"labels": changed}}, "")
            await world.settle()
            assert labels_of(world)[LABEL_RUNS_VMS] == "true"
            assert marks_of(world) == number
        world.api.remove(VMIS, "vm")
        await world.settle()
        assert labels_of(world)[LABEL_RUNS_VMS] == "true"  # it stays, and is not ours to remove
        world.api.change("namespaces", "ns", {"metadata": {"labels": {LABEL_RUNS_VMS: None}}}, "")
        await world.settle()
        assert LABEL_RUNS_VMS not in labels_of(world)


async def test_vms_that_there_were_before_us_have_their_namespace_marked() -> None:
    async with run_unmarked() as world:
        await world.stop()
        vmi = build_vmi()
        vmi["status"] = {"phase": "Running", "nodeName": "node1"}
        world.api.put(VMIS, vmi)
        await world.start()
        await world.settle()
        assert labels_of(world)[LABEL_RUNS_VMS] == "true"


async def test_a_namespace_that_cannot_be_marked_gets_no_pod_and_its_vm_says_why() -> None:
    async with run_unmarked() as world:
        world.api.refuse_patch["namespaces"] = "labels are the administrators'"
        world.api.put(VMIS, build_vmi())
        await world.settle()
        assert world.pod() is None
        assert world.status()["reason"] == "FailedCreate"
        assert "labels are the administrators'" in world.condition("Ready")["message"]
        del world.api.refuse_patch["namespaces"]
        await world.look_again(seconds=60)
        assert world.pod() is not None
