"""VMIs that a controller makes show the defaults that a bare one gets at admission."""

import msgspec
import pytest

from api.config import KubeVirtConfiguration
from api.default_instance import complete_instance
from api.spec import VirtualMachineInstanceSpec
from tests.unit.controller.fake_api import Json
from tests.unit.controller.replica_set.fleet import SETS, build_set, list_names
from tests.unit.controller.world import VMIS, VMS, World, build_vm, build_vmi, run_world

BARE: Json = {"domain": {"memory": {"guest": "64Mi"}, "devices": {}}}


def complete(spec: Json) -> Json:
    read = msgspec.convert(spec, VirtualMachineInstanceSpec)
    full: Json = msgspec.json.decode(
        msgspec.json.encode(complete_instance(read, KubeVirtConfiguration()))
    )
    return full


async def make(world: World, kind: str) -> str:
    """Have a VM or a set make a VMI of the barest template; return its name."""
    if kind == VMS:
        vm = build_vm("vm")
        vm["spec"]["template"]["spec"] = BARE
        world.api.put(VMS, vm)
        await world.settle()
        return "vm"
    fleet = build_set(replicas=1)
    fleet["spec"]["template"]["spec"] = BARE
    world.api.put(SETS, fleet)
    await world.settle()
    (name,) = list_names(world)
    return name


@pytest.mark.parametrize("kind", [VMS, SETS])
async def test_what_a_controller_makes_shows_machine_devices_and_network(kind: str) -> None:
    async with run_world() as world:
        vmi = world.vmi(await make(world, kind))
        assert vmi is not None
        spec = vmi["spec"]
        assert spec["domain"]["machine"]["type"] == "q35"
        assert spec["domain"]["devices"]["interfaces"][0]["name"] == "default"
        assert spec["networks"] == [{"name": "default", "pod": {}}]
        assert spec == complete(BARE) | {"domain": spec["domain"]}


@pytest.mark.parametrize("kind", [VMS, SETS])
async def test_its_pod_is_that_of_a_bare_one_with_the_template_as_it_is(kind: str) -> None:
    async with run_world() as world:
        name = await make(world, kind)
        bare = build_vmi("bare")
        bare["spec"] = BARE
        world.api.put(VMIS, bare)
        await world.settle()
        made, own = world.pod(name), world.pod("bare")
        assert made is not None
        assert own is not None
        for part in ("containers", "volumes", "terminationGracePeriodSeconds"):
            assert made["spec"][part] == own["spec"][part]


async def test_a_vm_is_not_told_to_restart_for_defaults_of_its_instance() -> None:
    async with run_world() as world:
        name = await make(world, VMS)
        world.bind(name)
        world.run_guest(name)
        await world.look_again()
        assert world.vm_condition("RestartRequired") is None
