"""Bounds that the types declare with ``limits(...)``, checked on a decoded value.

The same declarations are the CRD's; here they find what the API server would refuse, all of
it at once.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from msgspec import inspect

from api.cause import Cause, CauseReason
from api.meta import ApiStruct

Schema = dict[str, Any]  # bounds in JSON schema's words, whose values are of any type


# What does not declare a bound of its own has one of these: the API server refuses CEL rules
# whose cost it cannot bound.
MAX_ENTRIES: Final = 64
MAX_LENGTH: Final = 1024
_described: Final[dict[type[msgspec.Struct], inspect.StructType]] = {}


@dataclass(frozen=True, slots=True)
class Place:
    """A value somewhere within a struct, with its bounds and its path."""

    value: object
    bounds: Schema
    path: str


def find_out_of_bounds(part: ApiStruct, path: str) -> Iterator[Cause]:
    """Yield what is outside its declared bounds, at any depth."""
    for place in walk(part, path):
        for reason, message in _find_breaks(place.value, place.bounds):
            yield Cause(reason, message, place.path)


def walk(part: ApiStruct, path: str) -> Iterator[Place]:
    """Yield the struct and all values within it, outer ones first."""
    yield from _walk_value(part, inspect.AnyType(), path)


def describe_struct(struct: type[msgspec.Struct]) -> inspect.StructType:
    """Return msgspec's description of a struct's fields; the first call describes all within."""
    if struct not in _described:
        _collect(inspect.type_info(struct))
    return _described[struct]


def _collect(described: inspect.Type) -> None:
    """Keep the descriptions of a type and of all within it: each costs as much as all of them."""
    if isinstance(described, inspect.StructType):
        if described.cls in _described:
            return
        _described[described.cls] = described
        inner = [field.type for field in described.fields]
    elif isinstance(described, inspect.Metadata):
        inner = [described.type]
    elif isinstance(described, inspect.UnionType):
        inner = list(described.types)
    elif isinstance(described, inspect.VarTupleType):
        inner = [described.item_type]
    else:
        inner = [described.value_type] if isinstance(described, inspect.DictType) else []
    for each in inner:
        _collect(each)


def unwrap(declared: inspect.Type) -> tuple[Schema, inspect.Type]:
    """Return a type's bounds and the type within them, without ``| None``."""
    if isinstance(declared, inspect.Metadata):
        bounds, inner = unwrap(declared.type)
        return {**bounds, **(declared.extra_json_schema or {})}, inner
    if isinstance(declared, inspect.UnionType):
        some = [item for item in declared.types if not isinstance(item, inspect.NoneType)]
        if len(some) == 1:
            return unwrap(some[0])
    return {}, declared


def _walk_value(value: object, declared: inspect.Type, path: str) -> Iterator[Place]:
    bounds, inner = unwrap(declared)
    yield Place(value, bounds, path)
    if isinstance(value, ApiStruct):
        for field in describe_struct(type(value)).fields:
            item = getattr(value, field.name)
            if item is not None:
                yield from _walk_value(item, field.type, f"{path}.{field.encode_name}")
    elif isinstance(inner, inspect.VarTupleType) and isinstance(value, tuple):
        for index, item in enumerate(value):
            yield from _walk_value(item, inner.item_type, f"{path}[{index}]")
    elif isinstance(inner, inspect.DictType) and isinstance(value, dict):
        for key, item in value.items():
            yield from _walk_value(item, inner.value_type, f"{path}[{key}]")


def _find_breaks(value: object, bounds: Schema) -> Iterator[tuple[CauseReason, str]]:
    if "enum" in bounds and value not in bounds["enum"]:
        allowed = ", ".join(str(item) or '""' for item in bounds["enum"])
        yield CauseReason.NOT_SUPPORTED, f"{value!r} is not one of {allowed}"
    elif isinstance(value, str):
        yield from _find_text_breaks(value, bounds)
    elif isinstance(value, int):
        least: int | None = bounds.get("minimum")
        most: int | None = bounds.get("maximum")
        if (least is not None and value < least) or (most is not None and value > most):
            yield CauseReason.INVALID, f"{value} is not {_name_range(bounds)}"
    elif isinstance(value, tuple | dict):
        entries: int = bounds.get("maxItems") or bounds.get("maxProperties") or MAX_ENTRIES
        if len(value) > entries:
            yield CauseReason.INVALID, f"{len(value)} entries are more than {entries}"


def _find_text_breaks(text: str, bounds: Schema) -> Iterator[tuple[CauseReason, str]]:
    most = bounds.get("maxLength", MAX_LENGTH)
    if len(text) > most:
        yield CauseReason.INVALID, f"{len(text)} characters are more than {most}"
    elif len(text) < bounds.get("minLength", 0):
        yield CauseReason.REQUIRED, "must not be empty"
    elif "pattern" in bounds and not re.fullmatch(bounds["pattern"], text):
        expected = bounds.get("title", f"text like {bounds['pattern']}")
        yield CauseReason.INVALID, f"{text!r} is not {expected}"


def _name_range(bounds: Schema) -> str:
    if "maximum" not in bounds:
        return f"{bounds['minimum']} or more"
    return f"between {bounds['minimum']} and {bounds['maximum']}"
