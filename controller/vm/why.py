"""Why a VM does not run, in one sentence with the next step: docs/why-not-running.md lists them."""

from collections.abc import Mapping
from enum import StrEnum
from typing import Final

from api.meta import Condition as ApiCondition
from api.names import Condition, PrintableStatus, RunStrategy
from controller.vm.backoff import count_wait
from controller.vm.claim import list_unbound
from controller.vm.outlook import Outlook
from controller.vm.restart import plan_restart
from controller.vm.seen import Seen
from controller.vm.strategy import Life, find_life
from controller.vmi.seen import Vmi


class Sentence(StrEnum):
    """All that the Ready condition of a VM says; ``said`` are another one's words."""

    TERMINATING = "the VM is being deleted: its guest has its grace period to power off"
    GOING = "the VM is being deleted"
    STOPPING = (
        "the guest was told to power off, and is killed when its grace period is over;"
        " end it now with: kubectl delete pod {name} -n {namespace} --now"
    )
    PAUSED = "{said}; let it go on with: kubectl virt unpause {name} -n {namespace}"
    RUNNING = "{said}"
    LOST = "{said}"
    CLAIM_MISSING = "{said}; create it, and the VM starts"
    PROVISIONING = "{said}"
    UNBOUND = (
        "PersistentVolumeClaim {claims} is not bound to a volume yet;"
        " see: kubectl describe pvc {claims} -n {namespace}"
    )
    UNSCHEDULABLE = (
        "no node takes the VM: {said}; free or add what is missing, or change what the VM asks for"
    )
    IMAGE = (
        "{said}; correct the image's name or pull policy, or give the VM's pod the right to pull it"
    )
    STARTING = "{said}; see: kubectl describe vmi {name} -n {namespace}"
    EDITED = "{said}; the VM was edited since: start it anew with: {anew}"
    BLOCKED = "{said}"
    FAILING = (
        "failed {times}: {said}; the next try is at {retry_at}, or at once when the VM is edited;"
        " see: kubectl logs {name} -n {namespace}"
    )
    REPLACED = "{said}; runStrategy {strategy} starts it again"
    RESTARTING = "the VM is about to start"
    HALTED = "runStrategy is Halted; start the VM with: {switch_on}"
    SWITCHED_OFF = "running is false; start the VM with: {switch_on}"
    MANUAL = "runStrategy is Manual; start the VM with: {start}"
    MANUAL_ENDED = "{said}; runStrategy is Manual, so start it again with: {start}"
    RERUN = "runStrategy RerunOnFailure leaves a VM off that was shut down; start it with: {start}"
    ONCE = "runStrategy is Once, and the VM has run; start it again, as Always, with: {switch_on}"
    ONCE_ENDED = "{said}; runStrategy is Once, so start it again, as Always, with: {switch_on}"


_NO_WORDS: Final = "the guest does not run yet"
_NO_INSTANCE: Final = "its last instance was deleted"
_SWITCH_ON: Final = """kubectl patch vm {name} -n {namespace} --type merge -p '{{"spec":{on}}}'"""
_ON: Final = '{"runStrategy":"Always"}'
_ON_OLD: Final = '{"running":true}'
_START: Final = (
    "kubectl patch vm {name} -n {namespace} --subresource status --type merge"
    """ -p '{{"status":{{"stateChangeRequests":[{{"action":"Start"}}]}}}}'"""
)
_RESTART: Final = _START.replace("[{{", '[{{"action":"Stop"}},{{')
_DELETE: Final = "kubectl delete vmi {name} -n {namespace}"
# What starts an instance anew that waits, so that it becomes what the VM is now.
_ANEW: Final[Mapping[str, str]] = {
    RunStrategy.ALWAYS: _DELETE,
    RunStrategy.MANUAL: _RESTART,
    RunStrategy.RERUN_ON_FAILURE: _RESTART,
    RunStrategy.ONCE: _SWITCH_ON,
}
_BY_STATUS: Final[Mapping[PrintableStatus, Sentence]] = {
    PrintableStatus.STOPPING: Sentence.STOPPING,
    PrintableStatus.PAUSED: Sentence.PAUSED,
    PrintableStatus.RUNNING: Sentence.RUNNING,
    PrintableStatus.MIGRATING: Sentence.RUNNING,
    PrintableStatus.PVC_NOT_FOUND: Sentence.CLAIM_MISSING,
    PrintableStatus.DATA_VOLUME_ERROR: Sentence.PROVISIONING,
    PrintableStatus.UNSCHEDULABLE: Sentence.UNSCHEDULABLE,
    PrintableStatus.PROVISIONING: Sentence.PROVISIONING,
    PrintableStatus.WAITING_FOR_VOLUME_BINDING: Sentence.UNBOUND,
    PrintableStatus.ERR_IMAGE_PULL: Sentence.IMAGE,
    PrintableStatus.IMAGE_PULL_BACK_OFF: Sentence.IMAGE,
    PrintableStatus.STARTING: Sentence.STARTING,
    PrintableStatus.UNKNOWN: Sentence.LOST,
}
_WAITING: Final = frozenset(
    {
        Sentence.CLAIM_MISSING,
        Sentence.PROVISIONING,
        Sentence.UNBOUND,
        Sentence.UNSCHEDULABLE,
        Sentence.IMAGE,
        Sentence.STARTING,
    }
)
_LEFT_OFF: Final = {
    RunStrategy.MANUAL: (Sentence.MANUAL, Sentence.MANUAL_ENDED),
    RunStrategy.ONCE: (Sentence.ONCE, Sentence.ONCE_ENDED),
}


def explain(seen: Seen, outlook: Outlook, printable: PrintableStatus) -> str:
    """Return the sentence for the Ready condition."""
    sentence = choose_sentence(seen, outlook, printable)
    meta = seen.vm.metadata
    place = {"name": meta.name, "namespace": meta.namespace}
    place["on"] = _ON_OLD if seen.vm.spec.run_strategy is None else _ON
    failure = outlook.memo.failure
    count = (failure and failure.consecutive_fail_count) or 0
    said = sentence.format(
        **place,
        said=_quote(seen, outlook, sentence),
        claims=" ".join(list_unbound(seen)),
        strategy=seen.vm.strategy,
        times="once" if count == 1 else f"{count} times in a row",
        retry_at=failure and failure.retry_after_timestamp,
        switch_on=_SWITCH_ON.format(**place),
        start=_START.format(**place),
    )
    anew = _ANEW.get(seen.vm.strategy) if _waits_outdated(seen, outlook, sentence) else None
    return Sentence.EDITED.format(said=said, anew=anew.format(**place)) if anew else said


def choose_sentence(seen: Seen, outlook: Outlook, printable: PrintableStatus) -> Sentence:
    """Return which of the sentences it is."""
    life = find_life(seen.own)
    if printable is PrintableStatus.TERMINATING:
        return Sentence.TERMINATING if seen.own is not None else Sentence.GOING
    if outlook.blocked is not None and life is Life.NONE:
        return Sentence.BLOCKED
    if printable in _BY_STATUS:
        return _BY_STATUS[printable]
    if count_wait(outlook.memo.failure, seen.now):
        return Sentence.FAILING
    return _explain_stopped(seen, outlook, life)


def find_ready(vmi: Vmi | None) -> ApiCondition | None:
    """Return the Ready condition of an instance."""
    conditions = vmi.status.conditions if vmi is not None else ()
    return next((each for each in conditions if each.type == Condition.READY), None)


def _waits_outdated(seen: Seen, outlook: Outlook, sentence: Sentence) -> bool:
    """True while an instance that has not started would become another one by a restart."""
    waits = seen.own is not None and seen.own.is_starting and sentence in _WAITING
    return waits and plan_restart(seen, outlook) is not None


def _explain_stopped(seen: Seen, outlook: Outlook, life: Life) -> Sentence:
    """The VM is off: by its strategy, or for the moment."""
    strategy = seen.vm.strategy
    ended = life in {Life.SUCCEEDED, Life.FAILED}
    if outlook.memo.requests:
        return Sentence.RESTARTING
    if strategy == RunStrategy.HALTED:
        return Sentence.SWITCHED_OFF if seen.vm.spec.run_strategy is None else Sentence.HALTED
    for left_off, (without, with_instance) in _LEFT_OFF.items():
        if strategy == left_off:
            return with_instance if ended else without
    if strategy == RunStrategy.RERUN_ON_FAILURE and outlook.memo.failure is None:
        return Sentence.RERUN
    return Sentence.REPLACED if ended else Sentence.RESTARTING


def _quote(seen: Seen, outlook: Outlook, sentence: Sentence) -> str:
    """Return the words of whoever knows best: the node, the scheduler, the validation."""
    if sentence is Sentence.BLOCKED and outlook.blocked is not None:
        return outlook.blocked.message
    if sentence is Sentence.PROVISIONING and seen.provision is not None:
        refused = seen.refusal if seen.missing and seen.is_refused else None
        return (refused or seen.provision).message
    own = seen.own
    if own is None:
        return _NO_INSTANCE
    ready = find_ready(own)
    said = ready.message if ready is not None else None
    if sentence is Sentence.RUNNING and ready is not None and ready.status == "True":
        return said or "the guest runs"
    if own.is_final:
        return said or own.status.reason or "the guest ended"
    return said or _NO_WORDS
