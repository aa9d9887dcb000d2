"""Which viewer is started, and how it is called."""

import pytest

from api.problem import Problem
from cli.viewer import TYPES, choose_viewer


def find_in(*known: str) -> object:
    return lambda name: f"/usr/bin/{name}" if name in known else None


@pytest.mark.parametrize(
    ("known", "command"),
    [
        ((), None),
        (("vncviewer",), ["/usr/bin/vncviewer", "127.0.0.1::5901"]),
        (("vncviewer", "remote-viewer"), ["/usr/bin/remote-viewer", "vnc://127.0.0.1:5901"]),
    ],
)
def test_the_best_viewer_there_is_is_started(
    known: tuple[str, ...], command: list[str] | None
) -> None:
    assert choose_viewer(find_in(*known), None, None, 5901) == command  # type: ignore[arg-type]


@pytest.mark.parametrize("type_", TYPES)
def test_a_viewer_that_is_named_is_started(type_: str) -> None:
    found = choose_viewer(find_in("mine"), "mine", type_, 5901)  # type: ignore[arg-type]
    assert found is not None
    assert found[0] == "/usr/bin/mine"
    assert any("127.0.0.1" in word and "5901" in word for word in found)


def test_flags_that_do_not_fit_are_problems() -> None:
    with pytest.raises(Problem, match="go together"):
        choose_viewer(find_in(), "mine", None, 1)  # type: ignore[arg-type]
    with pytest.raises(Problem, match="mine is no program"):
        choose_viewer(find_in(), "mine", "real", 1)  # type: ignore[arg-type]
