"""Bounds of what sources and users may ask for."""

import asyncio
from collections import Counter
from collections.abc import Callable
from functools import partial

import pytest

from gateway.refusal import Refused
from gateway.ui import limit
from gateway.ui.limit import (
    ALL_WAITING,
    LANE_TURNS,
    REMEMBERED,
    TURNS,
    WAITING,
    Recent,
    Seats,
    Turns,
    hash_secret,
)


class Crowd:
    """Attempts that go on until they are told to end."""

    def __init__(self) -> None:
        self.turns = Turns()
        self.running: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self.tasks: list[asyncio.Task[None]] = []
        self.end = asyncio.Event()

    async def start(self, lane: str, times: int = 1) -> None:
        self.tasks += [asyncio.create_task(self._try(lane)) for _ in range(times)]
        await settle()

    async def finish(self) -> None:
        self.end.set()
        await asyncio.gather(*self.tasks, return_exceptions=True)

    async def _try(self, lane: str) -> None:
        try:
            async with self.turns.take(lane):
                self.running[lane] += 1
                try:
                    await self.end.wait()
                finally:
                    self.running[lane] -= 1
        except Refused as refused:
            self.refused[lane] += refused.code == 429


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


async def fail(turns: Turns, lane: str, code: int = 401) -> None:
    with pytest.raises(Refused):
        async with turns.take(lane):
            raise Refused(code, "no")


async def test_each_lane_has_few_turns_and_all_have_some_more() -> None:
    crowd = Crowd()
    await crowd.start("a", LANE_TURNS + 3)
    assert crowd.running["a"] == LANE_TURNS
    for number in range(TURNS):
        await crowd.start(f"other{number}")
    assert crowd.running.total() == TURNS
    assert not crowd.refused
    await crowd.finish()
    assert not crowd.turns._lanes
    assert (crowd.turns._running, crowd.turns._waiting) == (0, 0)


async def test_lanes_take_turns_however_many_wait_in_one() -> None:
    crowd = Crowd()
    for flood in "abcd":
        await crowd.start(flood, LANE_TURNS + WAITING)
    await crowd.start("one")
    assert crowd.running["one"] == 0
    crowd.tasks[0].cancel()
    crowd.tasks[1].cancel()
    crowd.tasks[2].cancel()
    crowd.tasks[3].cancel()
    await settle()
    assert crowd.running["one"] == 1
    await crowd.finish()


async def test_of_too_many_some_go_whoever_came_last(monkeypatch: pytest.MonkeyPatch) -> None:
    places = iter([0, WAITING, 3])
    monkeypatch.setattr("gateway.ui.limit.secrets.randbelow", lambda _: next(places))
    crowd = Crowd()
    await crowd.start("a", LANE_TURNS + WAITING + 3)
    assert crowd.refused["a"] == 3
    refused = [place for place, task in enumerate(crowd.tasks) if task.done()]
    assert refused == [LANE_TURNS, LANE_TURNS + 4, LANE_TURNS + WAITING + 1]
    await crowd.finish()
    assert crowd.refused["a"] == 3


async def test_all_who_wait_are_bounded_too() -> None:
    crowd = Crowd()
    for number in range(ALL_WAITING + TURNS + 20):
        await crowd.start(str(number))
    assert crowd.refused.total() == 20
    assert len(crowd.turns._lanes) == ALL_WAITING + TURNS
    await crowd.finish()
    assert not crowd.turns._lanes


async def test_who_waits_for_too_long_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limit, "WAIT_SECONDS", 0.01)
    crowd = Crowd()
    await crowd.start("a", LANE_TURNS + 2)
    async with asyncio.timeout(60):
        await asyncio.wait(crowd.tasks[LANE_TURNS:])
    assert crowd.refused["a"] == 2
    await crowd.finish()
    assert not crowd.turns._lanes


async def test_a_failure_takes_a_turn_for_a_while_and_success_none(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    later: list[Callable[[], object]] = []
    loop = asyncio.get_running_loop()
    crowd = Crowd()
    for _ in range(LANE_TURNS * 3):
        async with crowd.turns.take("a"):
            pass
        await fail(crowd.turns, "a", 503)  # was not judged
    assert not crowd.turns._lanes
    with monkeypatch.context() as patched:
        patched.setattr(loop, "call_later", lambda _, call, name: later.append(partial(call, name)))
        for _ in range(LANE_TURNS):
            await fail(crowd.turns, "a")
    await crowd.start("a")
    assert crowd.running["a"] == 0
    await crowd.start("b")
    assert crowd.running["b"] == 1
    assert len(later) == LANE_TURNS
    later[0]()
    await settle()
    assert crowd.running["a"] == 1
    for pass_ in later[1:]:
        pass_()
    await crowd.finish()
    assert not crowd.turns._lanes


async def test_a_turn_that_comes_to_who_just_left_is_for_the_next() -> None:
    crowd = Crowd()
    await crowd.start("a", LANE_TURNS + 2)
    first, second = crowd.tasks[LANE_TURNS:]
    crowd.turns._lanes["a"].running -= 1  # its turn comes and it goes in the same moment
    crowd.turns._running -= 1
    crowd.turns._advance()
    first.cancel()
    await settle()
    assert first.cancelled()
    assert not second.done()
    assert crowd.turns._waiting == 0
    for task in crowd.tasks:
        task.cancel()
    await asyncio.gather(*crowd.tasks, return_exceptions=True)


async def test_what_is_remembered_is_bounded_and_passes() -> None:
    recent = Recent(100.0)
    for number in range(REMEMBERED + 1):
        recent.add(b"%d" % number)
    assert b"0" not in recent
    assert b"1" in recent
    assert b"never" not in recent
    past = Recent(-1.0)
    past.add(b"1")
    assert b"1" not in past


def test_a_hash_tells_secrets_apart() -> None:
    assert hash_secret("a") == hash_secret("a")
    assert hash_secret("a") != hash_secret("b")
    assert len(hash_secret("\udc80" * 9000)) == 16


async def test_seats_are_counted_by_user_and_in_all() -> None:
    seats = Seats(total=2, each=1)
    with seats.take("a", b"1"):
        with pytest.raises(Refused) as refused, seats.take("a", b"1"):
            pass
        assert refused.value.code == 503
        assert len(seats) == 1
    assert len(seats) == 0


async def test_what_a_session_does_can_be_ended() -> None:
    seats = Seats()
    ended: list[bytes] = []
    ready = asyncio.Semaphore(0)

    async def sit(session: bytes) -> None:
        with seats.take("a", session):
            ready.release()
            try:
                await asyncio.Event().wait()
            finally:
                ended.append(session)

    tasks = [asyncio.create_task(sit(each)) for each in (b"1", b"2", b"1")]
    for _ in tasks:
        await ready.acquire()
    seats.end(b"1")
    await asyncio.wait([tasks[0], tasks[2]], timeout=60)
    assert ended == [b"1", b"1"]
    seats.end()
    await asyncio.gather(*tasks, return_exceptions=True)
    assert len(seats) == 0
