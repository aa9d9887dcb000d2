"""Sessions with real TLS, real websockets and real unix sockets."""

import asyncio
import logging
import select
from pathlib import Path

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError

from api.door import SessionKind
from handler.console.desk import Caps
from handler.console.patience import Patience
from tests.bench.console_path import Client
from tests.integration.handler.console.server import (
    POD_UID,
    Gateway,
    Launcher,
    Node,
    accept,
    call_on,
    run_node,
)


async def read_close(websocket: ClientWebSocketResponse) -> tuple[int | None, object]:
    """Read on up to the close frame; returns its code and reason."""
    async with asyncio.timeout(30):
        while (message := await websocket.receive()).type is WSMsgType.BINARY:
            pass
    return websocket.close_code, message.extra


async def test_bytes_go_both_ways(gateway: Gateway, launcher: Launcher) -> None:
    websocket = await gateway.open()
    with await accept(launcher) as console:
        console.sendall(b"login: ")
        assert await websocket.receive_bytes() == b"login: "
        await websocket.send_bytes(b"root\n")
        assert await asyncio.to_thread(console.recv, 100) == b"root\n"
        console.sendall(b"bye\n")
    assert await websocket.receive_bytes() == b"bye\n"
    assert await read_close(websocket) == (1000, "the console was closed by the VM")


async def test_token_and_websocket_share_one_connection(node: Node, launcher: Launcher) -> None:
    def call() -> bytes:
        with node.dial() as connection:
            client = Client(connection)
            client.upgrade(f"/?token={node.fetch_token(client)}", "node")
            with launcher.accept() as console:
                console.sendall(b"hello")
                return client.receive()

    assert await asyncio.to_thread(call) == b"hello"


async def test_bytes_that_come_with_the_upgrade_are_not_lost(
    node: Node, launcher: Launcher
) -> None:
    def call() -> bytes:
        with node.dial() as connection:
            client = Client(connection)
            token = node.fetch_token(client)
            client.upgrade(f"/?token={token}", "node", behind=b"early")
            with launcher.accept() as console:
                return console.recv(100)

    assert await asyncio.to_thread(call) == b"early"


async def test_two_viewers_share_a_console(gateway: Gateway, launcher: Launcher) -> None:
    first, second = [await gateway.open(user=user) for user in ("alice", "bob")]
    with await accept(launcher) as one, await accept(launcher) as other:
        for console in (one, other):
            console.sendall(b"same")
        assert [await it.receive_bytes() for it in (first, second)] == [b"same"] * 2


async def test_exclusive_use_closes_the_others_and_says_so(
    gateway: Gateway, launcher: Launcher
) -> None:
    others = [await gateway.open() for _ in range(2)]
    consoles = [await accept(launcher) for _ in others]
    mine = await gateway.open(exclusive=True)
    for other in others:
        code, reason = await read_close(other)
        assert (code, reason) == (4001, "someone asked for this console alone")
    for console in consoles:
        assert await asyncio.to_thread(console.recv, 1) == b""
        console.close()
    with await accept(launcher) as console:
        console.sendall(b"yours")
        assert await mine.receive_bytes() == b"yours"


async def test_an_unused_exclusive_token_closes_nobody(
    gateway: Gateway, launcher: Launcher
) -> None:
    websocket = await gateway.open()
    assert (await gateway.ask(exclusive=True))[0] == 200
    with await accept(launcher) as console:
        console.sendall(b"still here")
        assert await websocket.receive_bytes() == b"still here"


async def test_preserving_is_refused_while_the_console_is_used(
    gateway: Gateway, launcher: Launcher
) -> None:
    _, early = await gateway.ask(preserve=True)
    await gateway.open()
    status, refusal = await gateway.ask(preserve=True)
    assert (status, refusal["reason"]) == (503, "SessionPreserved")
    with pytest.raises(WSServerHandshakeError) as error:
        await gateway.connect(early["token"])
    assert error.value.status == 503


async def test_a_token_works_once(gateway: Gateway, launcher: Launcher) -> None:
    _, grant = await gateway.ask()
    assert len(bytes.fromhex(grant["token"])) == 16
    await gateway.connect(grant["token"])
    for token in (grant["token"], "0" * 32, grant["token"].upper()):
        with pytest.raises(WSServerHandshakeError) as error:
            await gateway.connect(token)
        assert error.value.status == 403


async def test_caps_are_503_and_free_again(tmp_path: Path) -> None:
    with run_node(tmp_path, caps=Caps(vmi=2, user=8, total=8)) as node:
        launcher = Launcher(node.launchers)
        async with call_on(node) as gateway:
            first, _ = [await gateway.open() for _ in range(2)]
            status, refusal = await gateway.ask()
            assert (status, refusal["reason"]) == (503, "TooManySessions")
            await first.close()
            await node.until(lambda: node.door.taken_slots == 1)
            assert (await gateway.ask())[0] == 200
        launcher.close()


async def test_a_launcher_that_breaks_is_1011(gateway: Gateway, launcher: Launcher) -> None:
    websocket = await gateway.open()
    console = await accept(launcher)
    await websocket.send_bytes(b"unread")
    await asyncio.to_thread(console.recv, 1)
    console.close()  # with bytes unread: its kernel resets the connection
    assert await read_close(websocket) == (1011, "the connection to the VM broke")


async def test_a_dead_launcher_is_refused_before_the_upgrade(
    gateway: Gateway, launcher: Launcher
) -> None:
    _, grant = await gateway.ask()
    launcher.close()
    with pytest.raises(WSServerHandshakeError) as error:
        await gateway.connect(grant["token"])
    assert error.value.status == 502


async def test_the_users_close_code_reaches_nobody_but_ends_the_console(
    gateway: Gateway, launcher: Launcher
) -> None:
    websocket = await gateway.open()
    await websocket.send_bytes(b"last words")
    await websocket.close(code=1000)
    with await accept(launcher) as console:
        assert await asyncio.to_thread(console.recv, 100) == b"last words"
        assert await asyncio.to_thread(console.recv, 100) == b""


async def test_a_launcher_reads_the_last_words_before_anyone_hangs_up(tmp_path: Path) -> None:
    with run_node(tmp_path, patience=Patience(close=60)) as node:
        launcher = Launcher(node.launchers)
        async with call_on(node) as gateway:
            websocket = await gateway.open()
            with await accept(launcher) as console:
                await websocket.send_bytes(b"last words")
                closing = asyncio.create_task(websocket.close())
                poll = select.poll()
                poll.register(console, select.POLLRDHUP)
                # qemu takes what is closed both ways (POLLHUP) for lost, and looks for that first
                events = await asyncio.to_thread(poll.poll, 60_000)
                assert events == [(console.fileno(), select.POLLRDHUP)]
                console.sendall(b"for nobody")
                assert await asyncio.to_thread(console.recv, 100) == b"last words"
            await closing
            await node.until(lambda: node.door.open_sessions == 0)
        launcher.close()


async def test_a_launcher_that_never_hangs_up_is_left(tmp_path: Path) -> None:
    with run_node(tmp_path, patience=Patience(close=0.5)) as node:
        launcher = Launcher(node.launchers)
        async with call_on(node) as gateway:
            websocket = await gateway.open()
            with await accept(launcher) as console:
                console.sendall(b"welcome")
                await websocket.receive_bytes()
                await websocket.close()
                await node.until(lambda: node.door.open_sessions == 0)
                assert await asyncio.to_thread(console.recv, 1) == b""
        launcher.close()


async def test_pings_are_answered(gateway: Gateway, launcher: Launcher) -> None:
    _, grant = await gateway.ask()
    websocket = await gateway.connect(grant["token"], autoping=False, protocols=("binary",))
    assert websocket.protocol == "binary"
    await websocket.ping(b"are you there")
    message = await websocket.receive(30)
    assert (message.type, message.data) == (WSMsgType.PONG, b"are you there")


async def test_both_kinds_have_sockets_of_their_own(
    node: Node, gateway: Gateway, launcher: Launcher
) -> None:
    vnc = Launcher(node.launchers, SessionKind.VNC)
    websocket = await gateway.open(kind=SessionKind.VNC)
    with await accept(vnc) as console:
        console.sendall(b"RFB 003.008\n")
        assert await websocket.receive_bytes() == b"RFB 003.008\n"
    vnc.close()


async def test_stopping_closes_with_1001(tmp_path: Path) -> None:
    with run_node(tmp_path) as node:
        launcher = Launcher(node.launchers)
        async with call_on(node) as gateway:
            websocket = await gateway.open()
            node.server.stop()
            assert (await read_close(websocket))[0] == 1001
        launcher.close()


async def test_opening_and_closing_are_audited(
    node: Node, gateway: Gateway, launcher: Launcher, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    websocket = await gateway.open(user="eve\n\x1b[2J")
    with await accept(launcher) as console:
        console.sendall(b"12345")
        await websocket.receive_bytes()
        await websocket.send_bytes(b"123")
        await asyncio.to_thread(console.recv, 3)
        await websocket.close()
    await node.until(lambda: node.door.open_sessions == 0)
    opened, closed = (
        next(record for record in caplog.records if record.message == text)
        for text in ("session opened", "session closed")
    )
    who = {"user": "eve\n\x1b[2J", "namespace": "tests", "vm": "vm", "pod": POD_UID}
    for record in (opened, closed):
        assert who.items() <= vars(record).items()
        assert vars(record)["kind"] == "serial0"
    facts = {"bytes_to_user": 5, "bytes_to_guest": 3, "code": 1000, "reason": "ClientClosed"}
    assert facts.items() <= vars(closed).items()
    assert 0 <= vars(closed)["seconds"] < 60
