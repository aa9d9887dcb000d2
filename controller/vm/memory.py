"""What the controller remembers of VMs: only of those that wait for something to start."""

import logging
from dataclasses import dataclass, field
from datetime import datetime

from api.names import Reason
from api.vm import VirtualMachine, VirtualMachineSpec
from controller.data_volume import Provision
from controller.refusal import Refusal, plan_refusal
from controller.vm.seen import Catalogue, Vm
from controller.vmi.seen import Vmi
from kube.client import ApiError
from kube.object import Key
from kube.resource import Resource

log = logging.getLogger(__name__)

Wanted = tuple[Resource, Key]  # an object whose coming or change may let a VM start


@dataclass(slots=True)
class Memory:
    """Of one VM that does not run: what it waits for, and how creating was last refused."""

    uid: str
    wanted: set[Wanted] = field(default_factory=set)
    provision: Provision | None = None  # as last seen
    refusal: Refusal | None = None
    refusals: int = 0

    def refuse(self, error: ApiError, now: datetime) -> None:
        """Take down why there is no instance, and when to try again: less and less often."""
        if error.retryable:
            raise error
        reason = Reason.QUOTA_EXCEEDED if error.quota_exceeded else Reason.FAILED_CREATE
        self.note(reason, error.message, now)

    def note(self, reason: str, message: str, now: datetime) -> None:
        """Take down a refusal."""
        self.refusal = plan_refusal(reason, message, now, self.refusals)
        self.refusals += 1
        log.info("refused", extra={"reason": reason, "error": message})

    def succeed(self) -> None:
        """Forget refusals: what was wanted exists."""
        self.refusal, self.refusals = None, 0


@dataclass(slots=True)
class LiveRead:
    """What was read from the server in the pass under way; it outranks the caches."""

    whole: VirtualMachine | None = None
    unreadable: str = ""
    version: str = ""  # resourceVersion of ``whole``, or of what cannot be read
    small: Vm | None = None  # the same, as it is cached
    vmi: Vmi | None = None
    vmi_read: bool = False
    started: VirtualMachineSpec | None = None
    started_read: bool = False
    catalogue: Catalogue | None = None
