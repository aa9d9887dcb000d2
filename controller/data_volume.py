"""DataVolumes as the controller sees them: claims that CDI makes and fills."""

from dataclasses import dataclass

import msgspec

from kube.object import OwnerReference

OWNER_KIND = "DataVolume"


class DataVolumeMeta(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """Metadata of a DataVolume."""

    name: str
    namespace: str
    uid: str
    resource_version: str
    deletion_timestamp: str | None = None
    owner_references: tuple[OwnerReference, ...] = ()


class DataVolumeCondition(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """What CDI says of one side of a DataVolume."""

    type: str
    status: str = ""
    reason: str = ""
    message: str = ""


class DataVolumeStatus(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """How far CDI is."""

    phase: str = ""
    progress: str = ""
    conditions: tuple[DataVolumeCondition, ...] = ()

    def find(self, type_: str) -> DataVolumeCondition | None:
        return next((each for each in self.conditions if each.type == type_), None)


class DataVolume(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """A DataVolume in the cache."""

    metadata: DataVolumeMeta
    status: DataVolumeStatus = DataVolumeStatus()

    @property
    def controller(self) -> OwnerReference | None:
        """The owner: mostly the VM whose template it was made from."""
        owners = self.metadata.owner_references
        return next((owner for owner in owners if owner.controller), None)


@dataclass(frozen=True, slots=True)
class Provision:
    """A claim is not filled yet; nothing that uses it is started before."""

    message: str  # a sentence with the DataVolume's name
    failed: str = ""  # the names.Reason, when it needs somebody's help
    unbound: bool = False  # CDI waits for a pod that says where the volume should be
