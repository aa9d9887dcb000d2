"""What to do about one set: pure, from a snapshot to a verdict."""

from datetime import timedelta
from typing import Final

from msgspec.structs import replace

from api.cause import join_causes
from api.names import Condition, Reason
from api.replica_set import VirtualMachineInstanceReplicaSet
from api.support import find_unsupported
from api.validate import validate_replica_set
from controller.replica_set.failure import Patience, judge_failures, keep_failures
from controller.replica_set.instance import build_instances
from controller.replica_set.seen import Seen
from controller.replica_set.selector import render_selector
from controller.replica_set.status import build_status
from controller.replica_set.tally import Tally, count_members, order_victims
from controller.replica_set.verdict import (
    Action,
    AdoptInstances,
    CreateInstances,
    DeleteInstances,
    ListOrphans,
    ReadSet,
    Verdict,
)
from controller.verdict import AT_ONCE, Emit
from controller.vmi.seen import Vmi
from controller.vmi.trouble import Trouble

# VMIs created and deleted in one pass; other sets have their turn before the rest.
PASS_CHANGES: Final = 100
NEXT_PASS_SECONDS: Final = 0.05
# The cache lags behind what was just read: it will catch up by itself, or we look again.
STALE_SECONDS: Final = 2.0


def decide(seen: Seen) -> Verdict:
    """Return what is to be done now."""
    item = seen.replica_set
    if item.deleted:
        return Verdict()  # the garbage collector does what remains
    tally = count_members(seen)
    if item.spec.paused:
        return _conclude(seen, tally, keep_failures(seen))
    if seen.strays_due and _may_look(seen):
        return _look_for_orphans(seen)
    if seen.orphans and seen.whole is not None:
        return _adopt(seen, seen.whole)
    return _scale(seen, tally, judge_failures(seen, tally, item.wanted))


def _scale(seen: Seen, tally: Tally, patience: Patience) -> Verdict:
    """Delete what is too much, create what is missing; then the status."""
    held = tally.failing if patience.waits else ()
    missing = seen.replica_set.wanted - len(tally.active) - len(held)
    victims = _choose_victims(tally, held, -missing)
    if not victims and missing <= 0:
        return _conclude(seen, tally, patience)
    refusal = seen.refusal
    if refusal is not None and refusal.retry_at > seen.now:
        left = (refusal.retry_at - seen.now) / timedelta(seconds=1)
        return _conclude(seen, tally, patience, Trouble(refusal.reason, refusal.message), left)
    room = PASS_CHANGES - seen.changes
    if room <= 0:
        return _conclude(seen, tally, patience, look_again=NEXT_PASS_SECONDS)
    if victims:
        return Verdict((DeleteInstances(tuple(victims[:room])),), look_again=AT_ONCE)
    return _create(seen, tally, patience, min(missing, room))


def _choose_victims(tally: Tally, held: tuple[Vmi, ...], surplus: int) -> list[Vmi]:
    """Return the VMIs to delete: those that ended, and what is too much, failed ones first."""
    released = () if held else tally.failing
    too_many = [*order_victims(held), *order_victims(tally.active)][: max(surplus, 0)]
    return [*tally.ended, *released, *too_many]


def _create(seen: Seen, tally: Tally, patience: Patience, number: int) -> Verdict:
    if _may_look(seen):
        return _look_for_orphans(seen)
    if seen.unreadable:
        return _conclude(seen, tally, patience, Trouble(Reason.FAILED_CREATE, seen.unreadable))
    whole = seen.whole
    if whole is None:
        return Verdict((ReadSet(),), look_again=AT_ONCE)
    if _is_other(seen, whole):
        return Verdict(look_again=STALE_SECONDS)
    fault = _find_fault(seen, whole)
    if fault is not None:
        return _conclude(seen, tally, patience, fault)
    bodies = build_instances(whole, seen.free_names[:number], seen.config)
    return Verdict((CreateInstances(bodies),), look_again=AT_ONCE)


def _may_look(seen: Seen) -> bool:
    selects = bool(render_selector(seen.replica_set.spec.selector))
    return selects and seen.strays and not seen.strays_listed


def _look_for_orphans(seen: Seen) -> Verdict:
    """List VMIs that may be adopted, after a look at the set: only one that exists adopts."""
    selector = render_selector(seen.replica_set.spec.selector)
    return Verdict((ReadSet(), ListOrphans(selector)), look_again=AT_ONCE)


def _adopt(seen: Seen, whole: VirtualMachineInstanceReplicaSet) -> Verdict:
    if _is_other(seen, whole):
        return Verdict(look_again=STALE_SECONDS)
    return Verdict((AdoptInstances(seen.orphans),), look_again=AT_ONCE)


def _is_other(seen: Seen, whole: VirtualMachineInstanceReplicaSet) -> bool:
    """True when the cache's view is of another life or version than what the server told."""
    meta = seen.replica_set.metadata
    read = whole.metadata
    return read.uid != meta.uid or read.generation != meta.generation


def _find_fault(seen: Seen, whole: VirtualMachineInstanceReplicaSet) -> Trouble | None:
    """Return what is wrong with the template; it stays wrong until the set is changed."""
    causes = (
        *validate_replica_set(whole, seen.config),
        *find_unsupported(whole.spec.template.spec, "spec.template.spec"),
    )
    if not causes:
        return None
    named = tuple(
        cause
        if cause.message.startswith(cause.field)
        else replace(cause, message=f"{cause.field}: {cause.message}")
        for cause in causes
    )
    return Trouble(Reason.FAILED_CREATE, join_causes(named))


def _conclude(
    seen: Seen,
    tally: Tally,
    patience: Patience,
    trouble: Trouble | None = None,
    look_again: float | None = None,
) -> Verdict:
    """Nothing more to do now: say how it stands, and what is new of it also by an event."""
    trouble = trouble or patience.trouble
    status = build_status(seen, tally, patience.failure, trouble)
    waits = [each for each in (look_again, patience.look_again) if each is not None]
    return Verdict(_tell(seen, trouble), status, min(waits, default=None))


def _tell(seen: Seen, trouble: Trouble | None) -> tuple[Action, ...]:
    item = seen.replica_set
    said = {each.type: each for each in item.status.conditions}
    told: list[Action] = []
    failure = said.get(Condition.REPLICA_FAILURE)
    if trouble is not None and (failure is None or failure.message != trouble.message):
        told.append(Emit("Warning", trouble.reason, trouble.message))
    was_paused = Condition.REPLICA_PAUSED in said
    if item.spec.paused and not was_paused:
        told.append(Emit("Normal", Reason.SUCCESSFUL_PAUSED, "paused"))
    if was_paused and not item.spec.paused:
        told.append(Emit("Normal", Reason.SUCCESSFUL_RESUMED, "resumed"))
    return tuple(told)
