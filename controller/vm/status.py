"""The status of a VM: what its instance says, and what has to be remembered."""

from collections.abc import Iterator
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from api.meta import Condition as ApiCondition
from api.names import Condition, PrintableStatus, Reason, RunStrategy
from api.vm import VirtualMachineStatus
from controller.clock import seconds_left
from controller.vm.backoff import find_stamp
from controller.vm.claim import list_unbound
from controller.vm.outlook import Outlook
from controller.vm.printable import Facts, choose_printable
from controller.vm.restart import plan_restart
from controller.vm.seen import Seen
from controller.vm.size import build_summary
from controller.vm.strategy import MARKED, find_generation
from controller.vm.why import explain, find_ready
from controller.vmi.seen import Vmi
from controller.vmi.status import keep_time

# A guest that runs sooner than this after its instance was made was never Starting: one write
# less. Kubernetes cuts times to whole seconds, so this means two to three seconds.
STARTING_SECONDS: Final = 3.0
# How long an instance that ended and is deleted may take to be gone.
ENDING_SECONDS: Final = 3.0
# A VM's condition of these types is not its instance's.
_OWN: Final = frozenset({Condition.READY, Condition.FAILURE, Condition.RESTART_REQUIRED})
_COUNTING: Final = frozenset({RunStrategy.ALWAYS, RunStrategy.RERUN_ON_FAILURE, RunStrategy.ONCE})
# A VM that this is said of may start unnoticed for a moment.
_QUIET: Final = frozenset({None, PrintableStatus.STOPPED, PrintableStatus.CRASH_LOOP_BACK_OFF})
_NO_REASON: Final = frozenset({Reason.VMI_NOT_EXISTS, Reason.VMI_CONDITION_MISSING})
_REMEMBERED: Final = (
    "state_change_requests",
    "start_failure",
    "instancetype_ref",
    "preference_ref",
)


def build_status(seen: Seen, outlook: Outlook) -> VirtualMachineStatus:
    """Return the whole status; what the controller does not own stays as it was."""
    own, memo = seen.own, outlook.memo
    facts = gather_facts(seen, outlook)
    conditions = tuple(_build_conditions(seen, outlook, facts))
    return replace(
        seen.vm.status,
        created=own is not None,
        ready=conditions[0].status == "True",
        printable_status=str(choose_printable(facts)),
        run_strategy=memo.run_strategy,
        observed_generation=_observe_generation(seen, outlook),
        desired_generation=seen.vm.metadata.generation,
        conditions=conditions,
        state_change_requests=memo.requests,
        start_failure=memo.failure,
        instancetype_ref=memo.instancetype,
        preference_ref=memo.preference,
        instance=build_summary(seen, _name_reason(outlook, conditions[0])),
    )


def gather_facts(seen: Seen, outlook: Outlook) -> Facts:
    """Return what the word for humans is made from."""
    own, memo = seen.own, outlook.memo
    ready = find_ready(own)
    conditions = {each.type: each for each in own.status.conditions} if own is not None else {}
    scheduled, paused = conditions.get(Condition.POD_SCHEDULED), conditions.get(Condition.PAUSED)
    migration = own.status.migration_state if own is not None else None
    counting = seen.vm.strategy in _COUNTING and memo.failure is not None
    provision = seen.provision
    return Facts(
        phase=own.status.phase if own is not None else None,
        reason=(ready and ready.reason) or "",
        deleted=seen.vm.deleted,
        stopping=outlook.stopping or (own is not None and own.deleted),
        migrating=migration is not None and not migration.completed,
        paused=paused is not None and paused.status == "True",
        unschedulable=_is_unschedulable(scheduled),
        provisioning=provision is not None and not provision.unbound,
        provisioning_failed=_has_failed_volumes(seen),
        unbound=bool(list_unbound(seen)),
        unplaced=bool(provision and provision.unbound and outlook.blocked),
        failing=counting and bool(memo.failure and memo.failure.consecutive_fail_count),
    )


def _name_reason(outlook: Outlook, ready: ApiCondition) -> str | None:
    """Return in one word why the VM does not run: not that it is off."""
    if outlook.blocked is not None and outlook.blocked.reason:
        return outlook.blocked.reason
    return None if ready.status == "True" or ready.reason in _NO_REASON else ready.reason


def _has_failed_volumes(seen: Seen) -> bool:
    """True when a DataVolume cannot be filled, or not even be made."""
    failed = seen.provision is not None and bool(seen.provision.failed)
    return failed or (bool(seen.missing) and seen.is_refused)


def count_deferral(seen: Seen, status: VirtualMachineStatus) -> float:
    """Return for how many seconds the status can wait for what is about to happen; mostly 0."""
    own, known = seen.own, seen.vm.status
    if own is None or known.ready or _must_remember(known, status):
        return 0.0
    if own.deleted and own.is_final:  # it is gone in a moment
        return seconds_left(find_stamp(own, own.status.phase), ENDING_SECONDS, seen.now)
    if status.printable_status != PrintableStatus.STARTING or _is_mistaken(known):
        return 0.0
    return count_patience(own, seen.now)


def count_patience(own: Vmi, now: datetime) -> float:
    """Return for how many seconds a start is nothing to worry about."""
    return seconds_left(own.metadata.creation_timestamp, STARTING_SECONDS, now)


def _must_remember(known: VirtualMachineStatus, status: VirtualMachineStatus) -> bool:
    marked = status.run_strategy in MARKED and status.run_strategy != known.run_strategy
    return marked or any(getattr(known, name) != getattr(status, name) for name in _REMEMBERED)


def _is_mistaken(known: VirtualMachineStatus) -> bool:
    """True when what is said of the VM is no longer so."""
    failed = any(each.type == Condition.FAILURE for each in known.conditions)
    return failed or known.printable_status not in _QUIET


def _is_unschedulable(scheduled: ApiCondition | None) -> bool:
    if scheduled is None:
        return False
    return scheduled.status == "False" and scheduled.reason == Reason.UNSCHEDULABLE


def _observe_generation(seen: Seen, outlook: Outlook) -> int | None:
    """Return the generation that the instance corresponds to, or that was looked at without one."""
    generation, own = seen.vm.metadata.generation, seen.own
    made_from = find_generation(own) if own is not None else generation
    if outlook.changes == () or made_from is None or made_from >= generation:
        return generation
    return made_from if outlook.changes else seen.vm.observed_generation or made_from


def _build_conditions(seen: Seen, outlook: Outlook, facts: Facts) -> Iterator[ApiCondition]:
    """Yield Ready first, then what only a VM has, then what its instance says."""
    generation, own = seen.vm.metadata.generation, seen.own
    before = {each.type: each for each in seen.vm.status.conditions}
    sentence = explain(seen, outlook, choose_printable(facts))
    wanted = [_build_ready(own, facts, sentence)]
    trouble = outlook.blocked
    if trouble is not None and trouble.reason:
        failure = ApiCondition(Condition.FAILURE, "True", trouble.reason, trouble.message)
        wanted.append(failure)
    restart = plan_restart(seen, outlook)
    if restart is not None:
        wanted.append(restart)
    if own is not None:
        wanted += [each for each in own.status.conditions if each.type not in _OWN]
    for condition in wanted:
        yield keep_time(condition, before.get(condition.type), seen.now, generation)


def _build_ready(own: Vmi | None, facts: Facts, sentence: str) -> ApiCondition:
    """Mirror the instance's; what is to stop, or has ended, is not ready whatever it says."""
    ready = find_ready(own)
    if own is None:
        reason = Reason.VMI_NOT_EXISTS
    elif facts.alive and facts.stopping:
        reason = Reason.POD_TERMINATING
    elif ready is None or (ready.status == "True" and not facts.alive):
        reason = Reason.VMI_CONDITION_MISSING
    else:
        return ApiCondition(Condition.READY, ready.status, ready.reason, sentence)
    return ApiCondition(Condition.READY, "False", reason, sentence)
