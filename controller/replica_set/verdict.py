"""What a decision on a set says: actions, a status, and when to look again."""

from dataclasses import dataclass

from api.replica_set import VirtualMachineInstanceReplicaSetStatus
from controller.verdict import Emit
from controller.vmi.seen import Vmi


@dataclass(frozen=True, slots=True)
class ReadSet:
    """Read the whole set from the server."""


@dataclass(frozen=True, slots=True)
class ListOrphans:
    """List the VMIs that the selector selects and that nobody controls."""

    selector: str


@dataclass(frozen=True, slots=True)
class AdoptInstances:
    """Make the set the owner of VMIs that have none."""

    vmis: tuple[Vmi, ...]


@dataclass(frozen=True, slots=True)
class CreateInstances:
    """Create VMIs: one of them first, more at a time as long as all goes well."""

    bodies: tuple[dict[str, object], ...]


@dataclass(frozen=True, slots=True)
class DeleteInstances:
    """Delete those very VMIs."""

    vmis: tuple[Vmi, ...]


Action = ReadSet | ListOrphans | AdoptInstances | CreateInstances | DeleteInstances | Emit


@dataclass(frozen=True, slots=True)
class Verdict:
    """Actions in their order, and then the status."""

    actions: tuple[Action, ...] = ()
    status: VirtualMachineInstanceReplicaSetStatus | None = None  # None: as it is
    look_again: float | None = None  # in seconds; None: when something changes
