"""Ends the domain: asks by ACPI until the guest hears or its time is up, then kills."""

import asyncio
import contextlib
import logging
import math
from collections.abc import Awaitable, Callable
from typing import Final

from api.problem import Problem
from launcher.life import Life
from launcher.state import DomainPhase, KillSent, QemuExited, StopRequested

_LOG: Final = logging.getLogger(__name__)
# A guest that has not reached its ACPI driver misses the button: it is pressed again.
PRESS_SECONDS: Final = 2.0


class Stopping:
    """One stop; later requests can only bring its deadline nearer."""

    def __init__(
        self,
        life: Life,
        *,
        started: asyncio.Event,
        press: Callable[[], Awaitable[None]],
        kill: Callable[[], bool],
    ) -> None:
        self._life = life
        self._started = started
        self._press = press
        self._kill = kill
        self._deadline = math.inf
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def request(self, grace_seconds: float) -> None:
        """Power off within so many seconds."""
        loop = asyncio.get_running_loop()
        self._life.emit(StopRequested())
        self._deadline = min(self._deadline, loop.time() + grace_seconds)
        self._news.set()
        if self._task is None:
            self._task = loop.create_task(self._run())

    def kill(self, message: str) -> None:
        """End qemu at once; without a qemu yet, the launcher's own end is the end."""
        self._life.emit(KillSent(message))
        if not self._kill():
            self._life.emit(QemuExited())

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._life.over.is_set():
            left = self._deadline - loop.time()
            if left <= 0:
                self.kill("the guest was still running when its grace period ended")
                return
            if self._started.is_set():
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._try_press(), left)
                left = self._deadline - loop.time()
            await self._pause(min(max(left, 0), PRESS_SECONDS))

    async def _try_press(self) -> None:
        if self._life.state.phase is DomainPhase.STOPPED or self._life.state.shut_down:
            return
        try:
            await self._press()
        except Problem as problem:
            _LOG.warning("the power button was not pressed", extra={"error": problem.message})

    async def _pause(self, seconds: float) -> None:
        """Wait until something changes, or for so long."""
        self._news.clear()
        waits = [self._life.over.wait(), self._news.wait()]
        if not self._started.is_set():
            waits.append(self._started.wait())
        tasks = [asyncio.ensure_future(wait) for wait in waits]
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
