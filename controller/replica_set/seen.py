"""What the controller sees of a set: few fields cached, the template read to make VMIs."""

from dataclasses import dataclass, field
from datetime import datetime

from api.config import KubeVirtConfiguration
from api.meta import LabelSelector
from api.names import GROUP
from api.replica_set import (
    VirtualMachineInstanceReplicaSet,
    VirtualMachineInstanceReplicaSetStatus,
)
from controller.cached import Small
from controller.refusal import Refusal
from controller.vmi.seen import Vmi
from kube.object import OwnerReference

OWNER_KIND = "VirtualMachineInstanceReplicaSet"


class SetMeta(Small, frozen=True):
    """Metadata of a set."""

    name: str
    namespace: str
    uid: str
    resource_version: str
    generation: int = 0
    deletion_timestamp: str | None = None


class SetSpec(Small, frozen=True):
    """The spec without its template."""

    replicas: int | None = None
    paused: bool | None = None
    selector: LabelSelector = LabelSelector()


class ReplicaSet(Small, frozen=True):
    """A set in the cache."""

    metadata: SetMeta
    spec: SetSpec = SetSpec()
    status: VirtualMachineInstanceReplicaSetStatus = VirtualMachineInstanceReplicaSetStatus()

    @property
    def deleted(self) -> bool:
        return self.metadata.deletion_timestamp is not None

    @property
    def wanted(self) -> int:
        return 1 if self.spec.replicas is None else self.spec.replicas


@dataclass(frozen=True, slots=True)
class Seen:
    """One set at one moment, as the caches and our own last reads show it."""

    now: datetime
    replica_set: ReplicaSet
    members: tuple[Vmi, ...] = ()  # VMIs that the set controls, without those being deleted
    strays: bool = False  # the namespace has VMIs that nobody controls
    strays_due: bool = False  # and some of them may be ours: not looked at since they came
    strays_listed: bool = False  # they were looked at in this pass
    orphans: tuple[Vmi, ...] = ()  # those of them that the selector selects
    whole: VirtualMachineInstanceReplicaSet | None = None  # read from the server in this pass
    unreadable: str = ""  # why ``whole`` cannot be read: it does not fit the types
    free_names: tuple[str, ...] = ()  # for new VMIs; found once ``whole`` is read
    changes: int = 0  # VMIs created and deleted in this pass
    refusal: Refusal | None = None
    config: KubeVirtConfiguration = field(default_factory=KubeVirtConfiguration)


def find_owner(vmi: Vmi) -> OwnerReference | None:
    """Return the set that controls a VMI; None when something else does, or nobody."""
    owner = vmi.metadata.controller
    if owner is None or owner.kind != OWNER_KIND:
        return None
    return owner if owner.api_version.partition("/")[0] == GROUP else None
