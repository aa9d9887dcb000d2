"""When the browser's pages are built anew; npm and node are stand-ins that write down their calls,
since what they do takes half a minute and packages from elsewhere."""

import sys
from pathlib import Path

import pytest

from api.problem import Problem
from images import web

STAND_IN = """#!/bin/sh
echo "$(basename "$0") $1" >> calls
mkdir -p node_modules dist/standalone
test ! -e broken || { echo "it broke"; exit 1; }
"""


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    programs = tmp_path / "bin"
    programs.mkdir()
    for name in ("npm", "node"):
        (programs / name).write_text(STAND_IN)
        (programs / name).chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(programs / "python"))
    folder = tmp_path / "web"
    (folder / "src").mkdir(parents=True)
    for name in ("build.mjs", "package.json", "package-lock.json", "src/a.ts"):
        (folder / name).write_text(name)
    return folder


def read_calls(root: Path) -> list[str]:
    calls = (root / "calls").read_text().split("\n")[:-1]
    (root / "calls").write_text("")
    return calls


def test_all_is_made_once(root: Path) -> None:
    assert web.ensure_bundle("standalone", root) == root / "dist" / "standalone"
    assert read_calls(root) == ["npm ci", "node build.mjs"]
    web.ensure_bundle("standalone", root)
    assert read_calls(root) == []


def test_a_changed_source_is_built_with_the_same_packages(root: Path) -> None:
    web.ensure_bundle("standalone", root)
    read_calls(root)
    (root / "src" / "a.ts").write_text("b")
    web.ensure_bundle("standalone", root)
    assert read_calls(root) == ["node build.mjs"]


def test_a_changed_lock_fetches_the_packages(root: Path) -> None:
    web.ensure_packages(root)
    assert read_calls(root) == ["npm ci"]
    (root / "package-lock.json").write_text("newer")
    web.ensure_bundle("standalone", root)
    assert read_calls(root) == ["npm ci", "node build.mjs"]


def test_what_failed_is_told_and_tried_again(root: Path) -> None:
    (root / "broken").touch()
    with pytest.raises(Problem, match="npm ci in web/ failed: it broke"):
        web.ensure_bundle("standalone", root)
    (root / "broken").unlink()
    web.ensure_bundle("standalone", root)
    assert read_calls(root) == ["npm ci", "npm ci", "node build.mjs"]
