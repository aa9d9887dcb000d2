"""How a VM's life ends, asked for or not."""

from tests.e2e.cluster import Cluster
from tests.e2e.guests import build_bare_vmi, build_vmi
from tests.e2e.machine import list_processes
from tests.e2e.observer import PODS
from tests.e2e.vm import START_SECONDS, MakeVm, Vm

# Between the guest's own end and that of its object: 2 s, and patience with a busy machine. The
# grace of the guests that are stopped here is many times as long.
GONE_AFTER_GUEST_SECONDS = 10.0
SHUTDOWN_SECONDS = 90.0  # how long a tiny guest may take to power off
POWERED_DOWN = "Power down|power down"


def power_off_by_deleting(made: Vm, kind: str) -> tuple[float, float]:
    """kubectl delete KIND NAME; return when qemu ended and when the object was gone."""
    cluster = made.cluster
    with made.log_in() as console, made.watch_qemu() as end:
        watch = cluster.pods if kind == "pod" else cluster.vmis
        cluster.kubectl("delete", kind, made.name, "--wait=false")
        console.expect(POWERED_DOWN, SHUTDOWN_SECONDS)
        ended = end.wait(SHUTDOWN_SECONDS)
        gone = watch.until_gone(made.name, 60).at
    return ended, gone


def test_deleting_a_vmi_powers_its_guest_off_and_ends_soon_after(vm: MakeVm) -> None:
    made = vm(build_vmi("deleted"))
    ended, gone = power_off_by_deleting(made, "vmi")
    assert gone - ended < GONE_AFTER_GUEST_SECONDS
    assert made.last_reason() == ("Succeeded", "GuestShutdown")


def test_deleting_a_pod_powers_its_guest_off_and_ends_soon_after(vm: MakeVm) -> None:
    made = vm(build_vmi("pod-deleted"))
    ended, gone = power_off_by_deleting(made, "pod")
    assert gone - ended < GONE_AFTER_GUEST_SECONDS
    assert made.until_phase("Failed", 60)["status"]["reason"] == "PodDeleted"


def test_powering_off_in_the_guest_succeeds(vm: MakeVm) -> None:
    made = vm(build_vmi("powered-off"))
    with made.log_in() as console:
        console.type("poweroff\r")
        status = made.until_phase("Succeeded", SHUTDOWN_SECONDS)["status"]
    assert status["reason"] == "GuestShutdown"
    assert made.until_pod_phase("Succeeded", 60)


def test_rebooting_in_the_guest_keeps_the_pod(vm: MakeVm) -> None:
    made = vm(build_vmi("rebooted"))
    with made.log_in() as console:
        pod_uid, qemu = made.pod_uid, made.qemu()
        console.type("reboot\r")
        console.expect(r"Linux version.*login:\s*$", 240)
        console.log_in(60)
        assert console.run("echo up again").strip() == "up again"
    assert made.pod_uid == pod_uid
    assert made.qemu() == qemu
    assert made.read()["status"]["phase"] == "Running"


def test_a_deaf_guest_is_killed_when_its_grace_ends(vm_running: MakeVm) -> None:
    made = vm_running(build_bare_vmi("deaf", grace_seconds=3))
    with made.watch_qemu() as end:
        asked = made.delete()
        ended = end.wait(60)
    assert 3.0 <= ended - asked < 3.0 + GONE_AFTER_GUEST_SECONDS
    assert made.until_gone(60).at - ended < GONE_AFTER_GUEST_SECONDS
    assert made.last_reason() == ("Failed", "KilledAtDeadline")


def test_deleting_without_grace_does_not_ask_the_guest(vm_running: MakeVm) -> None:
    made = vm_running(build_bare_vmi("graceless"))
    with made.watch_qemu() as end:
        asked = made.delete()
        assert end.wait(60) - asked < GONE_AFTER_GUEST_SECONDS
    assert made.until_gone(60).at - asked < GONE_AFTER_GUEST_SECONDS


def test_a_new_vmi_of_the_same_name_gets_a_pod_of_its_own(vm_running: MakeVm) -> None:
    made = vm_running(build_bare_vmi("again"))
    first = made.read()["metadata"]["uid"]
    made.delete()
    made.until_gone(60)
    second = str(made.apply().read()["metadata"]["uid"])
    assert second != first
    made.cluster.vmis.until(
        lambda seen: seen.object["metadata"]["uid"] == second and seen.phase == "Running",
        START_SECONDS,
        "the second one running",
    )
    assert made.read_pod()["metadata"]["ownerReferences"][0]["uid"] == second


def test_nothing_of_a_vm_is_left(cluster: Cluster, vm_running: MakeVm) -> None:
    made = vm_running(build_bare_vmi("traceless"))
    pod_uid = made.pod_uid
    made.delete()
    made.until_gone(60)
    cluster.pods.until_gone(made.name, 60)
    assert not list_processes(pod_uid)
    listed = cluster.api.get(PODS.format(namespace=cluster.namespace))["items"]
    assert made.name not in {pod["metadata"]["name"] for pod in listed}
