"""Merge patches between two statuses."""

from api.meta import Condition
from api.vm import ControllerRevisionRef, InstancetypeStatusRef, StartFailure, VirtualMachineStatus
from controller.merge import plan_merge


def test_equal_statuses_need_no_patch() -> None:
    status = VirtualMachineStatus(created=True, start_failure=StartFailure(2))
    assert plan_merge(status, status) == {}


def test_a_field_that_is_gone_is_null() -> None:
    known = VirtualMachineStatus(created=True, start_failure=StartFailure(2))
    assert plan_merge(known, VirtualMachineStatus(created=True)) == {"startFailure": None}


def test_objects_are_patched_field_by_field_and_lists_whole() -> None:
    ready, paused = Condition("Ready", "True"), Condition("Paused", "True")
    known = VirtualMachineStatus(
        conditions=(ready, paused),
        instancetype_ref=InstancetypeStatusRef(
            "small", "Kind", ControllerRevisionRef("old"), infer_from_volume="boot"
        ),
    )
    desired = VirtualMachineStatus(
        conditions=(ready,),
        instancetype_ref=InstancetypeStatusRef("small", "Kind", ControllerRevisionRef("new")),
    )
    assert plan_merge(known, desired) == {
        "conditions": ({"type": "Ready", "status": "True"},),
        "instancetypeRef": {"controllerRevisionRef": {"name": "new"}, "inferFromVolume": None},
    }
