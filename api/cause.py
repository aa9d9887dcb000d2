"""Causes: what is wrong with a spec, in the words of Kubernetes' 422 answers."""

from enum import StrEnum

from api.meta import ApiStruct


class CauseReason(StrEnum):
    """Kinds of causes."""

    INVALID = "FieldValueInvalid"
    REQUIRED = "FieldValueRequired"
    DUPLICATE = "FieldValueDuplicate"
    NOT_FOUND = "FieldValueNotFound"
    NOT_SUPPORTED = "FieldValueNotSupported"


class Cause(ApiStruct, frozen=True):
    """One thing that is wrong, and where."""

    reason: CauseReason
    message: str
    field: str


def join_causes(causes: tuple[Cause, ...], most: int = 10) -> str:
    """Return one text of all messages, cut as KubeVirt cuts it."""
    text = ", ".join(cause.message for cause in causes[:most])
    rest = len(causes) - most
    return f"{text}, and {rest} more validation errors" if rest > 0 else text


def describe_causes(causes: tuple[Cause, ...]) -> str:
    """Return the same with the field before each message: the messages alone do not name it."""
    return join_causes(
        tuple(Cause(each.reason, f"{each.field}: {each.message}", each.field) for each in causes)
    )
