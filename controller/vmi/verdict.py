"""What a decision says: actions, a status, and when to look again."""

from dataclasses import dataclass

from controller.verdict import Emit, RemoveFinalizer
from controller.vmi.seen import VmiStatus
from controller.vmi.trouble import Trouble


@dataclass(frozen=True, slots=True)
class AddFinalizer:
    """Put our finalizer onto the VMI; the answer is the whole VMI."""


@dataclass(frozen=True, slots=True)
class ReadInstance:
    """Read the whole VMI from the server."""


@dataclass(frozen=True, slots=True)
class ReadPod:
    """Read the pod of the VMI's name from the server: the cache is not proof enough."""


@dataclass(frozen=True, slots=True)
class MarkNamespace:
    """Give the VMI's namespace the label of those that VMs run in."""


@dataclass(frozen=True, slots=True)
class CreatePod:
    """Create the pod."""

    body: dict[str, object]


@dataclass(frozen=True, slots=True)
class DeletePod:
    """Delete that very pod."""

    uid: str
    grace_seconds: int


@dataclass(frozen=True, slots=True)
class DropPod:
    """Delete that very pod, which its node turned away; a new one has to wait a while."""

    uid: str
    trouble: Trouble


@dataclass(frozen=True, slots=True)
class ReadEvents:
    """Read what was told of that very pod: nothing in its status says why it does not start."""

    uid: str


Action = (
    AddFinalizer
    | RemoveFinalizer
    | ReadInstance
    | ReadPod
    | MarkNamespace
    | CreatePod
    | DeletePod
    | DropPod
    | ReadEvents
    | Emit
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """Actions in their order, and then the status."""

    actions: tuple[Action, ...] = ()
    status: VmiStatus | None = None  # None: as it is
    look_again: float | None = None  # in seconds; None: when something changes
