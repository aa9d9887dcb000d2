"""Schemas are structural, bounded everywhere, and documented."""

from collections.abc import Iterator
from typing import Annotated

import msgspec
import pytest

from api.bound import Schema
from api.cause import CauseReason
from api.crd import build_crds
from api.doc import read_field_docs, read_struct_doc
from api.kind import LIST_KEYS
from api.meta import ApiStruct, Labels, NonEmpty, Quantity, RawObject, limits, one_of
from api.rule import Rule, at_most_one, required
from api.schema import build_schema

CRDS = build_crds()


class Inner(ApiStruct, frozen=True):
    """An inner thing."""

    name: NonEmpty
    """Name of the thing."""


class Outer(ApiStruct, frozen=True):
    """An outer thing.

    This paragraph is for readers of the source.
    """

    color: Annotated[str, one_of("red", "blue")]
    size: Quantity | None = None
    """How large
    it is."""
    things: tuple[Inner, ...] = ()
    """Things within."""
    few: Annotated[tuple[int, ...], limits(maxItems=2)] = ()
    labels: Labels = msgspec.field(default_factory=dict)
    raw: RawObject = msgspec.field(default_factory=dict)
    on: bool = False
    thing: Inner | None = None
    """A thing by itself."""


class Odd(ApiStruct, frozen=True):
    """What no schema can be made of."""

    number: float = 0.0


RULES = (
    at_most_one(Outer, "size", "thing"),
    Rule(Outer, "color is red", "self.color == 'red'", None, ".color", CauseReason.NOT_FOUND),
    required(Inner, "name", "a name is required"),
)


def test_a_struct_becomes_a_structural_schema() -> None:
    inner = {
        "type": "object",
        "required": ["name"],
        "properties": {
            "name": {
                "type": "string",
                "minLength": 1,
                "maxLength": 256,
                "pattern": "^[^\\x00-\\x1f\\x7f]*$",
                "description": "Name of the thing.",
            }
        },
        "x-kubernetes-validations": [
            {
                "rule": "has(self.name) && self.name != ''",
                "message": "a name is required",
                "fieldPath": ".name",
                "reason": "FieldValueRequired",
            }
        ],
    }
    schema = build_schema(Outer, RULES, {(Outer, "things"): ("name",)})
    properties = schema["properties"]
    assert schema["description"] == "An outer thing."
    assert schema["required"] == ["color"]
    assert schema["x-kubernetes-validations"] == [
        {
            "rule": "[has(self.size), has(self.thing)].filter(set, set).size() <= 1",
            "message": "at most one of these can be set: size, thing",
        },
        {"rule": "self.color == 'red'", "message": "color is red", "fieldPath": ".color"},
    ]
    assert properties["color"] == {"type": "string", "enum": ["red", "blue"]}
    assert properties["size"]["x-kubernetes-int-or-string"] is True
    assert properties["size"]["description"] == "How large it is."
    assert properties["things"] == {
        "type": "array",
        "maxItems": 64,
        "items": {"description": "An inner thing.", **inner},
        "x-kubernetes-list-type": "map",
        "x-kubernetes-list-map-keys": ["name"],
        "description": "Things within.",
    }
    assert properties["few"]["maxItems"] == 2
    assert properties["few"]["x-kubernetes-list-type"] == "atomic"
    assert properties["labels"]["additionalProperties"]["maxLength"] == 63
    assert properties["raw"] == {"type": "object", "x-kubernetes-preserve-unknown-fields": True}
    assert properties["on"] == {"type": "boolean"}
    assert properties["thing"] == {**inner, "description": "A thing by itself."}


def test_a_type_without_a_schema_is_an_error_of_ours() -> None:
    with pytest.raises(TypeError, match="no schema for"):
        build_schema(Odd, (), {})


def iter_schemas(schema: Schema, path: str) -> Iterator[tuple[str, Schema]]:
    """Yield a schema and all within it."""
    yield path, schema
    for name, part in schema.get("properties", {}).items():
        yield from iter_schemas(part, f"{path}.{name}")
    for key in ("items", "additionalProperties"):
        if key in schema:
            yield from iter_schemas(schema[key], f"{path}[]")


ALL = [
    (f"{name} {version['name']}{path}", schema)
    for name, crd in CRDS.items()
    for version in crd["spec"]["versions"]
    for path, schema in iter_schemas(version["schema"]["openAPIV3Schema"], "")
]


def test_schemas_have_nothing_that_structural_schemas_forbid() -> None:
    forbidden = {"$ref", "$defs", "title", "uniqueItems"}
    assert [path for path, schema in ALL if forbidden & schema.keys()] == []
    unions = [schema for _, schema in ALL if "anyOf" in schema]
    assert all(schema["x-kubernetes-int-or-string"] for schema in unions)


def test_null_is_taken_only_where_programs_of_go_write_it() -> None:
    nullable = {path.rsplit(".", 1)[1] for path, schema in ALL if "nullable" in schema}
    assert nullable == {"creationTimestamp", "status"}


def test_few_fields_have_a_default_of_the_api_server() -> None:
    defaults = {path.split(".", 2)[2]: s["default"] for path, s in ALL if "default" in s}
    assert defaults == {
        "status": {},
        "status.phase": "Pending",
        "status.printableStatus": "Stopped",
        "spec.replicas": 1,
        "spec.template.metadata": {},
        "spec.domain.devices": {},
        "spec.template.spec.domain.devices": {},
    }


def test_everything_is_bounded() -> None:
    unbounded = [
        path
        for path, schema in ALL
        if (schema.get("type") == "array" and "maxItems" not in schema)
        or (schema.get("type") == "string" and not {"maxLength", "enum"} & schema.keys())
        or ("additionalProperties" in schema and "maxProperties" not in schema)
    ]
    assert [path for path in unbounded if not path.endswith((".apiVersion", ".kind"))] == []


def test_every_pattern_is_anchored() -> None:
    patterns = {schema["pattern"] for _, schema in ALL if "pattern" in schema}
    assert [text for text in patterns if not (text.startswith("^") and text.endswith("$"))] == []


def test_every_field_is_documented() -> None:
    ours = (".metadata", ".apiVersion", ".kind", "[]")
    bare = [
        path
        for path, schema in ALL
        if " v1." in path and not path.endswith(ours) and not schema.get("description")
    ]
    assert bare == []


def test_lists_by_key_require_their_keys() -> None:
    maps = {path: s for path, s in ALL if s.get("x-kubernetes-list-type") == "map"}
    assert {path.rsplit(".", 1)[1] for path in maps} == {field for _, field in LIST_KEYS}
    for schema in maps.values():
        assert set(schema["x-kubernetes-list-map-keys"]) <= set(schema["items"]["required"])


def test_docs_are_the_strings_after_fields() -> None:
    assert read_field_docs(Inner) == {"name": "Name of the thing."}
    assert read_struct_doc(Outer) == "An outer thing."
    assert read_struct_doc(ApiStruct).startswith("Base of all API types")
