"""Turns uv.lock into pip requirements with hashes, for some root packages and their needs."""

import tomllib
from collections.abc import Iterable
from typing import Any

from api.problem import Problem

Table = dict[str, Any]  # what tomllib returns is as untyped as TOML itself


def render_requirements(lock_text: str, roots: Iterable[str]) -> str:
    """Return requirement lines for ``roots`` and all that they depend on, in a stable order."""
    packages: dict[str, list[Table]] = {}
    for package in tomllib.loads(lock_text)["package"]:
        packages.setdefault(package["name"], []).append(package)
    needed: dict[tuple[str, str], set[str]] = {}
    queue = [({"name": name}, "") for name in roots]
    while queue:
        dependency, outer_marker = queue.pop()
        package = _find_package(packages, dependency)
        marker = _join_markers([outer_marker, dependency.get("marker", "")], "and")
        markers = needed.setdefault((package["name"], package["version"]), set())
        if marker in markers:
            continue
        markers.add(marker)
        queue += [(child, marker) for child in package.get("dependencies", [])]
    return "".join(
        _render_line(_find_package(packages, {"name": name, "version": version}), markers)
        for (name, version), markers in sorted(needed.items())
    )


def _find_package(packages: dict[str, list[Table]], dependency: Table) -> Table:
    """Return the one locked package that a dependency names."""
    wanted = dependency.get("version")
    for package in packages.get(dependency["name"], []):
        if wanted in {None, package["version"]}:
            return package
    raise Problem("LockIncomplete", f"uv.lock has no package {dependency['name']}, run uv lock")


def _render_line(package: Table, markers: set[str]) -> str:
    """Return one package with its marker and the hashes of its wheels."""
    line = f"{package['name']}=={package['version']}"
    if "" not in markers:
        line += f" ; {_join_markers(sorted(markers), 'or')}"
    hashes = sorted({wheel["hash"] for wheel in package.get("wheels", [])})
    return "".join([line, *(f" \\\n    --hash={value}" for value in hashes), "\n"])


def _join_markers(markers: list[str], operator: str) -> str:
    """Join those markers that say something."""
    said = [marker for marker in markers if marker]
    return said[0] if len(said) == 1 else f" {operator} ".join(f"({marker})" for marker in said)
