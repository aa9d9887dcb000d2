"""What start, stop and restart do for each run strategy and each state of the instance."""

from typing import Any

import msgspec
import pytest

from api.verb import (
    Operation,
    Plan,
    Refusal,
    RestartOptions,
    StartOptions,
    StopOptions,
    Target,
    is_final,
    is_live,
    plan_restart,
    plan_start,
    plan_stop,
)
from api.vm import VirtualMachine
from api.vmi import VirtualMachineInstance
from tests.unit.api.json_patch import Json, PatchTestError, apply_patch

UID = "uid-of-the-instance"
STOP = {"action": "Stop", "uid": UID}
START = {"action": "Start"}
START_PAUSED = {"action": "Start", "data": {"paused": "true"}}
STRATEGIES = ("Always", "Halted", "Manual", "RerunOnFailure", "Once")
INSTANCES = ("absent", "", "Pending", "Running", "Succeeded", "Failed", "Unknown")


def build_vm(strategy: str | None, *, pending: list[Json] | None = None, **status: Any) -> Json:
    """Return a VM as the API server has it."""
    requests = {"stateChangeRequests": pending} if pending else {}
    return {
        "metadata": {"name": "myvm", "resourceVersion": "7"},
        "spec": {"runStrategy": strategy, "template": {"spec": {"domain": {}}}},
        "status": {"printableStatus": "Stopped", **requests, **status},
    }


def build_vmi(phase: str, grace: int | None = None) -> Json | None:
    spec: Json = {"domain": {}}
    if grace is not None:
        spec["terminationGracePeriodSeconds"] = grace
    return {"metadata": {"name": "myvm", "uid": UID}, "spec": spec, "status": {"phase": phase}}


def read_vm(vm: Json) -> VirtualMachine:
    return msgspec.convert(vm, VirtualMachine)


def read_vmi(vmi: Json | None) -> VirtualMachineInstance | None:
    return None if vmi is None else msgspec.convert(vmi, VirtualMachineInstance)


def refusal(plan: Plan) -> str:
    """Return code and words of a refusal."""
    assert isinstance(plan, Refusal)
    assert plan.reason == {400: "BadRequest", 409: "Conflict"}[plan.code]
    words = plan.message.rpartition('": ')[2]
    return f"{plan.code} {words}"


def effect(plan: Plan, vm: Json, vmi: Json | None = None) -> Json:
    """Apply the writes to the objects; return what they changed, and nothing else may change."""
    assert not isinstance(plan, Refusal), plan
    objects: dict[Target, Json] = {Target.VM: vm, Target.VM_STATUS: vm, Target.VMI: vmi or {}}
    changes: Json = {}
    for write in plan:
        before = objects[write.target]
        after = apply_patch(before, write.patch)
        assert write.patch[0].op == "test"
        parts = {"spec", "status", "metadata"} & {*after}
        changed = {part for part in parts if after.get(part) != before.get(part)}
        assert changed == {"status" if write.target is Target.VM_STATUS else "spec"}
        part = changed.pop()
        for key, value in after[part].items():
            if before.get(part, {}).get(key) != value:
                changes[f"{'vmi.' if write.target is Target.VMI else ''}{key}"] = value
    return changes


def outcome(plan: Plan, vm: Json, vmi: Json | None) -> str:
    """Say in a word what a plan comes to."""
    if isinstance(plan, Refusal):
        return refusal(plan)
    words = []
    for key, value in effect(plan, vm, vmi).items():
        if key == "stateChangeRequests":
            words += [request["action"] for request in value]
        else:
            words.append(f"{key}={value}")
    return " ".join(words)


RUNNING = "409 VM is already running"
NOT_RUNNING = "409 VM is not running"
NO_START = "409 {} does not support manual start requests"
NO_RESTART = "409 RunStrategy {} does not support manual restart requests"
FROM_FAILED = "409 RerunOnFailure does not support starting VM from failed state"
SHORTER = "409 Halted only supports manual stop requests with a shorter graceperiod"
ALWAYS = "runStrategy=Always"
HALTED = "runStrategy=Halted"
BOTH = "Stop Start"
#                 absent,      "",      Pending, Running, Succeeded,   Failed,      Unknown
START_TABLE = {
    "Always": (NO_START, RUNNING, RUNNING, RUNNING, NO_START, NO_START, RUNNING),
    "Halted": (ALWAYS, RUNNING, RUNNING, RUNNING, ALWAYS, ALWAYS, RUNNING),
    "Manual": ("Start", RUNNING, RUNNING, RUNNING, BOTH, BOTH, RUNNING),
    "RerunOnFailure": ("Start", RUNNING, RUNNING, RUNNING, BOTH, FROM_FAILED, RUNNING),
    "Once": (NO_START, RUNNING, RUNNING, RUNNING, NO_START, NO_START, RUNNING),
}
STOP_TABLE = {
    "Always": (HALTED,) * 7,
    "Halted": (NOT_RUNNING, SHORTER, SHORTER, SHORTER, NOT_RUNNING, NOT_RUNNING, SHORTER),
    "Manual": (NOT_RUNNING, "Stop", "Stop", "Stop", NOT_RUNNING, NOT_RUNNING, "Stop"),
    "RerunOnFailure": (NOT_RUNNING, "Stop", "Stop", "Stop", NOT_RUNNING, NOT_RUNNING, "Stop"),
    "Once": (HALTED,) * 7,
}
RESTARTS = (NOT_RUNNING, BOTH, BOTH, BOTH, NOT_RUNNING, NOT_RUNNING, BOTH)
RESTART_TABLE = {
    "Always": RESTARTS,
    "Halted": (NO_RESTART,) * 7,
    "Manual": RESTARTS,
    "RerunOnFailure": RESTARTS,
    "Once": (NO_RESTART,) * 7,
}
CELLS = [(strategy, index) for strategy in STRATEGIES for index in range(len(INSTANCES))]


def pick(strategy: str, index: int) -> tuple[Json, Json | None]:
    state = INSTANCES[index]
    return build_vm(strategy), None if state == "absent" else build_vmi(state)


@pytest.mark.parametrize(("strategy", "index"), CELLS)
def test_start(strategy: str, index: int) -> None:
    vm, vmi = pick(strategy, index)
    plan = plan_start(read_vm(vm), read_vmi(vmi), StartOptions())
    assert outcome(plan, vm, vmi) == START_TABLE[strategy][index].format(strategy)


@pytest.mark.parametrize(("strategy", "index"), CELLS)
def test_stop(strategy: str, index: int) -> None:
    vm, vmi = pick(strategy, index)
    plan = plan_stop(read_vm(vm), read_vmi(vmi), StopOptions())
    assert outcome(plan, vm, vmi) == STOP_TABLE[strategy][index]


@pytest.mark.parametrize(("strategy", "index"), CELLS)
def test_restart(strategy: str, index: int) -> None:
    vm, vmi = pick(strategy, index)
    plan = plan_restart(read_vm(vm), read_vmi(vmi), RestartOptions())
    assert outcome(plan, vm, vmi) == RESTART_TABLE[strategy][index].format(strategy)


@pytest.mark.parametrize("phase", INSTANCES[1:])
def test_an_instance_is_either_live_or_final(phase: str) -> None:
    vmi = read_vmi(build_vmi(phase))
    assert vmi is not None
    assert is_final(vmi) == (phase in {"Succeeded", "Failed"})
    assert is_live(vmi) == (not is_final(vmi))


def test_what_is_not_there_is_not_live() -> None:
    assert not is_live(None)


def test_a_refusal_reads_like_the_api_servers_own() -> None:
    plan = plan_start(read_vm(build_vm("Once")), None, StartOptions())
    assert plan == Refusal(
        409,
        "Conflict",
        'Operation cannot be fulfilled on virtualmachine.kubevirt.io "myvm": '
        "Once does not support manual start requests",
    )


@pytest.mark.parametrize("strategy", ["Manual", "RerunOnFailure"])
def test_a_paused_start_says_so_in_its_request(strategy: str) -> None:
    vm = build_vm(strategy)
    plan = plan_start(read_vm(vm), None, StartOptions(paused=True))
    assert effect(plan, vm) == {"stateChangeRequests": [START_PAUSED]}


def test_an_ended_instance_is_named_before_the_start() -> None:
    vm, vmi = build_vm("Manual"), build_vmi("Failed")
    plan = plan_start(read_vm(vm), read_vmi(vmi), StartOptions(paused=True))
    assert effect(plan, vm, vmi) == {"stateChangeRequests": [STOP, START_PAUSED]}


def test_a_halted_vm_is_started_paused_by_request() -> None:
    vm = build_vm("Halted")
    plan = plan_start(read_vm(vm), None, StartOptions(paused=True))
    assert effect(plan, vm) == {"stateChangeRequests": [START_PAUSED]}


def test_a_halted_vm_that_always_starts_paused_is_just_switched_on() -> None:
    vm = build_vm("Halted")
    vm["spec"]["template"]["spec"]["startStrategy"] = "Paused"
    plan = plan_start(read_vm(vm), None, StartOptions(paused=True))
    assert effect(plan, vm) == {"runStrategy": "Always"}


def test_a_vm_to_be_recovered_by_hand_is_not_started() -> None:
    condition = {"type": "ManualRecoveryRequired", "status": "True"}
    vm = build_vm("Halted", conditions=[condition])
    assert "recovered by hand" in refusal(plan_start(read_vm(vm), None, StartOptions()))


@pytest.mark.parametrize("value", [True, False])
def test_the_running_spelling_is_kept(value: bool) -> None:
    vm = build_vm(None)
    del vm["spec"]["runStrategy"]
    vm["spec"]["running"] = value
    read = read_vm(vm)
    plan = plan_stop(read, None, StopOptions()) if value else plan_start(read, None, StartOptions())
    assert effect(plan, vm) == {"running": not value}


def test_a_vm_with_neither_spelling_gets_the_newer_one() -> None:
    vm = build_vm(None)
    del vm["spec"]["runStrategy"]
    assert effect(plan_start(read_vm(vm), None, StartOptions()), vm) == {"runStrategy": "Always"}


def test_a_receiver_can_only_be_stopped() -> None:
    vm = build_vm("WaitAsReceiver")
    read = read_vm(vm)
    assert effect(plan_stop(read, None, StopOptions()), vm) == {"runStrategy": "Halted"}
    assert "does not support" in refusal(plan_start(read, None, StartOptions()))
    assert "does not support" in refusal(plan_restart(read, None, RestartOptions()))


@pytest.mark.parametrize("pending", [[START], [STOP], [STOP, START]])
def test_start_and_restart_wait_for_what_is_pending(pending: list[Json]) -> None:
    vm = build_vm("Manual", pending=pending)
    running = read_vmi(build_vmi("Running"))
    underway = "409 unable to complete request: stop/start already underway"
    assert refusal(plan_start(read_vm(vm), None, StartOptions())) == underway
    assert refusal(plan_restart(read_vm(vm), running, RestartOptions())) == underway
    forced = RestartOptions(grace_period_seconds=0)
    assert refusal(plan_restart(read_vm(vm), running, forced)) == underway


def test_a_halted_vm_waits_for_a_paused_start_only_once() -> None:
    vm = build_vm("Halted", pending=[START_PAUSED])
    plan = plan_start(read_vm(vm), None, StartOptions(paused=True))
    assert refusal(plan).endswith("already underway")


def test_the_same_stop_twice_is_underway() -> None:
    vm = build_vm("Manual", pending=[STOP])
    plan = plan_stop(read_vm(vm), read_vmi(build_vmi("Running")), StopOptions())
    assert refusal(plan).endswith("already underway")


def test_a_pending_stop_can_be_hurried() -> None:
    vm, vmi = build_vm("Manual", pending=[STOP]), build_vmi("Running", 300)
    plan = plan_stop(read_vm(vm), read_vmi(vmi), StopOptions(grace_period=0))
    assert effect(plan, vm, vmi) == {"vmi.terminationGracePeriodSeconds": 0}


@pytest.mark.parametrize(
    "pending", [[START], [STOP, START], [{"action": "Stop", "uid": "another"}], [START_PAUSED]]
)
def test_a_stop_overrules_a_pending_start(pending: list[Json]) -> None:
    vm, vmi = build_vm("Manual", pending=pending), build_vmi("Running")
    plan = plan_stop(read_vm(vm), read_vmi(vmi), StopOptions())
    assert effect(plan, vm, vmi) == {"stateChangeRequests": [STOP]}


@pytest.mark.parametrize("strategy", ["Always", "Once"])
def test_a_grace_period_is_given_to_the_instance_before_the_vm_is_halted(strategy: str) -> None:
    vm, vmi = build_vm(strategy), build_vmi("Running", 180)
    plan = plan_stop(read_vm(vm), read_vmi(vmi), StopOptions(grace_period=5))
    assert not isinstance(plan, Refusal)
    assert [write.target for write in plan] == [Target.VMI, Target.VM]
    assert effect(plan, vm, vmi) == {
        "vmi.terminationGracePeriodSeconds": 5,
        "runStrategy": "Halted",
    }


def test_an_instance_without_a_grace_period_gets_one() -> None:
    vm, vmi = build_vm("Manual"), build_vmi("Running")
    plan = plan_stop(read_vm(vm), read_vmi(vmi), StopOptions(grace_period=600))
    changes = {"vmi.terminationGracePeriodSeconds": 600, "stateChangeRequests": [STOP]}
    assert effect(plan, vm, vmi) == changes


def test_an_equal_grace_period_is_not_written_again() -> None:
    vm, vmi = build_vm("Manual"), build_vmi("Running", 0)
    plan = plan_stop(read_vm(vm), read_vmi(vmi), StopOptions(grace_period=0))
    assert effect(plan, vm, vmi) == {"stateChangeRequests": [STOP]}


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_an_ended_instance_gets_no_grace_period(phase: str) -> None:
    vm, vmi = build_vm("Always"), build_vmi(phase, 180)
    plan = plan_stop(read_vm(vm), read_vmi(vmi), StopOptions(grace_period=5))
    assert effect(plan, vm, vmi) == {"runStrategy": "Halted"}


@pytest.mark.parametrize(
    ("own", "asked", "accepted"),
    [(180, 179, True), (180, 180, False), (180, 181, False), (None, 29, True), (None, 30, False)],
)
def test_a_halted_vm_that_still_stops_is_only_hurried(
    own: int | None, asked: int, accepted: bool
) -> None:
    vm, vmi = build_vm("Halted"), build_vmi("Running", own)
    plan = plan_stop(read_vm(vm), read_vmi(vmi), StopOptions(grace_period=asked))
    if accepted:
        changes = {"vmi.terminationGracePeriodSeconds": asked, "stateChangeRequests": [STOP]}
        assert effect(plan, vm, vmi) == changes
    else:
        assert refusal(plan) == SHORTER


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_negative_grace_period_is_a_bad_request(strategy: str) -> None:
    vm, vmi = read_vm(build_vm(strategy)), read_vmi(build_vmi("Running"))
    words = "400 gracePeriod has to be greater or equal to 0"
    assert refusal(plan_stop(vm, vmi, StopOptions(grace_period=-1))) == words
    assert refusal(plan_restart(vm, vmi, RestartOptions(grace_period_seconds=-1))) == words


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_a_restart_knows_no_other_grace_than_none(strategy: str) -> None:
    vm, vmi = read_vm(build_vm(strategy)), read_vmi(build_vmi("Running"))
    plan = plan_restart(vm, vmi, RestartOptions(grace_period_seconds=1))
    assert refusal(plan) == "400 For force restart, only gracePeriod=0 is supported for now"


def test_a_forced_restart_leaves_the_instance_a_second() -> None:
    vm, vmi = build_vm("Always"), build_vmi("Running", 180)
    plan = plan_restart(read_vm(vm), read_vmi(vmi), RestartOptions(grace_period_seconds=0))
    assert not isinstance(plan, Refusal)
    assert [write.target for write in plan] == [Target.VMI, Target.VM_STATUS]
    assert effect(plan, vm, vmi) == {
        "vmi.terminationGracePeriodSeconds": 1,
        "stateChangeRequests": [STOP, START],
    }


@pytest.mark.parametrize("status", [None, {}])
def test_a_vm_without_status_gets_one_in_the_version_that_was_seen(status: Json | None) -> None:
    vm = build_vm("Manual")
    del vm["status"]
    if status is not None:
        vm["status"] = status
    plan = plan_start(read_vm(vm), None, StartOptions())
    assert effect(plan, vm) == {"stateChangeRequests": [START]}
    vm["metadata"]["resourceVersion"] = "8"
    with pytest.raises(PatchTestError):
        effect(plan, vm)


def test_of_two_who_ask_at_once_only_one_is_heard() -> None:
    manual, halted, running = build_vm("Manual"), build_vm("Halted"), build_vmi("Running", 180)
    start = plan_start(read_vm(manual), None, StartOptions())
    manual["status"]["stateChangeRequests"] = [STOP]
    with pytest.raises(PatchTestError):
        effect(start, manual)
    start = plan_start(read_vm(halted), None, StartOptions())
    halted["spec"]["runStrategy"] = "Manual"
    with pytest.raises(PatchTestError):
        effect(start, halted)
    plan = plan_stop(read_vm(manual), read_vmi(running), StopOptions(grace_period=0))
    assert running is not None
    running["spec"]["terminationGracePeriodSeconds"] = 10
    with pytest.raises(PatchTestError):
        effect(plan, manual, running)


def test_what_is_absent_is_tested_as_null_on_the_wire() -> None:
    encoded = msgspec.json.encode(Operation("test", "/status/stateChangeRequests", None))
    assert encoded == b'{"op":"test","path":"/status/stateChangeRequests","value":null}'


def test_options_are_read_from_their_bodies() -> None:
    body = b'{"paused":true,"dryRun":["All"],"kind":"StartOptions"}'
    assert msgspec.json.decode(body, type=StartOptions) == StartOptions(
        paused=True, dry_run=("All",)
    )
    assert msgspec.json.decode(b'{"gracePeriod":0}', type=StopOptions).grace_period == 0
    body = b'{"gracePeriodSeconds":0}'
    assert msgspec.json.decode(body, type=RestartOptions).grace_period_seconds == 0
