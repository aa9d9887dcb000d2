"""The server of health, metrics and doors on a real port."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import aiohttp
import pytest
from aiohttp import web
from prometheus_client import CollectorRegistry

from daemon import server as module
from daemon.crowd import Crowd, Guest
from daemon.server import STANDING, build_app, serve, serve_health
from daemon.tls import ServerTls
from tests.authority import Authority

DEADLINE_SECONDS = 60.0
HOST = "127.0.0.1"
Line = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def build_tls() -> ServerTls:
    tls = ServerTls(client_certificates="optional")
    tls.renew(Authority().issue("server"))
    return tls


async def test_health_is_told_without_tls() -> None:
    app = build_app(healthy=lambda: True, ready=lambda: False)
    async with (
        serve_health(app, host=HOST, port=0) as port,
        aiohttp.ClientSession(f"http://{HOST}:{port}") as session,
    ):
        assert (await session.get("/healthz")).status == 200
        assert (await session.get("/readyz")).status == 503
    with pytest.raises(OSError, match="Connect call failed"):
        await asyncio.open_connection(HOST, port)


async def test_a_peer_that_never_greets_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "HANDSHAKE_SECONDS", 0.2)
    async with serve(web.Application(), host=HOST, port=0, tls=build_tls().context) as port:
        reader, writer = await asyncio.open_connection(HOST, port)
        with contextlib.suppress(ConnectionError):
            assert await asyncio.wait_for(reader.read(), DEADLINE_SECONDS) == b""
        writer.close()


async def test_calls_under_way_get_a_moment_at_the_end() -> None:
    begun, go_on = asyncio.Event(), asyncio.Event()

    async def answer(_: web.Request) -> web.Response:
        begun.set()
        await go_on.wait()
        return web.Response(text="done")

    app = web.Application()
    app.router.add_get("/", answer)

    async def end(door: contextlib.AbstractAsyncContextManager[int]) -> None:
        await door.__aexit__(None, None, None)

    door = serve(app, host=HOST, port=0, shutdown_seconds=DEADLINE_SECONDS)
    port = await door.__aenter__()
    async with _asking(f"http://{HOST}:{port}/") as asking:
        await asyncio.wait_for(begun.wait(), DEADLINE_SECONDS)
        ending = asyncio.create_task(end(door))
        go_on.set()
        assert await asyncio.wait_for(asking, DEADLINE_SECONDS) == "done"
        await asyncio.wait_for(ending, DEADLINE_SECONDS)


@contextlib.asynccontextmanager
async def run_health() -> AsyncIterator[int]:
    """Run the health port of a daemon that is well."""
    app = build_app(healthy=lambda: True, ready=lambda: True, registry=CollectorRegistry())
    async with serve_health(app, host=HOST, port=0) as port:
        yield port


@contextlib.asynccontextmanager
async def connecting(port: int, times: int) -> AsyncIterator[list[Line]]:
    """Open connections."""
    lines = [await asyncio.open_connection(HOST, port) for _ in range(times)]
    try:
        yield lines
    finally:
        for _, writer in lines:
            writer.close()


async def ask_health(port: int, source: str, path: str = "/healthz") -> bytes:
    """Return all that is answered on a connection of its own, as the kubelet has it."""
    reader, writer = await asyncio.open_connection(HOST, port, local_addr=(source, 0))
    writer.write(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
    answer = await asyncio.wait_for(reader.read(), DEADLINE_SECONDS)
    writer.close()
    return answer


async def until_hung_up(reader: asyncio.StreamReader) -> bytes:
    with contextlib.suppress(ConnectionError):
        return await asyncio.wait_for(reader.read(), DEADLINE_SECONDS)
    return b""


@pytest.mark.parametrize("source", [HOST, "127.0.0.2"])
async def test_the_kubelet_gets_in_however_many_others_stay(
    source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "VISIT_SECONDS", 600.0)  # nobody goes for want of time
    async with run_health() as port, connecting(port, STANDING * 3) as lines:
        for _, writer in lines:
            writer.write(b"GET /healthz HTTP/1.1\r\n")  # and no end of it
        for _ in range(3):
            assert (await ask_health(port, source)).startswith(b"HTTP/1.1 200 OK")
        for reader, _ in lines[: STANDING * 2]:
            assert await until_hung_up(reader) == b""
        assert (await ask_health(port, source, "/metrics")).startswith(b"HTTP/1.1 200 OK")


async def test_a_connection_to_health_has_one_answer() -> None:
    async with run_health() as port:
        for path, code in (("/readyz", b"200"), ("/elsewhere", b"404")):
            answer = await ask_health(port, HOST, path)  # and the end of it
            assert answer.startswith(b"HTTP/1.1 " + code)
            assert b"connection: close" in answer.lower()


@pytest.mark.parametrize("said", [b"", b"GET /healthz HTTP/1.1\r\n"])
async def test_who_says_too_little_is_hung_up_on(
    said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "VISIT_SECONDS", 0.2)
    async with run_health() as port, connecting(port, 1) as [(reader, writer)]:
        writer.write(said)
        assert await until_hung_up(reader) == b""


async def test_who_says_a_little_again_and_again_is_hung_up_on_too(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "VISIT_SECONDS", 0.5)
    async with run_health() as port, connecting(port, 1) as [(reader, writer)]:
        writer.write(b"GET /healthz HTTP/1.1\r\nX: ")
        gone = asyncio.create_task(until_hung_up(reader))
        while not (await asyncio.wait([gone], timeout=0.05))[0]:
            writer.write(b"x")
        assert await gone == b""


async def test_who_never_reads_is_hung_up_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "VISIT_SECONDS", 0.5)
    ended = asyncio.Event()

    class Watched(Crowd):
        def leave(self, guest: Guest) -> None:
            super().leave(guest)
            ended.set()

    async def answer(_: web.Request) -> web.Response:
        return web.Response(body=b"x" * (64 << 20))  # more than kernels keep

    monkeypatch.setattr(module, "Crowd", Watched)
    app = web.Application()
    app.router.add_get("/", answer)
    async with serve_health(app, host=HOST, port=0) as port, connecting(port, 1) as [line]:
        assert isinstance(line[1].transport, asyncio.Transport)
        line[1].transport.pause_reading()
        line[1].write(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await asyncio.wait_for(ended.wait(), DEADLINE_SECONDS)


@contextlib.asynccontextmanager
async def _asking(url: str) -> AsyncIterator["asyncio.Task[str]"]:
    async def ask() -> str:
        async with aiohttp.ClientSession() as session, session.get(url) as answer:
            return await answer.text()

    task = asyncio.create_task(ask())
    try:
        yield task
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
