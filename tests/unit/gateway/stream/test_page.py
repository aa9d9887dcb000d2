"""The page for graphical consoles."""

import re
from pathlib import Path

import pytest

from gateway.stream.page import PAGE_HEADERS, build_pages

ROOT = "/apis/subresources.kubevirt.io/v1/novnc/"


@pytest.fixture
def novnc(tmp_path: Path) -> Path:
    """Lay out what noVNC's package has."""
    for name in ("core/rfb.js", "core/util/logging.js", "vendor/pako/lib/zlib/inflate.js"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"// {name}")
    (tmp_path / "core" / "README").write_text("no module")
    (tmp_path / "app.js").write_text("not ours")
    return tmp_path


def test_the_page_and_all_modules_have_a_path_in_each_version(novnc: Path) -> None:
    pages = build_pages(novnc)
    names = {path.removeprefix(ROOT) for path in pages if path.startswith(ROOT)}
    modules = {"core/rfb.js", "core/util/logging.js", "vendor/pako/lib/zlib/inflate.js"}
    assert names == {"", "app.js", "app.css"} | modules
    assert len(pages) == 2 * len(names)
    assert pages[f"{ROOT}core/rfb.js"] == ("text/javascript; charset=utf-8", b"// core/rfb.js")
    assert b"not ours" not in pages[f"{ROOT}app.js"][1]


def test_without_novnc_there_is_no_page(tmp_path: Path) -> None:
    assert build_pages(tmp_path) == {}


def test_nothing_in_the_page_is_inline_or_from_elsewhere(novnc: Path) -> None:
    html = build_pages(novnc)[ROOT][1].decode()
    assert re.findall(r"<script[^>]*>", html) == ['<script type="module" src="app.js">']
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|//", html)
    assert "script-src 'self'" in PAGE_HEADERS["Content-Security-Policy"]
    assert "unsafe" not in PAGE_HEADERS["Content-Security-Policy"]


def test_the_script_builds_no_html_and_no_absolute_path(novnc: Path) -> None:
    script = build_pages(novnc)[f"{ROOT}app.js"][1].decode()
    assert not re.search(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(", script)
    assert '"/' not in script
    assert "`/" not in script


def test_every_element_that_the_script_needs_is_in_the_page(novnc: Path) -> None:
    pages = build_pages(novnc)
    html, script = pages[ROOT][1].decode(), pages[f"{ROOT}app.js"][1].decode()
    wanted = set(re.findall(r'find\("(\w+)"\)', script))
    assert wanted == set(re.findall(r'id="(\w+)"', html))
