"""Holds the domain's state and tells everyone who watches it."""

import asyncio
import contextlib
import logging
import time
from collections.abc import Iterator
from typing import Final

from launcher.state import Event, StageReached, State, advance

_LOG: Final = logging.getLogger(__name__)


class Life:
    """The one place where the state changes."""

    def __init__(self) -> None:
        self.state = State(phase_time=time.time())
        self.over = asyncio.Event()
        self.watched = asyncio.Event()  # the handler has seen a state at least once
        self._news: set[asyncio.Event] = set()

    def emit(self, event: Event) -> None:
        """Take an event in."""
        before = self.state
        self.state = advance(before, event, time.time())
        if self.state is before:
            return
        if self.state.phase is not before.phase:
            _LOG.info("domain changed its phase", extra={"phase": self.state.phase.value})
        if self.state.is_over:
            self.over.set()
        for news in self._news:
            news.set()

    def reach(self, stage: str) -> None:
        """Note a moment of the start."""
        self.emit(StageReached(stage, time.time()))

    def lap_times(self) -> dict[str, int]:
        """Return when each stage was reached, in milliseconds after the first."""
        stages = self.state.stages
        return {stage.name: round((stage.time - stages[0].time) * 1000) for stage in stages}

    @contextlib.contextmanager
    def subscribe(self) -> Iterator[asyncio.Event]:
        """Give an event that is set after each change; whoever is slow sees only the last."""
        news = asyncio.Event()
        self._news.add(news)
        try:
            yield news
        finally:
            self._news.discard(news)
