"""Consoles through a gateway: bytes, refusals, closing codes, caps."""

import asyncio
import hashlib
import logging
import os
from collections.abc import Mapping

import pytest
from aiohttp import WSMsgType, web
from prometheus_client import generate_latest

from gateway.stream.registry import Limits
from tests.integration.gateway.stream.door import (
    POD_UID,
    VMI_ROOT,
    Door,
    make_vmi,
    open_door,
    read_close,
    wait_until,
)

CONSOLE = f"{VMI_ROOT}/console"
VNC = f"{VMI_ROOT}/vnc"


async def refusal_of(
    door: Door, path: str, changed: Mapping[str, str] | None = None
) -> tuple[int, str]:
    """Return code and message of a call that is refused."""
    headers = {
        "Connection": "Upgrade",
        "Upgrade": "websocket",
        "Sec-WebSocket-Version": "13",
        "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
    }
    headers |= changed or {}
    async with door.client.get(door.base + path, headers=headers) as answer:
        status = await answer.json()
        assert (status["kind"], status["code"]) == ("Status", answer.status)
        return answer.status, status["message"]


async def test_bytes_pass_unchanged_both_ways_whatever_the_frames() -> None:
    total = 24 << 20
    sent, came = hashlib.sha256(), hashlib.sha256()
    async with open_door() as door, door.connect(CONSOLE, max_msg_size=0) as websocket:

        async def send() -> None:
            left = total
            while left:
                piece = os.urandom(min(left, 1 + int.from_bytes(os.urandom(2), "big") * 15))
                sent.update(piece)
                await websocket.send_bytes(piece)
                left -= len(piece)

        sending = asyncio.create_task(send())
        got = 0
        while got < total:
            message = await websocket.receive(timeout=60)
            assert message.type is WSMsgType.BINARY
            got += len(message.data)
            came.update(message.data)
        await sending
    assert sent.digest() == came.digest()


async def test_the_node_is_told_which_pod_and_who_on_one_connection() -> None:
    async with open_door() as door:
        async with door.connect(f"{CONSOLE}?exclusive=true") as websocket:
            await websocket.send_bytes(b"a")
            await websocket.receive(timeout=30)
        async with door.connect(f"{VNC}?preserveSession=1"):
            pass
        assert len(door.node.connections) == 2  # one for each session
        common = {"podUid": POD_UID, "namespace": "ns", "name": "vm1", "user": "jane"}
        assert door.node.asked == [
            common | {"kind": "serial0", "exclusive": True},
            common | {"kind": "vnc", "preserve": True},
        ]


@pytest.mark.parametrize(
    ("offered", "chosen"),
    [((), None), (("plain.kubevirt.io",), "plain.kubevirt.io"), (("chat",), None)],
)
async def test_the_known_subprotocol_is_echoed_and_others_are_accepted(
    offered: tuple[str, ...], chosen: str | None
) -> None:
    async with open_door() as door, door.connect(CONSOLE, protocols=offered) as websocket:
        assert websocket.protocol == chosen


@pytest.mark.parametrize(
    ("path", "code", "message"),
    [
        (f"{VNC}?preserveSession=maybe", 400, "preserveSession"),
        (f"{VNC}?preserveSession=true&preserveSession=true", 400, "preserveSession"),
        (f"{CONSOLE}?exclusive=2", 400, "exclusive"),
        (CONSOLE.replace("vm1", "vm2"), 404, '"vm2" not found'),
    ],
)
async def test_what_is_wrong_with_the_request_is_said_before_the_upgrade(
    path: str, code: int, message: str
) -> None:
    async with open_door() as door:
        told = await refusal_of(door, path)
        assert told[0] == code
        assert message in told[1]
        assert door.node.asked == []


@pytest.mark.parametrize("phase", ["Scheduled", "Succeeded", "Failed"])
async def test_a_guest_that_does_not_run_has_no_console(phase: str) -> None:
    async with open_door() as door:
        door.machines.vmi = make_vmi(phase=phase)
        code, message = await refusal_of(door, CONSOLE)
        assert (code, message.endswith("VMI is not running")) == (409, True)


async def test_a_plain_request_is_told_to_upgrade() -> None:
    async with open_door() as door, door.client.get(door.base + CONSOLE) as answer:
        assert (answer.status, (await answer.json())["reason"]) == (400, "BadRequest")
        assert door.node.asked == []


@pytest.mark.parametrize(
    ("status", "body", "code", "message"),
    [
        (503, {"reason": "SessionPreserved", "message": "in use"}, 503, "in use"),
        (409, {"reason": "X", "message": "no such socket"}, 409, "no such socket"),
        (404, {"reason": "X", "message": "no such pod"}, 409, "no such pod"),
        (504, {"reason": "X", "message": "no answer"}, 504, "no answer"),
        (403, {"reason": "X", "message": "who are you"}, 500, "who are you"),
        (503, "nonsense", 503, "the vnc console is not to be had now (the node answered 503)"),
    ],
)
async def test_the_nodes_refusal_is_told_before_the_upgrade(
    status: int, body: object, code: int, message: str
) -> None:
    async with open_door(refusal=(status, body)) as door:
        told = await refusal_of(door, VNC)
        assert told[0] == code
        assert told[1].endswith(message)


async def test_a_node_that_is_not_there_is_503() -> None:
    async with open_door() as door:
        door.nodes.address = "127.44.1.1"
        assert await refusal_of(door, CONSOLE) == (
            503,
            "the consoles of node node1 do not answer; try again",
        )


@pytest.mark.parametrize(
    ("code", "told"),
    [(1000, (1000, "")), (1001, (1001, "why")), (4001, (4001, "why")), (None, (1011, None))],
)
async def test_the_nodes_close_is_passed_on(code: int | None, told: tuple[int, str | None]) -> None:
    async def talk(websocket: web.WebSocketResponse) -> None:
        await websocket.send_bytes(b"last words")
        if code is None:
            assert websocket._req is not None
            assert websocket._req.transport is not None
            websocket._req.transport.abort()
        else:
            await websocket.close(code=code, message=b"why")

    async with open_door(talk) as door, door.connect(CONSOLE) as websocket:
        if code is not None:
            assert (await websocket.receive(timeout=30)).data == b"last words"
        got = await read_close(websocket)
        assert got[0] == told[0]
        assert told[1] is None or got[1] == told[1]


async def test_text_is_refused_with_1003() -> None:
    async with open_door() as door, door.connect(CONSOLE) as websocket:
        await websocket.send_str("hello")
        assert (await read_close(websocket))[0] == 1003


async def test_a_frame_above_the_limit_is_1009_and_one_at_it_passes() -> None:
    async with open_door() as door, door.connect(CONSOLE, max_msg_size=0) as websocket:
        await websocket.send_bytes(bytes(1 << 20))
        assert len((await websocket.receive(timeout=30)).data) == 1 << 20
        await websocket.send_bytes(bytes((1 << 20) + 1))
        assert (await read_close(websocket))[0] == 1009


@pytest.mark.parametrize(
    "frame",
    [
        b"\xc2\x80\0\0\0\0",  # a reserved bit
        b"\x83\x80\0\0\0\0",  # an opcode that is none
        b"\x09\x80\0\0\0\0",  # a ping in pieces
        b"\x89\xfe\x00\x80\0\0\0\0",  # a ping that is too long
        b"\x80\x80\0\0\0\0",  # goes on with nothing
        b"\x88\x81\0\0\0\0\x03",  # closes with half a code
    ],
)
async def test_frames_against_the_protocol_are_1002(frame: bytes) -> None:
    async with open_door() as door, door.connect(CONSOLE) as websocket:
        websocket._conn.transport.write(frame)
        assert (await read_close(websocket))[0] == 1002


async def test_the_gateway_answers_pings_itself() -> None:
    async with open_door() as door, door.connect(CONSOLE, autoping=False) as websocket:
        await websocket.ping(b"still there")
        message = await websocket.receive(timeout=30)
        assert (message.type, message.data) == (WSMsgType.PONG, b"still there")


async def test_viewers_share_a_console_up_to_the_caps() -> None:
    limits = Limits(of_vm=2, of_user=3, total=4)
    async with open_door(limits=limits) as door:
        async with door.connect(CONSOLE) as first, door.connect(CONSOLE) as second:
            for number, websocket in enumerate((first, second)):
                await websocket.send_bytes(b"%d" % number)
                assert (await websocket.receive(timeout=30)).data == b"%d" % number
            assert await refusal_of(door, CONSOLE) == (
                503,
                "the VM has too many sessions of console",
            )
            async with door.connect(VNC):
                assert "you have too many" in (await refusal_of(door, VNC))[1]
        await wait_until(lambda: len(door.sessions) == 0)
        async with door.connect(CONSOLE):  # the places are free again
            pass


async def test_stopping_closes_sessions_with_1001() -> None:
    async with open_door() as door, door.connect(CONSOLE) as websocket:
        reading = asyncio.create_task(read_close(websocket))
        await door.sessions.close(5)
        assert (await reading)[0] == 1001
        assert len(door.sessions) == 0


async def test_a_client_that_leaves_frees_its_place_and_the_node() -> None:
    left = asyncio.Event()

    async def talk(websocket: web.WebSocketResponse) -> None:
        async for _ in websocket:
            pass
        left.set()

    async with open_door(talk) as door:
        websocket = await door.connect(CONSOLE)
        websocket._conn.transport.abort()
        await asyncio.wait_for(left.wait(), 30)
        await websocket.close()


@pytest.mark.parametrize("header", ["Sec-WebSocket-Version", "Sec-WebSocket-Key"])
async def test_a_bad_handshake_is_400(header: str) -> None:
    async with open_door() as door:
        code, message = await refusal_of(door, CONSOLE, {header: "1"})
        assert (code, "upgrade" in message) == (400, True)


async def test_the_audit_and_the_metrics_know_each_session(
    caplog: pytest.LogCaptureFixture,
) -> None:
    gauge = 'kubevirt_console_active_connections{namespace="ns",vmi="vm1"}'
    caplog.set_level(logging.INFO, "gateway.stream")
    headers = {"X-Forwarded-For": "6.6.6.6, 192.0.2.7"}
    async with open_door() as door:
        async with door.connect(CONSOLE, headers=headers) as websocket, door.connect(CONSOLE):
            await websocket.send_bytes(b"four")
            await websocket.receive(timeout=30)
            assert f"{gauge} 2.0" in generate_latest().decode()
        await door.sessions.close(5)
    assert gauge not in generate_latest().decode()
    told = [vars(record) for record in caplog.records if record.msg == "session closed"]
    mine = next(one for one in told if one["source"] == "192.0.2.7")
    assert (mine["user"], mine["namespace"], mine["vm"]) == ("jane", "ns", "vm1")
    assert (mine["kind"], mine["code"], mine["cause"]) == ("console", 1000, "ClientClosed")
    assert (mine["bytes_to_guest"], mine["bytes_to_client"]) == (4, 4)
    assert len(told) == sum(record.msg == "session opened" for record in caplog.records) == 2
