"""A terminal as a user has it: a kubectl command in a pty, read and typed into."""

import fcntl
import os
import pty
import re
import signal
import struct
import subprocess
import termios
import threading
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import count
from typing import Self

ESCAPE = re.compile(r"\x1b(\[[0-9;?]*[A-Za-z]|[^\[])")
# Of commands, in whatever terminal: each sees what was said in all the others, sooner or later.
_NUMBERS = count(1)
CUT_ESCAPE = re.compile(r"\x1b(\[[0-9;?]*)?$")


def strip_escapes(raw: str) -> tuple[str, str]:
    """Return the text without what moves a cursor, and an escape sequence that is not whole yet."""
    cut = CUT_ESCAPE.search(raw)
    whole = raw[: cut.start()] if cut else raw
    return ESCAPE.sub("", whole), raw[len(whole) :]


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some output and the moment it arrived."""

    at: float  # time.monotonic()
    end: int  # length of the whole text with this chunk


class Console:
    """A command in a pty whose output is collected, stamped, and waited on."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str] | None = None) -> None:
        self.text = ""
        self.chunks: list[Chunk] = []
        self._raw = ""
        self._read_to = 0
        self._news = threading.Condition()
        self._ended = False
        self._master, slave = pty.openpty()
        # Wide, so that a shell in the guest does not fold what is typed.
        fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack("HHHH", 50, 200, 0, 0))
        self.process = subprocess.Popen(
            argv, stdin=slave, stdout=slave, stderr=slave, env=env, start_new_session=True
        )
        os.close(slave)
        self._thread = threading.Thread(target=self._read, daemon=True)
        self._thread.start()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Hang up, as closing the terminal window does."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGHUP)
        self.process.wait(60)
        self._thread.join(10)
        os.close(self._master)

    def type(self, text: str) -> None:
        """Send keystrokes."""
        os.write(self._master, text.encode())

    def expect(self, pattern: str, seconds: float) -> re.Match[str]:
        """Wait for a pattern in the output not yet consumed, and consume up to its end."""
        deadline = time.monotonic() + seconds
        regex = re.compile(pattern, re.DOTALL)
        with self._news:
            while True:
                if match := regex.search(self.text, self._read_to):
                    self._read_to = match.end()
                    return match
                left = deadline - time.monotonic()
                if left <= 0 or self._ended:
                    break
                self._news.wait(left)
            tail = self.text[self._read_to :][-1500:]
        state = "ended" if self._ended else f"silent after {seconds} s"
        raise AssertionError(f"{state} without /{pattern}/; unread: {tail!r}")

    def until_ended(self, seconds: float) -> None:
        """Wait until the program in the terminal has ended."""
        with self._news:
            assert self._news.wait_for(lambda: self._ended, seconds), "still there"

    def until_silent(self, quiet_seconds: float, seconds: float = 60) -> None:
        """Wait until nothing has come for so long, and consume all that came before."""
        deadline = time.monotonic() + seconds
        with self._news:
            self._read_to = len(self.text)
            while self._news.wait_for(lambda: len(self.text) > self._read_to, quiet_seconds):
                assert time.monotonic() < deadline, f"never silent: {self.text[-500:]!r}"
                self._read_to = len(self.text)

    def skip(self) -> None:
        """Consume what was shown so far."""
        with self._news:
            self._read_to = len(self.text)

    def stamp_of(self, offset: int) -> float:
        """Return when the character at an offset of the text arrived."""
        with self._news:
            return next(chunk.at for chunk in self.chunks if chunk.end > offset)

    def log_in(self, seconds: float) -> None:
        """Come to a root shell, whatever the terminal shows now."""
        self.type("\r")
        if "login:" in self.expect(r"login:\s*$|# ?$", seconds).group():
            self.type("root\r")
            self.expect(r"# ?$", 60)

    def run(self, command: str, seconds: float = 60) -> str:
        """Run a command in the guest's shell; return its output, fail when it fails."""
        number = next(_NUMBERS)
        # The marks are typed in two halves, so that their echo is not taken for them.
        self.type(f"echo BE''GIN{number}; {command}; echo EN''D{number} $?\r")
        match = self.expect(rf"BEGIN{number}\r+\n(.*?)END{number} (\d+)\r+\n", seconds)
        output = match.group(1).replace("\r", "")
        assert match.group(2) == "0", f"{command!r} failed in the guest: {output}"
        return output

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._master, 65536)
            except OSError:  # EIO: the last holder of the other end is gone
                data = b""
            with self._news:
                if data:
                    self._raw += data.decode(errors="replace")
                    plain, self._raw = strip_escapes(self._raw)
                    self.text += plain
                    self.chunks.append(Chunk(time.monotonic(), len(self.text)))
                self._ended = not data
                self._news.notify_all()
            if not data:
                return
