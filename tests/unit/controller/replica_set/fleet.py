"""A replica set in the world of the fake API server, and its VMIs' lives played by hand."""

from tests.unit.controller.fake_api import Json
from tests.unit.controller.world import VMIS, World, build_vmi

SETS = "virtualmachineinstancereplicasets"
LABELS = {"app": "web", "tier": "front"}


def build_set(name: str = "web", replicas: int | None = 3, **spec: object) -> Json:
    """Return a replica set of small VMIs."""
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstanceReplicaSet",
        "metadata": {"name": name},
        "spec": {
            **({} if replicas is None else {"replicas": replicas}),
            "selector": {"matchLabels": LABELS},
            "template": {
                "metadata": {"labels": LABELS, "annotations": {"note": "kept"}},
                "spec": build_vmi()["spec"],
            },
            **spec,
        },
    }


def list_vmis(world: World) -> list[Json]:
    """Return the VMIs that nobody has deleted, by name."""
    return [
        item
        for (plural, _, _), item in sorted(world.api.objects.items())
        if plural == VMIS and "deletionTimestamp" not in item["metadata"]
    ]


def list_names(world: World) -> list[str]:
    return [vmi["metadata"]["name"] for vmi in list_vmis(world)]


def show(world: World, name: str = "web") -> Json:
    """Return the set's status."""
    item = world.api.find(SETS, name)
    assert item is not None
    status: Json = item.get("status", {})
    return status


def find_failure(world: World) -> Json | None:
    """Return the set's ReplicaFailure condition."""
    conditions = show(world).get("conditions", [])
    return next((dict(each) for each in conditions if each["type"] == "ReplicaFailure"), None)


def change_spec(world: World, name: str = "web", **spec: object) -> None:
    """Change the spec as a user does."""
    world.api.change(SETS, name, {"spec": spec})


def serve(world: World, *names: str) -> None:
    """The handler reports that guests run."""
    for name in names:
        pod = world.pod(name)
        if pod is not None and not pod["spec"].get("nodeName"):
            world.bind(name)
        ready = {"type": "Ready", "status": "True", "reason": "GuestRunning"}
        stamp = {"phase": "Running", "phaseTransitionTimestamp": world.stamp()}
        status = {
            "phase": "Running",
            "nodeName": "node1",
            "conditions": [ready],
            "phaseTransitionTimestamps": [stamp],
        }
        world.api.change(VMIS, name, {"status": status})


def end(world: World, *names: str, phase: str = "Failed", reason: str = "GuestCrashed") -> None:
    """The handler reports that guests ended."""
    for name in names:
        vmi = world.vmi(name)
        assert vmi is not None
        stamps = vmi["status"].get("phaseTransitionTimestamps", [])
        stamp = {"phase": phase, "phaseTransitionTimestamp": world.stamp()}
        ready = {"type": "Ready", "status": "False", "reason": reason, "message": "kernel panic"}
        status = {
            "phase": phase,
            "reason": reason,
            "conditions": [ready],
            "phaseTransitionTimestamps": [*stamps, stamp],
        }
        world.api.change(VMIS, name, {"status": status})


def count_writes(world: World, plural: str) -> int:
    return sum(write.plural == plural for write in world.api.writes)
