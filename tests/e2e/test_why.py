"""`kubectl virt why` says what the VM's Ready condition says, as a user types it."""

import json
import os
import subprocess
import sys
from pathlib import Path

from tests.e2e.cluster import Cluster
from tests.e2e.guests import build_bare_vmi, build_container_disk, build_vm, build_vm_of
from tests.e2e.observer import Json
from tests.e2e.virtual_machine import MakeVirtualMachine, VirtualMachine
from tests.e2e.vm import MakeVm, find_condition

TRIES = 4
PLUGINS = Path(sys.executable).parent  # where `make setup` puts kubectl-virt


def virt(cluster: Cluster, *words: str) -> subprocess.CompletedProcess[str]:
    """Run `kubectl virt WORDS` in the tests' namespace."""
    kubectl = cluster.kubectl
    path = os.pathsep.join([str(PLUGINS), str(Path(kubectl.program).parent), os.environ["PATH"]])
    return subprocess.run(
        [kubectl.program, "virt", *words, "--namespace", cluster.namespace],
        env={**kubectl.env, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def read_sentence(vm: Json) -> str:
    ready = find_condition(vm, "Ready")
    assert ready is not None
    return str(ready["message"])


def ask(made: VirtualMachine) -> str:
    """Return the command's answer; it is the condition's, of just before or of any time since."""
    made.mark()
    before = read_sentence(made.read())
    done = virt(made.cluster, "why", made.name)
    assert (done.returncode, done.stderr) == (0, "")
    said = done.stdout.removesuffix("\n")
    if said != before:
        made.until(lambda vm: read_sentence(vm) == said, said)
    return done.stdout


def build_deaf(name: str, strategy: str = "Always", **spec: object) -> Json:
    return build_vm_of(build_bare_vmi(name, **spec), strategy)  # type: ignore[arg-type]


def test_a_stopped_vm(virtual_machine: MakeVirtualMachine) -> None:
    made = virtual_machine(build_deaf("why-stopped", "Halted"))
    made.until_condition("Ready", "False")
    assert "kubectl patch vm why-stopped" in ask(made)


def test_an_unschedulable_vm(virtual_machine: MakeVirtualMachine) -> None:
    made = virtual_machine(build_deaf("why-nowhere", nodeSelector={"no": "where"}))
    made.until_status("ErrorUnschedulable")
    assert "node" in ask(made)


def test_a_crash_looping_vm(virtual_machine: MakeVirtualMachine) -> None:
    broken = build_container_disk()
    broken["containerDisk"]["path"] = "/disk/nothing.img"
    made = virtual_machine(build_vm("why-looping", volumes=[broken]))
    made.until_status("CrashLoopBackOff")
    said = ask(made)
    for _ in range(TRIES):
        if "nothing.img" in said:
            break
        made.until_status("CrashLoopBackOff")  # it was about to start again: the pauses grow
        said = ask(made)
    assert "nothing.img" in said


def test_a_running_vm(virtual_machine: MakeVirtualMachine) -> None:
    made = virtual_machine(build_deaf("why-running")).until_running()
    ask(made)
    done = virt(made.cluster, "why", "vm/why-running", "-o", "json")
    told = json.loads(done.stdout)
    assert (told["kind"], told["running"]) == ("VirtualMachine", True)


def test_an_instance_of_no_vm(vm_running: MakeVm) -> None:
    made = vm_running(build_bare_vmi("why-alone"))
    done = virt(made.cluster, "why", "why-alone")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("why-alone is running on ")


def test_nothing_of_the_name(cluster: Cluster) -> None:
    done = virt(cluster, "why", "why-not")
    assert (done.returncode, done.stdout) == (1, "")
    words = 'Error from server (NotFound): virtualmachines.kubevirt.io "why-not" not found\n'
    assert words in done.stderr


def test_a_vm_is_expanded(cluster: Cluster, virtual_machine: MakeVirtualMachine) -> None:
    size = {
        "apiVersion": "instancetype.kubevirt.io/v1beta1",
        "kind": "VirtualMachineInstancetype",
        "metadata": {"name": "tiny"},
        "spec": {"cpu": {"guest": 1}, "memory": {"guest": "64Mi"}},
    }
    manifest = build_deaf("expanded", "Halted")
    del manifest["spec"]["template"]["spec"]["domain"]["memory"]
    manifest["spec"]["instancetype"] = {"name": "tiny", "kind": "VirtualMachineInstancetype"}
    cluster.kubectl.apply(size)
    made = virtual_machine(manifest)
    made.until(lambda vm: "instancetypeRef" in vm["status"], "a revision of the instancetype")
    # what the VM holds on to goes before the catalogue of now
    made.cluster.kubectl("delete", "vminstancetype", "tiny")
    done = virt(made.cluster, "expand", "--vm", "expanded", "-o", "json")
    assert (done.returncode, done.stderr) == (0, "")
    spec = json.loads(done.stdout)["spec"]
    assert spec["template"]["spec"]["domain"]["memory"] == {"guest": "64Mi"}
    assert "instancetype" not in spec
