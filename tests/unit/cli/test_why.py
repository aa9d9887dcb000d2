"""`kubectl virt why` says what the object says."""

import json
from datetime import UTC, datetime, timedelta

import pytest
import yaml

from cli.explanation import NOT_OBSERVED, PATIENCE, Explanation, explain
from tests.unit.cli.conftest import FakeKubectl, Json

VMS = "virtualmachines.kubevirt.io"
VMIS = "virtualmachineinstances.kubevirt.io"
NO_NODE = "0/1 nodes are available: 1 Insufficient memory"
NOW = datetime(2026, 1, 1, 12, 0, 0, tzinfo=UTC)
SENTENCE = "myvm is halted; start it: kubectl patch vm myvm --type merge -p '{}'"


def build(kind: str = "VirtualMachine", name: str = "myvm", **status: object) -> Json:
    return {"kind": kind, "metadata": {"name": name}, "status": status}


def ready(status: str, reason: str, message: str = "") -> list[Json]:
    condition = {"type": "Ready", "status": status, "reason": reason}
    return [{"type": "Paused", "status": "True"}, {**condition, "message": message}]


def ask(item: Json) -> Explanation:
    return explain(item, NOW)


def made_ago(age: timedelta) -> Json:
    made = (NOW - age).strftime("%Y-%m-%dT%H:%M:%SZ")
    return {"kind": "VirtualMachine", "metadata": {"name": "myvm", "creationTimestamp": made}}


STOPPED = build(conditions=ready("False", "VMINotExists", SENTENCE))
UNSCHEDULABLE = build(conditions=ready("False", "Unschedulable", NO_NODE))
INSTANCE = build("VirtualMachineInstance", conditions=ready("False", "Unschedulable", NO_NODE))


def test_a_stopped_vm_says_its_sentence(kubectl: FakeKubectl) -> None:
    kubectl.know(VMS, STOPPED)
    done = kubectl.virt("why", "myvm")
    assert (done.code, done.out, done.err) == (0, f"{SENTENCE}\n", "")
    assert kubectl.calls() == [["get", "--output=json", "--", VMS, "myvm"]]


@pytest.mark.parametrize("target", ["vm/myvm", "VM/myvm", f"{VMS}/myvm", "virtualmachine/myvm"])
def test_a_vm_can_be_asked_for_by_type(kubectl: FakeKubectl, target: str) -> None:
    kubectl.know(VMS, STOPPED)
    kubectl.know(VMIS, INSTANCE)
    assert kubectl.virt("why", target).out == f"{SENTENCE}\n"


def test_an_instance_can_be_asked_for_by_type(kubectl: FakeKubectl) -> None:
    kubectl.know(VMS, STOPPED)
    kubectl.know(VMIS, INSTANCE)
    assert kubectl.virt("why", "vmi/myvm").out == f"{NO_NODE}\n"


def test_a_name_that_is_no_vm_may_be_an_instance(kubectl: FakeKubectl) -> None:
    kubectl.know(VMIS, INSTANCE)
    done = kubectl.virt("why", "myvm")
    assert (done.code, done.out, done.err) == (0, f"{NO_NODE}\n", "")


def test_what_does_not_exist_is_said_in_kubectls_words(kubectl: FakeKubectl) -> None:
    done = kubectl.virt("why", "myvm")
    words = f'Error from server (NotFound): {VMS} "myvm" not found\n'
    assert (done.code, done.out, done.err) == (1, "", words)


def test_an_instance_asked_for_by_type_is_missed_as_one(kubectl: FakeKubectl) -> None:
    kubectl.know(VMS, STOPPED)
    assert f'{VMIS} "myvm" not found' in kubectl.virt("why", "vmi/myvm").err


def test_another_failure_is_not_taken_for_a_missing_vm(kubectl: FakeKubectl) -> None:
    words = "Error from server (Forbidden): virtualmachines is forbidden"
    kubectl.fail(words)
    done = kubectl.virt("why", "myvm")
    assert (done.code, done.out, done.err) == (1, "", f"{words}\n")
    assert len(kubectl.calls()) == 1


def test_another_type_is_refused_with_those_that_are_known(kubectl: FakeKubectl) -> None:
    done = kubectl.virt("why", "vmirs/mine")
    words = "why takes vm/NAME and vmi/NAME; of vmirs/mine tells: kubectl describe vmirs mine\n"
    assert (done.code, done.out, done.err) == (1, "", words)


def test_a_warning_reaches_the_user(kubectl: FakeKubectl) -> None:
    kubectl.know(VMS, STOPPED)
    kubectl.warn("Warning: v1alpha3 is deprecated\n")
    done = kubectl.virt("why", "myvm")
    assert (done.out, done.err) == (f"{SENTENCE}\n", "Warning: v1alpha3 is deprecated\n")


@pytest.mark.parametrize("output", ["json", "yaml"])
def test_programs_get_all_that_is_known(kubectl: FakeKubectl, output: str) -> None:
    kubectl.know(VMS, UNSCHEDULABLE)
    printed = kubectl.virt("why", "myvm", "-o", output).out
    assert (json.loads(printed) if output == "json" else yaml.safe_load(printed)) == {
        "name": "myvm",
        "kind": "VirtualMachine",
        "running": False,
        "reason": "Unschedulable",
        "message": NO_NODE,
    }


def test_an_unknown_format_is_refused(kubectl: FakeKubectl) -> None:
    done = kubectl.virt("why", "myvm", "-o", "xml")
    assert (done.code, done.out) == (2, "")


def test_a_running_vm_says_where() -> None:
    instance = {"nodeName": "node1", "ipAddress": "10.0.0.5"}
    told = ask(build(conditions=ready("True", "GuestRunning"), instance=instance))
    assert told.running
    assert told.message == "myvm is running on node1 with the address 10.0.0.5"


def test_a_running_instance_says_where() -> None:
    status: Json = {"nodeName": "node1", "interfaces": [{"ipAddress": "10.0.0.5"}, {}]}
    conditions = ready("True", "GuestRunning")
    told = ask(build("VirtualMachineInstance", conditions=conditions, **status))
    assert told.message == "myvm is running on node1 with the address 10.0.0.5"


def test_a_vm_that_has_just_come_up_need_not_know_where() -> None:
    told = ask(build(conditions=ready("True", "GuestRunning"), interfaces=[]))
    assert told.message == "myvm is running"


def test_the_objects_own_words_go_before_ours() -> None:
    assert ask(build(conditions=ready("True", "GuestRunning", "it runs"))).message == "it runs"


@pytest.mark.parametrize("status", [{}, {"printableStatus": "Stopped"}, {"conditions": []}])
def test_a_vm_that_nobody_has_looked_at_says_who_should(status: Json) -> None:
    told = ask(build(**status))
    assert (told.running, told.reason) == (False, NOT_OBSERVED)
    assert "kubectl --namespace kubevirt get pods" in told.message
    assert ask({"kind": "VirtualMachine", "metadata": {"name": "myvm"}}) == told


@pytest.mark.parametrize("age", [timedelta(seconds=-5), timedelta(), PATIENCE / 2])
def test_a_vm_that_was_just_made_asks_for_patience(age: timedelta) -> None:
    told = ask(made_ago(age))
    assert (told.running, told.reason) == (False, NOT_OBSERVED)
    assert told.message == "myvm was made a moment ago; ask again in a few seconds"


def test_patience_ends() -> None:
    assert "kubectl --namespace kubevirt get pods" in ask(made_ago(PATIENCE)).message


def test_a_vm_is_asked_at_the_time_of_now(kubectl: FakeKubectl) -> None:
    vm = made_ago(timedelta())
    kubectl.know(VMS, vm)
    assert "the controller has not looked" in kubectl.virt("why", "myvm").out
    vm["metadata"]["creationTimestamp"] = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    kubectl.know(VMS, vm)
    assert "a moment ago" in kubectl.virt("why", "myvm").out


def test_a_reason_without_words_is_better_than_nothing() -> None:
    assert ask(build(conditions=ready("False", "PodNotExists"))).message == "myvm: PodNotExists"


def test_no_word_of_others_steers_the_terminal() -> None:
    told = ask(build(conditions=ready("False", "StartFailed", "bad\x1b[31m\nname")))
    assert told.message == "bad [31m name"
