"""What a VM's status says, and when it is written."""

from dataclasses import replace as replace_data

import pytest
from msgspec.structs import replace

from api.meta import Condition
from api.names import PrintableStatus, Reason
from api.vm import (
    StartFailure,
    StateChangeRequest,
    VirtualMachineInstanceSummary,
    VirtualMachineStatus,
)
from api.volume import PersistentVolumeClaimSource, Volume
from controller.claim_view import Claim, ClaimMeta, ClaimStatus
from controller.verdict import AT_ONCE
from controller.vm.decide import decide
from controller.vm.outlook import Outlook, plan_memo
from controller.vm.seen import Seen
from controller.vm.status import build_status
from controller.vm.verdict import DeleteInstance, ReadStarted, ReadVm
from controller.vmi.seen import Vmi, VmiInterface, VmiMemory, VmiMigration, VmiTopology
from tests.unit.controller.vm.scene import (
    GENERATION,
    NOW,
    STOP,
    VMI_UID,
    ago,
    build_vm,
    build_vmi,
    build_whole,
    ready,
    see,
    settle,
)

RUNNING = replace(
    build_vmi("Running", ready(), ran=50),
    status=replace(
        build_vmi("Running", ready(), ran=50).status,
        node_name="node1",
        interfaces=(VmiInterface("10.0.0.9"),),
        current_cpu_topology=VmiTopology(cores=2, threads=2),
        memory=VmiMemory("128Mi"),
    ),
)


def write(seen: Seen) -> VirtualMachineStatus:
    return build_status(seen, Outlook(plan_memo(seen)))


def find(status: VirtualMachineStatus, type_: str) -> Condition | None:
    return next((each for each in status.conditions if each.type == type_), None)


def test_a_vm_that_runs() -> None:
    status = write(see(vmi=RUNNING))
    assert (status.created, status.ready, status.printable_status) == (True, True, "Running")
    assert (status.run_strategy, status.observed_generation) == ("Always", GENERATION)
    assert status.instance == VirtualMachineInstanceSummary("node1", "10.0.0.9", 4, "128Mi")


@pytest.mark.parametrize(
    ("vmi", "reason"),
    [
        (None, "VMINotExists"),
        (build_vmi("Scheduling"), "VMIConditionMissing"),
        (build_vmi("Failed", ready("False", "QemuCrashed")), "QemuCrashed"),
    ],
)
def test_why_it_is_not_ready_in_one_word(vmi: Vmi | None, reason: str) -> None:
    told = find(write(see(vmi=vmi)), "Ready")
    assert told is not None
    assert (told.status, told.reason) == ("False", reason)


def test_conditions_of_the_instance_are_copied_and_go_with_it() -> None:
    agent = Condition("AgentConnected", "True", last_transition_time=ago(9))
    paused = Condition("Paused", "True", "PausedByUser", last_transition_time=ago(5))
    status = write(see(vmi=build_vmi("Running", ready("False"), agent, paused)))
    assert status.printable_status == "Paused"
    assert find(status, "AgentConnected") == replace(agent, observed_generation=GENERATION)
    assert find(status, "Paused") == replace(paused, observed_generation=GENERATION)
    later = write(see(build_vm(status=status)))
    assert [each.type for each in later.conditions] == ["Ready"]


def test_a_condition_keeps_the_time_of_its_last_change() -> None:
    first = write(see(vmi=RUNNING))
    later = replace_data(see(build_vm(status=first), RUNNING), now=NOW.replace(hour=13))
    assert write(later) == first
    stopped = write(replace_data(later, vmi=None))
    told = find(stopped, "Ready")
    assert told is not None
    assert told.last_transition_time == "2026-11-22T13:00:00Z"


def test_a_migration_under_way_is_told() -> None:
    moving = replace(RUNNING, status=replace(RUNNING.status, migration_state=VmiMigration()))
    assert write(see(vmi=moving)).printable_status == "Migrating"
    over = VmiMigration(completed=True)
    moved = replace(RUNNING, status=replace(RUNNING.status, migration_state=over))
    assert write(see(vmi=moved)).printable_status == "Running"


# When it is written.


def test_a_start_that_succeeds_at_once_is_told_once() -> None:
    verdict = decide(see(vmi=build_vmi("Pending", age=1)))
    assert (verdict.status, verdict.look_again) == (None, 2.0)


@pytest.mark.parametrize(
    "known",
    [
        VirtualMachineStatus(printable_status="Running"),
        VirtualMachineStatus(ready=True),
        VirtualMachineStatus(conditions=(Condition("Failure", "True", "FailedCreate"),)),
        VirtualMachineStatus(state_change_requests=(StateChangeRequest("Start"),)),
    ],
)
def test_what_is_wrong_or_fulfilled_is_taken_back_at_once(known: VirtualMachineStatus) -> None:
    status = decide(see(build_vm("Manual", status=known), build_vmi("Pending", age=1))).status
    assert status is not None
    assert status.printable_status == "Starting"
    assert (status.state_change_requests, find(status, "Failure")) == ((), None)


@pytest.mark.parametrize("strategy", ["Once", "RerunOnFailure"])
def test_that_a_vm_was_started_once_is_remembered_at_once(strategy: str) -> None:
    status = decide(see(build_vm(strategy), build_vmi("Pending", age=1))).status
    assert status is not None
    assert status.run_strategy == strategy


def test_a_slow_start_is_told_with_a_look_at_its_claims() -> None:
    slow = see(vmi=build_vmi("Pending", age=5))
    first = decide(slow)
    assert (first.actions, first.look_again) == ((ReadVm(),), AT_ONCE)
    status = decide(replace_data(slow, whole=build_whole(slow.vm))).status
    assert status is not None
    assert status.printable_status == "Starting"


def build_on_claim(phase: str) -> Seen:
    """Return a VM that waits for its claim, a moment after its start."""
    vm = build_vm(status=VirtualMachineStatus(printable_status="ErrorPvcNotFound"))
    source = PersistentVolumeClaimSource(claim_name="root")
    whole = build_whole(vm)
    spec = replace(whole.spec.template.spec, volumes=(Volume("a", persistent_volume_claim=source),))
    claim = Claim(ClaimMeta("root", "ns", "uid-claim", "3"), status=ClaimStatus(phase))
    return Seen(
        now=NOW,
        vm=vm,
        vmi=build_vmi("Pending", age=1),
        whole=build_whole(vm, spec),
        claims={"root": claim},
    )


def test_a_claim_without_a_volume_is_told_at_once() -> None:
    status = decide(build_on_claim("Pending")).status
    assert status is not None
    assert status.printable_status == "WaitingForVolumeBinding"
    told = find(status, "Ready")
    assert told is not None
    assert told.message is not None
    assert "PersistentVolumeClaim root is not bound" in told.message
    bound = decide(build_on_claim("Bound")).status
    assert bound is not None
    assert bound.printable_status == "Starting"


# Edits while it runs.


def edit(vmi: Vmi = RUNNING) -> Seen:
    """Return a VM that was edited after its start."""
    known = replace(write(see(vmi=vmi)), observed_generation=GENERATION)
    return see(build_vm(status=known, generation=GENERATION + 1), vmi)


def test_an_edit_is_compared_with_what_the_vm_was_started_from() -> None:
    seen = edit()
    assert decide(seen).actions == (ReadVm(),)
    seen = replace_data(seen, whole=build_whole(seen.vm))
    assert decide(seen).actions == (ReadStarted(),)
    assert seen.whole is not None
    same = replace_data(seen, started=seen.whole.spec, started_read=True)
    status = decide(same).status
    assert status is not None
    assert (status.observed_generation, status.desired_generation) == (4, 4)
    assert find(status, "RestartRequired") is None


def test_a_change_that_needs_a_restart_is_told_once_and_goes_with_it() -> None:
    seen = edit()
    other = build_whole(build_vm(generation=1))
    spec = other.spec.template.spec
    smaller = replace(spec, domain=replace(spec.domain, memory=None))
    seen = replace_data(
        seen,
        whole=build_whole(seen.vm),
        started=build_whole(build_vm(), smaller).spec,
        started_read=True,
    )
    verdict = decide(seen)
    assert verdict.status is not None
    told = find(verdict.status, "RestartRequired")
    assert told is not None
    assert told.message is not None
    assert told.message.endswith("spec.template.spec.domain.memory")
    assert (verdict.status.observed_generation, verdict.status.desired_generation) == (3, 4)
    idle = replace_data(settle(seen, verdict), whole=None, started=None, started_read=False)
    again = decide(idle)
    assert (again.actions, again.status) == ((), verdict.status)
    restarted = write(replace_data(idle, vmi=build_vmi(generation=GENERATION + 1)))
    assert find(restarted, "RestartRequired") is None
    assert restarted.observed_generation == 4
    gone = write(replace_data(idle, vmi=None))
    assert find(gone, "RestartRequired") is None
    assert gone.observed_generation == 4


def test_what_the_vm_was_started_from_may_be_lost() -> None:
    seen = edit()
    seen = replace_data(seen, whole=build_whole(seen.vm), started_read=True)
    status = decide(seen).status
    assert status is not None
    told = find(status, "RestartRequired")
    assert told is not None
    assert told.message is not None
    assert told.message.endswith("spec.template")


def test_a_vm_that_is_to_stop_is_not_compared() -> None:
    known = write(see(vmi=RUNNING))
    halted = see(build_vm("Halted", status=known, generation=GENERATION + 1), RUNNING)
    first = decide(halted)
    assert (first.actions, first.look_again) == ((), AT_ONCE)  # the strategy is written first
    second = decide(settle(halted, first))
    assert second.actions[0] == DeleteInstance(VMI_UID)
    assert second.status is not None
    assert second.status.printable_status == "Stopping"


# What must outlast the instance.


def test_a_failure_is_written_before_the_instance_is_removed() -> None:
    failed = build_vmi("Failed", ready("False", "StartFailed", "no image"), reason="StartFailed")
    verdict = decide(see(vmi=failed))
    assert (verdict.actions, verdict.look_again) == ((), 10.0)
    assert verdict.status is not None
    assert verdict.status.printable_status == "CrashLoopBackOff"
    assert verdict.status.start_failure == StartFailure(1, VMI_UID, ago(-10))


def test_rerun_remembers_that_another_is_to_come() -> None:
    known = VirtualMachineStatus(run_strategy="RerunOnFailure", observed_generation=GENERATION)
    late = build_vmi("Failed", ran=500, ended=1, reason="QemuCrashed")
    seen = see(build_vm("RerunOnFailure", status=known), late)
    first = decide(seen)
    assert (first.actions, first.look_again) == ((), AT_ONCE)
    seen = settle(seen, first)
    assert decide(seen).actions[0] == DeleteInstance(VMI_UID)
    gone = replace_data(seen, vmi=None)
    assert decide(gone).actions == (ReadVm(),)


def test_a_stop_of_whatever_runs_is_one_of_this_instance_first() -> None:
    known = VirtualMachineStatus(state_change_requests=(StateChangeRequest("Stop"),))
    first = decide(see(build_vm("Manual", status=known), RUNNING))
    assert first.actions == ()
    assert first.status is not None
    assert first.status.state_change_requests == (STOP,)


def test_a_crash_loop_is_over_when_the_guest_has_run_for_a_while() -> None:
    failure = StartFailure(2, "uid-before", ago(30))
    known = VirtualMachineStatus(start_failure=failure)
    young = decide(see(build_vm(status=known), build_vmi("Running", ready(), ran=4)))
    assert young.look_again == 6.0
    grown = decide(see(build_vm(status=known), build_vmi("Running", ready(), ran=10)))
    assert grown.status is not None
    assert grown.status.start_failure is None


def test_an_unsupported_strategy_says_so() -> None:
    status = decide(see(build_vm("WaitAsReceiver"))).status
    assert status is not None
    told = find(status, "Failure")
    assert told is not None
    assert (told.reason, status.printable_status) == (Reason.FIELD_NOT_SUPPORTED, "Stopped")


def test_a_phase_that_is_not_known_is_said_to_be_unknown() -> None:
    assert write(see(vmi=build_vmi("Unknown"))).printable_status == PrintableStatus.UNKNOWN


@pytest.mark.parametrize("deleted", [False, True])
def test_a_guest_that_is_to_stop_is_no_longer_ready(deleted: bool) -> None:
    known = write(see(build_vm("Halted"), RUNNING))
    verdict = decide(
        replace_data(see(build_vm("Halted", status=known, deleted=deleted), RUNNING), vmi_read=True)
    )
    assert verdict.actions[0] == DeleteInstance(VMI_UID)
    assert verdict.status is not None
    told = find(verdict.status, "Ready")
    assert told is not None
    assert (told.status, told.reason, verdict.status.ready) == ("False", "PodTerminating", False)


def test_an_end_that_is_over_in_a_moment_is_told_once() -> None:
    known = VirtualMachineStatus(printable_status="Stopping", ready=False, run_strategy="Halted")
    ended = build_vmi("Succeeded", ready("False"), ended=1, deleted=True)
    verdict = decide(see(build_vm("Halted", status=known), ended))
    assert (verdict.status, verdict.look_again) == (None, 2.0)
    late = build_vmi("Succeeded", ready("False"), ended=4, deleted=True)
    told = decide(see(build_vm("Halted", status=known), late)).status
    assert told is not None
    assert (told.printable_status, told.created) == ("Stopped", True)


def test_what_has_ended_is_not_ready_whatever_it_says() -> None:
    status = write(see(build_vm("Manual"), build_vmi("Succeeded", ready())))
    told = find(status, "Ready")
    assert told is not None
    assert (told.status, told.reason, status.ready) == ("False", "VMIConditionMissing", False)
