"""Both hops of a console as they are: a gateway before the handler's `console`."""

import asyncio
import hashlib
import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest
from aiohttp import WSMsgType

from api.door import ROLE_GATEWAY, SessionKind
from gateway.call import GuestPod
from gateway.stream import node as stream_node
from tests.integration.gateway.stream.door import (
    VMI_ROOT,
    Door,
    Node,
    Nodes,
    echo,
    open_gateway,
    read_close,
)
from tests.integration.gateway.stream.test_console import refusal_of
from tests.integration.handler.console.server import POD_UID, Launcher, accept, run_node
from tests.integration.handler.console.server import Node as RealNode

CONSOLE = f"{VMI_ROOT}/console"
VNC = f"{VMI_ROOT}/vnc"
MIB = 1 << 20


@pytest.fixture
def real_node() -> Iterator[RealNode]:
    # a unix socket's path has room for 107 characters only
    with tempfile.TemporaryDirectory(prefix="vp-") as root, run_node(Path(root)) as node:
        yield node


@pytest.fixture
async def door(real_node: RealNode, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    monkeypatch.setattr(stream_node, "SESSION_PORT", real_node.port)
    nodes = Nodes("127.0.0.1")
    nodes.tls.renew(real_node.authority.issue(ROLE_GATEWAY))
    async with open_gateway(nodes, Node(echo)) as door:
        door.machines.pod = GuestPod(POD_UID, ())
        yield door


@pytest.fixture
def serial(real_node: RealNode) -> Iterator[Launcher]:
    launcher = Launcher(real_node.launchers)
    yield launcher
    launcher.close()


@pytest.fixture
def screen(real_node: RealNode) -> Iterator[Launcher]:
    launcher = Launcher(real_node.launchers, SessionKind.VNC)
    yield launcher
    launcher.close()


async def test_random_bytes_pass_both_ways_at_once(door: Door, serial: Launcher) -> None:
    into, out = os.urandom(8 * MIB), os.urandom(8 * MIB)
    async with door.connect(CONSOLE) as websocket:
        with await accept(serial) as console:

            def read() -> bytes:
                came = b""
                while len(came) < len(into):
                    came += console.recv(MIB)
                return hashlib.sha256(came).digest()

            async def paste() -> None:
                for start in range(0, len(into), 50_000):
                    await websocket.send_bytes(into[start : start + 50_000])

            writing = asyncio.create_task(asyncio.to_thread(console.sendall, out))
            reading = asyncio.create_task(asyncio.to_thread(read))
            pasting = asyncio.create_task(paste())
            came = b""
            while len(came) < len(out):
                came += (await websocket.receive(timeout=60)).data
            assert hashlib.sha256(came).digest() == hashlib.sha256(out).digest()
            assert await reading == hashlib.sha256(into).digest()
            await asyncio.gather(writing, pasting)


async def test_the_consoles_end_is_1000(door: Door, serial: Launcher) -> None:
    async with door.connect(CONSOLE) as websocket:
        with await accept(serial) as console:
            console.sendall(b"bye\n")
        assert (await websocket.receive(timeout=30)).data == b"bye\n"
        assert await read_close(websocket) == (1000, "")


async def test_two_viewers_watch_until_a_third_wants_to_be_alone(
    door: Door, serial: Launcher
) -> None:
    async with door.connect(CONSOLE) as one, door.connect(CONSOLE) as two:
        ends = [await accept(serial), await accept(serial)]
        for end in ends:
            end.sendall(b"hello")
        for websocket in (one, two):
            assert (await websocket.receive(timeout=30)).data == b"hello"
        async with door.connect(f"{CONSOLE}?exclusive=true"):
            with await accept(serial):
                assert (await read_close(one))[0] == 4001
                assert (await read_close(two))[0] == 4001
        for end in ends:
            end.close()


async def test_a_screen_in_use_is_503_for_who_would_not_disturb(
    door: Door, screen: Launcher
) -> None:
    async with door.connect(f"{VNC}?preserveSession=true") as websocket:
        with await accept(screen):
            code, message = await refusal_of(door, f"{VNC}?preserveSession=true")
            assert (code, "in use" in message) == (503, True)
            async with door.connect(VNC):  # who does not mind joins
                (await accept(screen)).close()
            await websocket.close()


async def test_a_launcher_that_is_gone_is_409(door: Door) -> None:
    assert (await refusal_of(door, CONSOLE))[0] == 409


async def test_a_node_that_stops_tells_its_users(
    door: Door, real_node: RealNode, serial: Launcher
) -> None:
    async with door.connect(CONSOLE) as websocket:
        with await accept(serial):
            real_node.server.stop()
            assert (await read_close(websocket))[0] == 1001


async def test_a_guest_that_floods_waits_for_its_reader(door: Door, serial: Launcher) -> None:
    async with door.connect(CONSOLE) as websocket:
        with await accept(serial) as console:
            console.setblocking(False)
            websocket._conn.transport.pause_reading()
            sent = still = 0
            while still < 20:  # a second in which nothing is taken
                await asyncio.sleep(0.05)
                before = sent
                try:
                    while True:
                        sent += console.send(bytes(64 * 1024))
                except BlockingIOError:
                    still = still + 1 if sent == before else 0
            assert sent < 16 * MIB
            websocket._conn.transport.resume_reading()
            came = 0
            while came < sent:
                message = await websocket.receive(timeout=30)
                assert message.type is WSMsgType.BINARY
                came += len(message.data)
