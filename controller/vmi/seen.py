"""What the controller sees: the few fields of a VMI that it decides on, and all around it."""

from dataclasses import dataclass, field
from datetime import datetime

import msgspec

from api.config import KubeVirtConfiguration
from api.meta import Condition
from api.names import ANNOTATION_VM_GENERATION, FINAL_PHASES, FINALIZER_VMI, STARTING_PHASES, Phase
from api.status import PhaseTransitionTimestamp
from api.vmi import VirtualMachineInstance
from controller.cached import Small
from controller.claim_view import Claim
from controller.data_volume import Provision
from controller.refusal import Refusal
from controller.vmi.pod import Images
from controller.vmi.pod_view import Pod, PodEvent
from kube.object import OwnerReference


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
    active_pods: dict[str, str] = msgspec.field(default_factory=dict)
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
        return self.status.phase in FINAL_PHASES

    @property
    def may_have_pod(self) -> bool:
        """True once the status says that a pod was made; before, there may be one all the same."""
        return self.status.phase not in {Phase.UNSET, Phase.PENDING}

    @property
    def is_starting(self) -> bool:
        """True while the status is the controller's: no guest has run yet, or been told of."""
        return self.status.phase in STARTING_PHASES


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
    namespace_marked: bool = True  # it has the label of namespaces that VMs run in
