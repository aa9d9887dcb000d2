"""Programs that show a VNC screen, and how each wants to be called; pure."""

from collections.abc import Callable
from typing import Final

from api.problem import Problem

HOST: Final = "127.0.0.1"
# Words after the program's name, by type, as `--vnc-type` has them.
_WORDS: Final[dict[str, Callable[[int], list[str]]]] = {
    "remote-viewer": lambda port: [f"vnc://{HOST}:{port}"],
    "tiger": lambda port: [f"{HOST}::{port}"],
    "real": lambda port: [f"{HOST}:{port}", "-WarnUnencrypted=0", "-Shared=1"],
    "chicken": lambda port: [f"{HOST}:{port}"],
}
TYPES: Final = tuple(_WORDS)
# Where they are looked for, the best first.
_PROGRAMS: Final = (
    ("remote-viewer", "remote-viewer"),
    ("xtigervncviewer", "tiger"),
    ("vncviewer", "tiger"),
    ("/Applications/TigerVNC Viewer.app/Contents/MacOS/TigerVNC Viewer", "tiger"),
    ("/Applications/VNC Viewer.app/Contents/MacOS/vncviewer", "real"),
    ("/Applications/Chicken.app/Contents/MacOS/Chicken", "chicken"),
)


def choose_viewer(
    find: Callable[[str], str | None], path: str | None, type_: str | None, port: int
) -> list[str] | None:
    """Return the command line of the viewer that was asked for, or of the best that is there.

    ``find`` is as shutil.which. Without any viewer the answer is None.
    """
    if (path is None) != (type_ is None):
        raise Problem("BadFlag", "--vnc-path and --vnc-type go together")
    if path is not None and type_ is not None:
        program = find(path)
        if program is None:
            raise Problem("NoViewer", f"{path} is no program")
        return [program, *_WORDS[type_](port)]
    for name, kind in _PROGRAMS:
        if program := find(name):
            return [program, *_WORDS[kind](port)]
    return None
