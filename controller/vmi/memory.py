"""What the controller remembers of VMIs that have no pod yet; all others cost it nothing."""

from dataclasses import dataclass

from api.vmi import VirtualMachineInstance
from controller.vmi.seen import Pod, Refusal


@dataclass(slots=True)
class Memory:
    """Of one VMI without a pod: what was read, and how its pod was last refused."""

    uid: str
    whole: VirtualMachineInstance | None = None
    unreadable: str = ""
    refusal: Refusal | None = None
    refusals: int = 0


@dataclass(slots=True)
class LiveRead:
    """What was read from the server in the pass under way; it outranks the caches."""

    pod: Pod | None = None
    pod_read: bool = False
    whole_read: bool = False
