"""A work queue of keys: no key twice, one worker per key, back-off per key, timers."""

import asyncio
import random
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Final

from kube.object import Key

BACKOFF_BASE_SECONDS: Final = 0.25
BACKOFF_MAX_SECONDS: Final = 120.0


class WorkQueue:
    """Keys that are due, keys in work and keys that wait for their time.

    It is bounded by the number of distinct keys: a key that is queued already is not queued
    again, and one that changes while in work is queued once more after it.
    """

    def __init__(self, *, jitter: Callable[[], float] = random.random) -> None:
        self._jitter = jitter
        self._due: deque[Key] = deque()
        self._queued: set[Key] = set()
        self._working: set[Key] = set()
        self._again: set[Key] = set()
        self._timers: dict[Key, asyncio.TimerHandle] = {}
        self._failures: dict[Key, int] = {}
        self._filled = asyncio.Event()

    def __len__(self) -> int:
        return len(self._due)

    def add(self, key: Key) -> None:
        """Have the key worked on as soon as a worker is free."""
        if key in self._working:
            self._again.add(key)
        elif key not in self._queued:
            self._queued.add(key)
            self._due.append(key)
            self._filled.set()

    def add_later(self, key: Key, seconds: float) -> None:
        """Set the key's timer, in place of one that is running."""
        self.cancel(key)
        self._timers[key] = asyncio.get_running_loop().call_later(seconds, self._ring, key)

    def cancel(self, key: Key) -> None:
        """Stop the key's timer."""
        timer = self._timers.pop(key, None)
        if timer is not None:
            timer.cancel()

    def retry(self, key: Key, *, at_least_seconds: float = 0.0) -> float:
        """Set the key's timer to its back-off, twice as long as before; returns the seconds."""
        failures = self._failures.get(key, 0)
        self._failures[key] = failures + 1
        limit = min(BACKOFF_MAX_SECONDS, BACKOFF_BASE_SECONDS * 2.0 ** min(failures, 20))
        seconds = max(at_least_seconds, limit * (0.5 + self._jitter() / 2))
        self.add_later(key, seconds)
        return seconds

    def forget(self, key: Key) -> None:
        """Drop the key's memory of failures."""
        self._failures.pop(key, None)

    async def get(self) -> Key:
        """Wait for a key; the caller owns it until ``done``."""
        while not self._due:
            self._filled.clear()
            await self._filled.wait()
        key = self._due.popleft()
        self._queued.discard(key)
        self._working.add(key)
        return key

    def done(self, key: Key) -> None:
        """Give the key back; if it changed meanwhile, it is due again."""
        self._working.discard(key)
        if key in self._again:
            self._again.discard(key)
            self.add(key)

    async def run(self, work: Callable[[Key], Awaitable[None]], *, workers: int) -> None:
        """Work keys off until cancelled; an exception of ``work`` ends everything: it is a bug."""

        async def worker() -> None:
            while True:
                key = await self.get()
                try:
                    await work(key)
                finally:
                    self.done(key)
                # Thousands of keys of which none waits for anything must not keep all others
                # from the loop: answers, watches, the lease.
                await asyncio.sleep(0)

        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(workers):
                    group.create_task(worker())
        finally:
            for timer in self._timers.values():
                timer.cancel()
            self._timers.clear()

    def _ring(self, key: Key) -> None:
        self._timers.pop(key, None)
        self.add(key)
