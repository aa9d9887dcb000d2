"""What the gateway may ask of a node's VM, how long that takes, and how it is refused; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from api.door import NodeVerb, Refusal, VerbRequest
from api.names import Reason
from api.problem import Problem
from handler.verdict import Note

MAX_BODY_BYTES: Final = 64 * 1024
MAX_SCREENSHOT_BYTES: Final = 16 * 1024 * 1024
MAX_WAITING: Final = 4  # calls for one VMI
PNG_SIGNATURE: Final = b"\x89PNG\r\n\x1a\n"
AGENT_FAILED: Final = "AgentFailed"
_MAX_THAW_SECONDS: Final = 2**31 - 1

# Deadlines of the launcher's answer; what asks the guest's agent waits for the guest.
SECONDS: Final[Mapping[NodeVerb, float]] = {
    NodeVerb.PAUSE: 10,
    NodeVerb.UNPAUSE: 10,
    NodeVerb.RESET: 10,
    NodeVerb.SOFT_REBOOT: 15,
    NodeVerb.FREEZE: 60,
    NodeVerb.UNFREEZE: 60,
    NodeVerb.GUEST_INFO: 15,
    NodeVerb.SCREENSHOT: 15,
    NodeVerb.METRICS: 10,
}
# The launcher's words for a VM that is not in the right state, as KubeVirt's clients know them.
_STATES: Final[Mapping[str, str]] = {
    "DomainNotRunning": "VMI is not running",
    "AlreadyPaused": "VMI is already paused",
    "NotPaused": "VMI is not paused",
    "DomainPaused": "VMI is paused",
    "AgentNotConnected": "VMI does not have guest agent connected",
    "NoGraphics": "VMI has no graphics device",
    "AcpiUnavailable": "VMI has neither a guest agent connected nor ACPI enabled",
    "LauncherTooOld": "VMI was started by an older version that cannot do this: restart it",
}
# Refusals that tell nothing new of the VMI.
_NO_NEWS: Final = frozenset({*_STATES, "NotFound", "Busy"})
_CODES: Final[Mapping[str, int]] = {
    "BadRequest": 400,
    "Forbidden": 403,
    "NotFound": 404,
    "MethodNotAllowed": 405,
    "Timeout": 408,
    "RequestEntityTooLarge": 413,
    "Busy": 503,
    "LauncherUnresponsive": 504,
}


@dataclass(frozen=True, slots=True)
class Guest:
    """Which launcher has a VMI, and whether its guest is there to be asked."""

    pod_uid: str
    running: bool


def read_verb(text: str) -> NodeVerb:
    """Return the verb of a path, or raise NotFound."""
    try:
        return NodeVerb(text)
    except ValueError:
        raise Problem("NotFound", "there is no such verb") from None


def read_request(body: bytes) -> VerbRequest:
    """Read a verb's body, or raise BadRequest."""
    try:
        request = msgspec.json.decode(body, type=VerbRequest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise Problem("BadRequest", f"the body is no request: {error}") from error
    if not 0 <= request.thaw_after_seconds <= _MAX_THAW_SECONDS:
        raise Problem("BadRequest", "thawAfterSeconds is out of range")
    return request


def split_detail(detail: str) -> tuple[str, str]:
    """Part a launcher's word of failure into slug and sentence.

    The slug is empty unless it is one that a launcher may say: it could say ours as well.
    """
    slug, _, sentence = detail.partition(": ")
    return (slug, sentence) if slug in _STATES or slug == AGENT_FAILED else ("", detail)


def decide_refusal(problem: Problem) -> tuple[int, Refusal]:
    """Return the status code and body for what went wrong."""
    slug = problem.slug
    if slug in _STATES:
        return 409, Refusal(slug, _STATES[slug])
    if slug == AGENT_FAILED:
        return 409, Refusal(slug, f"the guest agent failed: {problem.message}")
    return _CODES.get(slug, 502), Refusal(slug, problem.message)


def build_note(verb: NodeVerb, problem: Problem | None) -> Note | None:
    """Return the event of a verb; a pause shows in the state, which has events of its own."""
    if problem is None and verb is NodeVerb.RESET:
        return Note("Normal", Reason.RESET, "the guest was reset")
    if problem is None and verb is NodeVerb.SOFT_REBOOT:
        return Note("Normal", Reason.SOFT_REBOOTED, "the guest was asked to restart")
    if problem is None or verb is not NodeVerb.FREEZE or problem.slug in _NO_NEWS:
        return None
    message = decide_refusal(problem)[1].message
    return Note("Warning", Reason.FREEZE_ERROR, f"file systems were not frozen: {message}")
