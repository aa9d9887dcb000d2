"""Progress: the stage, how long it takes, and what it waits for."""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.status import Status


class Progress:
    """Plain lines for a log, a live line for a terminal."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._stage = ""
        self._started = 0.0
        self._status: Status | None = None

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Show a stage while it runs, and its time when it has ended."""
        self._stage, self._started = name, time.monotonic()
        if self._console.is_terminal:
            self._status = self._console.status(name)
            self._status.start()
        try:
            yield
        except BaseException:
            self._end("✗" if self._console.is_terminal else "failed")
            raise
        self._end("✓" if self._console.is_terminal else "done")

    def waiting(self, what: str) -> None:
        """Say what the stage waits for now."""
        if self._status is not None:
            self._status.update(f"{self._stage}: waiting for {what}")
        else:
            self._print(f"{self._stage}: waiting for {what}")

    @property
    def current(self) -> str:
        """Return the stage that runs, or ran last."""
        return self._stage

    def _end(self, mark: str) -> None:
        if self._status is not None:
            self._status.stop()
            self._status = None
        self._print(f"{mark} {self._stage} {time.monotonic() - self._started:.1f} s")

    def _print(self, line: str) -> None:
        self._console.print(line, markup=False)
        sys.stderr.flush()
