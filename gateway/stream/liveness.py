"""Whether a peer is still there, judged from what was heard of it; pure.

A peer that says nothing is pinged, and given up when it does not answer. It is not judged by its
silence while we do not listen, because what we would forward is not taken at the other end, nor
while it is busy taking what we send: then only how long it takes counts.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

_WAITED_SECONDS: Final = 0.02  # to send takes less when nobody has to be waited for


@dataclass(frozen=True, slots=True)
class Timing:
    """After how many seconds something happens.

    A peer that is gone is given up within look + ping + look + answer, and its place is free 3 s
    later, within the 30 that are promised; a right that was revoked ends its sessions within
    look + review and the API server's answer, of 60 that are promised.
    """

    look: float = 3.0  # between two looks at all sessions
    ping: float = 10.0  # of silence
    answer: float = 10.0  # without an answer to a ping
    slow: float = 24.0  # in which a peer took nothing
    review: float = 45.0  # between two reviews of a right


class Verdict(Enum):
    """What is to be done about a link."""

    FINE = auto()
    PING = auto()
    SILENT = auto()
    SLOW = auto()


@dataclass(slots=True)
class Link:
    """What is known of one peer; times are of a monotonic clock, in seconds."""

    heard_at: float
    patient: bool = False  # it may take as long as it likes to read what we send
    pinged_at: float = 0.0
    sending_since: float | None = None  # it does not take what we send
    deaf: bool = False  # we do not listen to it

    def hear(self, now: float) -> None:
        """Note a sign of life."""
        self.heard_at = now

    def begin_to_send(self, now: float) -> None:
        """Note that something is being sent, which takes as long as the peer needs."""
        self.sending_since = now

    def end_to_send(self, now: float) -> None:
        """Note that it was taken; a peer that had to be waited for has shown that it lives."""
        if self.sending_since is not None and now - self.sending_since > _WAITED_SECONDS:
            self.hear(now)
        self.sending_since = None


def judge(link: Link, now: float, timing: Timing) -> Verdict:
    """Return what is to be done about a link at this moment."""
    if link.sending_since is not None:
        slow = not link.patient and now - link.sending_since > timing.slow
        return Verdict.SLOW if slow else Verdict.FINE
    if link.deaf:
        return Verdict.FINE
    if link.pinged_at > link.heard_at:
        return Verdict.SILENT if now - link.pinged_at > timing.answer else Verdict.FINE
    return Verdict.PING if now - link.heard_at >= timing.ping else Verdict.FINE
