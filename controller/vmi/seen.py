"""What the controller sees: the few fields of VMIs, pods and claims that it decides on."""

from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from api.config import KubeVirtConfiguration
from api.meta import Condition, share_texts
from api.names import (
    ANNOTATION_VM_GENERATION,
    COMPONENT_LAUNCHER,
    CONTAINER_COMPUTE,
    FINALIZER_VMI,
    GROUP,
    LABEL_COMPONENT,
    Phase,
)
from api.problem import Problem
from api.quantity import parse_bytes
from api.status import PhaseTransitionTimestamp
from api.vmi import VirtualMachineInstance
from controller.data_volume import Provision
from controller.vmi.pod import Images
from kube.object import OwnerReference

OWNER_KIND = "VirtualMachineInstance"


class Small(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, gc=False):
    """Base of what is cached by the thousand: no labels, no spec, no managed fields."""


class VmiAnnotations(Small, frozen=True):
    """The annotations of a VMI that matter."""

    vm_generation: str | None = msgspec.field(name=ANNOTATION_VM_GENERATION, default=None)


class VmiMeta(Small, frozen=True):
    """Metadata of a VMI."""

    name: str
    namespace: str
    uid: str
    resource_version: str
    generation: int = 0
    creation_timestamp: str = ""
    deletion_timestamp: str | None = None
    finalizers: tuple[str, ...] = ()
    owner_references: tuple[OwnerReference, ...] = ()
    annotations: VmiAnnotations = VmiAnnotations()

    @property
    def controller(self) -> OwnerReference | None:
        """The owner that controls the VMI: a VM, a replica set, or nobody."""
        return next((owner for owner in self.owner_references if owner.controller), None)


class VmiInterface(Small, frozen=True):
    """A network interface of the guest."""

    ip_address: str = ""


class VmiTopology(Small, frozen=True):
    """The guest's CPUs."""

    cores: int = 1
    sockets: int = 1
    threads: int = 1


class VmiMemory(Small, frozen=True):
    """The guest's memory."""

    guest_at_boot: str | None = None


class VmiMigration(Small, frozen=True):
    """How far a migration is."""

    completed: bool = False


class VmiStatus(Small, frozen=True):
    """The part of a VMI's status that the controller decides on; some of it it writes too."""

    phase: str = ""
    reason: str | None = None
    node_name: str | None = None
    active_pods: dict[str, str] = {}
    conditions: tuple[Condition, ...] = ()
    phase_transition_timestamps: tuple[PhaseTransitionTimestamp, ...] = ()
    observed_generation: int | None = None
    interfaces: tuple[VmiInterface, ...] = ()
    current_cpu_topology: VmiTopology | None = msgspec.field(
        name="currentCPUTopology", default=None
    )
    memory: VmiMemory | None = None
    migration_state: VmiMigration | None = None


class VmiSpec(Small, frozen=True):
    """The only part of a VMI's spec that matters once it has a pod."""

    termination_grace_period_seconds: int | None = None


class Vmi(Small, frozen=True):
    """A VMI in the cache."""

    metadata: VmiMeta
    spec: VmiSpec = VmiSpec()
    status: VmiStatus = VmiStatus()

    @property
    def deleted(self) -> bool:
        return self.metadata.deletion_timestamp is not None

    @property
    def has_finalizer(self) -> bool:
        return FINALIZER_VMI in self.metadata.finalizers

    @property
    def is_final(self) -> bool:
        return self.status.phase in {Phase.SUCCEEDED, Phase.FAILED}

    @property
    def may_have_pod(self) -> bool:
        """True once the status says that a pod was made; before, there may be one all the same."""
        return self.status.phase not in {Phase.UNSET, Phase.PENDING}

    @property
    def is_starting(self) -> bool:
        """True while the status is the controller's: no guest has run yet, or been told of."""
        return not self.may_have_pod or self.status.phase in {Phase.SCHEDULING, Phase.SCHEDULED}


class PodMeta(Small, frozen=True):
    """Metadata of a pod."""

    name: str
    namespace: str
    uid: str
    resource_version: str
    creation_timestamp: str = ""
    deletion_timestamp: str | None = None
    owner_references: tuple[OwnerReference, ...] = ()


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


class Storage(Small, frozen=True):
    """An amount of storage, as a quantity; empty when none is told."""

    storage: str = ""


class ClaimResources(Small, frozen=True):
    """What a claim asks for."""

    requests: Storage = Storage()


class ClaimSpec(Small, frozen=True):
    """The mode of a claim, and its wish."""

    volume_mode: str = "Filesystem"
    resources: ClaimResources = ClaimResources()


class ClaimStatus(Small, frozen=True):
    """Whether a claim is bound, and what it got."""

    phase: str = ""
    capacity: Storage = Storage()


class ClaimMeta(Small, frozen=True):
    """Metadata of a claim."""

    name: str
    namespace: str
    uid: str
    resource_version: str
    owner_references: tuple[OwnerReference, ...] = ()


class Claim(Small, frozen=True):
    """A PersistentVolumeClaim in the cache."""

    metadata: ClaimMeta
    spec: ClaimSpec = ClaimSpec()
    status: ClaimStatus = ClaimStatus()

    @property
    def size_bytes(self) -> int:
        """What it got, else what it asks for; 0 when that is no number we can use."""
        quantity = self.status.capacity.storage or self.spec.resources.requests.storage
        try:
            return parse_bytes(quantity) if quantity else 0
        except Problem:
            return 0


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


@dataclass(frozen=True, slots=True)
class Refusal:
    """The API server did not take the pod, or its node did not."""

    reason: str  # a names.Reason
    message: str
    retry_at: datetime
    pod_uid: str = ""  # the pod that its node did not take


@dataclass(frozen=True, slots=True)
class Look:
    """What the pod's events told when they were last read."""

    at: datetime
    last: PodEvent | None = None  # the newest


@dataclass(frozen=True, slots=True)
class Seen:
    """One VMI at one moment, as the caches and our own last reads show it."""

    now: datetime
    vmi: Vmi
    pod: Pod | None = None  # the pod of that name, whosever it is
    pod_read: bool = False  # ``pod`` was read from the server just now, not from the cache
    had_pod: bool = False  # there was a pod of this VMI, and its node had not turned it away
    look: Look | None = None  # of that pod
    whole: VirtualMachineInstance | None = None  # read from the server; only while there is no pod
    whole_read: bool = False  # ``whole`` was read just now, not some time ago
    unreadable: str = ""  # why ``whole`` cannot be read: it does not fit the types
    claims: dict[str, Claim] = field(default_factory=dict)  # of the VMI's namespace, by name
    provision: Provision | None = None  # of these claims
    config: KubeVirtConfiguration = field(default_factory=KubeVirtConfiguration)
    images: Images = field(default_factory=lambda: Images(launcher=""))
    refusal: Refusal | None = None  # of the last pod


_NEVER = "1970-01-01"
POD_LABELS = f"{LABEL_COMPONENT}={COMPONENT_LAUNCHER}"
