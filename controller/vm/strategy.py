"""The run strategies: what each makes of an instance that is missing, alive or ended."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from api.names import Phase, RunStrategy
from controller.vm.seen import Vm
from controller.vmi.seen import Vmi

# They start a VM once when they are new to it; status.runStrategy tells that they did.
MARKED: Final = frozenset({RunStrategy.ONCE, RunStrategy.RERUN_ON_FAILURE})
_REPLACING: Final = frozenset({RunStrategy.ALWAYS, RunStrategy.RERUN_ON_FAILURE})
_SUPPORTED: Final = frozenset(RunStrategy) - {RunStrategy.WAIT_AS_RECEIVER}


class Life(StrEnum):
    """How far the VM's instance is."""

    NONE = "none"
    ALIVE = "alive"
    GOING = "going"  # being deleted
    SUCCEEDED = "succeeded"
    FAILED = "failed"


class Move(StrEnum):
    """What is to be done about the instance."""

    STAY = "stay"
    START = "start"
    REMOVE = "remove"
    SWITCH_ON = "switch on"  # make the run strategy Always


@dataclass(frozen=True, slots=True)
class Case:
    """What a run strategy looks at."""

    strategy: str
    life: Life
    wish: str | None = None  # the action of the first request that is still to be fulfilled
    fresh: bool = False  # the strategy is new, and has not started the VM yet
    failed: bool = False  # the instance before failed, and is to be replaced


def find_life(own: Vmi | None) -> Life:
    """Return how far the VM's instance is."""
    if own is None:
        return Life.NONE
    if own.deleted:
        return Life.GOING
    ended = {Phase.SUCCEEDED: Life.SUCCEEDED, Phase.FAILED: Life.FAILED}
    return next((life for phase, life in ended.items() if own.status.phase == phase), Life.ALIVE)


def choose_move(case: Case) -> Move:
    """Return what the run strategy makes of the case; nothing while an instance is going."""
    if case.life is Life.GOING or case.strategy not in _SUPPORTED:
        return Move.STAY
    if case.wish == "Stop":
        return Move.REMOVE
    if case.strategy == RunStrategy.HALTED:
        return _choose_halted(case)
    if case.life is Life.ALIVE:
        return Move.STAY
    wanted = _is_wanted(case)
    if case.life is Life.NONE:
        return Move.START if wanted else Move.STAY
    return Move.REMOVE if wanted or case.strategy in _REPLACING else Move.STAY


def _choose_halted(case: Case) -> Move:
    if case.wish == "Start":
        return Move.SWITCH_ON
    return Move.STAY if case.life is Life.NONE else Move.REMOVE


def _is_wanted(case: Case) -> bool:
    """True when there should be an instance that runs."""
    if case.strategy == RunStrategy.ALWAYS:
        return True
    if case.strategy == RunStrategy.ONCE:
        return case.fresh
    rerun = case.strategy == RunStrategy.RERUN_ON_FAILURE and (case.fresh or case.failed)
    return rerun or case.wish == "Start"


def is_supported(strategy: str) -> bool:
    """False for what the API knows and virtpod does not do."""
    return strategy in _SUPPORTED


def awaits_mark(vm: Vm) -> bool:
    """True while the status does not tell that the strategy started the VM."""
    return vm.strategy in MARKED and vm.status.run_strategy != vm.strategy


def is_fresh(vm: Vm, own: Vmi | None) -> bool:
    """True when the strategy starts a VM that is new to it, and has not done so yet.

    An instance of this generation was made by the strategy, although the status does not say so:
    the controller was killed in between. So was one that the status does not know at all, even if
    the VM was edited since.
    """
    if not awaits_mark(vm) or own is None:
        return awaits_mark(vm)
    made_from = find_generation(own) or 0
    return made_from < vm.metadata.generation and _is_known(vm, made_from)


def _is_known(vm: Vm, made_from: int) -> bool:
    """True when the status was written since there is an instance of that generation."""
    return bool(vm.status.created) and (vm.observed_generation or 0) >= made_from


def plan_mark(vm: Vm, own: Vmi | None, gone: Vmi | None = None) -> str | None:
    """Return what status.runStrategy should say: the strategy, once it was acted on.

    ``gone`` is the instance before, if the status did not tell of the strategy then.
    """
    if is_fresh(vm, own or gone) and find_life(own) is not Life.ALIVE:
        return vm.status.run_strategy
    return vm.strategy


def find_generation(own: Vmi) -> int | None:
    """Return the generation of the VM that the instance was made from."""
    text = own.metadata.annotations.vm_generation or ""
    return int(text) if text.isascii() and text.isdigit() else None
