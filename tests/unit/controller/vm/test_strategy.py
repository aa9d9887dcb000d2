"""Each run strategy, over each state of the instance."""

import pytest

from api.names import RunStrategy
from api.vm import VirtualMachineStatus
from controller.vm.strategy import (
    Case,
    Life,
    Move,
    choose_move,
    find_generation,
    find_life,
    is_fresh,
    plan_mark,
)
from tests.unit.controller.vm.scene import GENERATION, build_vm, build_vmi

STAY, BEGIN, REMOVE, SWITCH = Move.STAY, Move.START, Move.REMOVE, Move.SWITCH_ON
LIVES = (Life.NONE, Life.ALIVE, Life.GOING, Life.SUCCEEDED, Life.FAILED)
# What is done over LIVES, without a wish and with one to start; it is none while one is alive.
TABLE = {
    ("Always", None): (BEGIN, STAY, STAY, REMOVE, REMOVE),
    ("Always", "Start"): (BEGIN, STAY, STAY, REMOVE, REMOVE),
    ("Halted", None): (STAY, REMOVE, STAY, REMOVE, REMOVE),
    ("Halted", "Start"): (SWITCH, SWITCH, STAY, SWITCH, SWITCH),
    ("Manual", None): (STAY, STAY, STAY, STAY, STAY),
    ("Manual", "Start"): (BEGIN, STAY, STAY, REMOVE, REMOVE),
    ("RerunOnFailure", None): (STAY, STAY, STAY, REMOVE, REMOVE),
    ("RerunOnFailure", "Start"): (BEGIN, STAY, STAY, REMOVE, REMOVE),
    ("Once", None): (STAY, STAY, STAY, STAY, STAY),
    ("Once", "Start"): (STAY, STAY, STAY, STAY, STAY),
    ("WaitAsReceiver", None): (STAY, STAY, STAY, STAY, STAY),
    ("WaitAsReceiver", "Start"): (STAY, STAY, STAY, STAY, STAY),
}


@pytest.mark.parametrize(("strategy", "wish"), TABLE)
def test_what_a_strategy_makes_of_an_instance(strategy: str, wish: str | None) -> None:
    moves = tuple(choose_move(Case(strategy, life, wish)) for life in LIVES)
    assert moves == TABLE[strategy, wish]


@pytest.mark.parametrize("strategy", ["Always", "Halted", "Manual", "RerunOnFailure", "Once"])
def test_a_stop_removes_whatever_is_not_going_already(strategy: str) -> None:
    lives = (Life.ALIVE, Life.SUCCEEDED, Life.FAILED)
    assert {choose_move(Case(strategy, life, "Stop")) for life in lives} == {REMOVE}
    assert choose_move(Case(strategy, Life.GOING, "Stop")) is STAY


@pytest.mark.parametrize("strategy", ["RerunOnFailure", "Once"])
def test_a_new_strategy_starts_once(strategy: str) -> None:
    moves = tuple(choose_move(Case(strategy, life, fresh=True)) for life in LIVES)
    assert moves == (BEGIN, STAY, STAY, REMOVE, REMOVE)


def test_rerun_starts_again_after_a_failure() -> None:
    assert choose_move(Case("RerunOnFailure", Life.NONE, failed=True)) is BEGIN
    assert choose_move(Case("Once", Life.NONE, failed=True)) is STAY


@pytest.mark.parametrize(
    ("vmi", "life"),
    [
        (None, Life.NONE),
        (build_vmi(""), Life.ALIVE),
        (build_vmi("Running"), Life.ALIVE),
        (build_vmi("Unknown"), Life.ALIVE),
        (build_vmi("Succeeded"), Life.SUCCEEDED),
        (build_vmi("Failed"), Life.FAILED),
        (build_vmi("Failed", deleted=True), Life.GOING),
    ],
)
def test_how_far_an_instance_is(vmi: object, life: Life) -> None:
    assert find_life(vmi) is life  # type: ignore[arg-type]


@pytest.mark.parametrize("strategy", ["RerunOnFailure", "Once"])
def test_a_strategy_is_new_until_the_status_tells_of_it(strategy: str) -> None:
    vm = build_vm(strategy)
    assert is_fresh(vm, None)
    assert plan_mark(vm, None) is None
    marked = build_vm(strategy, status=VirtualMachineStatus(run_strategy=strategy))
    assert not is_fresh(marked, None)
    assert plan_mark(marked, None) == strategy


def test_an_instance_of_this_generation_is_the_start_that_the_status_missed() -> None:
    vm = build_vm("Once", status=VirtualMachineStatus(run_strategy="Halted"))
    made = build_vmi("Failed", generation=GENERATION)
    assert not is_fresh(vm, made)
    assert plan_mark(vm, made) == "Once"


def test_an_instance_of_another_strategy_is_no_start() -> None:
    status = VirtualMachineStatus(
        run_strategy="Manual", created=True, observed_generation=GENERATION - 1
    )
    vm = build_vm("Once", status=status)
    ended = build_vmi("Succeeded", generation=GENERATION - 1)
    assert is_fresh(vm, ended)
    assert plan_mark(vm, ended) == "Manual"


@pytest.mark.parametrize(
    ("created", "observed"),
    [(None, None), (False, GENERATION - 1), (True, GENERATION - 2), (True, GENERATION + 9)],
)
def test_an_instance_that_the_status_does_not_know_is_a_start_that_it_missed(
    created: bool | None, observed: int | None
) -> None:
    status = VirtualMachineStatus(created=created, observed_generation=observed)
    vm = build_vm("Once", status=status)
    going = build_vmi("Running", generation=GENERATION - 1, deleted=True)
    assert not is_fresh(vm, going)
    assert plan_mark(vm, going) == "Once"


def test_what_runs_already_when_the_strategy_comes_is_the_one_run() -> None:
    vm = build_vm("Once", status=VirtualMachineStatus(run_strategy="Always"))
    assert plan_mark(vm, build_vmi("Running", generation=GENERATION - 1)) == "Once"


@pytest.mark.parametrize("strategy", ["Always", "Halted", "Manual"])
def test_other_strategies_are_marked_at_once(strategy: str) -> None:
    assert not is_fresh(build_vm(strategy), None)
    assert plan_mark(build_vm(strategy), None) == RunStrategy(strategy)


def test_a_generation_that_is_no_number_is_none() -> None:
    assert find_generation(build_vmi(generation=None)) is None
    assert find_generation(build_vmi(generation=12)) == 12
