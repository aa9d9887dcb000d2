"""What users do to a node through a gateway that lets everything pass (F33, F38, F41)."""

import asyncio
import contextlib
import random
import socket
import ssl
import time
from collections import Counter
from dataclasses import replace
from pathlib import Path

import pytest

from handler.console.connection import KERNEL_BYTES
from handler.console.desk import Caps
from handler.console.patience import Patience
from tests.bench.console_path import Client, encode_frame
from tests.integration.handler.console.server import (
    POD_UID,
    Gateway,
    Launcher,
    Node,
    accept,
    call_on,
    run_node,
)

HASTY = Patience(stuck=1.0, sweep=0.2, close=0.5)
# Also to who has not asked for anything yet.
UNKIND = replace(HASTY, handshake=0.5, request=0.5, idle=1.0)
_MIB = 1024 * 1024


async def test_a_thousand_connects_meet_the_caps_and_others_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    # One process does both ends of a thousand handshakes here, beside whatever else runs.
    monkeypatch.setattr("asyncio.constants.SSL_HANDSHAKE_TIMEOUT", 600.0)
    monkeypatch.setattr("handler.console.desk.TOKEN_SECONDS", 3600)  # nor is a slot free again
    patience = Patience(handshake=600, hurried=600, request=600, idle=600)
    with run_node(tmp_path, caps=Caps(vmi=20, user=40, total=60), patience=patience) as node:
        launcher = Launcher(node.launchers)
        async with call_on(node) as gateway:
            neighbour = await gateway.open(name="neighbour")
            console = await accept(launcher)

            async def knock() -> str:
                status, body = await gateway.ask(user="mallory")
                return "granted" if status == 200 else body["reason"]

            async def type_keys() -> None:
                for _ in range(50):
                    await type_key(neighbour, console)

            typing = asyncio.create_task(type_keys())
            outcomes = await asyncio.gather(*(knock() for _ in range(1000)))
            await typing
            assert Counter(outcomes) == {"granted": 20, "TooManySessions": 980}
            console.close()
        launcher.close()


async def type_key(websocket: object, console: socket.socket) -> None:
    """See that a session which is nobody's victim still passes what is typed."""
    await websocket.send_bytes(b"k")  # type: ignore[attr-defined]
    assert await asyncio.to_thread(console.recv, 1) == b"k"


async def test_a_paste_that_nobody_reads_is_held_back(
    node: Node, gateway: Gateway, launcher: Launcher
) -> None:
    """The guest takes nothing: neither does the node, and the session lives on."""

    def paste() -> tuple[int, bytes]:
        with node.dial() as connection:
            client = Client(connection)
            client.upgrade(f"/?token={node.fetch_token(client)}", "node")
            with launcher.accept() as console:
                connection.settimeout(1)
                frame, sent = encode_frame(b"p" * 32768), 0
                with contextlib.suppress(TimeoutError):
                    while sent < 64 * _MIB:
                        connection.sendall(frame)
                        sent += len(frame)
                console.sendall(b"still here")
                connection.settimeout(30)
                return sent, client.receive()

    sent, answer = await asyncio.to_thread(paste)
    assert answer == b"still here"
    # The buffers of three sockets, ours of known size, and what the pump holds.
    assert sent < 2 * KERNEL_BYTES + 8 * _MIB


async def test_a_guest_that_takes_no_input_leaves_signs_of_life(tmp_path: Path) -> None:
    with run_node(tmp_path, patience=HASTY) as node:
        launcher = Launcher(node.launchers)

        def paste() -> bytes:
            with node.dial() as connection:
                client = Client(connection)
                client.upgrade(f"/?token={node.fetch_token(client)}", "node")
                with launcher.accept():
                    for _ in range(5):
                        client.send(b"p" * 65535)
                    return connection.recv(100)

        assert await asyncio.to_thread(paste) == b"\x8a\x00"  # a pong that nobody asked for
        await node.until(lambda: node.door.open_sessions == 0)
        launcher.close()


async def test_a_reader_of_nothing_is_cut_and_others_are_not(tmp_path: Path) -> None:
    with run_node(tmp_path, patience=HASTY) as node:
        launcher = Launcher(node.launchers)
        async with call_on(node) as gateway:
            neighbour = await gateway.open(user="bob")
            beside = await accept(launcher)

            def read_slowly() -> tuple[float, int]:
                with node.dial() as connection:
                    client = Client(connection)
                    client.upgrade(f"/?token={node.fetch_token(client)}", "node")
                    with launcher.accept() as console:
                        began, taken = time.monotonic(), flood(console)
                        return time.monotonic() - began, taken

            seconds, taken = await asyncio.to_thread(read_slowly)
            assert HASTY.stuck <= seconds < HASTY.stuck + 15
            assert taken < 16 * _MIB
            await type_key(neighbour, beside)
            beside.close()
        launcher.close()


def flood(console: socket.socket) -> int:
    """Write until the node hangs up; returns the bytes that it took before."""
    taken = 0
    try:
        while True:
            taken += console.send(b"x" * 65536)
    except (BrokenPipeError, ConnectionResetError):
        return taken


async def test_a_reader_that_takes_a_little_now_and_then_is_kept(tmp_path: Path) -> None:
    patience = replace(HASTY, stuck=10.0)  # many times what it may be kept waiting itself
    with run_node(tmp_path, patience=patience) as node:
        launcher = Launcher(node.launchers)

        def read_slowly() -> int:
            with node.dial() as connection:
                client = Client(connection)
                client.upgrade(f"/?token={node.fetch_token(client)}", "node")
                with launcher.accept() as console:
                    console.setblocking(False)
                    taken = 0
                    until = time.monotonic() + 1.5 * patience.stuck
                    while time.monotonic() < until:
                        fill(console)
                        taken += len(connection.recv(_MIB))
                        time.sleep(0.01)  # this is what is tested
                    return taken

        assert await asyncio.to_thread(read_slowly) > 0
        assert node.door.open_sessions == 1 or node.server.connections == 0
        await node.until(lambda: node.door.open_sessions == 0)
        launcher.close()


def fill(console: socket.socket) -> None:
    """Write all that is taken without waiting."""
    try:
        while True:
            console.send(b"x" * 65536)
    except BlockingIOError:
        pass


@pytest.mark.parametrize("is_silent", [True, False])
async def test_who_says_nothing_is_shown_the_door(tmp_path: Path, is_silent: bool) -> None:
    patience = UNKIND if is_silent else replace(UNKIND, handshake=30.0)
    with run_node(tmp_path, patience=patience) as node:

        def wait() -> bytes:
            if is_silent:
                with socket.create_connection(("127.0.0.1", node.port), timeout=30) as raw:
                    return raw.recv(1)
            # All of it comes too late when we were kept waiting ourselves.
            with contextlib.suppress(ssl.SSLError, ConnectionError), node.dial() as connection:
                connection.sendall(b"GET / HT")
                return connection.recv(1)
            return b""

        assert await asyncio.to_thread(wait) == b""


async def test_a_request_of_a_byte_now_and_then_ends_too(tmp_path: Path) -> None:
    with run_node(tmp_path, patience=replace(UNKIND, handshake=30.0)) as node:

        def drip() -> bool:
            with contextlib.suppress(ssl.SSLError, ConnectionError), node.dial() as connection:
                until = time.monotonic() + 15
                connection.settimeout(0.1)
                while time.monotonic() < until:
                    connection.sendall(b"X")
                    with contextlib.suppress(TimeoutError):
                        if connection.recv(1) == b"":
                            return True
                return False
            return True

        assert await asyncio.to_thread(drip)


async def test_noise_in_place_of_frames_ends_its_session_alone(tmp_path: Path) -> None:
    with run_node(tmp_path, patience=HASTY) as node:
        launcher = Launcher(node.launchers)
        async with call_on(node) as gateway:
            neighbour = await gateway.open(user="bob")
            beside = await accept(launcher)
            for seed in range(100):
                await asyncio.to_thread(send_noise, node, launcher, random.Random(seed))
            await type_key(neighbour, beside)
            beside.close()
        launcher.close()


def send_noise(node: Node, launcher: Launcher, chance: random.Random) -> None:
    """Open a session, send frames with some bytes changed, and read until the node hangs up."""
    with node.dial() as connection:
        client = Client(connection)
        client.upgrade(f"/?token={node.fetch_token(client)}", "node")
        with launcher.accept():
            sent = bytearray(encode_frame(chance.randbytes(40)) * 8)
            for _ in range(chance.randrange(1, 30)):
                sent[chance.randrange(len(sent))] = chance.randrange(256)
            connection.sendall(sent)
            socket.socket.shutdown(connection, socket.SHUT_WR)
            # TLS too says that this was too early, and the kernel that something was not read.
            with contextlib.suppress(ssl.SSLError, ConnectionError):
                while connection.recv(4096):
                    pass


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        (encode_frame(b"text", 0x1), 1003),
        (b"\xc2" + encode_frame(b"reserved")[1:], 1002),
        (encode_frame(b"unknown", 0x4), 1002),
        (b"\x82\x04bare", 1002),
        (b"\x82\xff" + (2 * _MIB).to_bytes(8, "big") + b"mask", 1009),
    ],
)
async def test_a_bad_frame_gets_its_close_code_after_what_was_good(
    node: Node, launcher: Launcher, frame: bytes, code: int
) -> None:
    def send() -> tuple[bytes, bytes]:
        with node.dial() as connection:
            client = Client(connection)
            client.upgrade(f"/?token={node.fetch_token(client)}", "node")
            with launcher.accept() as console:
                connection.sendall(encode_frame(b"good") + frame)
                answer = connection.recv(4096)
                return console.recv(100), answer

    received, answer = await asyncio.to_thread(send)
    assert received == b"good"
    assert (answer[0], int.from_bytes(answer[2:4], "big")) == (0x88, code)
    assert POD_UID not in answer.decode("latin-1")
