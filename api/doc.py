"""Documentation of fields: the string after each field, read from the source."""

import ast
import inspect
import sys
from functools import cache
from itertools import pairwise

import msgspec


def read_field_docs(struct: type[msgspec.Struct]) -> dict[str, str]:
    """Return the documentation of a struct's fields, inherited ones included."""
    docs: dict[str, str] = {}
    for base in reversed(struct.__mro__):
        if issubclass(base, msgspec.Struct) and base is not msgspec.Struct:
            docs |= _read_class_docs(base)
    return docs


def read_struct_doc(struct: type[msgspec.Struct]) -> str:
    """Return the first paragraph of a struct's documentation, as one line."""
    return " ".join((struct.__doc__ or "").split("\n\n")[0].split())


def _read_class_docs(struct: type[msgspec.Struct]) -> dict[str, str]:
    body = _parse_classes(struct.__module__)[struct.__name__].body
    return {
        statement.target.id: " ".join(follower.value.value.split())
        for statement, follower in pairwise(body)
        if isinstance(statement, ast.AnnAssign)
        and isinstance(statement.target, ast.Name)
        and isinstance(follower, ast.Expr)
        and isinstance(follower.value, ast.Constant)
        and isinstance(follower.value.value, str)
    }


@cache
def _parse_classes(module: str) -> dict[str, ast.ClassDef]:
    tree = ast.parse(inspect.getsource(sys.modules[module]))
    return {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
