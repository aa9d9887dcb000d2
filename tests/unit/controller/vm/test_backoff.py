"""Instances that fail as soon as they start."""

from dataclasses import replace
from datetime import timedelta

import pytest

from api.vm import StartFailure, VirtualMachineStatus
from controller.vm.backoff import count_delay, count_settling, count_wait, plan_failure
from controller.vm.seen import Seen
from controller.vmi.seen import Vmi
from tests.unit.controller.vm.scene import (
    GENERATION,
    NOW,
    START,
    STOP,
    VMI_UID,
    ago,
    build_vm,
    build_vmi,
    see,
)

TWICE = StartFailure(2, "uid-before", ago(5))
COUNTED = StartFailure(2, VMI_UID, ago(-20))


def look(strategy: str, vmi: Vmi | None, known: StartFailure | None = None) -> Seen:
    status = VirtualMachineStatus(start_failure=known, observed_generation=GENERATION)
    return see(build_vm(strategy, status=status), vmi)


@pytest.mark.parametrize(
    ("failures", "seconds"), [(1, 10), (2, 40), (3, 90), (4, 160), (5, 250), (6, 300), (99, 300)]
)
def test_delays_grow_with_the_square_up_to_five_minutes(failures: int, seconds: float) -> None:
    assert count_delay(failures, 0.0) == seconds


def test_chance_adds_up_to_half() -> None:
    assert count_delay(2, 0.5) == 50.0
    assert count_delay(5, 0.999) == 300.0


def test_what_never_ran_is_counted_with_the_time_of_the_next_try() -> None:
    failure = plan_failure(replace(look("Always", build_vmi("Failed")), chance=0.5))
    assert failure == StartFailure(1, VMI_UID, ago(-13))
    again = plan_failure(look("Always", build_vmi("Failed"), TWICE))
    assert again == StartFailure(3, VMI_UID, ago(-90))


def test_a_failure_is_counted_once() -> None:
    assert plan_failure(look("Always", build_vmi("Failed"), COUNTED)) == COUNTED


@pytest.mark.parametrize(
    ("lasted", "reason", "count"),
    [
        (9, "QemuCrashed", 3),
        (10, "QemuCrashed", None),
        (3, "PodDeleted", None),
        (3, "Evicted", None),
    ],
)
def test_a_crash_right_after_the_start_counts_too(
    lasted: int, reason: str, count: int | None
) -> None:
    vmi = build_vmi("Failed", ran=lasted + 2, ended=2, reason=reason)
    failure = plan_failure(look("Always", vmi, TWICE))
    assert (failure.consecutive_fail_count if failure else None) == count


def test_an_end_without_a_time_is_one_of_now() -> None:
    vmi = build_vmi("Failed", ran=4, reason="QemuCrashed")
    assert plan_failure(look("Always", vmi)) == StartFailure(1, VMI_UID, ago(-10))


@pytest.mark.parametrize("strategy", ["Halted", "Manual"])
def test_other_strategies_do_not_count(strategy: str) -> None:
    assert plan_failure(look(strategy, build_vmi("Failed"), TWICE)) is None


def test_once_counts_what_never_ran_and_waits_for_no_other_try() -> None:
    assert plan_failure(look("Once", build_vmi("Failed"))) == StartFailure(1, VMI_UID)
    crashed = build_vmi("Failed", ran=3, ended=1, reason="QemuCrashed")
    assert plan_failure(look("Once", crashed)) is None


def test_the_count_goes_when_the_guest_has_run_for_a_while() -> None:
    young, grown = build_vmi(ran=4), build_vmi(ran=10)
    assert plan_failure(look("Always", young, TWICE)) == TWICE
    assert count_settling(young, NOW) == 6.0
    assert plan_failure(look("Always", grown, TWICE)) is None
    assert plan_failure(look("Always", build_vmi("Succeeded"), TWICE)) is None


@pytest.mark.parametrize("vmi", [None, build_vmi("Scheduling"), build_vmi("Failed", deleted=True)])
def test_the_count_outlasts_the_instance(vmi: Vmi | None) -> None:
    assert plan_failure(look("Always", vmi, TWICE)) == TWICE


def test_rerun_remembers_a_late_failure_without_counting_it() -> None:
    vmi = build_vmi("Failed", ran=500, ended=1, reason="QemuCrashed")
    assert plan_failure(look("RerunOnFailure", vmi)) == StartFailure(0, VMI_UID)


def test_rerun_forgets_when_the_next_instance_is_deleted_by_hand() -> None:
    deleted = build_vmi("Scheduling", deleted=True)
    assert plan_failure(look("RerunOnFailure", deleted, TWICE)) is None
    removed = build_vmi("Failed", deleted=True)
    assert plan_failure(look("RerunOnFailure", removed, COUNTED)) == COUNTED


def test_a_start_request_ends_the_wait() -> None:
    assert plan_failure(look("Always", None, TWICE), (START,)) is None
    assert plan_failure(look("Always", build_vmi("Failed"), COUNTED), (START,)) is None
    rerun = plan_failure(look("RerunOnFailure", None, TWICE), (START,))
    assert rerun == StartFailure(0, "uid-before")


def test_a_stop_request_ends_the_loop() -> None:
    failed = look("RerunOnFailure", build_vmi("Failed"), COUNTED)
    assert plan_failure(failed, (STOP,)) is None


def test_an_edit_ends_the_wait() -> None:
    status = VirtualMachineStatus(start_failure=COUNTED, observed_generation=GENERATION)
    edited = build_vm(status=status, generation=GENERATION + 1)
    assert plan_failure(see(edited)) is None
    assert plan_failure(see(edited, build_vmi("Failed"))) is None


def test_a_wait_is_bounded_and_never_negative() -> None:
    assert count_wait(None, NOW) == 0.0
    assert count_wait(StartFailure(1, "uid"), NOW) == 0.0
    assert count_wait(TWICE, NOW) == 0.0
    assert count_wait(COUNTED, NOW) == 20.0
    assert count_wait(COUNTED, NOW - timedelta(seconds=290)) == 300.0


@pytest.mark.parametrize("ahead", [331, 3600, 10**9])
def test_a_time_that_cannot_be_ours_is_not_waited_for(ahead: float) -> None:
    assert count_wait(StartFailure(1, "uid", ago(-ahead)), NOW) == 0.0
