"""What a decision means for the status: the part that no cache shows."""

from dataclasses import dataclass

from api.vm import InstancetypeStatusRef, StartFailure, StateChangeRequest
from controller.vm.backoff import plan_failure
from controller.vm.request import trim_requests
from controller.vm.seen import Seen
from controller.vm.strategy import plan_mark
from controller.vmi.trouble import Trouble


@dataclass(frozen=True, slots=True)
class Memo:
    """What only the status remembers from one instance to the next."""

    requests: tuple[StateChangeRequest, ...]
    failure: StartFailure | None
    run_strategy: str | None
    instancetype: InstancetypeStatusRef | None
    preference: InstancetypeStatusRef | None


@dataclass(frozen=True, slots=True)
class Outlook:
    """What was decided, as far as the status tells of it."""

    memo: Memo
    stopping: bool = False  # the instance, alive, is to end
    # Why there can be no instance; without a reason when that is no failure.
    blocked: Trouble | None = None
    changes: tuple[str, ...] | None = None  # paths that a restart would change; None: not compared


def recall(seen: Seen) -> Memo:
    """Return what the status remembers."""
    status = seen.vm.status
    return Memo(
        status.state_change_requests,
        status.start_failure,
        status.run_strategy,
        status.instancetype_ref,
        status.preference_ref,
    )


def plan_memo(seen: Seen) -> Memo:
    """Return what the status should remember."""
    vm, own = seen.vm, seen.own
    requests = trim_requests(vm.status.state_change_requests, own, vm.strategy)
    refs = vm.status
    if seen.catalogue is not None and not seen.catalogue.trouble:
        refs = seen.catalogue.status
    return Memo(
        requests,
        plan_failure(seen, requests),
        plan_mark(vm, own, seen.gone),
        refs.instancetype_ref,
        refs.preference_ref,
    )
