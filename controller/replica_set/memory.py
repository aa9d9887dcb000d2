"""What the controller remembers of a set between passes, and within one."""

from dataclasses import dataclass, field

from api.replica_set import VirtualMachineInstanceReplicaSet
from controller.refusal import Refusal
from controller.vmi.seen import Vmi


@dataclass(slots=True)
class Memory:
    """Of one set; what is lost with the process costs at most one request more."""

    uid: str
    # UIDs of VMIs that we deleted and that the cache still shows as if we had not.
    doomed: set[str] = field(default_factory=set)
    arrivals: int = -1  # how many strays had come when we last looked at them
    refusal: Refusal | None = None
    refusals: int = 0


@dataclass(slots=True)
class LiveRead:
    """What was read from the server, and done, in the pass under way."""

    whole: VirtualMachineInstanceReplicaSet | None = None
    unreadable: str = ""
    listed: bool = False
    orphans: tuple[Vmi, ...] = ()
    changes: int = 0
