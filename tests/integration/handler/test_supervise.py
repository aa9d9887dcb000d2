"""One launcher is followed through its life, its silence and its lies."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

from handler.domain import DomainPhase, DomainState
from handler.socket_watch import SocketWatch
from handler.supervise import BURST_MESSAGES, Supervisor
from protos.virtpod.launcher.v1 import launcher_pb2 as pb
from tests.integration.handler.fake_launcher import POD_UID, FakeLauncher, serve_launcher


class Log:
    """What a supervisor told."""

    def __init__(self) -> None:
        self.states: list[DomainState] = []
        self.contacts: list[bool] = []
        self._news = asyncio.Event()

    def take_state(self, state: DomainState) -> None:
        self.states.append(state)
        self._news.set()

    def take_contact(self, responsive: bool) -> None:
        self.contacts.append(responsive)
        self._news.set()

    async def until(self, true: Callable[[], bool], seconds: float = 20.0) -> None:
        async with asyncio.timeout(seconds):
            while not true():
                self._news.clear()
                await self._news.wait()


@asynccontextmanager
async def supervise(root: Path, log: Log, **options: float) -> AsyncIterator["asyncio.Task[None]"]:
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
        await log.until(lambda: fake.watchers == 1 and len(log.states) > 1)
        await fake.say(pb.DOMAIN_PHASE_PAUSED)
        await log.until(lambda: log.states[-1].phase is DomainPhase.PAUSED)
        await fake.say(pb.DOMAIN_PHASE_STOPPED, stop_cause=pb.STOP_CAUSE_GUEST_SHUTDOWN)
        async with asyncio.timeout(2):
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
        async with serve_launcher(tmp_path, stopped), asyncio.timeout(5):
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
        await log.until(lambda: False in log.contacts, 10)
        fake.hang = False
        await log.until(lambda: log.contacts[-1], 10)


async def test_a_flood_of_states_is_read_slowly(tmp_path: Path) -> None:
    log = Log()
    fake = FakeLauncher()
    fake.flood = 100_000
    async with supervise(tmp_path, log), serve_launcher(tmp_path, fake):
        await log.until(lambda: len(log.states) > BURST_MESSAGES)
        start, count = time.monotonic(), len(log.states)
        await asyncio.sleep(0.5)
        rate = (len(log.states) - count) / (time.monotonic() - start)
    assert rate < 40


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
