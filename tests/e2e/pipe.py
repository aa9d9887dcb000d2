"""A program between two pipes: bytes to it and from it, with deadlines."""

import os
import select
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Self


class Pipe:
    """A running program; what it prints is consumed in order."""

    def __init__(self, argv: Sequence[str], env: Mapping[str, str]) -> None:
        self.process = subprocess.Popen(
            argv, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0
        )
        self._unread = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.process.terminate()
        self.process.wait(60)
        for stream in (self.process.stdin, self.process.stdout):
            assert stream is not None
            stream.close()

    def write(self, data: bytes) -> None:
        """Write all of it, as fast as it is taken."""
        assert self.process.stdin is not None
        unwritten = memoryview(data)
        while unwritten:
            unwritten = unwritten[self.process.stdin.write(unwritten) or 0 :]

    def read_past(self, mark: bytes, seconds: float) -> bytes:
        """Return what comes before the mark, and consume the mark."""
        self._await(lambda unread: mark in unread, seconds)
        before, _, self._unread = self._unread.partition(mark)
        return before

    def read_exactly(self, size: int, seconds: float) -> bytes:
        """Return so many bytes."""
        self._await(lambda unread: len(unread) >= size, seconds)
        data, self._unread = self._unread[:size], self._unread[size:]
        return data

    def _await(self, is_enough: Callable[[bytes], bool], seconds: float) -> None:
        assert self.process.stdout is not None
        source = self.process.stdout.fileno()
        deadline = time.monotonic() + seconds
        while not is_enough(self._unread):
            left = max(0.0, deadline - time.monotonic())
            ready, _, _ = select.select([source], [], [], left)
            data = os.read(source, 65536) if ready else b""
            assert data, f"{len(self._unread)} bytes came, the last {self._unread[-200:]!r}"
            self._unread += data
