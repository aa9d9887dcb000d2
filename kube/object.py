"""The parts of Kubernetes objects that every kind shares, as small typed structs."""

from typing import Generic, Protocol, TypeVar

import msgspec

from api.meta import share_texts


class Identity(Protocol):
    """What a cache must know of an object's metadata."""

    @property
    def name(self) -> str: ...
    @property
    def namespace(self) -> str: ...
    @property
    def uid(self) -> str: ...
    @property
    def resource_version(self) -> str: ...


class KubeObject(Protocol):
    """Any struct with metadata; components declare just the fields that they use."""

    @property
    def metadata(self) -> Identity: ...


T = TypeVar("T")
KubeT = TypeVar("KubeT", bound=KubeObject)


class Key(msgspec.Struct, frozen=True, order=True, gc=False, array_like=True):
    """Namespace and name: what queues and caches are keyed by."""

    namespace: str
    name: str

    def __str__(self) -> str:
        return f"{self.namespace}/{self.name}" if self.namespace else self.name


def key_of(item: KubeObject) -> Key:
    """Return the key of an object."""
    return Key(item.metadata.namespace, item.metadata.name)


class OwnerReference(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, gc=False):
    """Who an object belongs to; the UID decides, never the name."""

    uid: str
    kind: str = ""
    name: str = ""
    api_version: str = ""
    controller: bool = False
    block_owner_deletion: bool = False

    def __post_init__(self) -> None:
        share_texts(self, ("kind", "api_version"))


class Meta(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """The whole of metadata that anybody here uses; times are RFC 3339 text."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: str = ""
    deletion_timestamp: str | None = None
    deletion_grace_period_seconds: int | None = None
    finalizers: tuple[str, ...] = ()
    owner_references: tuple[OwnerReference, ...] = ()
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}


class BareObject(msgspec.Struct, frozen=True):
    """An object of which only the metadata matters."""

    metadata: Meta


class TagMeta(msgspec.Struct, frozen=True, rename="camel"):
    """Which object in which version: what every object surely has."""

    name: str
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""


class Tag(msgspec.Struct, frozen=True):
    """An object of which only identity and version are read, so that reading never fails."""

    metadata: TagMeta


class ListMeta(msgspec.Struct, frozen=True, rename="camel"):
    """Metadata of a list: where to go on, and from which moment to watch."""

    resource_version: str = ""
    continue_: str = msgspec.field(name="continue", default="")


class RawList(msgspec.Struct, frozen=True):
    """One page of a list with its items still encoded."""

    metadata: ListMeta
    items: list[msgspec.Raw] = []


class RawEvent(msgspec.Struct, frozen=True):
    """One line of a watch with its object still encoded."""

    type: str
    object: msgspec.Raw


class StatusCause(msgspec.Struct, frozen=True):
    """One reason of a refusal, with the field that it is about."""

    reason: str = ""
    message: str = ""
    field: str = ""


class StatusDetails(msgspec.Struct, frozen=True, rename="camel"):
    """Details of an API server's refusal."""

    name: str = ""
    kind: str = ""
    uid: str = ""
    causes: tuple[StatusCause, ...] = ()
    retry_after_seconds: int = 0


class Status(msgspec.Struct, frozen=True):
    """The API server's answer when it refuses."""

    code: int = 0
    reason: str = ""
    message: str = ""
    details: StatusDetails | None = None


class Page(msgspec.Struct, Generic[T], frozen=True):
    """One page of a list."""

    items: list[T]
    resource_version: str
    continue_: str
