"""Decides what to write about one VM: a status patch, an event, or a closer look first."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from api.launch import LaunchDocument
from api.names import FINAL_PHASES, Condition, Phase, Reason
from api.status import VirtualMachineInstanceGuestOSInfo, VirtualMachineInstanceStatus
from api.termination import Ending, StopCause, StopFacts, decide_ending
from handler.domain import DomainPhase, DomainState
from handler.pod import Pod, Vmi, find_compute_end
from handler.status import Facts, build_patch, build_status

ALIVE = frozenset({DomainPhase.RUNNING, DomainPhase.PAUSED, DomainPhase.SHUTTING_DOWN})


@dataclass(frozen=True, slots=True)
class Seen:
    """One VM at one moment, as caches and launcher show it."""

    pod: Pod
    now: datetime
    document: LaunchDocument | None = None
    domain: DomainState | None = None
    system: VirtualMachineInstanceGuestOSInfo | None = None  # as the guest's agent tells it
    responsive: bool = True
    vmi: Vmi | None = None  # cached, looked up, or as the last write left it
    looked_up: bool = False  # the VMI was read from the server since the guest stopped


@dataclass(frozen=True, slots=True)
class Note:
    """An event to emit."""

    type: Literal["Normal", "Warning"]
    reason: Reason
    message: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """What to do: at most one patch of the status, at most one event after it."""

    patch: dict[str, Any] | None = None  # JSON
    note: Note | None = None
    look_up: bool = False  # read VMI and pod from the server, then decide again
    final: bool = False  # nothing will be left to say after this


def decide(seen: Seen) -> Verdict:
    """Return what is to be written now."""
    if seen.vmi is not None and seen.vmi.status.phase in FINAL_PHASES:
        return Verdict(final=True)
    stop = _find_stop(seen)
    if stop is not None:
        if _may_be_misjudged(seen, stop):
            return Verdict(look_up=True)
        return _decide_end(seen, decide_ending(stop))
    if seen.domain is None or seen.domain.phase not in ALIVE:
        return Verdict()
    patch = _plan_patch(seen, None)
    return Verdict(patch or None, _find_note(seen.vmi, seen.domain) if patch else None)


def _find_note(vmi: Vmi | None, domain: DomainState) -> Note | None:
    """Return what a living guest's patch is about, when users care for it."""
    if vmi is None or vmi.status.phase != Phase.RUNNING:
        return Note("Normal", Reason.STARTED, "the guest was started")
    was_paused = any(item.type == Condition.PAUSED for item in vmi.status.conditions)
    if domain.phase is DomainPhase.PAUSED and not was_paused:
        if domain.paused_by_error:
            return Note("Warning", Reason.PAUSED, "the guest was paused: a disk failed")
        return Note("Normal", Reason.PAUSED, "the guest was paused")
    if domain.phase is DomainPhase.RUNNING and was_paused:
        return Note("Normal", Reason.UNPAUSED, "the guest runs again")
    return None


def _find_stop(seen: Seen) -> StopFacts | None:
    """Return what is known of the end; the launcher's last state counts more than the pod's."""
    told = seen.domain.stop if seen.domain else None
    end = find_compute_end(seen.pod)
    if told is None and end is None:
        return None
    return StopFacts(
        termination=told or (end and end.termination) or None,
        exit_code=end.exit_code if end else None,
        container_reason=end.reason if end else "",
        pod_reason=seen.pod.status.reason,
        pod_deleted=seen.pod.deleted,
        vmi_deleted=seen.vmi is not None and seen.vmi.deleted,
    )


def _may_be_misjudged(seen: Seen, stop: StopFacts) -> bool:
    """Tell whether a cache that lags could turn a wanted end into a failure, or the reverse."""
    if seen.looked_up or stop.vmi_deleted:
        return False
    told = stop.termination
    crashed = told is not None and told.cause not in {StopCause.GUEST_SHUTDOWN, StopCause.KILLED}
    by_itself = told is not None and not told.requested
    return not (crashed or by_itself)


def _decide_end(seen: Seen, ending: Ending) -> Verdict:
    patch = _plan_patch(seen, ending)
    if seen.vmi is not None and seen.vmi.deleted:
        # Its object goes away with this very write: an event would be a request for nobody.
        return Verdict(patch, final=True)
    type_: Literal["Normal", "Warning"] = "Normal" if ending.phase is Phase.SUCCEEDED else "Warning"
    return Verdict(patch, Note(type_, Reason.STOPPED, ending.message), final=True)


def _plan_patch(seen: Seen, ending: Ending | None) -> dict[str, Any]:
    vmi = seen.vmi
    desired = build_status(
        Facts(
            pod=seen.pod,
            now=seen.now,
            document=seen.document,
            domain=seen.domain,
            system=seen.system,
            ending=ending,
            responsive=seen.responsive,
            prior=vmi.status if vmi else VirtualMachineInstanceStatus(),
        )
    )
    return build_patch(desired, vmi.status if vmi else None)
