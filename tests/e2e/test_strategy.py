"""Every run strategy, and what it makes of a VMI that is not there, ends, or is outdated."""

import pytest

from tests.e2e.guests import build_bare_vmi, build_vm, build_vm_of
from tests.e2e.observer import Json
from tests.e2e.virtual_machine import MakeVirtualMachine, VirtualMachine
from tests.e2e.vm import find_condition

STRATEGIES = ("Always", "Halted", "Manual", "RerunOnFailure", "Once")
STARTS_BY_ITSELF = ("Always", "RerunOnFailure", "Once")
STARTABLE = ("Always", "Manual", "RerunOnFailure", "Once")
# A crash soon after the start counts as a failure to start: the next try is 10 to 15 s later.
BACK_OFF_SECONDS = 180
IMAGE_SECONDS = 180


def build_deaf(name: str, strategy: str, grace_seconds: int = 0) -> Json:
    """Return a VM of firmware alone: it runs at once, and ends by force only."""
    return build_vm_of(build_bare_vmi(name, grace_seconds=grace_seconds), strategy)


def start(make: MakeVirtualMachine, manifest: Json) -> VirtualMachine:
    """Make a VM and have it run; a Manual one has to be asked."""
    made = make(manifest)
    if manifest["spec"]["runStrategy"] == "Manual":
        made.until_stopped()
        made.start()
    return made.until_running()


def power_off(made: VirtualMachine) -> None:
    with made.instance.log_in() as console:
        made.mark()
        console.type("poweroff\r")
        made.instance.until_phase("Succeeded")  # a terminal that closes at once may not send it


def is_calm(vm: Json) -> bool:
    """Tell whether a VM runs, and nothing else is asked of it."""
    status = vm["status"]
    return status["printableStatus"] == "Running" and not status.get("stateChangeRequests")


def assert_left_in_place(made: VirtualMachine, uid: str, phase: str) -> None:
    """The ended VMI stays, and says how it ended; the VM is stopped."""
    made.instance.until_phase(phase)
    made.until_status("Stopped")
    assert made.instance.read()["metadata"]["uid"] == uid
    assert made.instance_uids() == [uid]
    assert not made.read()["status"].get("ready")


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_vm_without_a_vmi_runs_or_waits(
    virtual_machine: MakeVirtualMachine, strategy: str
) -> None:
    made = virtual_machine(build_deaf(f"missing-{strategy.lower()}", strategy))
    if strategy in STARTS_BY_ITSELF:
        status = made.until_status("Running")["status"]
        assert (status["created"], status["ready"]) == (True, True)
        assert len(made.instance_uids()) == 1
    else:
        vm = made.until(lambda vm: vm["status"].get("observedGeneration") is not None, "look")
        assert vm["status"]["printableStatus"] == "Stopped"
        assert made.instance_uids() == []


@pytest.mark.parametrize("strategy", STARTABLE)
def test_a_deleted_vmi_comes_again_only_with_always(
    virtual_machine: MakeVirtualMachine, strategy: str
) -> None:
    made = start(virtual_machine, build_deaf(f"deleted-{strategy.lower()}", strategy))
    uid = made.instance_uid
    made.instance.delete()
    if strategy == "Always":
        assert made.until_next_instance(uid)
    else:
        made.instance.until_gone(60)
        made.until_stopped()
        assert made.instance_uids() == [uid]


@pytest.mark.parametrize("strategy", STARTABLE)
def test_a_guest_that_powers_off(virtual_machine: MakeVirtualMachine, strategy: str) -> None:
    made = start(virtual_machine, build_vm(f"off-{strategy.lower()}", strategy))
    uid = made.instance_uid
    power_off(made)
    if strategy == "Always":
        assert made.until_next_instance(uid)
    elif strategy == "RerunOnFailure":
        made.instance.until_gone(60)
        made.until_stopped()
        assert made.instance_uids() == [uid]
    else:
        assert_left_in_place(made, uid, "Succeeded")


@pytest.mark.parametrize("strategy", STARTABLE)
def test_a_killed_qemu(virtual_machine: MakeVirtualMachine, strategy: str) -> None:
    made = start(virtual_machine, build_deaf(f"killed-{strategy.lower()}", strategy))
    uid = made.instance_uid
    made.mark()
    made.instance.qemu().kill()
    if strategy in {"Always", "RerunOnFailure"}:
        assert made.until_next_instance(uid, BACK_OFF_SECONDS)
    else:
        assert_left_in_place(made, uid, "Failed")


@pytest.mark.parametrize("strategy", STARTABLE)
def test_a_deleted_pod(virtual_machine: MakeVirtualMachine, strategy: str) -> None:
    made = start(virtual_machine, build_deaf(f"podless-{strategy.lower()}", strategy))
    uid = made.instance_uid
    made.mark()
    made.cluster.kubectl("delete", "pod", made.name)
    if strategy in {"Always", "RerunOnFailure"}:
        assert made.until_next_instance(uid)
    else:
        assert_left_in_place(made, uid, "Failed")


@pytest.mark.parametrize("strategy", STARTABLE)
def test_an_edit_while_running_waits_for_a_restart(
    virtual_machine: MakeVirtualMachine, strategy: str
) -> None:
    made = start(virtual_machine, build_deaf(f"edited-{strategy.lower()}", strategy))
    uid = made.instance_uid
    made.patch({"template": {"spec": {"domain": {"memory": {"guest": "80Mi"}}}}})
    condition = made.until_condition("RestartRequired", "True")
    assert "spec.template.spec.domain.memory.guest" in condition["message"]
    assert made.instance_uid == uid
    made.patch({"template": {"spec": {"domain": {"memory": {"guest": "64Mi"}}}}})
    made.until(lambda vm: not find_condition(vm, "RestartRequired"), "no more RestartRequired")
    made.patch({"template": {"spec": {"domain": {"memory": {"guest": "96Mi"}}}}})
    made.until_condition("RestartRequired", "True")
    if strategy == "Once":
        return  # it does not start twice
    made.restart()
    made.until_next_instance(uid)
    assert made.instance.read()["spec"]["domain"]["memory"]["guest"] == "96Mi"
    made.until(
        lambda vm: bool(vm["status"].get("ready")) and not find_condition(vm, "RestartRequired"),
        "ready again and no more RestartRequired",
    )


def test_an_image_is_corrected_before_the_guest_ever_ran(
    virtual_machine: MakeVirtualMachine,
) -> None:
    right = build_vm("corrected", "Always")
    made = virtual_machine(build_vm("corrected", "Always", image="localhost:1/nobody/nothing:0"))
    made.until_status("ImagePullBackOff", IMAGE_SECONDS)
    uid = made.instance_uid
    made.mark()
    made.cluster.kubectl.apply(right)
    made.until_running()
    assert made.instance_uids()[0] == uid
    assert len(made.instance_uids()) == 2
    assert not find_condition(made.read(), "RestartRequired")


def test_a_halted_vm_stops_gracefully(virtual_machine: MakeVirtualMachine) -> None:
    made = start(virtual_machine, build_vm("halted-off", "Always"))
    made.instance.until_login()
    made.set_strategy("Halted")
    made.until_status("Stopping")
    made.until_stopped()
    assert made.instance.last_reason() == ("Succeeded", "GuestShutdown")


@pytest.mark.parametrize("end", ["qemu", "pod"])
def test_a_halted_vm_whose_guest_ends_otherwise_is_stopped(
    virtual_machine: MakeVirtualMachine, end: str
) -> None:
    made = start(virtual_machine, build_deaf(f"halted-{end}", "Always", grace_seconds=600))
    made.set_strategy("Halted")
    made.until_status("Stopping")
    if end == "qemu":
        made.instance.qemu().kill()
    else:
        made.cluster.kubectl("delete", "pod", made.name, "--now", "--wait=false")
    made.until_stopped()
    assert len(made.instance_uids()) == 1


def test_an_edit_of_a_halted_vm_needs_no_restart(virtual_machine: MakeVirtualMachine) -> None:
    made = virtual_machine(build_deaf("halted-edited", "Halted"))
    made.until_stopped()
    generation = made.patch({"template": {"spec": {"domain": {"memory": {"guest": "80Mi"}}}}})[
        "metadata"
    ]["generation"]
    vm = made.until(
        lambda vm: vm["status"].get("observedGeneration") == generation, "look at the edit"
    )
    assert not find_condition(vm, "RestartRequired")


def test_the_deprecated_spelling_is_kept(virtual_machine: MakeVirtualMachine) -> None:
    manifest = build_deaf("running-alias", "Always")
    manifest["spec"] = {"running": True, "template": manifest["spec"]["template"]}
    made = virtual_machine(manifest).until_running()
    assert made.read()["spec"]["running"] is True
    assert "runStrategy" not in made.read()["spec"]
    made.patch({"running": False})
    made.until_stopped()
    assert "runStrategy" not in made.read()["spec"]


def test_manual_is_started_stopped_and_restarted_by_requests(
    virtual_machine: MakeVirtualMachine,
) -> None:
    made = start(virtual_machine, build_deaf("manual", "Manual"))
    first = made.instance_uid
    made.restart()
    second = made.until_next_instance(first)
    made.cluster.vms.until_newest(made.name, is_calm, 60)
    made.stop()
    made.until_stopped()
    assert made.instance_uids() == [first, second]


def test_a_request_to_start_paused(virtual_machine: MakeVirtualMachine) -> None:
    made = virtual_machine(build_deaf("start-paused", "Halted"))
    made.until_stopped()
    made.request({"action": "Start", "data": {"paused": "true"}})
    vm = made.until_status("Paused")
    assert vm["spec"]["runStrategy"] == "Always"
    assert made.instance.read()["spec"]["startStrategy"] == "Paused"
