"""What to do about one VM: pure, from a snapshot to a verdict."""

from datetime import timedelta
from typing import Final

from api.catalogue import is_settled
from api.names import Condition, Phase, PrintableStatus, Reason, RunStrategy
from api.vm import (
    VirtualMachine,
    VirtualMachineInstanceTemplateSpec,
    VirtualMachineSpec,
    VirtualMachineStatus,
)
from controller.verdict import AT_ONCE, Emit, RemoveFinalizer
from controller.vm.backoff import count_settling, count_wait
from controller.vm.instance import expand_template
from controller.vm.outlook import Memo, Outlook, plan_memo, recall
from controller.vm.request import hits_whatever_runs, is_refused
from controller.vm.restart import list_changes, needs_comparison
from controller.vm.seen import Seen
from controller.vm.size import needs_measuring
from controller.vm.start import find_catalogue, plan_reading, plan_start
from controller.vm.status import build_status, count_deferral, count_patience
from controller.vm.strategy import (
    Case,
    Life,
    Move,
    choose_move,
    find_life,
    is_fresh,
    is_supported,
)
from controller.vm.verdict import (
    Action,
    AdoptInstance,
    DeleteInstance,
    PatchVm,
    ReadCatalogue,
    ReadInstance,
    ReadStarted,
    ReadVm,
    Verdict,
)
from controller.vm.volume import plan_data_volumes
from controller.vmi.seen import Vmi
from controller.vmi.trouble import Trouble

_WHOLE_TEMPLATE: Final = ("spec.template",)
_CLAIMS_MATTER: Final = frozenset(
    {
        PrintableStatus.PVC_NOT_FOUND,
        PrintableStatus.DATA_VOLUME_ERROR,
        PrintableStatus.PROVISIONING,
        PrintableStatus.WAITING_FOR_VOLUME_BINDING,
    }
)
# What refused them told it in an event.
_TOLD: Final = frozenset({Reason.FAILED_DATA_VOLUME_CREATE, Reason.UNAUTHORIZED_DATA_VOLUME_CREATE})


def decide(seen: Seen) -> Verdict:
    """Return what is to be done now."""
    vm, vmi = seen.vm, seen.vmi
    if vm.deleted:
        return _decide_deletion(seen)
    if not vm.has_finalizer and vmi is not None and seen.own is None and not seen.vmi_read:
        # whether an earlier VM left it behind is not to be guessed
        return Verdict((ReadInstance(),), look_again=AT_ONCE)
    if vmi is not None and vmi.metadata.controller is None and not vmi.deleted:
        return _adopt(seen, vmi)
    if not vm.has_finalizer and not seen.unreadable:
        step = plan_reading(seen)
        if step is not None:
            return step
    return plan_data_volumes(seen) or _move(seen, plan_memo(seen))


def _adopt(seen: Seen, vmi: Vmi) -> Verdict:
    """Take over an instance; a VM that is new takes its identity first, in one write."""
    if not seen.vm.has_finalizer and not seen.unreadable:
        if seen.whole is not None and not seen.started_read:
            return Verdict((ReadStarted(),), look_again=AT_ONCE)
        step = plan_reading(seen)
        if step is not None:
            return step
    return Verdict((AdoptInstance(vmi.metadata.uid),), look_again=AT_ONCE)


def _move(seen: Seen, memo: Memo) -> Verdict:
    """Do what the run strategy says."""
    move = choose_move(_describe(seen, memo))
    wait = _count_wait(seen, memo, move)
    if wait > 0:
        return _report(seen, Outlook(memo), look_again=wait)
    if move is Move.START:
        return _start(seen, memo)
    if move is Move.REMOVE:
        return _remove(seen, memo)
    if move is Move.SWITCH_ON:
        return Verdict((PatchVm(_plan_switch(seen)),), look_again=AT_ONCE)
    return _stay(seen, memo)


def _describe(seen: Seen, memo: Memo) -> Case:
    vm, own = seen.vm, seen.own
    return Case(
        strategy=vm.strategy,
        life=find_life(own),
        wish=memo.requests[0].action if memo.requests else None,
        fresh=is_fresh(vm, own or seen.gone),
        failed=vm.status.start_failure is not None,
    )


def _count_wait(seen: Seen, memo: Memo, move: Move) -> float:
    """Return how long an instance that failed keeps its place, so that its log can be read."""
    waits = move is Move.START or (
        move is Move.REMOVE and find_life(seen.own) is Life.FAILED and memo.failure is not None
    )
    return count_wait(memo.failure, seen.now) if waits else 0.0


def _decide_deletion(seen: Seen) -> Verdict:
    """End the instance, wait until it is gone, let the VM go."""
    vm, own = seen.vm, seen.own
    if not vm.has_finalizer:
        return Verdict()
    if vm.orphans:
        return Verdict((RemoveFinalizer(),))
    outlook = Outlook(recall(seen), stopping=True)
    if own is not None and own.deleted:
        return _report(seen, outlook)
    # Only the server can tell: the cache may not have an instance yet, or may not know yet that
    # garbage collection made it an orphan.
    if not seen.vmi_read:
        return Verdict((ReadInstance(),), look_again=AT_ONCE)
    if own is None:
        return Verdict((RemoveFinalizer(),))
    return _report(seen, outlook, _delete(own))


def _start(seen: Seen, memo: Memo) -> Verdict:
    """Create the instance, or say why there can be none."""
    step = plan_start(seen, memo)
    if isinstance(step, Trouble):
        return _block(seen, memo, step)
    known = recall(seen)
    stale = memo.requests != known.requests and hits_whatever_runs(known.requests)
    if stale or (memo.instancetype, memo.preference) != (known.instancetype, known.preference):
        # what the VM is made of stands before it is made, and what would end it at once is gone
        return Verdict((), build_status(seen, Outlook(memo)), AT_ONCE)
    return step


def _remove(seen: Seen, memo: Memo, *, outdated: bool = False) -> Verdict:
    """Delete the instance; what must outlast it is written first."""
    own = seen.own
    assert own is not None
    outlook = Outlook(memo, stopping=True)
    if memo != recall(seen):
        return Verdict((), build_status(seen, outlook), AT_ONCE)
    return _report(seen, outlook, _delete(own, outdated=outdated))


def _delete(own: Vmi, *, outdated: bool = False) -> tuple[Action, ...]:
    """Delete an instance; an outdated one only while its guest has not started."""
    meta = own.metadata
    why = ", whose guest had not started when the VM was edited" if outdated else ""
    text = f"deleted VirtualMachineInstance {meta.name}{why}"
    action = DeleteInstance(meta.uid, meta.resource_version if outdated else None)
    return (action, Emit("Normal", Reason.SUCCESSFUL_DELETE, text))


def _plan_switch(seen: Seen) -> dict[str, object]:
    """Switch the VM on in the spelling that its user chose."""
    spec = seen.vm.spec
    old_way = spec.run_strategy is None and spec.running is not None
    return {"spec": {"running": True} if old_way else {"runStrategy": str(RunStrategy.ALWAYS)}}


def _stay(seen: Seen, memo: Memo) -> Verdict:
    """Nothing is to be done about the instance: look at what was edited, and report."""
    life = find_life(seen.own)
    if life is Life.ALIVE:
        return _compare(seen, memo)
    if life is not Life.NONE:
        return _report(seen, Outlook(memo))
    if not is_supported(seen.vm.strategy):
        text = f"spec.runStrategy: {seen.vm.strategy} is not supported"
        return _block(seen, memo, Trouble(Reason.FIELD_NOT_SUPPORTED, text))
    return _look(seen, memo)


def _look(seen: Seen, memo: Memo) -> Verdict:
    """A VM that is off is read once after each edit: for its size, and for the catalogue."""
    vm = seen.vm
    known = vm.status.observed_generation == vm.metadata.generation
    if (known and is_settled(vm.spec, vm.status)) or seen.unreadable:
        return _report(seen, Outlook(memo))
    step = plan_reading(seen)
    if step is not None or seen.whole is None:
        return step or Verdict()
    trouble = find_catalogue(seen, seen.whole).trouble
    if trouble:
        return _block(seen, memo, Trouble(Reason.FAILED_CREATE, trouble))
    return _report(seen, Outlook(memo))


def _compare(seen: Seen, memo: Memo) -> Verdict:
    """Say what an edit changes that the instance cannot follow."""
    own = seen.own
    assert own is not None
    if seen.unreadable or not needs_comparison(seen.vm, own):
        return _report(seen, Outlook(memo))
    step = plan_reading(seen, catalogue=seen.adopted)
    if step is not None or seen.whole is None:
        return step or Verdict()
    if not seen.started_read:
        return Verdict((ReadStarted(),), look_again=AT_ONCE)
    if seen.started is None:  # it is not known what the VM was started from
        return _report(seen, Outlook(memo, changes=_WHOLE_TEMPLATE))
    changes = list_changes(
        seen.started, _resemble(seen, seen.whole), seen.config, seen.vm.metadata.name
    )
    if changes and own.is_starting and seen.vm.strategy == RunStrategy.ALWAYS:
        return _remove(seen, memo, outdated=True)
    return _report(seen, Outlook(memo, changes=changes))


def _resemble(seen: Seen, whole: VirtualMachine) -> VirtualMachineSpec:
    """Return the VM's spec as what its instance was started from: that is expanded if adopted."""
    if not seen.adopted:
        return whole.spec
    spec = expand_template(whole, find_catalogue(seen, whole).sizing, seen.config)
    return VirtualMachineSpec(VirtualMachineInstanceTemplateSpec(spec))


def _block(seen: Seen, memo: Memo, trouble: Trouble) -> Verdict:
    """There can be no instance; one event when the reason is a new one."""
    known = next((c for c in seen.vm.status.conditions if c.type == Condition.FAILURE), None)
    said = (
        known is not None
        and known.reason == trouble.reason
        and known.observed_generation == seen.vm.metadata.generation
    )
    tell: tuple[Action, ...] = ()
    if trouble.reason and trouble.reason not in _TOLD and not said:
        tell = (Emit("Warning", Reason.FAILED_CREATE, trouble.message),)
    left = 0.0
    if seen.refusal is not None:
        left = max((seen.refusal.retry_at - seen.now) / timedelta(seconds=1), 0.0)
    return _report(seen, Outlook(memo, blocked=trouble), tell, left or None)


def _report(
    seen: Seen,
    outlook: Outlook,
    actions: tuple[Action, ...] = (),
    look_again: float | None = None,
) -> Verdict:
    """Return the verdict with the status, or with a moment's patience instead."""
    status = build_status(seen, outlook)
    deferral = count_deferral(seen, status)
    if _needs_claims(seen, status):
        return Verdict((*actions, ReadVm()), look_again=AT_ONCE)
    if not deferral and not actions and _needs_size(seen, status):
        read = ReadVm() if seen.whole is None else ReadCatalogue()
        return Verdict((read,), look_again=AT_ONCE)
    actions = (*actions, *_tell_failure(seen, status), *_tell_refused(seen, status))
    timers = [deferral, _count_settling(seen, outlook), look_again or 0.0]
    soonest = min((each for each in timers if each > 0), default=None)
    return Verdict(actions, None if deferral else status, soonest)


def _tell_failure(seen: Seen, status: VirtualMachineStatus) -> tuple[Action, ...]:
    """Tell once that a DataVolume cannot be filled."""
    word, provision = PrintableStatus.DATA_VOLUME_ERROR, seen.provision
    if status.printable_status != word or seen.vm.status.printable_status == word:
        return ()
    if provision is None or not provision.failed:
        return ()
    return (Emit("Warning", provision.failed, provision.message),)


def _tell_refused(seen: Seen, status: VirtualMachineStatus) -> tuple[Action, ...]:
    """Tell of a start that was wished for in vain, when the wish goes."""
    vm = seen.vm
    if status.state_change_requests or not is_refused(
        vm.status.state_change_requests, seen.own, vm.strategy
    ):
        return ()
    text = (
        f"the run strategy {vm.strategy} starts a VM a single time: the request to start is"
        " dropped; with spec.runStrategy: Manual it can be started again"
    )
    return (Emit("Warning", Reason.FAILED_UPDATE, text),)


def _needs_claims(seen: Seen, status: VirtualMachineStatus) -> bool:
    """True when an instance may wait for a claim's volume: which claims, only the VM tells."""
    own = seen.own
    if seen.whole is not None or seen.unreadable or own is None:
        return False
    if status.printable_status != PrintableStatus.STARTING or own.status.phase == Phase.SCHEDULED:
        return False
    return not count_patience(own, seen.now) or seen.vm.status.printable_status in _CLAIMS_MATTER


def _needs_size(seen: Seen, status: VirtualMachineStatus) -> bool:
    """True when a guest takes long to start, and nobody knows how big it will be."""
    own = seen.own
    if own is None or not needs_measuring(seen, status.instance):
        return False
    return status.printable_status != PrintableStatus.STARTING or not count_patience(own, seen.now)


def _count_settling(seen: Seen, outlook: Outlook) -> float:
    """Return when a VM that failed before counts as started."""
    own = seen.own
    if outlook.memo.failure is None or own is None or own.status.phase != Phase.RUNNING:
        return 0.0
    return count_settling(own, seen.now)
