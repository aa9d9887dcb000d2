"""What the cache keeps of a PersistentVolumeClaim."""

from api.problem import Problem
from api.quantity import parse_bytes
from controller.cached import Small
from kube.object import OwnerReference


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
