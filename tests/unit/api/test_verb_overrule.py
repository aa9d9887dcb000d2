"""A stop is the last word: a restart, asked for before or at the same moment, does not undo it."""

from typing import Any

import pytest

from api.verb import (
    Plan,
    Refusal,
    RestartOptions,
    StopOptions,
    Target,
    plan_restart,
    plan_stop,
)
from tests.unit.api.json_patch import Json, PatchTestError, apply_patch
from tests.unit.api.test_verb import START, STOP, build_vm, build_vmi, read_vm, read_vmi

SPELLINGS = [("runStrategy", "Always", "Halted"), ("running", True, False)]


def carry_out(plan: Plan, vm: Json) -> Json:
    """Return the VM after all writes, which are of nothing else."""
    assert not isinstance(plan, Refusal), plan
    for write in plan:
        assert write.target in {Target.VM, Target.VM_STATUS}
        vm = apply_patch(vm, write.patch)
    return vm


@pytest.mark.parametrize(("field", "on", "off"), SPELLINGS)
@pytest.mark.parametrize("pending", [[STOP, START], [START]])
@pytest.mark.parametrize("phase", ["absent", "Running"])
def test_a_stop_overrules_a_restart(
    phase: str, pending: list[Json], field: str, on: Any, off: Any
) -> None:
    vm = build_vm(None, pending=pending)
    vm["spec"][field] = on
    vmi = read_vmi(None if phase == "absent" else build_vmi(phase))
    after = carry_out(plan_stop(read_vm(vm), vmi, StopOptions()), vm)
    assert after["spec"][field] == off
    assert "stateChangeRequests" not in after["status"]


@pytest.mark.parametrize("strategy", ["Halted", "Manual", "RerunOnFailure"])
@pytest.mark.parametrize("phase", ["absent", "Succeeded"])
def test_a_start_that_has_not_begun_is_taken_back(phase: str, strategy: str) -> None:
    vm = build_vm(strategy, pending=[START])
    vmi = read_vmi(None if phase == "absent" else build_vmi(phase))
    after = carry_out(plan_stop(read_vm(vm), vmi, StopOptions()), vm)
    assert after["spec"]["runStrategy"] == strategy
    assert "stateChangeRequests" not in after["status"]


def test_requests_that_changed_meanwhile_are_not_dropped_unseen() -> None:
    vm = build_vm("Always", pending=[STOP, START])
    plan = plan_stop(read_vm(vm), read_vmi(build_vmi("Running")), StopOptions())
    vm["status"]["stateChangeRequests"] = [START]
    with pytest.raises(PatchTestError):
        carry_out(plan, vm)
    assert vm["spec"]["runStrategy"] == "Always"


@pytest.mark.parametrize(("field", "on", "off"), SPELLINGS)
def test_a_restart_does_not_follow_a_stop_that_was_faster(field: str, on: Any, off: Any) -> None:
    vm = build_vm(None)
    vm["spec"][field] = on
    plan = plan_restart(read_vm(vm), read_vmi(build_vmi("Running")), RestartOptions())
    vm["spec"][field] = off
    with pytest.raises(PatchTestError):
        carry_out(plan, vm)
