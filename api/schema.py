"""Structural schemas of Kubernetes, made from API structs, their bounds, rules and docs.

A struct says nearly all: fields, types, bounds (``limits``), documentation. What a schema must
have besides is added here: a bound on every text, list and map, because the API server refuses
CEL rules whose cost it cannot bound.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

import msgspec
from msgspec import NODEFAULT, inspect

from api.bound import MAX_ENTRIES, MAX_LENGTH, Schema, describe_struct, unwrap
from api.cause import CauseReason
from api.doc import read_field_docs, read_struct_doc
from api.meta import ApiStruct
from api.rule import AnyRule

# CEL knows fewer reasons than causes do.
_CEL_REASONS: Final = {
    CauseReason.REQUIRED: "FieldValueRequired",
    CauseReason.DUPLICATE: "FieldValueDuplicate",
}

# A list's keys, by the struct and the field (on the wire) that has the list.
ListKeys = Mapping[tuple[type[msgspec.Struct], str], tuple[str, ...]]


def build_schema(struct: type[ApiStruct], rules: Iterable[AnyRule], keys: ListKeys) -> Schema:
    """Return the schema of a struct, its fields inlined at every depth."""
    return _Builder(tuple(rules), keys).build_struct(struct)


@dataclass(frozen=True, slots=True)
class _Builder:
    rules: tuple[AnyRule, ...]
    keys: ListKeys

    def build_struct(self, struct: type[msgspec.Struct]) -> Schema:
        fields = describe_struct(struct).fields
        docs = read_field_docs(struct)
        properties = {
            field.encode_name: _describe(self._build_field(struct, field), docs.get(field.name))
            for field in fields
        }
        required = sorted(
            field.encode_name
            for field in fields
            if field.default is NODEFAULT and field.default_factory is NODEFAULT
        )
        rules = [_build_rule(rule) for rule in self.rules if rule.on is struct]
        schema: Schema = {"description": read_struct_doc(struct), "type": "object"}
        if required:
            schema["required"] = required
        if properties:
            schema["properties"] = properties
        if rules:
            schema["x-kubernetes-validations"] = rules
        return schema

    def _build_field(self, struct: type[msgspec.Struct], field: inspect.Field) -> Schema:
        schema = self._build_type(field.type)
        if schema.get("type") != "array":
            return schema
        keys = self.keys.get((struct, field.encode_name))
        if keys is None:
            return schema | {"x-kubernetes-list-type": "atomic"}
        return schema | {
            "x-kubernetes-list-type": "map",
            "x-kubernetes-list-map-keys": list(keys),
        }

    def _build_type(self, declared: inspect.Type) -> Schema:  # noqa: PLR0911 - one a kind of type
        bounds, inner = unwrap(declared)
        bounds.pop("title", None)  # for our own messages
        match inner:
            case inspect.StructType():
                return {**self.build_struct(inner.cls), **bounds}
            case inspect.VarTupleType():
                items = self._build_type(inner.item_type)
                return {"type": "array", "maxItems": MAX_ENTRIES, **bounds, "items": items}
            case inspect.DictType(value_type=inspect.AnyType()):
                return {"type": "object", "x-kubernetes-preserve-unknown-fields": True, **bounds}
            case inspect.DictType():
                values = self._build_type(inner.value_type)
                limit = {"maxProperties": MAX_ENTRIES, **bounds}
                return {"type": "object", **limit, "additionalProperties": values}
            case inspect.StrType():
                limit = {} if "enum" in bounds else {"maxLength": MAX_LENGTH}
                return {"type": "string", **limit, **bounds}
            case inspect.IntType():
                return {"type": "integer", "format": "int64", **bounds}
            case inspect.BoolType():
                return {"type": "boolean"}
            case inspect.UnionType():  # of integer and string: a quantity, or a port
                return {"anyOf": [{"type": "integer"}, {"type": "string"}], **bounds}
        raise TypeError(f"no schema for {inner}")


def _describe(schema: Schema, text: str | None) -> Schema:
    return {**schema, "description": text} if text else schema


def _build_rule(rule: AnyRule) -> Schema:
    schema: Schema = {"rule": rule.cel, "message": rule.message}
    if rule.field:
        schema["fieldPath"] = rule.field
    if rule.reason in _CEL_REASONS:
        schema["reason"] = _CEL_REASONS[rule.reason]
    return schema
