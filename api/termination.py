"""How a VM's life ended: the launcher's exit code and message, and what the VMI then says."""

import re
from dataclasses import dataclass
from typing import Final

import msgspec

from api.names import Phase, Reason
from api.stop import ExitCode, StopCause


class Termination(msgspec.Struct, frozen=True, rename="camel"):
    """The termination message of ``compute``: JSON of at most 4096 bytes (kubelet's limit)."""

    cause: StopCause
    reason: str  # a names.Reason where one fits, else the Problem's slug
    message: str  # one sentence
    requested: bool = False  # the stop was asked for: SIGTERM or the ShutdownDomain call


__all__ = ("Ending", "ExitCode", "StopCause", "StopFacts", "Termination")

_MESSAGE_BYTES: Final = 4096
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]+")


def decode_termination(text: str) -> Termination | None:
    """Read the termination message of ``compute``; what is no such message is none."""
    try:
        read = msgspec.json.decode(text[:_MESSAGE_BYTES], type=Termination)
    except (msgspec.DecodeError, UnicodeError):
        return None
    return msgspec.structs.replace(read, message=_CONTROL.sub(" ", read.message)[:1024])


@dataclass(frozen=True, slots=True)
class StopFacts:
    """What is known of a life that ended; the launcher's own words come first."""

    termination: Termination | None = None  # its last state, or its termination message
    exit_code: int | None = None  # of ``compute``
    container_reason: str = ""  # the kubelet's word for the end of ``compute``
    pod_reason: str = ""  # pod.status.reason, for example Evicted
    pod_deleted: bool = False
    vmi_deleted: bool = False


@dataclass(frozen=True, slots=True)
class Ending:
    """The last phase, and why: docs/architecture.md, "How a life ends"."""

    phase: Phase
    reason: str
    message: str


_CAUSES: Final[dict[int, StopCause]] = {ExitCode[cause.name]: cause for cause in StopCause}
_SENTENCES: Final = {
    StopCause.GUEST_SHUTDOWN: "the guest powered off",
    StopCause.GUEST_CRASHED: "the guest crashed",
    StopCause.QEMU_CRASHED: "qemu ended unexpectedly",
    StopCause.KILLED: "the guest was still running when its grace period ended, and was killed",
    StopCause.START_FAILED: "the launcher could not start the guest",
}
_OOM_KILLED: Final = "OOMKilled"  # the kubelet's word
_REASON_PATTERN: Final = re.compile(r"[A-Z][A-Za-z0-9]{0,127}")


def decide_ending(facts: StopFacts) -> Ending:
    """Return how the life ended; the same for whoever sees it first, handler or controller."""
    told = facts.termination or _infer_termination(facts)
    if told is None:
        return _decide_without_launcher(facts)
    asked = told.requested and told.cause in {StopCause.GUEST_SHUTDOWN, StopCause.KILLED}
    return (asked and _blame_pod(facts)) or _decide_by_cause(told, facts)


def _decide_by_cause(told: Termination, facts: StopFacts) -> Ending:
    message = told.message or _SENTENCES[told.cause]
    if told.cause is StopCause.GUEST_SHUTDOWN:
        return Ending(Phase.SUCCEEDED, Reason.GUEST_SHUTDOWN, message)
    if told.cause is StopCause.KILLED:
        return Ending(Phase.FAILED, Reason.KILLED, message)
    if facts.container_reason == _OOM_KILLED:
        return Ending(Phase.FAILED, Reason.OOM_KILLED, "qemu was killed: out of memory")
    own_words = bool(_REASON_PATTERN.fullmatch(told.reason))
    return Ending(Phase.FAILED, told.reason if own_words else told.cause.value, message)


def _blame_pod(facts: StopFacts) -> Ending | None:
    """Return the ending of a VM that nobody wanted gone, but its pod."""
    if facts.vmi_deleted:
        return None
    if facts.pod_reason == Reason.EVICTED:
        return Ending(Phase.FAILED, Reason.EVICTED, "the node evicted the pod")
    if facts.pod_deleted:
        return Ending(Phase.FAILED, Reason.POD_DELETED, "the pod was deleted, but not the VMI")
    return None


def _infer_termination(facts: StopFacts) -> Termination | None:
    """Read the exit code where the message is missing; a stop of ours is taken as asked for."""
    cause = _CAUSES.get(facts.exit_code) if facts.exit_code is not None else None
    if cause is None:
        return None
    asked = facts.pod_deleted or facts.vmi_deleted or facts.pod_reason == Reason.EVICTED
    return Termination(cause, cause.value, "", requested=asked)


def _decide_without_launcher(facts: StopFacts) -> Ending:
    """Judge a launcher that ended without a word."""
    if facts.container_reason == _OOM_KILLED:
        return Ending(Phase.FAILED, Reason.OOM_KILLED, "the launcher was killed: out of memory")
    if facts.vmi_deleted:
        return Ending(Phase.FAILED, Reason.KILLED, "the launcher was killed when its time was over")
    code = "" if facts.exit_code is None else f" with exit code {facts.exit_code}"
    crashed = f"the launcher ended unexpectedly{code}"
    return _blame_pod(facts) or Ending(Phase.FAILED, Reason.LAUNCHER_CRASHED, crashed)
