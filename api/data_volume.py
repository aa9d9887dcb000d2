"""DataVolumes of a VM: claims that CDI (cdi.kubevirt.io) makes and fills for it."""

from collections.abc import Mapping
from typing import Annotated, Final

import msgspec

from api.meta import ApiStruct, DnsSubdomain, Labels, NoTime, RawObject, ShortText, limits

SOURCES: Final = {
    "blank": "An empty disk.",
    "http": "A file of a web server.",
    "registry": "A disk in a container image.",
    "pvc": "Another claim, which is cloned.",
    "snapshot": "A VolumeSnapshot.",
    "s3": "An object of an S3 bucket.",
    "gcs": "An object of a Google Cloud bucket.",
    "upload": "What a user will upload.",
    "imageio": "A disk of oVirt.",
    "vddk": "A disk of VMware.",
}
_ORIGIN: Final = "What the claim is filled from, where it is not CDI that fills it."
_CLAIM: Final = {
    "dataSource": _ORIGIN,
    "dataSourceRef": _ORIGIN,
}


def _describe(text: str, properties: Mapping[str, object] | None = None) -> dict[str, object]:
    """Return the schema of an object that may have further fields, which are CDI's affair."""
    known = {"properties": properties} if properties else {}
    open_ended = {"x-kubernetes-preserve-unknown-fields": True}
    return {"description": text, "type": "object", **known, **open_ended}


def _describe_all(texts: Mapping[str, str]) -> dict[str, object]:
    return {name: _describe(text) for name, text in texts.items()}


# What rules speak of; all else is passed on to CDI unread.
_SPEC: Final[Mapping[str, object]] = {
    "source": {
        "description": "Where the bytes come from: exactly one of these.",
        "type": "object",
        "properties": _describe_all(SOURCES),
    },
    "sourceRef": _describe("A DataSource to take the bytes from, instead of source."),
    "pvc": _describe(
        "The claim that is made, as a PersistentVolumeClaim's spec.", _describe_all(_CLAIM)
    ),
    "storage": _describe("As pvc, with defaults from the StorageProfile.", _describe_all(_CLAIM)),
}


class DataVolumeTemplateMeta(ApiStruct, frozen=True):
    """Metadata of a DataVolume."""

    name: DnsSubdomain
    """Name of the DataVolume; a volume of the VM must refer to it."""
    namespace: ShortText | None = None
    """The VM's namespace, if it is given at all."""
    creation_timestamp: NoTime | None = None
    """Ignored; programs write null here."""
    labels: Labels = msgspec.field(default_factory=dict)
    """Labels of the DataVolume."""
    annotations: Annotated[
        dict[str, Annotated[str, limits(maxLength=262144)]], limits(maxProperties=64)
    ] = msgspec.field(default_factory=dict)
    """Annotations of the DataVolume."""


class DataVolumeTemplateSpec(ApiStruct, frozen=True):
    """A DataVolume that is made with the VM and belongs to it."""

    metadata: DataVolumeTemplateMeta
    """Its name, labels and annotations."""
    spec: Annotated[RawObject, limits(properties=_SPEC)]
    """Source and target, as CDI's DataVolume has them (cdi.kubevirt.io)."""
    api_version: ShortText | None = None
    """Ignored: the version of DataVolumes that the cluster serves is used."""
    kind: ShortText | None = None
    """Ignored: it is a DataVolume."""
    status: Annotated[RawObject, limits(nullable=True)] | None = None
    """Ignored; programs write it because a DataVolume has one."""
