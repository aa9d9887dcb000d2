"""What --wait waits for, and what it says meanwhile; pure."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

from api.names import Condition, Phase, PrintableStatus, RunStrategy
from cli.target import VM, VMI, Kind

Json = dict[str, Any]  # Any: an object of Kubernetes as it is on the wire
_BY_ITSELF: Final = frozenset({RunStrategy.ALWAYS, RunStrategy.RERUN_ON_FAILURE})
_COMING: Final = frozenset(
    {
        PrintableStatus.STARTING,
        PrintableStatus.PROVISIONING,
        PrintableStatus.RUNNING,
        PrintableStatus.WAITING_FOR_VOLUME_BINDING,
    }
)


@dataclass(frozen=True, slots=True)
class Goal:
    """A state of one object; the object is None while there is none."""

    kind: Kind
    is_reached: Callable[[Json | None], bool]
    may_vanish: bool = False  # to come back as another one


RUNNING: Final = Goal(VM, lambda vm: vm is not None and is_true(vm, Condition.READY))
STARTED_PAUSED: Final = Goal(VM, lambda vm: tell_status(vm) == PrintableStatus.PAUSED)
STOPPED: Final = Goal(VM, lambda vm: tell_status(vm) == PrintableStatus.STOPPED)
PAUSED: Final = Goal(VMI, lambda vmi: vmi is not None and is_true(vmi, Condition.PAUSED))
UNPAUSED: Final = Goal(VMI, lambda vmi: vmi is not None and not is_true(vmi, Condition.PAUSED))
REACHABLE: Final = Goal(VMI, lambda vmi: tell_status(vmi) == Phase.RUNNING)


def build_restarted(old_uid: str) -> Goal:
    """Return the goal that another instance than the old one is ready."""
    return Goal(
        VMI,
        lambda vmi: (
            vmi is not None and vmi["metadata"]["uid"] != old_uid and is_true(vmi, Condition.READY)
        ),
        may_vanish=True,
    )


def is_true(item: Json, type_: str) -> bool:
    """Say whether a condition holds."""
    conditions = item.get("status", {}).get("conditions", ())
    return any(each["type"] == type_ and each["status"] == "True" for each in conditions)


def tell_status(item: Json | None) -> str:
    """Return the status in one word: a VM's printable status, an instance's phase."""
    if item is None:
        return "not there"
    status = item.get("status", {})
    return str(status.get("printableStatus") or status.get("phase") or "Pending")


def is_coming(vm: Json) -> bool:
    """Say whether a VM without an instance will soon have one."""
    spec, status = vm["spec"], vm.get("status", {})
    requests = status.get("stateChangeRequests") or ()
    return (
        tell_status(vm) in _COMING
        or spec.get("running") is True
        or spec.get("runStrategy") in _BY_ITSELF
        or any(each.get("action") == "Start" for each in requests)
    )
