"""Each word of printableStatus, reached for real, with the sentence that says why."""

from tests.e2e.guests import (
    build_bare_vmi,
    build_claim,
    build_container_disk,
    build_vm,
    build_vm_of,
)
from tests.e2e.observer import Json
from tests.e2e.virtual_machine import MakeVirtualMachine, VirtualMachine
from tests.e2e.vm import find_condition

SLOW_SECONDS = 180  # of what the kubelet must say, image pulls above all


def build_deaf(name: str, strategy: str = "Always", **spec: object) -> Json:
    """Return a VM of firmware alone, which runs at once and ends by force only."""
    return build_vm_of(build_bare_vmi(name, **spec), strategy)  # type: ignore[arg-type]


def build_on_claim(name: str, claim: str) -> Json:
    volumes = [{"name": "boot", "persistentVolumeClaim": {"claimName": claim}}]
    return build_vm(name, volumes=volumes, terminationGracePeriodSeconds=0)


def assert_told(vm: Json, *words: str) -> None:
    """The Ready condition says it in a sentence with these words."""
    ready = find_condition(vm, "Ready")
    assert ready is not None
    assert ready["status"] == "False"
    for word in words:
        assert word in ready["message"], ready


def assert_ending(vm: Json) -> None:
    """The guest runs still, and the Ready condition says what is awaited."""
    ready = find_condition(vm, "Ready")
    assert ready is not None
    assert "power off" in ready["message"]


def kill_and_wait(made: VirtualMachine) -> None:
    made.instance.qemu().kill()
    made.until_gone()


def test_stopped(virtual_machine: MakeVirtualMachine) -> None:
    made = virtual_machine(build_deaf("stopped", "Halted"))
    vm = made.until(lambda vm: find_condition(vm, "Ready") is not None, "a Ready condition")
    assert vm["status"]["printableStatus"] == "Stopped"
    assert find_condition(vm, "Ready")["reason"] == "VMINotExists"  # type: ignore[index]
    assert_told(vm, "Halted", "kubectl patch vm stopped")


def test_running_stopping_and_terminating(virtual_machine: MakeVirtualMachine) -> None:
    made = virtual_machine(build_deaf("ending", grace_seconds=180)).until_running()
    made.set_strategy("Halted")
    assert_ending(made.until_status("Stopping"))
    made.delete()
    assert_ending(made.until_status("Terminating"))
    kill_and_wait(made)


def test_paused(virtual_machine: MakeVirtualMachine) -> None:
    made = virtual_machine(build_deaf("paused", startStrategy="Paused"))
    vm = made.until_status("Paused")
    condition = find_condition(vm, "Paused")
    assert condition is not None
    assert condition["status"] == "True"


def test_a_claim_that_is_not_there_and_one_that_is_not_bound_yet(
    virtual_machine: MakeVirtualMachine,
) -> None:
    made = virtual_machine(build_on_claim("claim-late", "late"))
    assert_told(made.until_status("ErrorPvcNotFound"), "late")
    made.cluster.kubectl.apply(build_claim("late", "64Mi"))
    assert_told(made.until_status("WaitingForVolumeBinding"), "late")
    made.until_running()


def test_no_node_fits(virtual_machine: MakeVirtualMachine) -> None:
    made = virtual_machine(build_deaf("nowhere", nodeSelector={"no": "where"}))
    vm = made.until_status("ErrorUnschedulable")
    assert_told(vm, "node")
    assert (vm["status"]["created"], vm["status"].get("ready", False)) == (True, False)


def test_an_image_that_cannot_be_pulled(virtual_machine: MakeVirtualMachine) -> None:
    image = "localhost:1/nobody/nothing:0"
    made = virtual_machine(build_vm("imageless", volumes=[build_container_disk(image)]))
    assert_told(made.until_status("ErrImagePull", SLOW_SECONDS), image)
    assert_told(made.until_status("ImagePullBackOff", SLOW_SECONDS), image)


def test_starting_is_told_when_it_takes_long(virtual_machine: MakeVirtualMachine) -> None:
    seed = {"name": "seed", "cloudInitNoCloud": {"secretRef": {"name": "late-secret"}}}
    made = virtual_machine(build_vm("slow", volumes=[build_container_disk(), seed]))
    vm = made.until_status("Starting")
    assert vm["status"]["created"] is True
    assert_told(vm)
    secret = {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "late-secret"}}
    made.cluster.kubectl.apply({**secret, "stringData": {"userdata": "#!/bin/sh\n"}})
    made.until_status("Running", SLOW_SECONDS)


def test_a_crash_loop_backs_off_more_and_more_and_recovers(
    virtual_machine: MakeVirtualMachine,
) -> None:
    broken = build_container_disk()
    broken["containerDisk"]["path"] = "/disk/nothing.img"
    made = virtual_machine(build_vm("looping", volumes=[broken]))
    vm = made.until_status("CrashLoopBackOff")
    assert_told(vm, "nothing.img", "kubectl")
    assert vm["status"]["startFailure"]["consecutiveFailCount"] == 1
    first = vm["status"]["startFailure"]["retryAfterTimestamp"]
    vm = made.until(
        lambda vm: vm["status"].get("startFailure", {}).get("consecutiveFailCount") == 2,
        "second failure",
        SLOW_SECONDS,
    )
    assert vm["status"]["startFailure"]["retryAfterTimestamp"] > first
    made.patch({"template": {"spec": {"volumes": [build_container_disk()]}}})
    made.until_running()
    assert not made.read()["status"].get("startFailure")


def test_a_vm_that_cannot_be_had_says_so_and_makes_no_vmi(
    virtual_machine: MakeVirtualMachine,
) -> None:
    manifest = build_deaf("unbuilt")
    manifest["spec"]["template"]["spec"]["domain"]["devices"]["tpm"] = {}
    made = virtual_machine(manifest)
    condition = made.until_condition("Failure", "True")
    assert "spec.template.spec.domain.devices.tpm" in condition["message"]
    vm = made.until(lambda vm: find_condition(vm, "Ready") is not None, "a Ready condition")
    assert_told(vm, "tpm")
    assert not vm["status"].get("created")
    assert made.instance_uids() == []
