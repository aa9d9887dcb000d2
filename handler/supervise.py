"""Follows one launcher from its socket's appearance to its last state, through any trouble."""

import asyncio
import logging
import random
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol

from api.problem import Problem
from api.status import VirtualMachineInstanceGuestOSInfo
from handler.budget import Budget
from handler.channel import Channel, open_channel
from handler.domain import DomainPhase, DomainState
from handler.metric import CONNECTS
from handler.socket_watch import SocketWatch

log = logging.getLogger(__name__)

PING_SECONDS: Final = 30.0
UNRESPONSIVE_SECONDS: Final = 10.0
# An agent is asked once when it connects; one that comes and goes, no more often than this.
ASK_SECONDS: Final = 60.0
GUEST_INFO_SECONDS: Final = 15.0
# One that does not answer yet, since its guest is busy booting, is given so many more chances.
ASK_AGAIN_SECONDS: Final = (5.0, 15.0, 45.0)
BACKOFF_BASE_SECONDS: Final = 0.05
BACKOFF_MAX_SECONDS: Final = 5.0
BURST_MESSAGES: Final = 50
MESSAGES_PER_SECOND: Final = 20.0


class Listener(Protocol):
    """Who wants to know about a launcher; the calls return at once."""

    def take_state(self, state: DomainState) -> None: ...
    def take_system(self, system: VirtualMachineInstanceGuestOSInfo) -> None: ...
    def take_contact(self, responsive: bool) -> None: ...


class Supervisor:
    """One launcher's task: it ends with the STOPPED state, or when it is cancelled."""

    def __init__(
        self,
        root: Path,
        pod_uid: str,
        sockets: SocketWatch,
        listener: Listener,
        *,
        ping_seconds: float = PING_SECONDS,
        unresponsive_seconds: float = UNRESPONSIVE_SECONDS,
        ask_seconds: float = ASK_SECONDS,
        ask_again_seconds: Sequence[float] = ASK_AGAIN_SECONDS,
    ) -> None:
        self._root = root
        self._pod_uid = pod_uid
        self._sockets = sockets
        self._listener = listener
        self._ping_seconds = ping_seconds
        self._unresponsive_seconds = unresponsive_seconds
        self._ask_seconds = ask_seconds
        self._ask_again_seconds = ask_again_seconds
        self._failures = 0
        self._silent_since: float | None = None
        self._asked_at = float("-inf")
        self._has_agent = False
        self._stopped = False

    async def run(self) -> None:
        """Connect, follow, connect again; whoever knows that the pod ended cancels this."""
        self._sockets.expect(self._pod_uid)
        try:
            while not self._stopped:
                await self._sockets.wait(self._pod_uid)
                try:
                    async with open_channel(self._root, self._pod_uid) as channel:
                        await self._follow(channel)
                except Problem as problem:
                    self._note_failure(problem)
                if not self._stopped:
                    await asyncio.sleep(self._back_off())
        finally:
            self._sockets.forget(self._pod_uid)

    async def _follow(self, channel: Channel) -> None:
        """Take the state now, then every change, with a sign of life asked for in between."""
        info = await channel.get_info()
        CONNECTS.inc()
        log.info("launcher connected", extra={"build": info.build})
        if self._take(info.state):
            return
        agent = asyncio.Event()
        self._has_agent = False
        helpers = [
            asyncio.create_task(self._ping(channel)),
            asyncio.create_task(self._ask_agent(channel, agent)),
        ]
        budget = Budget(BURST_MESSAGES, MESSAGES_PER_SECOND)
        try:
            async for state in channel.watch_state():
                if self._take(state):
                    return
                if state.agent_connected and not self._has_agent:
                    agent.set()
                self._has_agent = state.agent_connected
                await asyncio.sleep(budget.spend())
        finally:
            for helper in helpers:
                helper.cancel()
        raise Problem("StreamEnded", "the launcher closed its stream early", retryable=True)

    async def _ping(self, channel: Channel) -> None:
        """Ask for a sign of life now and then: an open stream that is silent proves nothing."""
        while True:
            await asyncio.sleep(self._ping_seconds if self._silent_since is None else 1.0)
            try:
                await channel.get_info()
            except Problem as problem:
                self._note_failure(problem)
            else:
                self._note_contact()

    async def _ask_agent(self, channel: Channel, connected: asyncio.Event) -> None:
        """Learn the guest's operating system when its agent is there."""
        while True:
            await connected.wait()
            connected.clear()
            await asyncio.sleep(self._asked_at + self._ask_seconds - time.monotonic())
            for seconds in (0.0, *self._ask_again_seconds):
                await asyncio.sleep(seconds)
                if not self._has_agent or await self._learn_system(channel):
                    break

    async def _learn_system(self, channel: Channel) -> bool:
        """Ask once; returns whether the agent had something to tell."""
        self._asked_at = time.monotonic()
        try:
            info = await channel.get_guest_info(GUEST_INFO_SECONDS)
        except Problem as problem:
            log.info("agent does not answer", extra={"error": problem.message})
            return False
        if info.os == VirtualMachineInstanceGuestOSInfo():
            return False
        self._listener.take_system(info.os)
        return True

    def _take(self, state: DomainState) -> bool:
        """Pass a state on; returns whether it is the last one."""
        self._note_contact()
        self._listener.take_state(state)
        self._stopped = state.phase is DomainPhase.STOPPED
        return self._stopped

    def _note_contact(self) -> None:
        self._failures = 0
        self._silent_since = None
        self._listener.take_contact(True)

    def _note_failure(self, problem: Problem) -> None:
        now = time.monotonic()
        if self._silent_since is None:
            self._silent_since = now
            log.warning("launcher out of reach", extra={"error": problem.message})
        if now - self._silent_since >= self._unresponsive_seconds:
            self._listener.take_contact(False)

    def _back_off(self) -> float:
        self._failures += 1
        limit = min(BACKOFF_MAX_SECONDS, BACKOFF_BASE_SECONDS * 2.0 ** min(self._failures, 10))
        return limit * random.uniform(0.5, 1.0)  # noqa: S311 - jitter
