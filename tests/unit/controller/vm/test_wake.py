"""VMs that wait: what wakes them, and that nothing else does."""

from api.config import KubeVirtConfiguration
from tests.unit.controller.fake_api import Json
from tests.unit.controller.world import REVISIONS, VMIS, VMS, World, build_vm, run_world

CLUSTER = "virtualmachineclusterinstancetypes"
CLAIMS = "persistentvolumeclaims"
SIZE: Json = {"cpu": {"guest": 1}, "memory": {"guest": "64Mi"}}
SMALL: Json = {
    "kind": "VirtualMachineClusterInstancetype",
    "metadata": {"name": "small"},
    "spec": SIZE,
}


def build_sized(strategy: str = "Always", **matcher: str) -> Json:
    vm = build_vm(strategy=strategy, instancetype=matcher or {"name": "small"})
    del vm["spec"]["template"]["spec"]["domain"]["memory"]
    return vm


async def test_a_vm_starts_when_its_instancetype_comes() -> None:
    async with run_world() as world:
        world.api.put(VMS, build_sized())
        await world.settle()
        failure = world.vm_condition("Failure")
        assert failure is not None
        assert "small does not exist; `kubectl get" in failure["message"]
        assert world.vmi() is None
        quiet = world.api.requests
        world.api.put(CLUSTER, SMALL | {"metadata": {"name": "other"}}, namespace="")
        await world.settle()
        assert world.api.requests == quiet
        world.api.put(CLUSTER, SMALL, namespace="")
        await world.settle()
        vmi = world.vmi()
        assert vmi is not None
        assert vmi["spec"]["domain"]["memory"]["guest"] == "64Mi"
        annotations = vmi["metadata"]["annotations"]
        assert annotations["kubevirt.io/cluster-instancetype-name"] == "small"
        ref = world.vm_status()["instancetypeRef"]
        assert ref["controllerRevisionRef"]["name"] in world.revisions()


async def test_a_vm_that_is_off_waits_for_its_instancetype_too_also_after_a_restart() -> None:
    async with run_world() as world:
        world.api.put(VMS, build_sized("Halted"))
        await world.settle()
        await world.stop()
        await world.start()
        await world.settle()
        world.api.put(CLUSTER, SMALL, namespace="")
        await world.settle()
        assert world.vm_status()["instancetypeRef"]["name"] == "small"
        assert world.vm_condition("Failure") is None
        assert world.vmi() is None


async def test_an_instancetype_that_is_mended_is_looked_at_again() -> None:
    async with run_world() as world:
        world.api.put(CLUSTER, SMALL | {"spec": {"cpu": {"guest": "many"}}}, namespace="")
        world.api.put(VMS, build_sized())
        await world.settle()
        assert world.vmi() is None
        world.api.change(CLUSTER, "small", {"spec": SIZE}, namespace="")
        await world.settle()
        assert world.vmi() is not None


async def test_a_claim_that_says_what_to_use_is_waited_for() -> None:
    async with run_world() as world:
        world.api.put(CLUSTER, SMALL, namespace="")
        vm = build_sized(inferFromVolume="disk")
        spec = vm["spec"]["template"]["spec"]
        spec["volumes"].append({"name": "disk", "persistentVolumeClaim": {"claimName": "root"}})
        spec["domain"]["devices"]["disks"].append({"name": "disk", "disk": {"bus": "virtio"}})
        world.api.put(VMS, vm)
        await world.settle()
        assert world.vmi() is None
        world.api.put(CLAIMS, {"metadata": {"name": "root"}, "spec": {}})
        await world.settle()
        failure = world.vm_condition("Failure")
        assert failure is not None
        assert "has no label" in failure["message"]
        labels = {"instancetype.kubevirt.io/default-instancetype": "small"}
        world.api.change(CLAIMS, "root", {"metadata": {"labels": labels}})
        await world.settle()
        assert world.vmi() is not None


async def test_a_vm_waits_with_its_instance_for_a_claim() -> None:
    async with run_world() as world:
        vm = build_vm()
        spec = vm["spec"]["template"]["spec"]
        spec["volumes"].append({"name": "disk", "persistentVolumeClaim": {"claimName": "root"}})
        spec["domain"]["devices"]["disks"].append({"name": "disk", "disk": {"bus": "virtio"}})
        world.api.put(VMS, vm)
        await world.look_again(seconds=5)
        assert world.vm_status()["printableStatus"] == "ErrorPvcNotFound"
        claim = {"metadata": {"name": "root"}, "spec": {}, "status": {"phase": "Pending"}}
        world.api.put(CLAIMS, claim)
        await world.settle()
        assert world.vm_status()["printableStatus"] == "WaitingForVolumeBinding"
        world.api.change(CLAIMS, "root", {"status": {"phase": "Bound"}})
        await world.settle()
        assert world.vm_status()["printableStatus"] == "Starting"
        world.bind()
        world.run_guest()
        await world.settle()
        assert world.vm_status()["printableStatus"] == "Running"


async def test_a_refused_revision_of_the_catalogue_is_told_and_tried_again() -> None:
    async with run_world() as world:
        world.api.put(CLUSTER, SMALL, namespace="")
        world.api.refuse[REVISIONS] = "controllerrevisions is forbidden: exceeded quota: none"
        world.api.put(VMS, build_sized())
        await world.settle()
        failure = world.vm_condition("Failure")
        assert failure is not None
        assert "exceeded quota: none" in failure["message"]
        quiet = world.api.requests
        await world.settle()
        assert world.api.requests == quiet
        world.api.refuse.clear()
        await world.look_again(seconds=10)
        assert world.vmi() is not None


async def test_a_change_of_the_configuration_wakes_those_that_wait_alone() -> None:
    async with run_world() as world:
        world.api.put(VMS, build_vm("idle", "Halted"))
        world.api.put(VMS, build_sized())
        await world.settle()
        await world.stop()
        await world.start()
        await world.settle()
        quiet = world.api.requests
        world.api.put(
            "kubevirts", {"metadata": {"name": "kubevirt"}, "spec": {}}, namespace="kubevirt"
        )
        await world.settle()
        asked = world.api.requests - quiet
        assert 0 < asked <= 3  # the VM that waits, and what it waits for
        assert world.controller.caches.config == KubeVirtConfiguration()


async def test_a_namespace_that_goes_away_is_left_without_a_hot_loop() -> None:
    async with run_world() as world:
        world.api.put(VMS, build_vm())
        await world.settle()
        world.bind()
        world.run_guest()
        await world.settle()
        text = "is forbidden: unable to create new content in namespace ns: being terminated"
        for plural in (VMIS, REVISIONS, "pods", "events"):
            world.api.refuse[plural] = f"{plural} {text}"
        world.api.delete(VMIS, "vm")  # the namespace's controller may take this one first
        world.api.delete("pods", "vm")
        await world.settle()
        await end_guest(world)
        assert world.vmi() is None
        failure = world.vm_condition("Failure")
        assert failure is not None
        assert "being terminated" in failure["message"]
        quiet = world.api.requests
        await world.look_again(seconds=1)
        assert world.api.requests == quiet
        world.api.delete(VMS, "vm")
        await world.settle()
        assert world.vm() is None


async def end_guest(world: World) -> None:
    world.end_guest()
    await world.settle()
    world.api.remove("pods", "vm")
    await world.settle()
