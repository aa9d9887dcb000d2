"""CDI, played by hand, for VMs on a fake API server."""

import contextlib
from collections.abc import AsyncIterator

from tests.unit.controller.fake_api import Json
from tests.unit.controller.world import VMS, World, build_vm

DATA_VOLUMES = "datavolumes"
CLAIMS = "persistentvolumeclaims"


def build_stored(strategy: str = "Always", *names: str, **spec: Json) -> Json:
    """Return a VM with a DataVolume for each name, ``disk`` alone when none is given."""
    wanted = names or ("disk",)
    templates = [
        {
            "metadata": {"name": name, "labels": {"kind": "root"}, "annotations": {"note": "x"}},
            "spec": {"source": {"blank": {}}, "storage": {"resources": {}}},
        }
        for name in wanted
    ]
    vm = build_vm(strategy=strategy, dataVolumeTemplates=templates)
    vm["spec"] |= spec
    use(vm["spec"]["template"]["spec"], *wanted)
    return vm


def use(spec: Json, *names: str, claim: bool = False) -> None:
    """Give a VMI's spec a disk for each of the volumes."""
    for name in names:
        source: Json = {"dataVolume": {"name": name}}
        if claim:
            source = {"persistentVolumeClaim": {"claimName": name}}
        spec["volumes"].append({"name": name, **source})
        spec["domain"]["devices"]["disks"].append({"name": name, "disk": {"bus": "virtio"}})


@contextlib.asynccontextmanager
async def run_with_cdi(*, cdi: bool = True) -> AsyncIterator[World]:
    world = World()
    if cdi:
        world.api.unserved.clear()
    await world.start()
    try:
        await world.settle()
        yield world
    finally:
        await world.stop()


def make_claim(world: World, name: str = "disk") -> None:
    """CDI makes the claim, which belongs to the DataVolume."""
    volume = world.api.find(DATA_VOLUMES, name)
    assert volume is not None
    owner = {"kind": "DataVolume", "name": name, "uid": volume["metadata"]["uid"]}
    meta = {"name": name, "ownerReferences": [{**owner, "controller": True}]}
    world.api.put(CLAIMS, {"metadata": meta, "spec": {}, "status": {"phase": "Bound"}})


async def report(world: World, phase: str, name: str = "disk", **status: object) -> None:
    """CDI says how far it is."""
    world.api.change(DATA_VOLUMES, name, {"status": {"phase": phase, **status}})
    await world.settle()


async def fill(world: World, name: str = "disk") -> None:
    if world.api.find(CLAIMS, name) is None:
        make_claim(world, name)
    await report(world, "Succeeded", name)


async def apply(world: World, vm: Json) -> None:
    world.api.put(VMS, vm)
    await world.settle()


def tell(world: World) -> tuple[str, str]:
    """Return the VM's word and sentence."""
    ready = world.vm_condition("Ready")
    assert ready is not None
    return world.vm_status()["printableStatus"], ready["message"]
