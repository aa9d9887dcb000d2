"""Merge patches: the difference between what is and what should be."""

import msgspec

from kube.object import KubeObject

Json = dict[str, object]


def pin(item: KubeObject) -> Json:
    """Return preconditions: a patch with them holds for this object in this version only."""
    return {"uid": item.metadata.uid, "resourceVersion": item.metadata.resource_version}


def plan_merge(known: object, desired: object) -> Json:
    """Return the merge patch from one struct to another of its type; empty when they are equal."""
    return _plan(msgspec.to_builtins(known), msgspec.to_builtins(desired))


def _plan(before: Json, after: Json) -> Json:
    """Lists are replaced whole, objects field by field, and what is gone is null."""
    patch: Json = dict.fromkeys(name for name in before if name not in after)
    for name, value in after.items():
        old = before.get(name)
        if isinstance(value, dict) and isinstance(old, dict):
            inner = _plan(old, value)
            if inner:
                patch[name] = inner
        elif value != old:
            patch[name] = value
    return patch
