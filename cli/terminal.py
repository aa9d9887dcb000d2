"""The user's terminal: every key is the guest's while it lasts, and afterwards it is as before."""

import os
import signal
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Final

# Whatever the guest has switched on, off again: soft reset, the other screen, what reports the
# mouse and the focus, what brackets a paste; the cursor is shown.
_RESTORE: Final = "\x1b[!p\x1b[?1047l\x1b[?1000;1002;1003;1004;1005;1006;1015;2004l\x1b[?25h\x1b[0m"
_ENDING: Final = (signal.SIGTERM, signal.SIGHUP)


@contextmanager
def raw_terminal() -> Iterator[None]:
    """Give the guest the keyboard, if there is one; take it back however it ends."""
    if not sys.stdin.isatty():
        yield
        return
    descriptor = sys.stdin.fileno()
    before = termios.tcgetattr(descriptor)
    with _unwinding():
        try:
            tty.setraw(descriptor, termios.TCSADRAIN)  # what was typed ahead counts
            yield
        finally:
            if sys.stdout.isatty():
                os.write(sys.stdout.fileno(), f"{_RESTORE}\r\n".encode())
            # not even what the guest made the terminal answer may reach the user's shell
            termios.tcsetattr(descriptor, termios.TCSAFLUSH, before)


@contextmanager
def _unwinding() -> Iterator[None]:
    """Let signals that end us end us in order."""
    before = {number: signal.signal(number, _leave) for number in _ENDING}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _leave(number: int, _: FrameType | None) -> None:
    raise SystemExit(128 + number)


def make_escape(key: bytes) -> Callable[[bytes], tuple[bytes, bool]]:
    """Return what tells input of the guest from the key that leaves."""

    def take(data: bytes) -> tuple[bytes, bool]:
        before, pressed, _ = data.partition(key)
        return before, bool(pressed)

    return take
