"""VMIs that end at once: how long a set waits before it replaces them."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from api.meta import Condition as ApiCondition
from api.names import Condition, Reason
from api.vm import StartFailure
from controller.clock import format_time, parse_time
from controller.replica_set.seen import Seen
from controller.replica_set.tally import Tally, count_settle_seconds
from controller.vmi.seen import Vmi
from controller.vmi.trouble import Trouble

# As for a VM that does not start: 10 s, 40 s, 90 s, 160 s, 250 s, and 300 s from then on.
_BASE_SECONDS: Final = 10.0
_MAX_SECONDS: Final = 300.0
_MOST_FAILURES: Final = 1000


@dataclass(frozen=True, slots=True)
class Patience:
    """What to do about VMIs that ended at once; all of it follows from the set's status."""

    failure: StartFailure | None = None  # what the status is to say
    trouble: Trouble | None = None
    waits: bool = False  # VMIs that failed keep their places, so that nothing replaces them yet
    look_again: float | None = None


def judge_failures(seen: Seen, tally: Tally, wanted: int) -> Patience:
    """Return whether the VMIs that ended at once are to be replaced now.

    A time to try again stands in the status for as long as it is waited for. It goes with the
    VMIs that failed, so what fails without it has failed once more. The count goes when all
    VMIs have run for a while, or when somebody changed the set: that may have been the cure.
    """
    item = seen.replica_set
    if item.status.observed_generation != item.metadata.generation:
        return Patience()
    known = item.status.start_failure
    if tally.failing:
        return _await_retry(seen, tally, known)
    if known is None:
        return Patience()
    settle = count_settle_seconds(tally, wanted, seen)
    if settle is not None and settle <= 0:
        return Patience()
    trying = StartFailure(known.consecutive_fail_count, known.last_failed_vmi_uid)
    return Patience(trying, _repeat(seen), look_again=settle)


def _await_retry(seen: Seen, tally: Tally, known: StartFailure | None) -> Patience:
    retry_at = parse_time(known.retry_after_timestamp) if known is not None else None
    if known is None or retry_at is None:
        return _count_failure(seen, tally, known)
    left = (retry_at - seen.now) / timedelta(seconds=1)
    if left <= 0:
        return Patience(known, _repeat(seen))
    # Clocks of two controllers may differ, but nobody waits for longer than the longest.
    return Patience(known, _repeat(seen), True, min(left, _MAX_SECONDS))


def keep_failures(seen: Seen) -> Patience:
    """Return what is known of failures, as it is: of a set that does nothing about them."""
    known = seen.replica_set.status.start_failure
    return Patience(known, _repeat(seen) if known is not None else None)


def _count_failure(seen: Seen, tally: Tally, known: StartFailure | None) -> Patience:
    last = max(tally.failing, key=lambda vmi: vmi.metadata.creation_timestamp)
    number = min((known.consecutive_fail_count or 0) + 1 if known else 1, _MOST_FAILURES)
    seconds = min(_MAX_SECONDS, _BASE_SECONDS * number**2)
    # The status has whole seconds; what is left of this one would be slept too little.
    retry_at = format_time(seen.now + timedelta(seconds=seconds + 1))
    failure = StartFailure(number, last.metadata.uid, retry_at)
    trouble = Trouble(Reason.CRASH_LOOP_BACK_OFF, _describe(last, number, retry_at))
    return Patience(failure, trouble, True, seconds + 1)


def _describe(vmi: Vmi, number: int, retry_at: str) -> str:
    name = vmi.metadata.name
    ready = _find_condition(vmi.status.conditions, Condition.READY)
    why = (ready.message if ready else None) or vmi.status.reason or "no reason is known"
    times = "once" if number == 1 else f"{number} times in a row"
    return (
        f"VMs of this set ended as soon as they started, {times}: {why}. They are replaced at"
        f" {retry_at}; until then see: kubectl describe vmi {name}; kubectl logs {name}"
    )


def _repeat(seen: Seen) -> Trouble:
    """Return what the status says already, for as long as it holds."""
    said = _find_condition(seen.replica_set.status.conditions, Condition.REPLICA_FAILURE)
    if said is None or said.reason != Reason.CRASH_LOOP_BACK_OFF:
        return Trouble(Reason.CRASH_LOOP_BACK_OFF, "VMs of this set end as soon as they start")
    return Trouble(Reason.CRASH_LOOP_BACK_OFF, said.message or "")


def _find_condition(conditions: tuple[ApiCondition, ...], type_: Condition) -> ApiCondition | None:
    return next((each for each in conditions if each.type == type_), None)
