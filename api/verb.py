"""What start, stop and restart write, or why they are refused; pure, for whoever serves them.

A run strategy that says by itself whether the VM runs is changed in the spec. With the others the
wish is put into the VM's status, and the controller fulfils it. Each write tests what it was
decided on, so that two who ask at once do not undo each other: a failed test is a 409 as well.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final, Literal, TypeGuard

import msgspec

from api.default import GRACE_SECONDS
from api.meta import ApiStruct
from api.names import FINAL_PHASES, GROUP, Condition, Phase, RunStrategy
from api.vm import StateChangeRequest, VirtualMachine, VirtualMachineStatus, find_run_strategy
from api.vmi import VirtualMachineInstance

# What a start request's data say for a guest that is to wait with its vCPUs stopped.
PAUSED: Final = "paused"
FORCED_GRACE_SECONDS: Final = 1
_REQUESTS: Final = "/status/stateChangeRequests"
_GRACE: Final = "/spec/terminationGracePeriodSeconds"
_BY_REQUEST: Final = frozenset({RunStrategy.MANUAL, RunStrategy.RERUN_ON_FAILURE})


class StartOptions(ApiStruct, frozen=True):
    """Body of a start."""

    paused: bool = False
    """Start the guest, and let it wait until it is unpaused."""
    dry_run: tuple[str, ...] = ()
    """All: only say what would happen."""


class StopOptions(ApiStruct, frozen=True):
    """Body of a stop."""

    grace_period: int | None = None
    """Seconds that the guest gets to shut down, instead of what the VM says."""
    dry_run: tuple[str, ...] = ()
    """All: only say what would happen."""


class RestartOptions(ApiStruct, frozen=True):
    """Body of a restart."""

    grace_period_seconds: int | None = None
    """0 ends the guest at once; no other number is accepted."""
    dry_run: tuple[str, ...] = ()
    """All: only say what would happen."""


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why nothing is done, as the fields of a metav1.Status."""

    code: int
    reason: Literal["BadRequest", "Conflict"]
    message: str


class Operation(msgspec.Struct, frozen=True):
    """One step of a JSON patch (RFC 6902); a value of None is sent as null, which a
    removal does not look at."""

    op: Literal["test", "add", "remove"]
    path: str
    value: object


class Target(StrEnum):
    """Which object a write is for."""

    VM = "VirtualMachine"
    VM_STATUS = "VirtualMachine/status"
    VMI = "VirtualMachineInstance"


@dataclass(frozen=True, slots=True)
class Write:
    """One JSON patch of one object."""

    target: Target
    patch: tuple[Operation, ...]


# The writes are made in their order; when one fails, the rest is not made.
Plan = Refusal | tuple[Write, ...]


def is_final(vmi: VirtualMachineInstance) -> bool:
    """Say whether the instance ended: its guest will never run again."""
    return vmi.status.phase in FINAL_PHASES


def is_live(vmi: VirtualMachineInstance | None) -> TypeGuard[VirtualMachineInstance]:
    """Say whether the VM runs, or is about to, or may run on a node that is not heard of."""
    return vmi is not None and not is_final(vmi)


def plan_start(
    vm: VirtualMachine, vmi: VirtualMachineInstance | None, options: StartOptions
) -> Plan:
    """Start the VM."""
    strategy = find_run_strategy(vm.spec)
    if is_live(vmi):
        return _conflict(vm, "VM is already running")
    if _is_true(vm, Condition.MANUAL_RECOVERY_REQUIRED):
        return _conflict(vm, "VM cannot be started before it is recovered by hand")
    if strategy is RunStrategy.HALTED:
        return _start_halted(vm, options)
    if strategy not in _BY_REQUEST:
        return _conflict(vm, f"{strategy} does not support manual start requests")
    failed = vmi is not None and vmi.status.phase == Phase.FAILED
    if strategy is RunStrategy.RERUN_ON_FAILURE and failed:
        return _conflict(vm, f"{strategy} does not support starting VM from failed state")
    ended = (_build_stop(vmi),) if vmi is not None else ()
    return _request(vm, *ended, _build_start(options))


def plan_stop(vm: VirtualMachine, vmi: VirtualMachineInstance | None, options: StopOptions) -> Plan:
    """Stop the VM; a grace period of the request's own replaces the instance's."""
    strategy = find_run_strategy(vm.spec)
    if options.grace_period is not None and options.grace_period < 0:
        return _bad_request("gracePeriod has to be greater or equal to 0")
    hurry = _plan_grace(vmi, options.grace_period) if is_live(vmi) else ()
    if strategy is not RunStrategy.HALTED and strategy not in _BY_REQUEST:
        # also without an instance: that is how a crash loop is ended
        return (*hurry, *_drop_requests(vm), _turn(vm, on=False))
    if not is_live(vmi):
        # a start that is wished for and not begun is taken back
        return _drop_requests(vm) or _conflict(vm, "VM is not running")
    shorter = _is_shorter(vmi, options.grace_period)
    if strategy is RunStrategy.HALTED and not shorter:
        text = f"{strategy} only supports manual stop requests with a shorter graceperiod"
        return _conflict(vm, text)
    stop = _build_stop(vmi)
    if vm.status.state_change_requests == (stop,):
        return hurry if shorter else _underway(vm)
    # whatever else was wished for, a start also, is overruled
    return (*hurry, _write_requests(vm, stop))


def plan_restart(
    vm: VirtualMachine, vmi: VirtualMachineInstance | None, options: RestartOptions
) -> Plan:
    """Stop the VM's instance and start another."""
    strategy = find_run_strategy(vm.spec)
    grace = options.grace_period_seconds
    if grace is not None and grace < 0:
        return _bad_request("gracePeriod has to be greater or equal to 0")
    if grace:
        return _bad_request("For force restart, only gracePeriod=0 is supported for now")
    if strategy not in {*_BY_REQUEST, RunStrategy.ALWAYS}:
        return _conflict(vm, f"RunStrategy {strategy} does not support manual restart requests")
    if not is_live(vmi):
        return _conflict(vm, "VM is not running")
    request = _request(vm, _build_stop(vmi), _build_start(StartOptions()), strategy_holds=True)
    if isinstance(request, Refusal) or grace is None:
        return request
    return (*_plan_grace(vmi, FORCED_GRACE_SECONDS), *request)


def _start_halted(vm: VirtualMachine, options: StartOptions) -> Plan:
    """Switch the VM on; a paused start goes by request, because no run strategy says it."""
    if options.paused and vm.spec.template.spec.start_strategy != "Paused":
        return _request(vm, _build_start(options))
    return (_turn(vm, on=True),)


def _build_start(options: StartOptions) -> StateChangeRequest:
    return StateChangeRequest("Start", {PAUSED: "true"} if options.paused else {})


def _build_stop(vmi: VirtualMachineInstance) -> StateChangeRequest:
    return StateChangeRequest("Stop", uid=vmi.metadata.uid)


def _turn(vm: VirtualMachine, *, on: bool) -> Write:
    """Change the run strategy in the spelling that the user chose."""
    if vm.spec.run_strategy is None and vm.spec.running is not None:
        return Write(Target.VM, _swap("/spec/running", vm.spec.running, on))
    new = RunStrategy.ALWAYS if on else RunStrategy.HALTED
    return Write(Target.VM, _swap("/spec/runStrategy", vm.spec.run_strategy, str(new)))


def _drop_requests(vm: VirtualMachine) -> tuple[Write, ...]:
    """Forget what was asked for before: a restart's start would switch a halted VM on again."""
    old = [msgspec.to_builtins(request) for request in vm.status.state_change_requests]
    if not old:
        return ()
    operations = (Operation("test", _REQUESTS, old), Operation("remove", _REQUESTS, None))
    return (Write(Target.VM_STATUS, operations),)


def _hold_strategy(vm: VirtualMachine) -> Operation:
    """Test that nobody has switched the VM off meanwhile."""
    if vm.spec.run_strategy is None and vm.spec.running is not None:
        return Operation("test", "/spec/running", vm.spec.running)
    return Operation("test", "/spec/runStrategy", vm.spec.run_strategy)


def _request(
    vm: VirtualMachine, *requests: StateChangeRequest, strategy_holds: bool = False
) -> Plan:
    if vm.status.state_change_requests:
        return _underway(vm)
    write = _write_requests(vm, *requests)
    held = (_hold_strategy(vm),) if strategy_holds else ()
    return (Write(write.target, (*held, *write.patch)),)


def _write_requests(vm: VirtualMachine, *requests: StateChangeRequest) -> Write:
    new = [msgspec.to_builtins(request) for request in requests]
    if vm.status == VirtualMachineStatus():
        # there may be no status at all, and a patch cannot reach into what is not there
        version = vm.metadata.resource_version
        status = {_REQUESTS.rpartition("/")[2]: new}
        unchanged = Operation("test", "/metadata/resourceVersion", version)
        return Write(Target.VM_STATUS, (unchanged, Operation("add", "/status", status)))
    old = [msgspec.to_builtins(request) for request in vm.status.state_change_requests] or None
    return Write(Target.VM_STATUS, _swap(_REQUESTS, old, new))


def _plan_grace(vmi: VirtualMachineInstance, seconds: int | None) -> tuple[Write, ...]:
    own = vmi.spec.termination_grace_period_seconds
    if seconds is None or own == seconds:
        return ()
    return (Write(Target.VMI, _swap(_GRACE, own, seconds)),)


def _is_shorter(vmi: VirtualMachineInstance, seconds: int | None) -> bool:
    own = vmi.spec.termination_grace_period_seconds
    return seconds is not None and seconds < (GRACE_SECONDS if own is None else own)


def _swap(path: str, old: object, new: object) -> tuple[Operation, ...]:
    """Replace a value if it still is the old one; ``add`` also replaces, and None is absent."""
    return (Operation("test", path, old), Operation("add", path, new))


def _is_true(vm: VirtualMachine, type_: str) -> bool:
    return any(each.type == type_ and each.status == "True" for each in vm.status.conditions)


def _underway(vm: VirtualMachine) -> Refusal:
    return _conflict(vm, "unable to complete request: stop/start already underway")


def _conflict(vm: VirtualMachine, why: str) -> Refusal:
    what = f'virtualmachine.{GROUP} "{vm.metadata.name}"'
    return Refusal(409, "Conflict", f"Operation cannot be fulfilled on {what}: {why}")


def _bad_request(why: str) -> Refusal:
    return Refusal(400, "BadRequest", why)
