"""The text console on a tiny guest's screen, from inside and from outside."""

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Final

from tests.e2e.console import Console
from tests.e2e.plugin import Virt
from tests.e2e.screen import ALPHABET, Font, Picture, read_png
from tests.e2e.vm import Vm

PROMPT: Final = re.compile(r"(#|login:)\s*$")
# Whoever is at the guest's first virtual terminal goes, and init starts another getty.
_END_SESSION: Final = (
    "for each in /proc/[0-9]*; do "
    'if [ "$(readlink "$each/fd/0")" = /dev/tty1 ]; then kill -9 "${each##*/}"; fi; done'
)


def take_picture(virt: Virt, name: str, folder: Path) -> Picture:
    """kubectl virt vnc screenshot NAME."""
    path = folder / "screen.png"
    virt("vnc", "screenshot", name, f"--file={path}")
    return read_png(path.read_bytes())


def end_session(console: Console) -> None:
    """Come to a fresh login prompt on the screen."""
    console.run(_END_SESSION)


def fill_screen(console: Console) -> None:
    """Show every character, and no cursor."""
    encoded = base64.b64encode(f"\x1b[?25l\x1b[H\x1b[2J{ALPHABET}\r\n".encode()).decode()
    console.run(f"echo {encoded} | base64 -d > /dev/tty1")


def read_memory(console: Console) -> str:
    """Return the characters on the screen as the guest knows them."""
    return base64.b64decode(console.run("base64 /dev/vcs1")).decode("ascii")


def learn_font(virt: Virt, vm: Vm, folder: Path) -> Font:
    """Return the font of a guest's screen, learned from a picture of it."""
    with vm.attach() as console:
        console.log_in(60)
        fill_screen(console)
        text = read_memory(console)
    return Font.learn(take_picture(virt, vm.name, folder), text)


def shows(font: Font, text: str) -> Callable[[Picture], bool]:
    """Tell whether the text is the last that the screen shows."""
    return lambda picture: font.read(picture).rstrip().endswith(text)
