"""What the cache keeps of a pod, and what is read of its events."""

from typing import Final

from api.meta import share_texts
from api.names import COMPONENT_LAUNCHER, CONTAINER_COMPUTE, GROUP, LABEL_COMPONENT
from controller.cached import Small
from kube.object import OwnerReference

OWNER_KIND: Final = "VirtualMachineInstance"
POD_LABELS: Final = f"{LABEL_COMPONENT}={COMPONENT_LAUNCHER}"
_NEVER: Final = "1970-01-01"


class PodMeta(Small, frozen=True):
    """Metadata of a pod."""

    name: str
    namespace: str
    uid: str
    resource_version: str
    creation_timestamp: str = ""
    deletion_timestamp: str | None = None
    owner_references: tuple[OwnerReference, ...] = ()
    deletion_grace_period_seconds: int | None = None


class PodSpec(Small, frozen=True):
    """Where the pod is."""

    node_name: str = ""


class Waiting(Small, frozen=True):
    """Why a container does not run yet."""

    reason: str = ""
    message: str = ""


class Running(Small, frozen=True):
    """Since when a container runs, of which only matters that it does."""


class Terminated(Small, frozen=True):
    """How a container ended."""

    exit_code: int | None = None
    reason: str = ""
    message: str = ""
    started_at: str | None = None
    finished_at: str | None = None


class ContainerState(Small, frozen=True):
    """The states that matter here."""

    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None

    @property
    def began(self) -> bool:
        """True when the container was started, or when that was tried."""
        return self.running is not None or self.terminated is not None


class ContainerStatus(Small, frozen=True):
    """What the kubelet says of a container."""

    name: str
    state: ContainerState = ContainerState()


class PodCondition(Small, frozen=True):
    """One aspect of the pod."""

    type: str
    status: str
    reason: str = ""
    message: str = ""
    last_transition_time: str | None = None

    def __post_init__(self) -> None:
        share_texts(self, ("type", "status", "last_transition_time"))


class PodStatus(Small, frozen=True):
    """What scheduler and kubelet say of the pod."""

    phase: str = ""
    reason: str = ""
    message: str = ""
    conditions: tuple[PodCondition, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()


class Pod(Small, frozen=True):
    """A pod in the cache."""

    metadata: PodMeta
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def deleted(self) -> bool:
        return self.metadata.deletion_timestamp is not None

    def has_longer_grace(self, seconds: int) -> bool:
        """True while it is ending and has more time for that than this."""
        grace = self.metadata.deletion_grace_period_seconds
        return self.deleted and not self.finished and grace is not None and grace > seconds

    @property
    def owner_uid(self) -> str:
        """UID of the VMI whose pod this is, by reference and name; empty for a stranger."""
        for owner in self.metadata.owner_references:
            group = owner.api_version.partition("/")[0]
            if owner.controller and owner.kind == OWNER_KIND and group == GROUP:
                return owner.uid if owner.name == self.metadata.name else ""
        return ""

    @property
    def compute(self) -> ContainerState:
        states = {status.name: status.state for status in self.status.container_statuses}
        return states.get(CONTAINER_COMPUTE, ContainerState())

    @property
    def finished(self) -> bool:
        """True when no qemu of this pod can run any more, as far as the kubelet says."""
        over = self.status.phase in {"Succeeded", "Failed"}
        return over or self.compute.terminated is not None

    @property
    def has_run(self) -> bool:
        """True when the launcher of a finished pod ever ran; what never did started in 1970."""
        end = self.compute.terminated
        return end is not None and not (end.started_at or _NEVER).startswith(_NEVER)

    @property
    def rejected(self) -> bool:
        """True when the node turned the pod away: none of its containers was ever started."""
        failed = self.status.phase == "Failed" and not self.deleted
        began = any(status.state.began for status in self.status.container_statuses)
        return failed and not began and self.find_condition("DisruptionTarget") is None

    @property
    def bound_at(self) -> str | None:
        """When the pod got its node; None while it has none, or nobody says when."""
        scheduled = self.find_condition("PodScheduled")
        bound = scheduled is not None and bool(self.spec.node_name)
        return scheduled.last_transition_time if bound and scheduled is not None else None

    def find_condition(self, type_: str) -> PodCondition | None:
        return next((item for item in self.status.conditions if item.type == type_), None)


class EventSeries(Small, frozen=True):
    """An event that happens again and again."""

    last_observed_time: str | None = None


class PodEvent(Small, frozen=True):
    """What somebody, mostly the kubelet, told of a pod."""

    type: str = ""
    reason: str = ""
    message: str = ""
    last_timestamp: str | None = None
    event_time: str | None = None
    series: EventSeries | None = None
