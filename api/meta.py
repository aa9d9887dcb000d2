"""Building blocks of every API object: the base struct, bounded scalars, metadata.

Bounds and enumerations are declared once, as ``limits(...)`` beside the type. They do not make
decoding fail, so that an older component survives a newer object: the CRD schema refuses with
them (api/schema.py) and so does validation, all at once and with field paths (api/validate.py).

The string after a field is its documentation; it becomes ``kubectl explain`` (api/schema.py).
"""

from functools import lru_cache
from typing import Annotated, Any, Final

import msgspec
from msgspec.structs import force_setattr

_SHARED_TEXTS: Final = 4096
_CONDITION_TEXTS: Final = ("type", "status", "reason", "message", "last_transition_time")


# gc: what is decoded from JSON has no cycles, so that nothing has to look for them.
class ApiStruct(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True, gc=False):
    """Base of all API types: immutable, camelCase on the wire, absent when unset."""


@lru_cache(maxsize=_SHARED_TEXTS)
def share_text(text: str) -> str:
    """Return one and the same copy of a text; thousands of objects say the same of themselves."""
    return str(text)


def share_texts(struct: msgspec.Struct, names: tuple[str, ...]) -> None:
    """Have a struct that was just made hold shared copies of its texts."""
    for name in names:
        text = getattr(struct, name)
        if text:
            force_setattr(struct, name, share_text(text))


def limits(**schema: object) -> msgspec.Meta:
    """Return bounds in JSON schema's words, for a type's ``Annotated``.

    ``title`` says in a message what a text that does not match ``pattern`` should have been.
    """
    return msgspec.Meta(extra_json_schema=schema)


def one_of(*values: str) -> msgspec.Meta:
    """Return the bound of a string to one of these values."""
    return limits(enum=list(values))


# Any JSON object: for parts that are passed on unread, hence Any.
RawObject = dict[str, Any]

_NUMBER = r"^[+-]?([0-9]+(\.[0-9]*)?|\.[0-9]+)"
_SUFFIX = r"([KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]+)?$"

Quantity = Annotated[
    str | int,
    limits(
        **{
            "x-kubernetes-int-or-string": True,
            "pattern": _NUMBER + _SUFFIX,
            "maxLength": 64,
            "title": "a quantity such as 512Mi, 2 or 100m",
        }
    ),
]
IntOrString = Annotated[str | int, limits(**{"x-kubernetes-int-or-string": True, "maxLength": 64})]
Time = Annotated[str, limits(format="date-time", maxLength=64)]
# What programs written in Go put where there is no time: null, which must not be refused.
NoTime = Annotated[Time, limits(nullable=True)]
Duration = Annotated[
    str,
    limits(
        title="a duration such as 1h30m",
        pattern=r"^([0-9]+(\.[0-9]+)?(ns|us|ms|s|m|h))+$",
        maxLength=64,
    ),
]
Count = Annotated[int, limits(format="int64", minimum=0)]
Positive = Annotated[int, limits(format="int64", minimum=1)]
UInt32 = Annotated[int, limits(format="int64", minimum=0, maximum=4294967295)]
Port = Annotated[int, limits(format="int32", minimum=1, maximum=65535)]
DnsLabel = Annotated[
    str,
    limits(
        title="a DNS label: a-z, 0-9 and -",
        pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
        minLength=1,
        maxLength=63,
    ),
]
DnsSubdomain = Annotated[
    str,
    limits(
        title="a DNS name: labels of a-z, 0-9 and -, joined by dots",
        pattern=r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
        minLength=1,
        maxLength=253,
    ),
]
# Text that ends in XML, in file names or in qemu's arguments: no control characters.
PRINTABLE = r"^[^\x00-\x1f\x7f]*$"
_PLAIN = "text without control characters"
ShortText = Annotated[str, limits(title=_PLAIN, pattern=PRINTABLE, maxLength=256)]
NonEmpty = Annotated[str, limits(title=_PLAIN, pattern=PRINTABLE, minLength=1, maxLength=256)]
LongText = Annotated[str, limits(title=_PLAIN, pattern=PRINTABLE, maxLength=4096)]
LabelValue = Annotated[
    str,
    limits(
        title="a label's value: A-Z, a-z, 0-9, dots, - and _",
        pattern=r"^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$",
        maxLength=63,
    ),
]
Labels = Annotated[dict[str, LabelValue], limits(maxProperties=64)]
# Words of a guest or of another program, which a status repeats: bounded, and that is all.
Told = Annotated[str, limits(maxLength=1024)]


class OwnerReference(ApiStruct, frozen=True):
    """Who owns an object."""

    api_version: str
    kind: str
    name: str
    uid: str
    controller: bool = False
    block_owner_deletion: bool = False


class ObjectMeta(ApiStruct, frozen=True):
    """The metadata that virtpod reads."""

    name: str = ""
    namespace: str = ""
    uid: str = ""
    resource_version: str = ""
    generation: int = 0
    creation_timestamp: str | None = None
    deletion_timestamp: str | None = None
    deletion_grace_period_seconds: int | None = None
    labels: dict[str, str] = msgspec.field(default_factory=dict)
    annotations: dict[str, str] = msgspec.field(default_factory=dict)
    owner_references: tuple[OwnerReference, ...] = ()
    finalizers: tuple[str, ...] = ()


class Condition(ApiStruct, frozen=True):
    """One aspect of the current state."""

    type: Annotated[str, limits(minLength=1, maxLength=316)]
    """Which aspect, for example Ready or AgentConnected."""
    status: Annotated[str, one_of("True", "False", "Unknown")]
    """True, False or Unknown."""
    reason: Told | None = None
    """Why, in one CamelCase word."""
    message: Annotated[str, limits(maxLength=32768)] | None = None
    """Why, in a sentence."""
    last_probe_time: Time | None = None
    """When it was last looked at."""
    last_transition_time: Time | None = None
    """When the status last changed."""
    observed_generation: Count | None = None
    """The metadata.generation that this was seen with."""

    def __post_init__(self) -> None:
        share_texts(self, _CONDITION_TEXTS)


class LabelSelectorRequirement(ApiStruct, frozen=True):
    """A key, and what its values may be."""

    key: NonEmpty
    """The label's key."""
    operator: Annotated[str, one_of("In", "NotIn", "Exists", "DoesNotExist")]
    """How the key relates to the values."""
    values: tuple[LabelValue, ...] = ()
    """The values of In and NotIn; empty for Exists and DoesNotExist."""


class LabelSelector(ApiStruct, frozen=True):
    """Which labels an object must have; all requirements are ANDed."""

    match_labels: Labels = msgspec.field(default_factory=dict)
    """Labels with exactly these values."""
    match_expressions: tuple[LabelSelectorRequirement, ...] = ()
    """Further requirements."""


class LocalObjectReference(ApiStruct, frozen=True):
    """A reference to an object of the same namespace."""

    name: NonEmpty
    """Name of the object."""
