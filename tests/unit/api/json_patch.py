"""A JSON patch as the API server applies it: ``test`` of null also passes on what is absent."""

from copy import deepcopy
from typing import Any

from api.verb import Operation

Json = dict[str, Any]  # Any: any object


class PatchTestError(AssertionError):
    """A test operation did not find what it was told to."""


def apply_patch(document: Json, patch: tuple[Operation, ...]) -> Json:
    """Return the patched document; the parent of each path must exist."""
    after = deepcopy(document)
    for operation in patch:
        *parents, key = operation.path.removeprefix("/").split("/")
        parent = after
        for name in parents:
            parent = parent[name]
        if operation.op == "add":
            parent[key] = deepcopy(operation.value)
        elif operation.op == "remove":
            del parent[key]
        elif parent.get(key) != operation.value:
            raise PatchTestError(f"{operation.path} is {parent.get(key)}, not {operation.value}")
    return after
