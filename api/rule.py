"""Rules on API structs, each told twice: in CEL for the CRD, in Python for everybody else.

A rule is declared on the struct that it looks at, with the field that it blames relative to
that struct. ``api/crd.py`` writes the CEL halves into the CRDs, so that the API server refuses
bad input with no service of ours running; ``api/validate.py`` runs the Python halves. Tests
hold both to the same verdict (tests/integration/bad_vmis.py).
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from api.cause import CauseReason
from api.meta import ApiStruct

INSTANCETYPE: Final = "instancetype"
PREFERENCE: Final = "preference"

T = TypeVar("T", bound=ApiStruct)


@dataclass(frozen=True, slots=True)
class Rule(Generic[T]):
    """One rule on one struct.

    ``holds`` is None where Python blames a list's entry by its index, which CEL cannot:
    api/reference.py has the Python half of those.

    ``filled_by`` names the matcher of a VirtualMachine (instancetype or preference) that may fill
    in what the rule misses: with such a matcher, the rule holds for the expanded spec only.
    """

    on: type[T]
    message: str
    cel: str
    holds: Callable[[T], bool] | None
    field: str = ""
    reason: CauseReason = CauseReason.INVALID
    filled_by: str | None = None


AnyRule = Rule[Any]  # rules of many structs in one tuple


def exactly_one(on: type[T], *names: str) -> Rule[T]:
    """Return the rule that just one of these optional fields is set."""
    flags = ", ".join(f"has(self.{wire_name(on, name)})" for name in names)
    words = ", ".join(wire_name(on, name) for name in names)
    return Rule(
        on,
        f"exactly one of these must be set: {words}",
        f"[{flags}].exists_one(set, set)",
        lambda part: _count_set(part, names) == 1,
    )


def at_most_one(on: type[T], *names: str, field: str = "") -> Rule[T]:
    """Return the rule that no two of these optional fields are set."""
    flags = ", ".join(f"has(self.{wire_name(on, name)})" for name in names)
    words = ", ".join(wire_name(on, name) for name in names)
    return Rule(
        on,
        f"at most one of these can be set: {words}",
        f"[{flags}].filter(set, set).size() <= 1",
        lambda part: _count_set(part, names) <= 1,
        field,
    )


def at_least_one(on: type[T], *names: str) -> Rule[T]:
    """Return the rule that one of these optional fields is set."""
    flags = " || ".join(f"has(self.{wire_name(on, name)})" for name in names)
    words = ", ".join(wire_name(on, name) for name in names)
    return Rule(
        on,
        f"at least one of these must be set: {words}",
        flags,
        lambda part: _count_set(part, names) >= 1,
        "",
        CauseReason.REQUIRED,
    )


def required(on: type[T], name: str, message: str) -> Rule[T]:
    """Return the rule that a field, which reading must survive without, is set."""
    wire = wire_name(on, name)
    return Rule(
        on,
        message,
        f"has(self.{wire}) && self.{wire} != ''",
        lambda part: bool(getattr(part, name)),
        f".{wire}",
        CauseReason.REQUIRED,
    )


def wire_name(on: type[ApiStruct], name: str) -> str:
    """Return a Python field's name on the wire."""
    return on.__struct_encode_fields__[on.__struct_fields__.index(name)]


def _count_set(part: ApiStruct, names: tuple[str, ...]) -> int:
    return sum(getattr(part, name) is not None for name in names)
