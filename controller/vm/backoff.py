"""Instances that fail as soon as they start: counted, and replaced more and more slowly."""

from datetime import datetime, timedelta
from typing import Final

from api.names import Phase, Reason, RunStrategy
from api.vm import StartFailure, StateChangeRequest
from controller.clock import format_time, parse_time, seconds_left
from controller.vm.seen import Seen
from controller.vm.strategy import find_generation
from controller.vmi.seen import Vmi

BASE_SECONDS: Final = 10.0
MAX_SECONDS: Final = 300.0
# The clocks of two controllers, one after the other, may differ by so much.
_SKEW_SECONDS: Final = 30.0
# What has run for this long did start.
SETTLED_SECONDS: Final = 10.0
_MOST_FAILURES: Final = 1000
_STARTING: Final = frozenset({RunStrategy.ALWAYS, RunStrategy.RERUN_ON_FAILURE, RunStrategy.ONCE})
# Others ended it: that says nothing of the VM.
_FOREIGN: Final = frozenset({Reason.POD_DELETED, Reason.EVICTED, Reason.NODE_LOST})


def plan_failure(seen: Seen, requests: tuple[StateChangeRequest, ...] = ()) -> StartFailure | None:
    """Return what status.startFailure should say.

    For RerunOnFailure it also remembers, over the removal of an instance that failed, that
    another is to come: with a count of 0 when it failed late. Who asks for a start or a stop, or
    edits the VM, does not have to wait.
    """
    vm, own = seen.vm, seen.own
    known = vm.status.start_failure
    if vm.strategy not in _STARTING or (requests and requests[0].action == "Stop"):
        return None
    if own is not None and own.status.phase == Phase.FAILED and not own.deleted:
        return _judge(seen, own, known, forgiven=bool(requests) or _is_edited(seen))
    if known is None:
        return None
    uid = known.last_failed_vmi_uid
    if own is None:
        return _forgive(seen, uid) if requests or _is_edited(seen) else known
    if own.deleted:
        unwanted = vm.strategy == RunStrategy.RERUN_ON_FAILURE and uid != own.metadata.uid
        return None if unwanted else known
    settled = own.status.phase == Phase.RUNNING and not count_settling(own, seen.now)
    return None if settled or own.status.phase == Phase.SUCCEEDED else known


def count_wait(failure: StartFailure | None, now: datetime) -> float:
    """Return the seconds until the next try."""
    retry_at = parse_time(failure.retry_after_timestamp) if failure is not None else None
    left = (retry_at - now) / timedelta(seconds=1) if retry_at is not None else 0.0
    if left > MAX_SECONDS + _SKEW_SECONDS:
        return 0.0  # a clock was set, or it is not ours: nobody waits for that
    return min(max(left, 0.0), MAX_SECONDS)


def count_settling(own: Vmi, now: datetime) -> float:
    """Return the seconds until a running instance counts as started."""
    return seconds_left(find_stamp(own, Phase.RUNNING), SETTLED_SECONDS, now)


def count_delay(failures: int, chance: float) -> float:
    """Return how long to wait after so many failures in a row; ``chance`` is in [0, 1)."""
    delay = BASE_SECONDS * failures**2
    return min(delay + delay / 2 * chance, MAX_SECONDS)


def _judge(
    seen: Seen, own: Vmi, known: StartFailure | None, *, forgiven: bool
) -> StartFailure | None:
    uid, strategy = own.metadata.uid, seen.vm.strategy
    if forgiven:
        return _forgive(seen, uid)
    if known is not None and known.last_failed_vmi_uid == uid:
        return known
    if not _failed_to_start(own, strategy, seen.now):
        return _forgive(seen, uid)
    count = min((known.consecutive_fail_count or 0) + 1 if known is not None else 1, _MOST_FAILURES)
    if strategy == RunStrategy.ONCE:
        return StartFailure(count, uid)
    # the status has whole seconds; what is left of this one would be waited too little
    retry_at = seen.now + timedelta(seconds=count_delay(count, seen.chance) + 0.999)
    return StartFailure(count, uid, format_time(retry_at))


def _forgive(seen: Seen, uid: str | None) -> StartFailure | None:
    rerun = seen.vm.strategy == RunStrategy.RERUN_ON_FAILURE
    return StartFailure(0, uid) if rerun else None


def _failed_to_start(own: Vmi, strategy: str, now: datetime) -> bool:
    """True when it never ran, or crashed at once; Once makes no other try, and needs no count."""
    ran_at = parse_time(find_stamp(own, Phase.RUNNING))
    if ran_at is None:
        return True
    if strategy == RunStrategy.ONCE or own.status.reason in _FOREIGN:
        return False
    ended_at = parse_time(find_stamp(own, Phase.FAILED)) or now
    return (ended_at - ran_at) / timedelta(seconds=1) < SETTLED_SECONDS


def _is_edited(seen: Seen) -> bool:
    """True when the VM is no longer what it was when it failed."""
    own = seen.own
    tried = seen.vm.observed_generation if own is None else find_generation(own)
    return tried is not None and tried < seen.vm.metadata.generation


def find_stamp(own: Vmi, phase: str) -> str | None:
    """Return when the instance came into a phase."""
    stamps = own.status.phase_transition_timestamps
    return next((s.phase_transition_timestamp for s in stamps if s.phase == phase), None)
