"""Whole lives of VMIs, with the controller against a fake API server."""

from api.names import FINALIZER_VMI
from tests.unit.controller.world import VMIS, build_vmi, run_world


async def test_a_start_costs_a_finalizer_and_a_pod() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi())
        await world.settle()
        writes = [(w.verb, w.plural, w.subresource) for w in world.api.writes]
        assert writes == [("PATCH", VMIS, ""), ("POST", "pods", "")]
        assert world.events() == [("Normal", "SuccessfulCreate")]


async def test_a_vmi_that_is_made_with_its_finalizer_costs_only_a_pod() -> None:
    async with run_world() as world:
        vmi = build_vmi()
        vmi["metadata"]["finalizers"] = [FINALIZER_VMI]
        vmi["status"] = {"phase": "Pending"}  # the schema's default
        world.api.put(VMIS, vmi)
        before = world.api.requests
        await world.settle()
        assert [(w.verb, w.plural) for w in world.api.writes] == [("POST", "pods")]
        assert world.api.requests - before == 3  # the VMI is read, the pod made, an event told


async def test_a_fast_guest_is_never_scheduled() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi())
        await world.settle()
        world.bind()
        await world.look_again(seconds=2)
        world.run_guest()
        await world.look_again(seconds=10)
        assert world.status()["phase"] == "Running"
        assert len(world.api.writes) == 2


async def test_a_slow_guest_becomes_scheduled_with_its_node() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi())
        await world.settle()
        world.bind()
        await world.look_again(seconds=2)
        assert "phase" not in world.status()
        await world.look_again(seconds=1)
        status = world.status()
        assert (status["phase"], status["nodeName"]) == ("Scheduled", "node1")
        assert world.condition("PodScheduled")["status"] == "True"
        assert world.condition("Ready")["reason"] == "GuestNotRunning"
        stamps = [stamp["phase"] for stamp in status["phaseTransitionTimestamps"]]
        assert stamps == ["Pending", "Scheduling", "Scheduled"]
        assert len(world.api.writes) == 3


async def test_a_slow_scheduler_leaves_its_vm_scheduling() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi())
        await world.settle()
        await world.look_again(seconds=3)
        assert world.status()["phase"] == "Scheduling"
        world.bind()
        await world.look_again(seconds=1)
        assert world.status()["phase"] == "Scheduling"
        await world.look_again(seconds=2)
        assert world.status()["phase"] == "Scheduled"


async def test_a_pod_that_goes_before_anything_was_told_of_it_has_no_successor() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi())
        await world.settle()
        world.api.remove("pods", "vm")
        await world.look_again(seconds=20)
        assert (world.status()["phase"], world.status()["reason"]) == ("Failed", "PodDeleted")
        assert world.pod() is None


async def test_a_pod_deleted_before_anything_was_told_of_it_is_told_of_first() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi())
        await world.settle()
        world.bind()
        world.api.delete("pods", "vm")
        await world.settle()
        assert world.status()["phase"] == "Scheduling"
        await world.stop()  # whatever the next one finds: there was a pod
        world.api.remove("pods", "vm")
        await world.start()
        await world.settle()
        assert (world.status()["phase"], world.status()["reason"]) == ("Failed", "PodDeleted")


async def test_a_launcher_that_failed_before_anything_was_told_has_no_successor() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi())
        await world.settle()
        world.bind()
        words = '{"cause":"StartFailed","reason":"DiskImageCorrupt","message":"no qcow2"}'
        world.end_pod(exitCode=10, message=words)
        await world.settle()
        assert world.status()["phase"] == "Scheduling"
        await world.look_again(seconds=6)
        assert (world.status()["phase"], world.status()["reason"]) == ("Failed", "DiskImageCorrupt")


async def test_deleting_a_running_vm_ends_its_pod_and_then_lets_it_go() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi(terminationGracePeriodSeconds=7))
        await world.settle()
        world.bind()
        world.run_guest()
        world.api.delete(VMIS, "vm")
        await world.settle()
        pod = world.pod()
        assert pod is not None
        assert pod["metadata"]["deletionTimestamp"]
        assert pod["spec"]["terminationGracePeriodSeconds"] == 12
        assert world.vmi() is not None
        world.end_guest()
        await world.settle()
        assert world.vmi() is None
        assert world.pod() is not None  # the kubelet has yet to say so: nobody waits for it


async def test_a_grace_that_is_shortened_while_the_vm_ends_shortens_its_pods_once() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi(terminationGracePeriodSeconds=600))
        await world.settle()
        world.bind()
        world.run_guest()
        world.api.delete(VMIS, "vm")
        await world.settle()
        assert world.deletion_grace() == 605
        for seconds, expected in ((60, 65), (600, 65), (0, 5)):
            before = len(world.api.writes)
            world.api.change(VMIS, "vm", {"spec": {"terminationGracePeriodSeconds": seconds}})
            await world.look_again(seconds=1)
            assert world.deletion_grace() == expected
            assert len(world.api.writes) - before == (seconds + 5 == expected)


async def test_a_grace_that_is_shortened_while_the_vm_runs_is_its_pods_at_the_end() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi(terminationGracePeriodSeconds=600))
        await world.settle()
        world.bind()
        world.run_guest()
        world.api.change(VMIS, "vm", {"spec": {"terminationGracePeriodSeconds": 0}})
        await world.settle()
        assert world.deletion_grace() is None
        world.api.delete(VMIS, "vm")
        await world.settle()
        assert world.deletion_grace() == 5


async def test_a_vm_that_waits_for_a_node_goes_at_once_when_deleted() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi())
        await world.settle()
        world.api.delete(VMIS, "vm")
        await world.settle()
        assert world.vmi() is None
        assert world.pod() is None


async def test_a_vm_that_ended_by_itself_takes_its_pod_along_when_deleted() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi())
        await world.settle()
        world.bind()
        world.run_guest()
        world.end_guest()
        await world.settle()
        world.api.delete(VMIS, "vm")
        await world.settle()
        assert world.vmi() is None
        pod = world.pod()
        assert pod is not None
        assert pod["metadata"]["deletionTimestamp"]


async def test_without_a_handler_the_pod_tells_how_it_ended() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi())
        await world.settle()
        world.bind()
        world.run_guest()
        words = '{"cause":"GuestCrashed","reason":"GuestCrashed","message":"kernel panic"}'
        world.end_pod(exitCode=11, message=words)
        await world.look_again(seconds=4)
        assert world.status()["phase"] == "Running"
        await world.look_again(seconds=2)
        assert (world.status()["phase"], world.status()["reason"]) == ("Failed", "GuestCrashed")
        assert world.condition("Ready")["message"] == "kernel panic"


async def test_a_deleted_vm_goes_without_a_handler_when_its_launcher_ended() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi())
        await world.settle()
        world.bind()
        world.run_guest()
        world.api.delete(VMIS, "vm")
        await world.settle()
        world.end_pod(exitCode=13)
        await world.look_again(seconds=6)
        assert world.vmi() is None


async def test_a_pod_that_vanished_fails_its_vm() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi())
        await world.settle()
        world.bind()
        world.run_guest()
        await world.settle()
        world.api.remove("pods", "vm")
        await world.settle()
        assert (world.status()["phase"], world.status()["reason"]) == ("Failed", "PodDeleted")
        assert world.pod() is None


async def test_a_pod_without_its_label_is_still_the_vms_pod() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi())
        await world.settle()
        world.bind()
        world.run_guest()
        await world.settle()
        # To a watch with a selector this looks like a deletion.
        pod = world.pod()
        assert pod is not None
        world.api.change("pods", "vm", {"metadata": {"labels": {"kubevirt.io": None}}})
        changed = world.api.changes[-1]
        changed.type, changed.object = "DELETED", pod | {"metadata": pod["metadata"]}
        await world.look_again(seconds=10)
        assert world.status()["phase"] == "Running"


async def test_a_node_that_confirms_nothing_is_named() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi())
        await world.settle()
        world.bind()
        world.run_guest()
        world.api.delete("pods", "vm")
        await world.look_again(seconds=60)
        condition = world.condition("Ready")
        assert (condition["status"], condition["reason"]) == ("False", "NodeLost")
        assert "node1" in condition["message"]
        assert world.status()["phase"] == "Running"
        assert ("Warning", "NodeLost") in world.events()


async def test_the_pod_of_a_lost_node_ends_a_deleted_vm_when_it_is_forced_away() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi())
        await world.settle()
        world.bind()
        world.run_guest()
        world.api.delete(VMIS, "vm")
        await world.look_again(seconds=60)
        assert world.vmi() is not None
        world.api.remove("pods", "vm")
        await world.settle()
        assert world.vmi() is None


async def test_a_pod_ends_with_its_vm_whoever_holds_the_vm_back() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi())
        await world.settle()
        world.bind()
        world.run_guest()
        world.api.change(VMIS, "vm", {"metadata": {"finalizers": ["example.com/theirs"]}})
        world.api.delete(VMIS, "vm")
        await world.settle()
        pod = world.pod()
        assert pod is not None
        assert pod["metadata"]["deletionTimestamp"]
        world.end_pod()
        await world.look_again(seconds=6)
        assert world.status()["phase"] == "Succeeded"
        vmi = world.vmi()
        assert vmi is not None
        assert vmi["metadata"]["finalizers"] == ["example.com/theirs"]


async def test_a_guest_that_was_made_up_is_taken_back_while_its_pod_has_no_node() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi())
        await world.settle()
        world.run_guest()
        await world.settle()
        status = world.status()
        assert (status["phase"], status.get("nodeName")) == ("Scheduling", None)
        assert world.condition("Ready")["status"] == "False"
        assert [s["phase"] for s in status["phaseTransitionTimestamps"]] == [
            "Pending",
            "Scheduling",
        ]
        world.bind()
        world.run_guest()
        await world.look_again(seconds=10)
        assert world.status()["phase"] == "Running"


async def test_a_guest_is_believed_when_only_our_view_of_its_pod_is_old() -> None:
    async with run_world() as world:
        world.api.put(VMIS, build_vmi())
        await world.settle()
        before = len(world.api.writes)
        world.bind()
        bound = world.api.changes.pop()  # the watch does not tell of it yet
        assert bound.object["spec"]["nodeName"]
        world.run_guest()
        await world.settle()
        assert world.status()["phase"] == "Running"
        assert len(world.api.writes) == before
