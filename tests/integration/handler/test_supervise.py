"""One launcher is followed through its life, its silence and its lies."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

import grpc

from api.status import VirtualMachineInstanceGuestOSInfo
from handler.domain import DomainPhase, DomainState
from handler.socket_watch import SocketWatch
from handler.supervise import BURST_MESSAGES, MESSAGES_PER_SECOND, Supervisor
from protos.virtpod.launcher.v1 import launcher_pb2 as pb
from tests.integration.handler.fake_launcher import POD_UID, FakeLauncher, serve_launcher
from tests.integration.handler.verb_launcher import VerbLauncher


class Log:
    """What a supervisor told."""

    def __init__(self) -> None:
        self.states: list[DomainState] = []
        self.contacts: list[bool] = []
        self.systems: list[VirtualMachineInstanceGuestOSInfo] = []
        self._news = asyncio.Event()

    def take_state(self, state: DomainState) -> None:
        self.states.append(state)
        self._news.set()

    def take_system(self, system: VirtualMachineInstanceGuestOSInfo) -> None:
        self.systems.append(system)
        self._news.set()

    def take_contact(self, responsive: bool) -> None:
        self.contacts.append(responsive)
        self._news.set()

    def has_systems(self, count: int) -> bool:
        return len(self.systems) == count

    async def until(self, true: Callable[[], bool], seconds: float = 60.0) -> None:
        async with asyncio.timeout(seconds):
            while not true():
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def supervise(root: Path, log: Log, **options: Any) -> AsyncIterator["asyncio.Task[None]"]:
    sockets = SocketWatch(root)
    watching = asyncio.create_task(sockets.run())
    task = asyncio.create_task(Supervisor(root, POD_UID, sockets, log, **options).run())
    try:
        yield task
    finally:
        for each in (task, watching):
            each.cancel()
        await asyncio.gather(task, watching, return_exceptions=True)


async def test_states_are_followed_to_the_last_one(tmp_path: Path) -> None:
    log = Log()
    async with supervise(tmp_path, log) as task, serve_launcher(tmp_path, FakeLauncher()) as fake:
        await log.until(lambda: fake.watchers >= 1 and len(log.states) > 1)
        await fake.say(pb.DOMAIN_PHASE_PAUSED)
        await log.until(lambda: log.states[-1].phase is DomainPhase.PAUSED)
        await fake.say(pb.DOMAIN_PHASE_STOPPED, stop_cause=pb.STOP_CAUSE_GUEST_SHUTDOWN)
        async with asyncio.timeout(60):
            await task
    assert log.states[-1].phase is DomainPhase.STOPPED
    assert log.states[-1].stop is not None


async def test_a_launcher_that_stopped_while_we_were_away_still_says_so(tmp_path: Path) -> None:
    log = Log()
    async with supervise(tmp_path, log) as task:
        async with serve_launcher(tmp_path, FakeLauncher()) as fake:
            await log.until(lambda: len(log.states) > 1)
            sequence = fake.state.sequence
        stopped = FakeLauncher(pb.DOMAIN_PHASE_STOPPED)
        stopped.state.sequence = sequence + 1
        async with serve_launcher(tmp_path, stopped), asyncio.timeout(60):
            await task
    assert log.states[-1].phase is DomainPhase.STOPPED


async def test_a_stream_that_ends_early_is_opened_again(tmp_path: Path) -> None:
    log = Log()
    fake = FakeLauncher()
    fake.close_stream = True
    async with supervise(tmp_path, log), serve_launcher(tmp_path, fake):
        await log.until(lambda: fake.watchers >= 3)
    assert {state.phase for state in log.states} == {DomainPhase.RUNNING}


async def test_a_launcher_that_falls_silent_is_noticed_and_its_return_too(tmp_path: Path) -> None:
    log = Log()
    fake = FakeLauncher()
    async with (
        supervise(tmp_path, log, ping_seconds=0.05, unresponsive_seconds=0.0),
        serve_launcher(tmp_path, fake),
    ):
        await log.until(lambda: len(log.states) > 1)
        fake.hang = True
        await log.until(lambda: False in log.contacts)
        fake.hang = False
        await log.until(lambda: log.contacts[-1])


async def test_a_flood_of_states_is_read_slowly(tmp_path: Path) -> None:
    log = Log()
    fake = FakeLauncher()
    fake.flood = 100_000
    began = time.monotonic()
    async with supervise(tmp_path, log), serve_launcher(tmp_path, fake):
        await log.until(lambda: len(log.states) > BURST_MESSAGES)
        await asyncio.sleep(0.5)
        taken, seconds = len(log.states), time.monotonic() - began
    # What was saved up while we were kept waiting may be spent at once; two are not counted.
    assert taken <= BURST_MESSAGES + seconds * MESSAGES_PER_SECOND + 2


async def test_a_dead_launchers_socket_is_retried_with_growing_pauses(tmp_path: Path) -> None:
    log = Log()
    async with serve_launcher(tmp_path, FakeLauncher()):
        pass
    path = tmp_path / POD_UID / "launcher.sock"
    if not path.exists():
        server = await asyncio.start_unix_server(lambda _r, _w: None, str(path))
        server.close()
        path.touch()
    async with supervise(tmp_path, log, unresponsive_seconds=0.3):
        await log.until(lambda: False in log.contacts)
    assert log.states == []


async def connect_agent(fake: VerbLauncher, log: Log, *, connected: bool) -> None:
    """Let the agent come or go, and wait until the supervisor knows."""
    await fake.say(pb.DOMAIN_PHASE_RUNNING, agent_connected=connected)
    await log.until(lambda: log.states[-1].agent_connected is connected)


async def test_an_agent_is_asked_once_when_it_connects(tmp_path: Path) -> None:
    log, launcher = Log(), VerbLauncher()
    launcher.info = pb.GuestInfo(system=pb.GuestSystem(id="debian"))
    async with supervise(tmp_path, log), serve_launcher(tmp_path, launcher) as fake:
        await log.until(lambda: fake.watchers >= 1)
        assert launcher.calls == []
        await connect_agent(launcher, log, connected=True)
        await log.until(lambda: bool(log.systems))
        for connected in (False, True, False, True):
            await connect_agent(launcher, log, connected=connected)
        await fake.say(pb.DOMAIN_PHASE_PAUSED, agent_connected=True)
        await log.until(lambda: log.states[-1].phase is DomainPhase.PAUSED)
    assert [system.id for system in log.systems] == ["debian"]
    assert launcher.calls == [("info", {})]


async def test_an_agent_that_returns_later_is_asked_again(tmp_path: Path) -> None:
    log, launcher = Log(), VerbLauncher()
    launcher.info = pb.GuestInfo(system=pb.GuestSystem(id="debian"))
    async with supervise(tmp_path, log, ask_seconds=0.0), serve_launcher(tmp_path, launcher):
        await log.until(lambda: bool(log.states))
        for times in (1, 2, 3):
            await connect_agent(launcher, log, connected=True)
            await log.until(partial(log.has_systems, times))
            await connect_agent(launcher, log, connected=False)


async def test_an_agent_that_does_not_answer_yet_is_asked_again(tmp_path: Path) -> None:
    log, launcher = Log(), VerbLauncher()
    launcher.refusal = (grpc.StatusCode.INTERNAL, "AgentFailed: no")
    launcher.info = pb.GuestInfo(system=pb.GuestSystem(id="debian"))
    again = (0.05,) * 100
    async with (
        supervise(tmp_path, log, ask_again_seconds=again),
        serve_launcher(tmp_path, launcher),
    ):
        await log.until(lambda: bool(log.states))
        await connect_agent(launcher, log, connected=True)
        for _ in range(3):
            await asyncio.wait_for(launcher.arrived.acquire(), 60)
        launcher.refusal = None
        await log.until(lambda: bool(log.systems))
        asked = len(launcher.calls)
        await asyncio.sleep(0.2)
        assert len(launcher.calls) == asked
    assert False not in log.contacts


async def test_an_agent_that_never_answers_is_left_alone_in_the_end(tmp_path: Path) -> None:
    log, launcher = Log(), VerbLauncher()
    launcher.info = pb.GuestInfo()  # nothing to tell
    async with (
        supervise(tmp_path, log, ask_again_seconds=(0.01, 0.01)),
        serve_launcher(tmp_path, launcher),
    ):
        await log.until(lambda: bool(log.states))
        await connect_agent(launcher, log, connected=True)
        for _ in range(3):
            await asyncio.wait_for(launcher.arrived.acquire(), 60)
        await asyncio.sleep(0.2)
    assert len(launcher.calls) == 3
    assert log.systems == []


async def test_an_agent_that_left_is_not_asked_again(tmp_path: Path) -> None:
    log, launcher = Log(), VerbLauncher()
    launcher.refusal = (grpc.StatusCode.INTERNAL, "AgentFailed: no")
    async with (
        supervise(tmp_path, log, ask_again_seconds=(0.2,) * 10),
        serve_launcher(tmp_path, launcher),
    ):
        await log.until(lambda: bool(log.states))
        await connect_agent(launcher, log, connected=True)
        await asyncio.wait_for(launcher.arrived.acquire(), 60)
        await connect_agent(launcher, log, connected=False)
        asked = len(launcher.calls)
        await asyncio.sleep(0.5)
    assert len(launcher.calls) <= asked + 1  # one may have been on its way
