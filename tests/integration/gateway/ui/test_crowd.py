"""Clients that take nothing, say nothing or come in hundreds: others do not notice."""

import asyncio
import re
import socket
import ssl
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import pytest
from aiohttp import WSMsgType

import gateway.listener
from gateway import metric
from tests.integration.gateway.ui.server import PODS
from tests.integration.gateway.ui.world import Browser, World, run_world
from tests.integration.gateway.world import HOST

LARGE = "large-ABCDEFGH.css"
LARGE_BYTES = 4 << 20
SLEEPERS = 60
STUCK_SECONDS = 1.0
STANDING = 100


@pytest.fixture
async def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    monkeypatch.setattr(gateway.listener, "STUCK_SECONDS", STUCK_SECONDS)
    monkeypatch.setattr(gateway.listener, "STANDING", STANDING)
    async with run_world(tmp_path, files={LARGE: "x" * LARGE_BYTES}) as running:
        yield running


def count_connections() -> int:
    return int(metric.CONNECTIONS.labels("pages").collect()[0].samples[0].value)


async def wait_for_connections(most: int) -> None:
    async with asyncio.timeout(60):
        while count_connections() > most:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0.05)


def read_memory() -> int:
    """Return what this process has in memory, in bytes."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4096


def connect(port: int, address: str = HOST) -> socket.socket:
    """Open a connection that takes little at once."""
    raw = socket.socket()
    raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    raw.bind((address, 0))
    raw.settimeout(60)
    raw.connect((HOST, port))
    return raw


def ask(browser: Browser, path: str) -> ssl.SSLSocket:
    """Ask for something, and read nothing."""
    headers = {"Host": f"{HOST}:{browser.port}", **browser.build_headers("GET", {})}
    lines = [f"GET {path} HTTP/1.1", *(f"{name}: {value}" for name, value in headers.items())]
    made = browser.context.wrap_socket(
        connect(browser.port, browser.address), server_hostname="virt-api"
    )
    made.sendall("\r\n".join([*lines, "", ""]).encode())
    return made


@contextmanager
def closing(*opened: socket.socket) -> Iterator[None]:
    with ExitStack() as stack:
        for each in opened:
            stack.enter_context(each)
        yield


async def ask_often(browser: Browser, path: str, times: int) -> list[ssl.SSLSocket]:
    return [await asyncio.to_thread(ask, browser, path) for _ in range(times)]


@pytest.mark.parametrize("path", [f"/{LARGE}", "/k8s/api/v1/flood"])
async def test_who_never_reads_holds_little_and_is_hung_up_on(world: World, path: str) -> None:
    browser = await world.log_in()
    assert len((await browser.call("GET", f"/{LARGE}")).body) == LARGE_BYTES
    before = read_memory()
    sleepers = await ask_often(browser, path, SLEEPERS)
    with closing(*sleepers):
        other = world.open_browser("127.0.0.2")
        assert (await other.log_in()).code == 200
        assert (await other.call("GET", f"/k8s{PODS}")).code == 200
        assert (await other.call("GET", "/")).code == 200
        # both ends are in this process: TLS of both, and what is under way between them
        assert read_memory() - before < SLEEPERS * (LARGE_BYTES // 4)
        await wait_for_connections(0)


async def test_who_reads_slowly_gets_all_of_it(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck = 10.0  # the reader may be kept waiting itself
    monkeypatch.setattr(gateway.listener, "STUCK_SECONDS", stuck)

    def trickle(line: ssl.SSLSocket) -> int:
        got, ends = 0, time.monotonic() + stuck * 1.5
        while time.monotonic() < ends:
            got += len(line.recv(16384))  # a record of TLS
            time.sleep(0.2)
        while got < LARGE_BYTES and (piece := line.recv(65536)):
            got += len(piece)
        return got

    line = await asyncio.to_thread(ask, world.open_browser(), f"/{LARGE}")
    with closing(line):
        assert await asyncio.to_thread(trickle, line) >= LARGE_BYTES


async def test_who_is_told_nothing_is_left_alone(world: World) -> None:
    browser = await world.log_in()
    async with (
        browser.open("/k8s/api/v1/echo") as console,
        browser.open(f"/k8s{PODS}?watch=1", protocols=("watch.virtpod.io",)) as watch,
    ):
        assert (await watch.receive()).data == ""
        await asyncio.sleep(STUCK_SECONDS * 3)
        await console.send_str("still there")
        assert (await console.receive()).data == "still there"
        await world.server.events.put(b'{"type":"ADDED"}\n')
        assert (await watch.receive()).type is WSMsgType.TEXT


async def test_a_page_that_takes_none_of_its_messages_is_hung_up_on(world: World) -> None:
    browser = await world.log_in()
    async with browser.open("/k8s/api/v1/echo") as console:
        assert console._response.connection is not None
        transport = console._response.connection.transport
        assert isinstance(transport, asyncio.Transport)
        transport.pause_reading()
        with pytest.raises(ConnectionError):  # noqa: PT012 - one of many breaks
            async with asyncio.timeout(60):
                while True:
                    await console.send_bytes(b"x" * 65536)
    await wait_for_connections(0)


@pytest.mark.parametrize("address", [HOST, "127.0.0.2"])
async def test_who_comes_is_served_however_many_say_nothing(world: World, address: str) -> None:
    held = await world.log_in()
    async with held.open("/k8s/api/v1/echo") as console:
        silent = [connect(world.port) for _ in range(STANDING * 3)]
        with closing(*silent):
            browser = world.open_browser(address)
            assert (await browser.call("GET", "/")).code == 200
            assert (await browser.log_in()).code == 200
            assert count_connections() <= STANDING + 1
            assert await asyncio.to_thread(silent[0].recv, 1) == b""
            await console.send_str("who sits stays")
            assert (await console.receive()).data == "who sits stays"


@pytest.mark.parametrize("header", ["Bad Name: <script>alert(1)</script>", "X: a\0<b>", "<i>"])
async def test_what_is_no_http_is_not_repeated(world: World, header: str) -> None:
    browser = world.open_browser()
    reader, writer = await asyncio.open_connection(
        HOST, world.port, ssl=browser.context, server_hostname="virt-api"
    )
    writer.write(f"GET / HTTP/1.1\r\nHost: a\r\nAccept: text/html\r\n{header}\r\n\r\n".encode())
    async with asyncio.timeout(60):
        head, _, body = (await reader.read()).partition(b"\r\n\r\n")
    writer.close()
    assert head.startswith(b"HTTP/1.0 400")
    assert body == b"this is no valid HTTP\n"
    headers = dict(re.findall(r"([\w-]+): ([^\r]*)", head.decode()))
    assert headers["Content-Type"].startswith("text/plain")
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in headers["Content-Security-Policy"]
    assert headers["Server"] == "virt-api"
