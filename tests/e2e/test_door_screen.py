"""The graphical console through a real RFB client, and its pictures."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.console import Console
from tests.e2e.plugin import Virt
from tests.e2e.rfb import Viewer, open_viewer
from tests.e2e.screen import ALPHABET, COLUMNS, SIZE, Font
from tests.e2e.virtual_terminal import (
    PROMPT,
    end_session,
    fill_screen,
    read_memory,
    shows,
    take_picture,
)
from tests.e2e.vm import Vm


@pytest.fixture(scope="module")
def port(virt: Virt, shared: Vm) -> Iterator[int]:
    """Yield where `kubectl virt vnc --proxy-only` listens."""
    with virt.screen(shared.name) as port:
        yield port


@pytest.fixture
def viewer(port: int) -> Iterator[Viewer]:
    with open_viewer(port) as viewer:
        yield viewer


def log_in(viewer: Viewer, font: Font) -> None:
    """Come to a root shell and nothing else on the screen, from a prompt of either kind."""
    viewer.type("\n")
    seen = viewer.until(lambda seen: bool(PROMPT.search(font.read(seen))), 60)
    if not shows(font, "#")(seen):
        viewer.type("root\n")
        viewer.until(shows(font, "#"), 60)
    viewer.type("clear\n")
    viewer.until(lambda seen: font.read(seen).strip() == "shared:~#", 60)


def test_a_viewer_sees_the_login_prompt_and_types_at_it(
    viewer: Viewer, font: Font, vm_login: Console
) -> None:
    end_session(vm_login)
    viewer.until(shows(font, "shared login:"), 60)
    viewer.type("root\n")
    viewer.until(shows(font, "shared:~#"), 60)
    viewer.type('echo "Typed, on $(tty)" | tee /tmp/typed\n')
    viewer.until(shows(font, "Typed, on /dev/tty1\nshared:~#"), 60)
    assert vm_login.run("cat /tmp/typed").strip() == "Typed, on /dev/tty1"


def test_keys_of_one_who_leaves_at_once_arrive(port: int, font: Font, vm_login: Console) -> None:
    end_session(vm_login)
    with open_viewer(port) as viewer:
        viewer.until(shows(font, "shared login:"), 60)
    with open_viewer(port) as hasty:
        hasty.type("root\n")
    with open_viewer(port) as viewer:
        viewer.until(shows(font, "shared:~#"), 60)


def test_what_is_seen_is_what_the_guest_shows(
    viewer: Viewer, font: Font, vm_login: Console
) -> None:
    fill_screen(vm_login)
    seen = viewer.until(lambda seen: font.read(seen).startswith(ALPHABET[:COLUMNS]), 60)
    memory = read_memory(vm_login)
    lines = [memory[at : at + COLUMNS].rstrip() for at in range(0, len(memory), COLUMNS)]
    assert font.read(seen).split("\n") == lines


def test_two_viewers_see_the_same_and_both_type(port: int, viewer: Viewer, font: Font) -> None:
    log_in(viewer, font)
    with open_viewer(port) as second:
        second.until(shows(font, "shared:~#"), 60)
        second.type("echo from $((1 + 1))\n")
        for each in (viewer, second):
            each.until(shows(font, "\nfrom 2\nshared:~#"), 60)
        viewer.type("echo from $((0 + 1))\n")
        pictures = [each.until(shows(font, "\nfrom 1\nshared:~#"), 60) for each in (viewer, second)]
        assert (pictures[0] == pictures[1]).all()
    viewer.type("echo still here\n")
    viewer.until(shows(font, "\nstill here\nshared:~#"), 60)


def test_a_picture_is_of_what_nobody_watches(
    virt: Virt, shared: Vm, font: Font, vm_login: Console, tmp_path: Path
) -> None:
    vm_login.run(r"printf '\033[H\033[2Jnobody %s this\r\n' watches > /dev/tty1")
    picture = take_picture(virt, shared.name, tmp_path)
    assert picture.shape == (SIZE[1], SIZE[0], 3)
    assert font.read(picture).strip() == "nobody watches this"


def test_a_picture_is_what_a_viewer_sees(
    virt: Virt, shared: Vm, viewer: Viewer, font: Font, tmp_path: Path
) -> None:
    log_in(viewer, font)
    viewer.type("echo $((6 * 7))\n")
    seen = viewer.until(shows(font, "\n42\nshared:~#"), 60)
    assert viewer.size == SIZE
    assert (take_picture(virt, shared.name, tmp_path) == seen).all()


def test_who_would_disturb_nobody_is_told_that_somebody_is_there(
    virt: Virt, shared: Vm, viewer: Viewer
) -> None:
    viewer.look()
    words = virt.build_command("vnc", shared.name, "--proxy-only", "--preserve-session")
    with Console(words, virt.env) as polite:
        port = int(json.loads(polite.expect(r"\{.*?\}", 60).group())["port"])
        with pytest.raises(ValueError, match="not a VNC server"), open_viewer(port):
            pass
        polite.expect("ServiceUnavailable.*the vnc console of this VMI is in use", 60)
    viewer.look()
