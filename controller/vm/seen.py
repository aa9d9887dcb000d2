"""What the controller sees of a VM: few fields cached, the whole read only when it is needed."""

from dataclasses import dataclass, field
from datetime import datetime

from api.config import KubeVirtConfiguration
from api.expand import Sizing
from api.names import FINALIZER_ORPHAN, FINALIZER_VM, RunStrategy
from api.vm import (
    InstancetypeMatcher,
    PreferenceMatcher,
    VirtualMachine,
    VirtualMachineSpec,
    VirtualMachineStatus,
)
from controller.cached import Small
from controller.claim_view import Claim
from controller.data_volume import Provision
from controller.refusal import Refusal
from controller.vmi.seen import Vmi

OWNER_KIND = "VirtualMachine"
# Generation of the VM that an adopted VMI was made from: it was not made from any.
ADOPTED = "0"


class VmMeta(Small, frozen=True):
    """Metadata of a VM."""

    name: str
    namespace: str
    uid: str
    resource_version: str
    generation: int = 0
    creation_timestamp: str = ""
    deletion_timestamp: str | None = None
    finalizers: tuple[str, ...] = ()


class TemplateMeta(Small, frozen=True):
    """Metadata of a template of a DataVolume."""

    name: str = ""


class TemplateName(Small, frozen=True):
    """A template of a DataVolume, as far as it matters while the VM is idle."""

    metadata: TemplateMeta = TemplateMeta()


class VmSpec(Small, frozen=True):
    """The part of a VM's spec that matters while it is idle."""

    run_strategy: str | None = None
    running: bool | None = None
    instancetype: InstancetypeMatcher | None = None
    preference: PreferenceMatcher | None = None
    data_volume_templates: tuple[TemplateName, ...] = ()


class Vm(Small, frozen=True):
    """A VM in the cache."""

    metadata: VmMeta
    spec: VmSpec = VmSpec()
    status: VirtualMachineStatus = VirtualMachineStatus()

    @property
    def deleted(self) -> bool:
        return self.metadata.deletion_timestamp is not None

    @property
    def orphans(self) -> bool:
        """True when the VM was deleted with its instance to stay."""
        return FINALIZER_ORPHAN in self.metadata.finalizers

    @property
    def has_finalizer(self) -> bool:
        return FINALIZER_VM in self.metadata.finalizers

    @property
    def strategy(self) -> str:
        """The run strategy, whichever way it is spelt; a word we do not know stays that word."""
        if self.spec.run_strategy is not None:
            return self.spec.run_strategy
        return RunStrategy.ALWAYS if self.spec.running else RunStrategy.HALTED

    @property
    def observed_generation(self) -> int | None:
        """The status's, unless it is of a generation that there has not been yet."""
        observed = self.status.observed_generation
        return None if observed is None or observed > self.metadata.generation else observed

    @property
    def data_volumes(self) -> tuple[str, ...]:
        """Names of the DataVolumes that the VM describes."""
        return tuple(each.metadata.name for each in self.spec.data_volume_templates)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """What instancetype and preference of a VM turned out to be."""

    sizing: Sizing  # both in the revision that the VM uses; parts are None when not asked for
    # What status.instancetypeRef and status.preferenceRef should say is in these two.
    status: VirtualMachineStatus
    trouble: str = ""  # a sentence: why they cannot be had (not found, unknown kind, no labels)


@dataclass(frozen=True, slots=True)
class Seen:
    """One VM at one moment, as the caches and our own last reads show it."""

    now: datetime
    vm: Vm
    vmi: Vmi | None = None  # the VMI of the VM's name, whosever it is
    gone: Vmi | None = None  # the VM's VMI before, which was never marked as the strategy's start
    vmi_read: bool = False  # ``vmi`` was read from the server in this pass, not from the cache
    whole: VirtualMachine | None = None  # read in this pass, in this very version
    unreadable: str = ""  # why ``whole`` cannot be read: it does not fit the types
    catalogue: Catalogue | None = None  # found out in this pass; None: not looked at yet
    # Spec that the VMI was started from, once read; of one that was adopted, its own.
    started: VirtualMachineSpec | None = None
    started_read: bool = False  # True also when there is no such revision (any more)
    claims: dict[str, Claim] = field(default_factory=dict)  # the VM's claims that exist, by name
    provision: Provision | None = None  # of all claims whose names are known
    missing: tuple[str, ...] = ()  # DataVolumes of the VM that are to be made
    refusal: Refusal | None = None  # of the last attempt to create something for the VM
    config: KubeVirtConfiguration = field(default_factory=KubeVirtConfiguration)
    chance: float = 0.0  # a random number in [0, 1), for back-off

    @property
    def is_refused(self) -> bool:
        """True while it is too early to try again what was refused."""
        return self.refusal is not None and self.refusal.retry_at > self.now

    @property
    def adopted(self) -> bool:
        """True for a VMI that was there before the VM."""
        return self.own is not None and self.own.metadata.annotations.vm_generation == ADOPTED

    @property
    def own(self) -> Vmi | None:
        """The VMI, if it is this VM's: the owner's UID decides, never the name."""
        owner = self.vmi.metadata.controller if self.vmi is not None else None
        return self.vmi if owner is not None and owner.uid == self.vm.metadata.uid else None
