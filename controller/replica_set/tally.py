"""A set's VMIs sorted: those that count, those that ended, and which of them go first."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from api.names import Condition, Phase, Reason
from controller.clock import parse_time, seconds_left
from controller.replica_set.seen import Seen
from controller.vmi.seen import Vmi

# A VMI that ends sooner than this after its guest started has not served: it failed.
SETTLE_SECONDS: Final = 10.0
# Ends that somebody else brought about; they say nothing about the template.
_FOREIGN: Final = frozenset({Reason.POD_DELETED, Reason.NODE_LOST})
_UNPLACED: Final = frozenset({Phase.UNSET, Phase.PENDING, Phase.SCHEDULING})


@dataclass(frozen=True, slots=True)
class Tally:
    """The VMIs of a set."""

    active: tuple[Vmi, ...]
    ended: tuple[Vmi, ...]  # after a life
    failing: tuple[Vmi, ...]  # ended at once

    @property
    def ready(self) -> int:
        return sum(map(is_ready, self.active))


def count_members(seen: Seen) -> Tally:
    """Sort the set's VMIs; those being deleted count no more."""
    alive = [vmi for vmi in seen.members if not vmi.deleted]
    ended = [vmi for vmi in alive if vmi.is_final]
    return Tally(
        active=tuple(vmi for vmi in alive if not vmi.is_final),
        ended=tuple(vmi for vmi in ended if not has_failed_at_once(vmi)),
        failing=tuple(vmi for vmi in ended if has_failed_at_once(vmi)),
    )


def is_ready(vmi: Vmi) -> bool:
    """True when the VMI says that it is Ready."""
    return any(c.type == Condition.READY and c.status == "True" for c in vmi.status.conditions)


def has_failed_at_once(vmi: Vmi) -> bool:
    """True for a VMI that ended by itself before it had run for a while."""
    if vmi.status.reason in _FOREIGN:
        return False
    started = parse_time(_find_stamp(vmi, Phase.RUNNING))
    stopped = parse_time(_find_stamp(vmi, vmi.status.phase))
    if started is None or stopped is None:
        return started is None
    return stopped - started < timedelta(seconds=SETTLE_SECONDS)


def count_settle_seconds(tally: Tally, wanted: int, seen: Seen) -> float | None:
    """Return how long until all that is wanted has run for a while; None: something is missing."""
    if tally.failing or tally.ready < wanted:
        return None
    waits = (
        seconds_left(_find_stamp(vmi, Phase.RUNNING), SETTLE_SECONDS, seen.now)
        for vmi in tally.active
    )
    return max(waits, default=0.0)


def order_victims(vmis: Iterable[Vmi]) -> list[Vmi]:
    """Order VMIs as they go when there are too many: what serves longest stays.

    As of a ReplicaSet: first those without a node, then those that are not ready, then the
    youngest.
    """
    youngest_first = sorted(vmis, key=_describe_age, reverse=True)
    return sorted(youngest_first, key=lambda vmi: (_has_place(vmi), is_ready(vmi)))


def _describe_age(vmi: Vmi) -> tuple[str, str]:
    return vmi.metadata.creation_timestamp, vmi.metadata.name


def _has_place(vmi: Vmi) -> bool:
    return vmi.status.phase not in _UNPLACED


def _find_stamp(vmi: Vmi, phase: str) -> str | None:
    stamps = vmi.status.phase_transition_timestamps
    return next((s.phase_transition_timestamp for s in stamps if s.phase == phase), None)
