"""Reads what the machine has used; asks the guest about its memory only while somebody looks."""

import asyncio
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from api.problem import Problem
from launcher.hypervisor import Hypervisor
from launcher.preparation import Preparation
from launcher.sample import Sample

_PERIOD_SECONDS: Final = 3  # of the balloon driver's word, which wakes the guest
_WATCHED_SECONDS: Final = 60.0  # after the last look, the guest is left alone


class Sampler:
    """One machine's metrics."""

    def __init__(self, hypervisor: Hypervisor, count_serial_viewers: Callable[[], int]) -> None:
        self._hypervisor = hypervisor
        self._count_serial_viewers = count_serial_viewers
        self._expiry: asyncio.TimerHandle | None = None
        self._resting: asyncio.Task[None] | None = None

    async def take(self, machine: Preparation) -> Sample:
        """Read everything; raises Problem when libvirt does not answer."""
        await self._watch_memory()
        clients = await self._hypervisor.list_vnc_clients() if machine.has_graphics else []
        statistics = await self._hypervisor.read_statistics()
        return Sample(
            time=time.time(),
            statistics=statistics,
            disks=dict(machine.disks),
            interfaces=tuple(nic.name for nic in machine.nics),
            serial_viewers=self._count_serial_viewers(),
            vnc_viewers=len(clients),
        )

    async def _watch_memory(self) -> None:
        """Have the guest tell of its memory, until nobody has asked for a while."""
        is_watched = self._expiry is not None
        if self._expiry is not None:
            self._expiry.cancel()
        loop = asyncio.get_running_loop()
        self._expiry = loop.call_later(_WATCHED_SECONDS, self._begin_rest)
        if not is_watched:
            await self._poll(_PERIOD_SECONDS)

    def _begin_rest(self) -> None:
        self._expiry = None
        self._resting = asyncio.get_running_loop().create_task(self._poll(0))

    async def _poll(self, seconds: int) -> None:
        with suppress(Problem):  # there may be no balloon, or no guest any more
            await self._hypervisor.poll_memory(seconds)
