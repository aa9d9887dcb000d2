"""What earlier VMs, killed controllers and strangers leave behind."""

from datetime import timedelta

import pytest

from api.names import FINALIZER_VM
from controller.vm.revision import build_owner
from tests.unit.controller.fake_api import Change, Json
from tests.unit.controller.vm.test_life import follow, let_go, run_vm
from tests.unit.controller.vm.test_lookup import put_instancetype
from tests.unit.controller.world import REVISIONS, VMIS, VMS, World, build_vm, build_vmi, run_world


def build_sized(strategy: str = "Always") -> Json:
    vm = build_vm(strategy=strategy, instancetype={"name": "small"})
    del vm["spec"]["template"]["spec"]["domain"]["memory"]
    return vm


def read_owners(world: World, name: str) -> list[str]:
    owners: list[Json] = world.api.objects[REVISIONS, "ns", name]["metadata"]["ownerReferences"]
    return [each["uid"] for each in owners]


def name_kept(world: World) -> str:
    name: str = world.vm_status()["instancetypeRef"]["controllerRevisionRef"]["name"]
    return name


async def test_a_vm_made_anew_before_collection_keeps_its_instancetype() -> None:
    async with run_world() as world:
        put_instancetype(world.api)
        world.api.put(VMS, build_sized("Halted"))
        await world.settle()
        old = name_kept(world)
        world.api.delete(VMS, "vm")
        await world.settle()
        assert world.vm() is None
        vm = world.api.put(VMS, build_sized("Halted"))
        await world.settle()
        assert name_kept(world) != old
        world.api.collect()
        assert old not in world.revisions()
        assert read_owners(world, name_kept(world)) == [vm["metadata"]["uid"]]
        world.api.change(VMS, "vm", {"spec": {"runStrategy": "Always"}})
        await world.settle()
        vmi = world.vmi()
        assert vmi is not None
        assert vmi["spec"]["domain"]["cpu"]["sockets"] == 2


async def test_the_revisions_of_an_orphan_become_its_new_vms() -> None:
    async with run_world() as world:
        put_instancetype(world.api)
        world.api.put(VMS, build_sized())
        await world.settle()
        await follow(world)
        kept = name_kept(world)
        (started,) = (name for name in world.revisions() if name.startswith("revision-start-vm-"))
        world.api.change(VMIS, "vm", {"status": {"virtualMachineRevisionName": started}})
        world.api.change(VMS, "vm", {"metadata": {"finalizers": [FINALIZER_VM, "orphan"]}})
        world.api.delete(VMS, "vm")
        await world.settle()
        world.api.orphan(VMS, "vm")
        await world.settle()
        assert read_owners(world, kept) == []
        vm = world.api.put(VMS, build_sized())
        await world.settle()
        assert read_owners(world, started) == [vm["metadata"]["uid"]]
        world.api.delete(VMIS, "vm")
        await world.settle()
        await let_go(world)
        assert read_owners(world, kept) == [vm["metadata"]["uid"]]
        assert started not in world.revisions()
        assert len(world.revisions()) == 2


@pytest.mark.parametrize("data", [None, {"kind": "VirtualMachineClusterInstancetype"}])
async def test_an_unreadable_revision_is_told_and_the_vm_stops(data: Json | None) -> None:
    async with run_world() as world:
        await run_vm(world)
        world.api.put(REVISIONS, {"metadata": {"name": "r"}, "data": data})
        matcher = {"name": "small", "revisionName": "r"}
        world.api.change(VMS, "vm", {"spec": {"runStrategy": "Halted", "instancetype": matcher}})
        await world.settle()
        await let_go(world)
        assert world.vm_status()["printableStatus"] == "Stopped"
        for type_ in ("Failure", "Ready"):
            condition = world.vm_condition(type_)
            assert condition is not None
            assert "ControllerRevision r cannot be used" in condition["message"]


async def test_once_is_once_although_killed_and_edited() -> None:
    async with run_world() as world:
        edit: Json = {"spec": {"template": {"metadata": {"labels": {"a": "b"}}}}}

        def interfere(change: Change) -> None:
            if (change.plural, change.type, world.crashes) == (VMIS, "ADDED", 0):
                world.api.frozen.add(VMIS)  # who dies does not hear of what follows
                world.api.delete(VMIS, "vm")
                world.api.change(VMS, "vm", edit)

        world.api.on_change = interfere
        world.api.crash_after = 3  # the VM, the revision, the instance
        world.api.put(VMS, build_vm(strategy="Once"))
        await world.settle()
        assert world.crashes == 1
        world.api.thaw()
        await world.settle()
        assert world.vm_status()["runStrategy"] == "Once"
        assert world.vmi() is None


async def test_once_is_once_although_the_instance_is_gone_before_it_was_told_of() -> None:
    async with run_world() as world:
        world.api.put(VMS, build_vm(strategy="Halted"))
        await world.settle()
        vm = world.api.change(VMS, "vm", {"spec": {"runStrategy": "Once"}})["metadata"]
        made = build_vmi()
        made["metadata"] |= {
            "ownerReferences": [build_owner("vm", vm["uid"])],
            "annotations": {"kubevirt.io/vm-generation": str(vm["generation"])},
        }
        world.api.put(VMIS, made)
        world.api.remove(VMIS, "vm")
        await world.settle()
        assert world.vm_status()["runStrategy"] == "Once"
        assert world.vmi() is None


async def test_a_time_of_the_next_try_that_nobody_set_is_not_waited_for() -> None:
    async with run_world() as world:
        far = (world.clock.now + timedelta(days=365)).strftime("%Y-%m-%dT%H:%M:%SZ")
        failure = {"consecutiveFailCount": 3, "lastFailedVMIUID": "u", "retryAfterTimestamp": far}
        world.api.put(VMS, build_vm() | {"status": {"startFailure": failure}})
        await world.settle()
        assert world.vmi() is not None
