"""Progress: the stage, how long it takes, and what it waits for."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from rich import progress
from rich.console import Console


class Progress:
    """Plain lines for a log, a live line with a clock for a terminal."""

    def __init__(self) -> None:
        self._console = Console(stderr=True, highlight=False, soft_wrap=True)
        self._live: progress.Progress | None = None
        self._stages: list[str] = []

    @property
    def stage_name(self) -> str:
        """Return the stage that runs, or that failed."""
        return self._stages[-1] if self._stages else ""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Show a stage while it runs, and its time when it has ended."""
        started = time.monotonic()
        self._stages.append(name)
        if self._console.is_terminal:
            self._live = progress.Progress(
                progress.SpinnerColumn(),
                progress.TextColumn("{task.description}", markup=False),
                progress.TimeElapsedColumn(),
                console=self._console,
                transient=True,
            )
            self._live.add_task(name)
            self._live.start()
        try:
            yield
        finally:
            self.pause()
        self._stages.pop()
        self.say(f"done {name} {time.monotonic() - started:.1f} s")

    def waiting(self, what: str) -> None:
        """Say what the stage waits for now."""
        self.tell(f"waiting for {what}")

    def tell(self, what: str) -> None:
        """Say what the stage is at."""
        line = f"{self.stage_name}: {what}"
        if self._live is not None:
            self._live.update(self._live.task_ids[0], description=line)
        else:
            self.say(line)

    def pause(self) -> None:
        """Leave the terminal to someone else for the rest of this stage."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def say(self, line: str) -> None:
        """Print a line that stays."""
        self._console.print(line, markup=False)
