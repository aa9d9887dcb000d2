import pytest

from api.problem import Problem
from images.requirement import render_requirements

LOCK = """
version = 1

[[package]]
name = "app"
version = "1"
dependencies = [
    { name = "left" },
    { name = "windows-only", marker = "sys_platform == 'win32'" },
    { name = "split", version = "2", marker = "python_full_version >= '3.12'" },
]
wheels = [{ hash = "sha256:bb" }, { hash = "sha256:aa" }, { hash = "sha256:bb" }]

[[package]]
name = "left"
version = "2"
dependencies = [{ name = "app" }]

[[package]]
name = "windows-only"
version = "3"
dependencies = [{ name = "deep", marker = "os_name == 'nt'" }]

[[package]]
name = "deep"
version = "4"

[[package]]
name = "split"
version = "1"

[[package]]
name = "split"
version = "2"

[[package]]
name = "stranger"
version = "9"
"""


def test_a_package_comes_with_all_that_it_needs_and_nothing_else() -> None:
    lines = render_requirements(LOCK, ["app"]).splitlines()
    named = [line.split("==")[0] for line in lines if "==" in line and "--hash" not in line]
    assert named == ["app", "deep", "left", "split", "windows-only"]


def test_every_wheel_is_pinned_once() -> None:
    text = render_requirements(LOCK, ["app"])
    assert text.startswith("app==1 \\\n    --hash=sha256:aa \\\n    --hash=sha256:bb\n")


def test_a_marker_is_kept() -> None:
    assert "windows-only==3 ; sys_platform == 'win32'\n" in render_requirements(LOCK, ["app"])


def test_markers_on_the_way_add_up() -> None:
    text = render_requirements(LOCK, ["app"])
    assert "deep==4 ; (sys_platform == 'win32') and (os_name == 'nt')\n" in text


def test_a_package_needed_anyway_has_no_marker() -> None:
    assert "windows-only==3\n" in render_requirements(LOCK, ["app", "windows-only"])


def test_a_version_named_by_the_lock_is_the_one_taken() -> None:
    text = render_requirements(LOCK, ["app"])
    assert "split==2" in text
    assert "split==1" not in text


def test_a_package_that_is_not_locked_is_a_problem() -> None:
    with pytest.raises(Problem, match="no package nowhere"):
        render_requirements(LOCK, ["nowhere"])
