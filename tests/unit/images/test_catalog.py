from pathlib import Path

import pytest

from api.problem import Problem
from images.catalog import IMAGES, ContextFile, compute_hash, find_images, is_source, name_archive

CONTEXT = {"Containerfile": ContextFile(b"FROM base"), "run": ContextFile(b"x", executable=True)}


def test_no_name_means_every_image_but_the_extra_ones() -> None:
    assert find_images([]) == [image for image in IMAGES if not image.extra]


def test_names_keep_their_order() -> None:
    assert [image.name for image in find_images(["tiny", "launcher"])] == ["tiny", "launcher"]


def test_an_unknown_name_is_a_problem_that_tells_the_known_ones() -> None:
    with pytest.raises(Problem, match="no image window, only launcher, tiny"):
        find_images(["window"])


def test_the_same_inputs_have_the_same_hash_in_any_order() -> None:
    reverse = dict(reversed(CONTEXT.items()))
    assert compute_hash(CONTEXT, "base") == compute_hash(reverse, "base")


@pytest.mark.parametrize(
    "changed",
    [
        CONTEXT | {"run": ContextFile(b"y", executable=True)},
        CONTEXT | {"run": ContextFile(b"x")},
        CONTEXT | {"more": ContextFile(b"")},
        {"Containerfile": CONTEXT["Containerfile"], "ran": CONTEXT["run"]},
    ],
    ids=["content", "mode", "file", "name"],
)
def test_any_change_of_an_input_changes_the_hash(changed: dict[str, ContextFile]) -> None:
    assert compute_hash(changed, "base") != compute_hash(CONTEXT, "base")


def test_another_base_changes_the_hash() -> None:
    assert compute_hash(CONTEXT, "base") != compute_hash(CONTEXT, "another")


def test_an_archive_is_named_by_image_and_content() -> None:
    assert name_archive(find_images(["tiny"])[0], "0123") == "tiny-0123.tar"


def test_what_python_leaves_lying_about_is_no_source() -> None:
    assert is_source(Path("launcher/templates/domain.xml.j2"))
    assert not is_source(Path("launcher/__pycache__/disk.cpython-313.pyc"))


def test_the_launcher_carries_no_kubernetes_client() -> None:
    launcher = find_images(["launcher"])[0]
    assert "kube" not in launcher.folders
    assert not {"kubernetes", "aiohttp"} & set(launcher.requirements)
