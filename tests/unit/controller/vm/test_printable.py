"""printableStatus: each word, and which comes first."""

from dataclasses import replace

import pytest

from api.names import PrintableStatus
from controller.vm.printable import RULES, Facts, choose_printable

ROWS = [
    ("Terminating", Facts(deleted=True)),
    ("Stopping", Facts("Running", stopping=True)),
    ("Migrating", Facts("Running", migrating=True)),
    ("Paused", Facts("Running", paused=True)),
    ("Running", Facts("Running")),
    ("ErrorPvcNotFound", Facts("Pending", "FailedPvcNotFound")),
    ("DataVolumeError", Facts(provisioning=True, provisioning_failed=True)),
    ("DataVolumeError", Facts("Pending", "FailedDataVolumeImport")),
    ("ErrorUnschedulable", Facts("Scheduling", unschedulable=True)),
    ("Provisioning", Facts(provisioning=True)),
    ("Provisioning", Facts("Pending", "NotAllDVsReady")),
    ("WaitingForVolumeBinding", Facts("Pending", unbound=True)),
    ("WaitingForVolumeBinding", Facts(unplaced=True)),
    ("ErrImagePull", Facts("Scheduling", "ErrImagePull")),
    ("ImagePullBackOff", Facts("Scheduled", "ImagePullBackOff")),
    ("Starting", Facts("")),
    ("Starting", Facts("Pending")),
    ("Starting", Facts("Scheduling")),
    ("Starting", Facts("Scheduled")),
    ("CrashLoopBackOff", Facts(failing=True)),
    ("CrashLoopBackOff", Facts("Failed", failing=True)),
    ("Stopped", Facts()),
    ("Stopped", Facts(unbound=True)),
    ("Stopped", Facts("Succeeded")),
    ("Stopped", Facts("Failed", "ErrImagePull", stopping=True, paused=True, unschedulable=True)),
    ("Unknown", Facts("Unknown")),
    ("Unknown", Facts("WaitingForSync")),
]
# Each adds what the next row needs: the one before still comes first.
ADDED = [
    {"deleted": True},
    {"stopping": True},
    {"migrating": True},
    {"paused": True},
]


@pytest.mark.parametrize(("word", "facts"), ROWS)
def test_each_row(word: str, facts: Facts) -> None:
    assert choose_printable(facts) == word


def test_the_order_is_that_of_the_contract() -> None:
    order = [word for word in PrintableStatus if word not in {"WaitingForReceiver", "Unknown"}]
    assert [word for word, _ in RULES] == order


@pytest.mark.parametrize("first", range(4))
def test_what_is_done_to_a_running_vm_comes_before_that_it_runs(first: int) -> None:
    facts = Facts("Running", failing=True)
    for fields in ADDED[first:]:
        facts = replace(facts, **fields)  # type: ignore[arg-type]
    assert choose_printable(facts) == list(PrintableStatus)[first]


@pytest.mark.parametrize(
    ("word", "reason", "flags"),
    [
        ("ErrorPvcNotFound", "FailedPvcNotFound", {"provisioning_failed", "unschedulable"}),
        ("DataVolumeError", "ErrImagePull", {"provisioning_failed", "unschedulable"}),
        ("ErrorUnschedulable", "ErrImagePull", {"unschedulable", "provisioning", "unbound"}),
        ("Provisioning", "ErrImagePull", {"provisioning", "unbound"}),
        ("WaitingForVolumeBinding", "ErrImagePull", {"unbound"}),
        ("ErrImagePull", "ErrImagePull", {"failing"}),
        ("Starting", "GuestNotRunning", {"failing"}),
    ],
)
def test_what_keeps_a_start_waiting_in_its_order(word: str, reason: str, flags: set[str]) -> None:
    facts = replace(Facts("Scheduling", reason), **dict.fromkeys(flags, True))  # type: ignore[arg-type]
    assert choose_printable(facts) == word
