"""How a life ends: the table of docs/architecture.md."""

import pytest

from api.names import Phase, Reason
from api.termination import Ending, ExitCode, StopCause, StopFacts, Termination, decide_ending


def told(
    cause: StopCause, *, reason: str = "", message: str = "", requested: bool = False
) -> Termination:
    return Termination(cause, reason, message, requested)


def ending(facts: StopFacts) -> tuple[Phase, str]:
    decided = decide_ending(facts)
    assert decided.message
    return decided.phase, decided.reason


def test_a_guest_that_powers_off_by_itself_succeeded() -> None:
    facts = StopFacts(told(StopCause.GUEST_SHUTDOWN))
    assert ending(facts) == (Phase.SUCCEEDED, Reason.GUEST_SHUTDOWN)


def test_a_guest_that_powers_off_by_itself_succeeded_although_its_pod_is_going() -> None:
    facts = StopFacts(told(StopCause.GUEST_SHUTDOWN), pod_deleted=True)
    assert ending(facts) == (Phase.SUCCEEDED, Reason.GUEST_SHUTDOWN)


def test_a_guest_asked_to_power_off_succeeded_when_the_vmi_is_deleted() -> None:
    stop = told(StopCause.GUEST_SHUTDOWN, requested=True)
    facts = StopFacts(stop, pod_deleted=True, vmi_deleted=True)
    assert ending(facts) == (Phase.SUCCEEDED, Reason.GUEST_SHUTDOWN)


@pytest.mark.parametrize("cause", [StopCause.GUEST_SHUTDOWN, StopCause.KILLED])
def test_a_deleted_pod_fails_its_vmi(cause: StopCause) -> None:
    facts = StopFacts(told(cause, requested=True), pod_deleted=True)
    assert ending(facts) == (Phase.FAILED, Reason.POD_DELETED)


def test_an_evicted_pod_fails_its_vmi_by_that_name() -> None:
    stop = told(StopCause.GUEST_SHUTDOWN, requested=True)
    facts = StopFacts(stop, pod_reason="Evicted", pod_deleted=True)
    assert ending(facts) == (Phase.FAILED, Reason.EVICTED)


def test_a_stop_asked_of_the_launcher_alone_succeeded() -> None:
    facts = StopFacts(told(StopCause.GUEST_SHUTDOWN, requested=True))
    assert ending(facts) == (Phase.SUCCEEDED, Reason.GUEST_SHUTDOWN)


def test_a_guest_killed_at_its_deadline_failed() -> None:
    facts = StopFacts(told(StopCause.KILLED, requested=True), pod_deleted=True, vmi_deleted=True)
    assert ending(facts) == (Phase.FAILED, Reason.KILLED)


@pytest.mark.parametrize(
    "cause", [StopCause.GUEST_CRASHED, StopCause.QEMU_CRASHED, StopCause.START_FAILED]
)
def test_a_crash_is_named_by_its_cause(cause: StopCause) -> None:
    assert ending(StopFacts(told(cause))) == (Phase.FAILED, cause.value)


def test_the_launchers_own_reason_is_kept() -> None:
    stop = told(StopCause.START_FAILED, reason="ImageNotFound", message="no disk in the image")
    expected = Ending(Phase.FAILED, "ImageNotFound", "no disk in the image")
    assert decide_ending(StopFacts(stop)) == expected


@pytest.mark.parametrize("reason", ["", "no word", "x" * 300, "<b>", "lower"])
def test_a_reason_that_is_no_word_is_replaced_by_the_cause(reason: str) -> None:
    stop = told(StopCause.START_FAILED, reason=reason)
    assert ending(StopFacts(stop)) == (Phase.FAILED, Reason.START_FAILED)


def test_qemu_killed_for_memory_is_told_apart_from_a_crash() -> None:
    facts = StopFacts(told(StopCause.QEMU_CRASHED), container_reason="OOMKilled")
    assert ending(facts) == (Phase.FAILED, Reason.OOM_KILLED)


@pytest.mark.parametrize("code", list(ExitCode))
def test_the_exit_code_stands_in_for_a_missing_message(code: ExitCode) -> None:
    phase, reason = ending(StopFacts(exit_code=code, vmi_deleted=True))
    assert reason == StopCause[code.name].value
    assert (phase is Phase.SUCCEEDED) == (code is ExitCode.GUEST_SHUTDOWN)


def test_exit_zero_of_a_deleted_pod_counts_as_asked_for() -> None:
    facts = StopFacts(exit_code=0, pod_deleted=True)
    assert ending(facts) == (Phase.FAILED, Reason.POD_DELETED)


@pytest.mark.parametrize(
    ("facts", "reason"),
    [
        (StopFacts(), Reason.LAUNCHER_CRASHED),
        (StopFacts(exit_code=137), Reason.LAUNCHER_CRASHED),
        (StopFacts(exit_code=137, container_reason="OOMKilled"), Reason.OOM_KILLED),
        (StopFacts(exit_code=137, pod_reason="Evicted"), Reason.EVICTED),
        (StopFacts(exit_code=137, pod_deleted=True), Reason.POD_DELETED),
        (StopFacts(exit_code=137, pod_deleted=True, vmi_deleted=True), Reason.KILLED),
    ],
)
def test_a_launcher_that_ends_without_a_word_fails_the_vmi(
    facts: StopFacts, reason: Reason
) -> None:
    assert ending(facts) == (Phase.FAILED, reason)
