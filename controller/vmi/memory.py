"""What the controller remembers of VMIs that start; all others cost it nothing."""

from dataclasses import dataclass

from api.vmi import VirtualMachineInstance
from controller.refusal import Refusal
from controller.vmi.pod_view import Pod
from controller.vmi.seen import Look


@dataclass(slots=True)
class Memory:
    """Of one VMI that starts: what was read, how its pods were refused, and its last pod."""

    uid: str
    whole: VirtualMachineInstance | None = None  # only while there is no pod
    unreadable: str = ""
    refusal: Refusal | None = None
    refusals: int = 0
    pod_uid: str = ""
    pod_rejected: bool = False
    look: Look | None = None  # at the events of that pod

    @property
    def had_pod(self) -> bool:
        """True when the VMI must not get another pod, whatever its status says yet."""
        return bool(self.pod_uid) and not self.pod_rejected

    @property
    def waits(self) -> bool:
        """True while the VMI waits for something to change before it gets its pod."""
        return self.whole is not None or bool(self.unreadable)

    def take_pod(self, pod: Pod) -> None:
        """Remember that there is a pod, and forget what only mattered before."""
        self.whole, self.unreadable = None, ""
        if pod.metadata.uid != self.pod_uid:
            self.pod_uid, self.pod_rejected, self.look = pod.metadata.uid, False, None
        self.pod_rejected = self.pod_rejected or pod.rejected


@dataclass(slots=True)
class LiveRead:
    """What was read from the server in the pass under way; it outranks the caches."""

    pod: Pod | None = None
    pod_read: bool = False
    whole_read: bool = False
