"""The sentence that says why a VM does not run, and what to do."""

from dataclasses import replace as replace_data
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from api.meta import Condition
from api.vm import StartFailure, VirtualMachineStatus
from controller.data_volume import Provision
from controller.refusal import Refusal
from controller.vm.decide import decide
from controller.vm.outlook import Outlook, plan_memo
from controller.vm.seen import Seen
from controller.vm.status import build_status
from controller.vm.why import Sentence
from controller.vmi.trouble import Trouble
from tests.unit.controller.vm.scene import (
    GENERATION,
    NOW,
    START,
    VMI_UID,
    ago,
    build_vm,
    build_vmi,
    ready,
    see,
)

DOCS = Path(__file__).parents[4] / "docs/why-not-running.md"
SWITCH_ON = """kubectl patch vm vm -n ns --type merge -p '{"spec":{"runStrategy":"Always"}}'"""
ALWAYS, TRUE = '{"runStrategy":"Always"}', '{"running":true}'
START_IT = (
    "kubectl patch vm vm -n ns --subresource status --type merge"
    """ -p '{"status":{"stateChangeRequests":[{"action":"Start"}]}}'"""
)
OFF = build_vmi("Succeeded", ready("False", "GuestShutdown", "the guest powered off"))
DIED = build_vmi("Failed", ready("False", "StartFailed", "no such disk"), reason="StartFailed")


def mark(strategy: str, **fields: object) -> Seen:
    """Return a VM whose run strategy was acted on, without an instance."""
    known = VirtualMachineStatus(run_strategy=strategy, observed_generation=GENERATION)
    return see(build_vm(strategy, status=replace(known, **fields)))


def tell(seen: Seen, **outlook: object) -> str:
    status = build_status(seen, replace_data(Outlook(plan_memo(seen)), **outlook))  # type: ignore[arg-type]
    (told,) = (each.message for each in status.conditions if each.type == "Ready")
    assert told is not None
    return told


def wait(phase: str, reason: str, message: str, *more: Condition) -> Seen:
    return see(vmi=build_vmi(phase, ready("False", reason, message), *more))


UNSCHEDULABLE = Condition("PodScheduled", "False", "Unschedulable", "0/1 nodes are available")
CASES = [
    (mark("Halted"), f"runStrategy is Halted; start the VM with: {SWITCH_ON}"),
    (
        see(build_vm(None, running=False)),
        f"running is false; start the VM with: {SWITCH_ON.replace(ALWAYS, TRUE)}",
    ),
    (mark("Manual"), f"runStrategy is Manual; start the VM with: {START_IT}"),
    (
        replace_data(mark("Manual"), vmi=OFF),
        f"the guest powered off; runStrategy is Manual, so start it again with: {START_IT}",
    ),
    (
        mark("RerunOnFailure"),
        f"runStrategy RerunOnFailure leaves a VM off that was shut down; start it with: {START_IT}",
    ),
    (
        mark("Once"),
        f"runStrategy is Once, and the VM has run; start it again, as Always, with: {SWITCH_ON}",
    ),
    (
        replace_data(mark("Once"), vmi=OFF),
        (
            "the guest powered off; runStrategy is Once, so start it again, as Always, with:"
            f" {SWITCH_ON}"
        ),
    ),
    (
        replace_data(mark("Always"), vmi=OFF),
        "the guest powered off; runStrategy Always starts it again",
    ),
    (
        replace_data(mark("Always"), vmi=DIED),
        (
            f"failed once: no such disk; the next try is at {ago(-10)}, or at once when the VM is"
            " edited; see: kubectl logs vm -n ns"
        ),
    ),
    (
        mark("Always", start_failure=StartFailure(3, VMI_UID, ago(-10))),
        (
            "failed 3 times in a row: its last instance was deleted; the next try is at"
            f" {ago(-10)}, or at once when the VM is edited; see: kubectl logs vm -n ns"
        ),
    ),
    (mark("Manual", state_change_requests=(START,)), "the VM is about to start"),
    (mark("Always"), "the VM is about to start"),
    (see(vmi=build_vmi("Running", ready())), "the guest runs"),
    (
        wait("Running", "LauncherUnresponsive", "the launcher does not answer"),
        "the launcher does not answer",
    ),
    (
        wait("Running", "GuestNotRunning", "the guest is paused", Condition("Paused", "True")),
        "the guest is paused; let it go on with: kubectl virt unpause vm -n ns",
    ),
    (
        see(vmi=build_vmi("Running", ready(), deleted=True)),
        (
            "the guest was told to power off, and is killed when its grace period is over;"
            " end it now with: kubectl delete pod vm -n ns --now"
        ),
    ),
    (
        wait("Pending", "FailedPvcNotFound", "PersistentVolumeClaim root not found"),
        "PersistentVolumeClaim root not found; create it, and the VM starts",
    ),
    (
        wait("Scheduling", "Unschedulable", "0/1 nodes are available", UNSCHEDULABLE),
        (
            "no node takes the VM: 0/1 nodes are available; free or add what is missing,"
            " or change what the VM asks for"
        ),
    ),
    (
        wait("Scheduled", "ErrImagePull", "container compute: no image quay.io/x"),
        (
            "container compute: no image quay.io/x; correct the image's name or pull policy,"
            " or give the VM's pod the right to pull it"
        ),
    ),
    (
        see(vmi=build_vmi("Scheduling")),
        "the guest does not run yet; see: kubectl describe vmi vm -n ns",
    ),
    (
        replace_data(mark("Halted"), provision=Provision("DataVolume disk is at 40 %")),
        "DataVolume disk is at 40 %",
    ),
    (
        replace_data(
            mark("Halted"),
            provision=Provision("DataVolume disk is not made yet"),
            missing=("disk",),
            refusal=Refusal(
                "FailedDataVolumeCreate", "no more of them", NOW + timedelta(seconds=1)
            ),
        ),
        "no more of them",
    ),
    (
        wait("Pending", "NotAllDVsReady", "DataVolume disk is at 50 %"),
        "DataVolume disk is at 50 %",
    ),
    (wait("Unknown", "NodeLost", "the node is gone"), "the node is gone"),
    (
        see(build_vm(deleted=True), build_vmi("Running", ready(), deleted=True)),
        "the VM is being deleted: its guest has its grace period to power off",
    ),
    (see(build_vm(deleted=True)), "the VM is being deleted"),
]


@pytest.mark.parametrize(("seen", "sentence"), CASES)
def test_each_sentence(seen: Seen, sentence: str) -> None:
    assert tell(seen) == sentence


def test_what_is_wrong_with_the_vm_is_said_in_full() -> None:
    trouble = Trouble("FieldValueInvalid", "spec.template.spec.domain.cpu.cores: {too} few")
    assert tell(mark("Always"), blocked=trouble) == trouble.message


@pytest.mark.parametrize(
    ("strategy", "command"),
    [
        ("Always", "kubectl delete vmi vm -n ns"),
        ("Manual", START_IT.replace("[{", '[{"action":"Stop"},{')),
        ("RerunOnFailure", START_IT.replace("[{", '[{"action":"Stop"},{')),
        ("Once", SWITCH_ON),
    ],
)
def test_an_edit_that_a_waiting_instance_does_not_know_is_told(strategy: str, command: str) -> None:
    vm = build_vm(strategy, generation=GENERATION + 1)
    waiting = build_vmi("Scheduled", ready("False", "ErrImagePull", "no image x"))
    said = tell(see(vm, waiting), changes=("spec.template.spec.volumes",))
    assert said.endswith(f"; the VM was edited since: start it anew with: {command}")
    assert "edited since" not in tell(see(vm, waiting), changes=())
    running = build_vmi("Running", ready())
    assert "edited since" not in tell(see(vm, running), changes=("spec.template",))


def test_an_end_without_a_word_is_one_all_the_same() -> None:
    said = tell(replace_data(mark("Manual"), vmi=build_vmi("Succeeded")))
    assert said.startswith("the guest ended; runStrategy is Manual")
    named = replace_data(mark("Manual"), vmi=build_vmi("Failed", reason="NodeLost"))
    assert tell(named).startswith("NodeLost; ")


def test_a_sentence_stays_the_same_while_nothing_changes() -> None:
    seen = replace_data(mark("Always"), vmi=DIED)
    first = decide(seen).status
    assert first is not None
    later = replace_data(seen, vm=replace(seen.vm, status=first), now=seen.now.replace(second=3))
    assert decide(later).status == first


@pytest.mark.parametrize("sentence", [each for each in Sentence if each.value != "{said}"])
def test_the_page_lists_every_sentence(sentence: Sentence) -> None:
    """The words before what is filled in are enough to find the row by."""
    page = " ".join(DOCS.read_text(encoding="utf-8").split())
    start = sentence.value.removeprefix("{said}").removeprefix("; ")
    assert start.partition("{")[0].strip(" ;:") in page
