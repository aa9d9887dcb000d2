"""KubeVirt's own client against our API: its verbs, and what it says of those that are refused."""

import re
from collections.abc import Iterator

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.guests import build_bare_vmi, build_claim, build_vm, build_vm_of
from tests.e2e.kubectl import Kubectl, KubectlError
from tests.e2e.observer import VMIS, VMS, Json
from tests.e2e.virtctl import open_virtctl
from tests.e2e.virtual_machine import MakeVirtualMachine, VirtualMachine, destroy_all
from tests.e2e.vm import LOGIN

RUNS, HALTED, CLAIM = "virtctl-runs", "virtctl-halted", "virtctl-claim"
NOW_SECONDS = 25.0  # what "at once" may take on a busy machine
HANG_SECONDS = 60.0  # whoever has not answered by then hangs


@pytest.fixture(scope="module")
def virtctl(cluster: Cluster) -> Kubectl:
    return open_virtctl(cluster.kubectl)


@pytest.fixture(scope="module")
def machine(cluster: Cluster) -> Iterator[VirtualMachine]:
    """Yield a VM that runs, beside one that is halted; tests leave it running and unpaused."""
    made = VirtualMachine(cluster, build_vm(RUNS, "Always")).apply()
    halted = VirtualMachine(cluster, build_vm(HALTED, "Halted")).apply()
    cluster.kubectl.apply(build_claim(CLAIM, "1Mi"))
    halted.until_stopped()
    made.until_running()
    yield made
    destroy_all([made, halted])
    cluster.kubectl("delete", "pvc", CLAIM)


def build_deaf(name: str, strategy: str) -> Json:
    """Return the manifest of a VM that does not hear its power button, and 40 s to."""
    return build_vm_of(build_bare_vmi(name, grace_seconds=40), strategy)


def test_it_tells_both_versions(virtctl: Kubectl) -> None:
    told = virtctl("version", seconds=HANG_SECONDS)
    assert re.search(r'^Client Version: .*GitVersion:"v1\.8\.0"', told, re.MULTILINE)
    assert re.search(r'^Server Version: .*GitVersion:"v\d+\.\d+\.\d+', told, re.MULTILINE)


def test_start_then_stop_now(virtctl: Kubectl, virtual_machine: MakeVirtualMachine) -> None:
    made = virtual_machine(build_deaf("virtctl-start", "Halted"))
    made.until_stopped()
    assert "scheduled to start" in virtctl("start", made.name, "--dry-run")
    assert made.read()["spec"]["runStrategy"] == "Halted"
    made.mark()
    assert "scheduled to start" in virtctl("start", made.name)
    made.until_running()
    assert "scheduled to stop" in virtctl("stop", made.name, "--dry-run")
    assert made.read()["spec"]["runStrategy"] == "Always"
    with made.instance.watch_qemu() as end:
        made.mark()
        virtctl("stop", made.name, "--force", "--grace-period=0")
        end.wait(NOW_SECONDS)
    made.until_stopped()
    assert made.read()["spec"]["runStrategy"] == "Halted"


def test_start_paused_waits_to_be_unpaused(
    virtctl: Kubectl, virtual_machine: MakeVirtualMachine
) -> None:
    made = virtual_machine(build_vm("virtctl-paused", "Manual"))
    made.until_stopped()
    virtctl("start", made.name, "--paused")
    made.until_status("Paused")
    # the VM says so before the kubelet tells that the container runs
    made.cluster.kubectl.wait(f"pod/{made.name}", "condition=Ready")
    log = made.cluster.kubectl("logs", made.name)
    assert "Linux version" not in log
    made.mark()
    virtctl("unpause", "vm", made.name)
    made.until_running()
    made.instance.until_login()


def test_restart_and_restart_now(virtctl: Kubectl, virtual_machine: MakeVirtualMachine) -> None:
    made = virtual_machine(build_deaf("virtctl-again", "RerunOnFailure")).until_running()
    first = made.instance_uid
    assert "scheduled to restart" in virtctl("restart", made.name, "--dry-run")
    assert made.instance_uid == first
    with made.instance.watch_qemu() as end:
        virtctl("restart", made.name, "--force", "--grace-period=0")
        end.wait(NOW_SECONDS)
    assert made.until_next_instance(first)


def test_pause_stops_the_clock_and_unpause_lets_it_go_on(
    virtctl: Kubectl, machine: VirtualMachine
) -> None:
    machine.mark()
    assert "scheduled to pause" in virtctl("pause", "vm", RUNS, "--dry-run")
    assert "scheduled to pause" in virtctl("pause", "vm", RUNS)
    machine.until_status("Paused")
    machine.instance.until_condition("Paused", "True", "PausedByUser")
    with pytest.raises(KubectlError, match="VMI is already paused"):
        virtctl("pause", "vmi", RUNS)
    with pytest.raises(KubectlError, match="VMI is paused"):
        virtctl("soft-reboot", RUNS)
    with pytest.raises(KubectlError, match="VMI is paused"):
        virtctl("userlist", RUNS)
    machine.mark()
    virtctl("unpause", "vmi", RUNS)
    machine.until_status("Running")
    with pytest.raises(KubectlError, match="VMI is not paused"):
        virtctl("unpause", "vm", RUNS)


@pytest.mark.parametrize("verb", ["reset", "soft-reboot"])
def test_a_reboot_keeps_the_pod(virtctl: Kubectl, machine: VirtualMachine, verb: str) -> None:
    machine.instance.until_login()
    pod_uid = machine.instance.pod_uid
    with machine.instance.logs("--tail=1") as console:
        console.expect(LOGIN, 60)  # it listens
        virtctl(verb, RUNS)
        console.expect(r"Linux version.*login:\s*$", 240)
    assert machine.instance.pod_uid == pod_uid


REFUSED = [
    # state
    (("start", RUNS), r'virtualmachine\.kubevirt\.io "virtctl-runs": VM is already running'),
    (("stop", HALTED), "VM is not running"),
    (("restart", HALTED), "does not support manual restart requests"),
    (("migrate", RUNS), "cannot migrate VMs yet"),
    (("migrate", HALTED), "VM is not running"),
    (("pause", "vm", HALTED), "is not set to run"),
    (("pause", "vmi", HALTED), r'virtualmachineinstance\.kubevirt\.io "virtctl-halted" not found'),
    (("unpause", "vmi", RUNS), "VMI is not paused"),
    (("reset", HALTED), "not found"),
    (("soft-reboot", HALTED), "not found"),
    (("vnc", "screenshot", HALTED, "-f", "-"), "not found"),
    # no such VM
    (("start", "no-such-vm"), r'virtualmachine\.kubevirt\.io "no-such-vm" not found'),
    (("stop", "no-such-vm"), "not found"),
    (("restart", "no-such-vm"), "not found"),
    (("expand", "--vm", "no-such-vm"), "not found"),
    (("expose", "vm", "no-such-vm", "--port=1", "--name=x"), "not found"),
    # no agent in the guest; of guestosinfo's refusal the client shows the code alone
    (("guestosinfo", RUNS), "the server reported a conflict"),
    (("userlist", RUNS), "VMI does not have guest agent connected"),
    (("fslist", RUNS), "VMI does not have guest agent connected"),
    # what virtpod does not have
    (("addvolume", RUNS, f"--volume-name={CLAIM}"), "virtpod has no volumes that are attached"),
    (("removevolume", RUNS, f"--volume-name={CLAIM}"), "virtpod has no volumes that are attached"),
    (("memory-dump", "get", RUNS, f"--claim-name={CLAIM}"), "virtpod has no memory dumps yet"),
    (("memory-dump", "remove", RUNS), "virtpod has no memory dumps yet"),
    (("evacuate-cancel", "vm", RUNS), "virtpod has no evacuation of nodes yet"),
    (("evacuate-cancel", "vmi", RUNS), "virtpod has no evacuation of nodes yet"),
    (("objectgraph", RUNS), "virtpod has no graphs of objects yet"),
    (("objectgraph", "--vmi", RUNS), "virtpod has no graphs of objects yet"),
    (("migrate-cancel", RUNS), "virtualmachineinstancemigrations"),
    (("vmexport", "create", "x", f"--vm={RUNS}"), r"virtualmachineexports\.export\.kubevirt\.io"),
    (("template", "process", "x"), r"virtualmachinetemplates\.template\.kubevirt\.io"),
    (("guestfs", CLAIM), "could not get guestfs image info"),
    (
        ("image-upload", "dv", "x", "--size=1Mi", "--image-path=/etc/hostname"),
        r"datavolumes\.cdi\.kubevirt\.io",
    ),
]


@pytest.mark.parametrize(("words", "why"), REFUSED, ids=[" ".join(words) for words, _ in REFUSED])
@pytest.mark.usefixtures("machine")
def test_what_is_refused_ends_with_the_reason(
    virtctl: Kubectl, words: tuple[str, ...], why: str
) -> None:
    with pytest.raises(KubectlError, match=why):
        virtctl(*words, seconds=HANG_SECONDS)


def test_credentials_are_changed_in_the_vm(virtctl: Kubectl, machine: VirtualMachine) -> None:
    """They are the VM's spec and a Secret: nothing of it is the subresource API's."""
    with pytest.raises(KubectlError, match="--force"):
        virtctl("credentials", "add-ssh-key", RUNS, "--user=root", "--value=ssh-ed25519 AAAA")
    with pytest.raises(KubectlError, match="no secrets assigned"):
        virtctl("credentials", "set-password", RUNS, "--user=root", "--password=x")
    assert "accessCredentials" not in machine.read()["spec"]["template"]["spec"]


def test_the_refused_left_everything_as_it_was(
    cluster: Cluster, virtctl: Kubectl, machine: VirtualMachine
) -> None:
    uid = machine.instance_uid
    for words, _ in REFUSED[:4]:
        with pytest.raises(KubectlError):
            virtctl(*words)
    assert machine.instance_uid == uid
    assert cluster.api.get(cluster.path(VMIS, RUNS))["status"]["phase"] == "Running"
    assert cluster.api.get(cluster.path(VMS, HALTED))["spec"]["runStrategy"] == "Halted"
