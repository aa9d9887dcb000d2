"""What is written when."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.names import Phase, Reason
from api.status import VirtualMachineInstanceGuestOSInfo
from api.termination import StopCause, Termination
from handler.domain import DomainPhase, DomainState
from handler.pod import Vmi
from handler.verdict import Note, Seen, Verdict, decide
from tests.unit.handler.objects import (
    NOW,
    RUNNING,
    STARTED,
    end_compute,
    make_pod,
    make_seen,
    make_vmi,
)


def stop(cause: StopCause, *, requested: bool = False) -> DomainState:
    return DomainState(DomainPhase.STOPPED, NOW, stop=Termination(cause, "", "", requested))


def apply(seen: Seen, verdict: Verdict) -> Vmi:
    """Return the VMI as a merge patch leaves it."""
    before = seen.vmi or make_vmi()
    whole = msgspec.to_builtins(before)
    status = {**whole.get("status", {}), **(verdict.patch or {})}
    whole["status"] = {key: value for key, value in status.items() if value is not None}
    return msgspec.convert(whole, Vmi)


def test_nothing_is_written_before_the_guest_runs() -> None:
    assert decide(make_seen()) == Verdict()
    assert decide(make_seen(domain=DomainState(DomainPhase.PREPARING))) == Verdict()
    assert decide(make_seen(domain=DomainState(DomainPhase.UNKNOWN))) == Verdict()


def test_running_is_one_patch_and_one_event() -> None:
    verdict = decide(make_seen(domain=RUNNING))
    assert verdict.patch is not None
    assert verdict.patch["phase"] == "Running"
    assert verdict.note == Note("Normal", Reason.STARTED, "the guest was started")
    assert not verdict.final


def test_what_is_written_already_is_not_written_again() -> None:
    first = make_seen(domain=RUNNING)
    vmi = apply(first, decide(first))
    assert decide(make_seen(domain=RUNNING, vmi=vmi)) == Verdict()


def test_the_way_down_costs_no_write() -> None:
    first = make_seen(domain=RUNNING)
    vmi = apply(first, decide(first))
    going = DomainState(
        DomainPhase.SHUTTING_DOWN, NOW, interfaces=RUNNING.interfaces, emulated=True
    )
    assert decide(make_seen(domain=going, vmi=vmi, pod=make_pod(deleted=True))) == Verdict()


def paused(*, by_error: bool = False) -> DomainState:
    return DomainState(
        DomainPhase.PAUSED,
        NOW,
        interfaces=RUNNING.interfaces,
        emulated=True,
        paused_by_error=by_error,
    )


@pytest.mark.parametrize(
    ("by_error", "reason", "note"),
    [
        (False, "PausedByUser", Note("Normal", Reason.PAUSED, "the guest was paused")),
        (
            True,
            "PausedIOError",
            Note("Warning", Reason.PAUSED, "the guest was paused: a disk failed"),
        ),
    ],
)
def test_a_pause_is_one_condition_and_one_event(by_error: bool, reason: str, note: Note) -> None:
    first = make_seen(domain=RUNNING)
    vmi = apply(first, decide(first))
    seen = make_seen(domain=paused(by_error=by_error), vmi=vmi)
    verdict = decide(seen)
    assert verdict.patch is not None
    assert set(verdict.patch) == {"conditions"}
    conditions = {item["type"]: item for item in verdict.patch["conditions"]}
    assert (conditions["Paused"]["status"], conditions["Paused"]["reason"]) == ("True", reason)
    assert verdict.note == note
    told = make_seen(domain=seen.domain, vmi=apply(seen, verdict))
    assert decide(told) == Verdict()


def test_a_guest_that_runs_again_loses_the_condition_with_an_event() -> None:
    first = make_seen(domain=paused())
    vmi = apply(first, decide(first))
    verdict = decide(make_seen(domain=RUNNING, vmi=vmi))
    assert verdict.patch is not None
    assert "Paused" not in {item["type"] for item in verdict.patch["conditions"]}
    assert verdict.note == Note("Normal", Reason.UNPAUSED, "the guest runs again")


def test_a_paused_guest_that_is_shut_down_does_not_run_again() -> None:
    first = make_seen(domain=paused())
    vmi = apply(first, decide(first))
    going = DomainState(DomainPhase.SHUTTING_DOWN, NOW, interfaces=RUNNING.interfaces)
    assert decide(make_seen(domain=going, vmi=vmi)).note is None


def test_what_the_agent_tells_of_the_system_is_one_patch_and_is_kept() -> None:
    first = make_seen(domain=RUNNING)
    vmi = apply(first, decide(first))
    debian = VirtualMachineInstanceGuestOSInfo(id="debian", pretty_name="Debian 13")
    seen = make_seen(domain=RUNNING, vmi=vmi, system=debian)
    verdict = decide(seen)
    assert verdict == Verdict({"guestOSInfo": {"id": "debian", "prettyName": "Debian 13"}})
    later = make_seen(domain=RUNNING, vmi=apply(seen, verdict))  # asked by nobody since
    assert decide(later) == Verdict()


def test_a_guest_that_powers_off_ends_its_vmi_with_an_event() -> None:
    verdict = decide(make_seen(domain=stop(StopCause.GUEST_SHUTDOWN), vmi=make_vmi()))
    assert verdict.patch is not None
    assert (verdict.patch["phase"], verdict.patch["reason"]) == ("Succeeded", "GuestShutdown")
    assert verdict.note == Note("Normal", Reason.STOPPED, "the guest powered off")
    assert verdict.final


def test_a_deleted_vmi_ends_without_an_event() -> None:
    asked = stop(StopCause.GUEST_SHUTDOWN, requested=True)
    pod = make_pod(deleted=True)
    verdict = decide(make_seen(domain=asked, vmi=make_vmi(deleted=True), pod=pod))
    assert verdict.patch is not None
    assert verdict.patch["phase"] == "Succeeded"
    assert verdict.note is None
    assert verdict.final


@pytest.mark.parametrize("vmi", [None, make_vmi()])
def test_a_requested_stop_is_looked_into_before_it_is_called_a_failure(vmi: Vmi | None) -> None:
    asked = stop(StopCause.KILLED, requested=True)
    assert decide(make_seen(domain=asked, vmi=vmi)) == Verdict(look_up=True)


def test_a_deleted_pod_fails_its_vmi_once_that_is_certain() -> None:
    asked = stop(StopCause.GUEST_SHUTDOWN, requested=True)
    pod = make_pod(deleted=True)
    verdict = decide(make_seen(domain=asked, vmi=make_vmi(), pod=pod, looked_up=True))
    assert verdict.patch is not None
    assert (verdict.patch["phase"], verdict.patch["reason"]) == ("Failed", "PodDeleted")
    assert verdict.note is not None
    assert verdict.note.type == "Warning"


def test_a_crash_needs_no_second_look() -> None:
    verdict = decide(make_seen(domain=stop(StopCause.QEMU_CRASHED)))
    assert verdict.patch is not None
    assert verdict.patch["reason"] == "QemuCrashed"


def test_a_launcher_that_vanished_is_judged_by_its_pod() -> None:
    pod = make_pod(**end_compute(137))
    first = decide(make_seen(domain=RUNNING, vmi=make_vmi(), pod=pod))
    assert first == Verdict(look_up=True)
    verdict = decide(make_seen(domain=RUNNING, vmi=make_vmi(), pod=pod, looked_up=True))
    assert verdict.patch is not None
    assert (verdict.patch["phase"], verdict.patch["reason"]) == ("Failed", "LauncherCrashed")


def test_a_stop_missed_while_we_were_away_is_read_from_the_termination_message() -> None:
    text = '{"cause":"GuestCrashed","reason":"GuestCrashed","message":"panic"}'
    verdict = decide(make_seen(vmi=make_vmi(), pod=make_pod(**end_compute(11, "Error", text))))
    assert verdict.patch is not None
    assert verdict.patch["reason"] == "GuestCrashed"


NEVER = {"exitCode": 128, "reason": "StartError", "startedAt": "1970-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    "status",
    [
        {"phase": "Failed", "reason": "OutOfcpu"},
        {"containerStatuses": [{"name": "compute", "state": {"terminated": NEVER}}]},
        {"containerStatuses": [{"name": "compute", "state": {"terminated": {"exitCode": 137}}}]},
    ],
    ids=["rejected", "start-error", "unknown"],
)
def test_a_pod_that_never_ran_is_left_to_the_controller(status: dict[str, Any]) -> None:
    assert decide(make_seen(pod=make_pod(**status))) == Verdict()


@pytest.mark.parametrize("phase", ["", "Pending"])
def test_running_follows_on_a_phase_that_tells_of_no_pod(phase: str) -> None:
    """A start that is quick enough is told of once: this patch holds all of it."""
    verdict = decide(make_seen(domain=RUNNING, vmi=make_vmi(phase=phase)))
    assert verdict.patch is not None
    assert verdict.patch["activePods"]
    assert verdict.patch["nodeName"]
    assert {c["type"] for c in verdict.patch["conditions"]} >= {"Ready", "PodScheduled"}
    stamps = [stamp["phase"] for stamp in verdict.patch["phaseTransitionTimestamps"]]
    assert stamps == ["Pending", "Scheduling", "Scheduled", "Running"]


@pytest.mark.parametrize("phase", ["Succeeded", "Failed"])
def test_a_final_phase_is_never_left(phase: str) -> None:
    seen = make_seen(domain=RUNNING, vmi=make_vmi(phase=phase))
    assert decide(seen) == Verdict(final=True)


domains = st.builds(
    DomainState,
    phase=st.sampled_from([item for item in DomainPhase if item is not DomainPhase.STOPPED]),
    phase_time=st.sampled_from([None, STARTED, NOW]),
    paused_by_error=st.booleans(),
    emulated=st.booleans(),
    agent_connected=st.booleans(),
) | st.builds(stop, st.sampled_from(list(StopCause)), requested=st.booleans())
pods = st.sampled_from(
    [make_pod(), make_pod(deleted=True), make_pod(**end_compute(137)), make_pod(phase="Failed")]
)
vmis = st.sampled_from(
    [None, make_vmi(), make_vmi(deleted=True), make_vmi(phase="Scheduled", reason="x")]
)


@given(domains, pods, vmis, st.booleans(), st.booleans())
def test_a_verdict_once_applied_leaves_nothing_to_do(
    domain: DomainState, pod: object, vmi: Vmi | None, responsive: bool, looked_up: bool
) -> None:
    seen = make_seen(domain=domain, pod=pod, vmi=vmi, responsive=responsive, looked_up=looked_up)
    verdict = decide(seen)
    if verdict.look_up:
        assert not looked_up
        return
    after = apply(seen, verdict)
    again = decide(
        make_seen(domain=domain, pod=pod, vmi=after, responsive=responsive, looked_up=looked_up)
    )
    assert not again.patch
    assert again.note is None
    assert verdict.final == (after.status.phase in {Phase.SUCCEEDED, Phase.FAILED})
