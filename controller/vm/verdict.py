"""What a decision on a VM says: actions, a status, and when to look again."""

from dataclasses import dataclass

from api.vm import VirtualMachineStatus
from controller.verdict import Emit, RemoveFinalizer


@dataclass(frozen=True, slots=True)
class PatchVm:
    """Merge-patch the VM (metadata, spec) in the version that was seen; the answer is the whole."""

    patch: dict[str, object]


@dataclass(frozen=True, slots=True)
class ReadVm:
    """Read the whole VM from the server."""


@dataclass(frozen=True, slots=True)
class ReadInstance:
    """Read the VMI of the VM's name from the server: the cache is not proof enough."""


@dataclass(frozen=True, slots=True)
class ReadStarted:
    """Read the ControllerRevision that the VMI was started from."""


@dataclass(frozen=True, slots=True)
class ReadCatalogue:
    """Find instancetype and preference, and keep them in ControllerRevisions when they are new."""


@dataclass(frozen=True, slots=True)
class CreateRevision:
    """Create the ControllerRevision of a start; one that exists already is as good."""

    body: dict[str, object]


@dataclass(frozen=True, slots=True)
class CreateDataVolume:
    """Create a DataVolume; one that exists already is used as it is."""

    body: dict[str, object]


@dataclass(frozen=True, slots=True)
class CreateInstance:
    """Create the VMI."""

    body: dict[str, object]


@dataclass(frozen=True, slots=True)
class AdoptInstance:
    """Make the VM the owner of a VMI that has none."""

    uid: str


@dataclass(frozen=True, slots=True)
class DeleteInstance:
    """Delete that very VMI."""

    uid: str
    # Only in this version: a guest that has started since is to go on.
    resource_version: str | None = None


@dataclass(frozen=True, slots=True)
class DropRevisions:
    """Delete the ControllerRevisions of earlier starts; only the one of this name stays."""

    keep: str


Action = (
    PatchVm
    | RemoveFinalizer
    | ReadVm
    | ReadInstance
    | ReadStarted
    | ReadCatalogue
    | CreateRevision
    | CreateDataVolume
    | CreateInstance
    | AdoptInstance
    | DeleteInstance
    | DropRevisions
    | Emit
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Actions in their order, and then the status."""

    actions: tuple[Action, ...] = ()
    # None: as it is. The fields that the controller does not own are taken from what was seen.
    status: VirtualMachineStatus | None = None
    look_again: float | None = None  # in seconds; None: when something changes
