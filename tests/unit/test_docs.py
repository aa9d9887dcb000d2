"""What the pages show can be pasted, and where they point there is something."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
# Built on the spot and in no registry: ":latest" alone would make the kubelet ask one for it.
OWN_IMAGES = "localhost/virtpod/"
BLOCK = re.compile(r"^ *```yaml\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)
LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)
FENCE = re.compile(r"^ *```.*?^ *```$", re.MULTILINE | re.DOTALL)

every_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def read_blocks(page: Path) -> list[Any]:
    """Return the objects of the page's YAML blocks."""
    return [item for block in BLOCK.findall(page.read_text()) for item in yaml.safe_load_all(block)]


def iter_images(part: Any) -> Iterator[dict[str, Any]]:
    """Yield whatever has an image of ours, wherever it is."""
    if isinstance(part, dict):
        if str(part.get("image", "")).startswith(OWN_IMAGES):
            yield part
        part = list(part.values())
    if isinstance(part, list):
        for each in part:
            yield from iter_images(each)


def list_anchors(page: Path) -> set[str]:
    """Return the names that links may give to the page's headings."""
    titles = HEADING.findall(FENCE.sub("", page.read_text()))
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in titles}


def find_broken(page: Path) -> Iterator[str]:
    """Yield the page's links into the repository that lead nowhere."""
    for link in LINK.findall(page.read_text()):
        path, _, anchor = link.partition("#")
        if ":" in path:
            continue
        target = page.parent / path if path else page
        if not target.exists() or (anchor and anchor not in list_anchors(target)):
            yield link


@every_page
def test_yaml_can_be_read(page: Path) -> None:
    assert all(isinstance(item, dict) for item in read_blocks(page))


@every_page
def test_images_of_ours_are_pulled_only_when_they_are_missing(page: Path) -> None:
    images = list(iter_images(read_blocks(page)))
    assert all(image.get("imagePullPolicy") == "IfNotPresent" for image in images)


@every_page
def test_links_lead_somewhere(page: Path) -> None:
    assert list(find_broken(page)) == []


def test_the_first_manifest_is_one_that_can_be_applied() -> None:
    first = read_blocks(PAGES[0])[0]
    assert (first["apiVersion"], first["kind"]) == ("kubevirt.io/v1", "VirtualMachineInstance")
    assert list(iter_images(first))


def test_examples_pull_images_of_ours_only_when_they_are_missing() -> None:
    manifests = sorted((ROOT / "manifests/examples").glob("*.yaml"))
    images = [
        image
        for manifest in manifests
        for item in yaml.safe_load_all(manifest.read_text())
        for image in iter_images(item)
    ]
    assert images
    assert all(image.get("imagePullPolicy") == "IfNotPresent" for image in images)


def test_a_link_to_nowhere_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("# A title\n[a](#a-title) [b](#b) [c](page.md) [d](other.md) [e](https://e)\n")
    assert list(find_broken(page)) == ["#b", "other.md"]
