"""Sessions whose peers go silent, read nothing, or lose their right; times are shortened."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from aiohttp import WSMsgType, web

from gateway.stream.liveness import Timing
from tests.integration.gateway.stream.door import (
    QUICK,
    VMI_ROOT,
    open_door,
    read_close,
    wait_until,
)

CONSOLE = f"{VMI_ROOT}/console"
# Who answers pings does so in this one process, which may be kept waiting.
LENIENT = replace(QUICK, answer=6.0)
PATIENT = Timing(look=0.05, review=0.2)


async def flood(websocket: web.WebSocketResponse) -> None:
    """Send without end."""
    while True:
        await websocket.send_bytes(bytes(64 * 1024))


async def never(websocket: web.WebSocketResponse) -> None:
    """Neither send nor receive."""
    await asyncio.sleep(60)


async def test_peers_that_answer_pings_stay_however_quiet() -> None:
    async with open_door(timing=LENIENT) as door, door.connect(CONSOLE) as websocket:
        reading = asyncio.create_task(websocket.receive())
        await asyncio.sleep(LENIENT.answer + 0.5)
        assert not reading.done()
        await websocket.send_bytes(b"x")
        assert (await asyncio.wait_for(reading, 30)).data == b"x"


async def test_a_client_that_answers_no_ping_is_let_go() -> None:
    async with open_door(timing=LENIENT) as door:
        async with door.connect(CONSOLE, autoping=False) as websocket:
            assert (await websocket.receive(timeout=30)).type is WSMsgType.PING
            while (message := await websocket.receive(timeout=30)).type is WSMsgType.PING:
                pass
            assert (message.type, message.data) == (WSMsgType.CLOSE, 1001)
        await wait_until(lambda: len(door.sessions) == 0)


async def test_a_client_whose_cable_is_pulled_frees_its_place() -> None:
    async with open_door(timing=QUICK) as door:
        websocket = await door.connect(CONSOLE)
        websocket._conn.transport.pause_reading()  # its host answers nothing any more
        assert len(door.sessions) == 1
        await wait_until(lambda: len(door.sessions) == 0)
        websocket._conn.transport.abort()


async def test_a_client_that_reads_nothing_is_throttled_and_then_cut() -> None:
    sent = 0

    async def talk(websocket: web.WebSocketResponse) -> None:
        nonlocal sent
        while True:
            await websocket.send_bytes(bytes(64 * 1024))
            sent += 64 * 1024

    async with open_door(talk, timing=QUICK) as door:
        websocket = await door.connect(CONSOLE)
        websocket._conn.transport.pause_reading()
        await wait_until(lambda: len(door.sessions) == 0)
        assert sent < 16 << 20  # what kernels and bounded buffers hold
        websocket._conn.transport.abort()


async def test_a_node_that_answers_no_ping_is_given_up_with_1011() -> None:
    async with open_door(never, timing=LENIENT) as door, door.connect(CONSOLE) as websocket:
        assert await read_close(websocket) == (1011, "the connection to the VM's node was lost")


async def test_a_guest_that_reads_nothing_throttles_its_user_and_ends_nothing() -> None:
    taken = asyncio.Event()

    async def talk(websocket: web.WebSocketResponse) -> None:
        await asyncio.wait_for(taken.wait(), 60)
        async for message in websocket:
            if message.type is WSMsgType.BINARY and message.data.endswith(b"end"):
                await websocket.send_bytes(b"got it")
            await websocket.pong()  # also unasked: a ping waits behind all that was pasted

    async with open_door(talk, timing=LENIENT) as door, door.connect(CONSOLE) as websocket:
        sent = 0

        async def paste() -> None:
            nonlocal sent
            for _ in range(300):
                await websocket.send_bytes(bytes(64 * 1024))
                sent += 64 * 1024
            await websocket.send_bytes(b"end")

        pasting = asyncio.create_task(paste())
        await asyncio.sleep(LENIENT.answer + 0.5)
        assert not pasting.done()
        assert sent < 16 << 20
        taken.set()
        assert (await websocket.receive(timeout=30)).data == b"got it"
        await pasting


@pytest.mark.parametrize("talk", [flood, never])
async def test_a_revoked_right_ends_the_session_with_1008(
    talk: Callable[[web.WebSocketResponse], asyncio.Future[None]],
) -> None:
    async with open_door(talk, timing=PATIENT) as door, door.connect(CONSOLE) as websocket:
        door.allowed[:] = [True, False]
        assert await read_close(websocket) == (1008, "the right to this was revoked")


async def test_one_review_answers_for_all_sessions_of_a_right() -> None:
    async with open_door(timing=PATIENT) as door:
        reviews = door.reviews
        async with door.connect(CONSOLE), door.connect(CONSOLE), door.connect(CONSOLE):
            before, began = len(reviews), time.monotonic()
            await wait_until(lambda: len(reviews) >= before + 3)
            made = len(reviews) - before  # three times as many, if each session had its own
            assert made <= (time.monotonic() - began) / PATIENT.review + 1


async def test_a_review_that_fails_ends_nothing() -> None:
    async with open_door(timing=PATIENT) as door, door.connect(CONSOLE) as websocket:
        reviews = door.reviews
        door.allowed[:] = [OSError("no API server")]
        await wait_until(lambda: len(reviews) >= 2)
        await websocket.send_bytes(b"x")
        assert (await websocket.receive(timeout=30)).data == b"x"
