"""Rules of the house that no tool knows: where names live, and what they may look like."""

import ast
import re
import tomllib
from collections.abc import Iterator
from enum import StrEnum
from pathlib import Path

import pytest

from api import names

ROOT = Path(__file__).resolve().parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
PACKAGES = PROJECT["tool"]["importlinter"]["root_packages"]
GROUPS = (names.GROUP, names.PREFIX)
DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")
DNS_SUBDOMAIN = re.compile(rf"{DNS_LABEL.pattern}(\.{DNS_LABEL.pattern})*")
QUALIFIED_LOCAL = re.compile(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?")
REASON = re.compile(r"[A-Z][A-Za-z0-9]{0,127}")
CONDITION = re.compile(r"[A-Z][A-Za-z0-9]{0,62}")
ABSOLUTE_PATH = re.compile(r"(/[a-z0-9.-]+)+")


def list_modules() -> list[Path]:
    """Return every module of ours that people write."""
    return [
        path
        for package in PACKAGES
        for path in sorted((ROOT / package).rglob("*.py"))
        if "_pb2" not in path.name
    ]


def list_constants() -> list[tuple[str, str]]:
    """Return (name, value) of each string constant of api/names.py."""
    return [
        (key, value)
        for key, value in vars(names).items()
        if key.isupper() and isinstance(value, str) and not isinstance(value, StrEnum)
    ]


def iter_literals(tree: ast.Module) -> Iterator[ast.Constant]:
    """Yield string literals that are no docstrings."""
    documented = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    prose = {
        id(node.value)
        for owner in ast.walk(tree)
        if isinstance(owner, documented)
        for node in owner.body
        if isinstance(node, ast.Expr)
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield node


def is_qualified_name(value: str) -> bool:
    """Check Kubernetes' rule for keys of labels, annotations and finalizers."""
    prefix, slash, local = value.rpartition("/")
    if slash and not (len(prefix) <= 253 and DNS_SUBDOMAIN.fullmatch(prefix)):
        return False
    return bool(QUALIFIED_LOCAL.fullmatch(local))


def test_names_of_our_groups_stand_in_one_module_only() -> None:
    stray = [
        f"{path.relative_to(ROOT)}:{node.lineno}: {node.value!r}"
        for path in list_modules()
        if path != ROOT / "api" / "names.py"
        for node in iter_literals(ast.parse(path.read_text()))
        if any(f"{group}/" in str(node.value) for group in GROUPS)
    ]
    assert not stray, "use a name of api/names.py instead of\n" + "\n".join(stray)


@pytest.mark.parametrize(("key", "value"), list_constants())
def test_a_name_follows_kubernetes_syntax(key: str, value: str) -> None:
    kind = key.split("_", maxsplit=1)[0]
    if kind in {"LABEL", "ANNOTATION", "FINALIZER", "RESOURCE"}:
        assert is_qualified_name(value)
    elif kind in {"PATH", "HOST"}:
        assert ABSOLUTE_PATH.fullmatch(value)
    elif key.endswith("API_VERSION"):
        group, version = value.split("/")
        assert DNS_SUBDOMAIN.fullmatch(group)
        assert DNS_LABEL.fullmatch(version)
    elif key.endswith("GROUP") or kind == "PREFIX":
        assert DNS_SUBDOMAIN.fullmatch(value)
    else:
        assert DNS_LABEL.fullmatch(value)


@pytest.mark.parametrize("reason", list(names.Reason))
def test_a_reason_is_what_conditions_and_events_accept(reason: names.Reason) -> None:
    assert REASON.fullmatch(reason)


@pytest.mark.parametrize("condition", list(names.Condition))
def test_a_condition_type_is_camel_case(condition: names.Condition) -> None:
    assert CONDITION.fullmatch(condition)


def test_no_two_names_say_the_same_for_different_things() -> None:
    keys = [value for key, value in list_constants() if key.startswith(("LABEL", "ANNOTATION"))]
    assert len(keys) == len(set(keys))


def test_files_stay_short_enough_to_read() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in list_modules()}
    assert {str(path): length for path, length in lengths.items() if length > 400} == {}
