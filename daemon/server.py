"""The health and metrics endpoints of a daemon: /healthz, /readyz, /metrics."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Final

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest

from daemon.crowd import Crowd

HANDSHAKE_SECONDS = 5.0
# Anybody may connect to a health port. Of more connections than these the oldest goes, of the
# address with the most of them, so that the kubelet gets in whoever else is there.
STANDING: Final = 32
# From the first moment of a connection to the end of its answer, of which there is one.
VISIT_SECONDS: Final = 15.0
_BODY_BYTES: Final = 1024  # nobody sends one


def build_app(
    *,
    healthy: Callable[[], bool],
    ready: Callable[[], bool],
    registry: CollectorRegistry = REGISTRY,
) -> web.Application:
    """Make the application; both callables answer at once, from what the process knows."""

    async def healthz(_: web.Request) -> web.Response:
        return _answer(healthy())

    async def readyz(_: web.Request) -> web.Response:
        return _answer(ready())

    async def metrics(_: web.Request) -> web.Response:
        text = generate_latest(registry)
        return web.Response(body=text, headers={"Content-Type": CONTENT_TYPE_LATEST})

    app = web.Application(middlewares=[_answer_once], client_max_size=_BODY_BYTES)
    app.router.add_get("/healthz", healthz)
    app.router.add_get("/readyz", readyz)
    app.router.add_get("/metrics", metrics)
    return app


@asynccontextmanager
async def serve(
    app: web.Application,
    *,
    host: str = "",
    port: int,
    tls: ssl.SSLContext | None = None,
    shutdown_seconds: float = 60.0,
    crowd: Crowd | None = None,
) -> AsyncIterator[int]:
    """Serve until the block is left; yields the port, which 0 lets the system choose.

    Calls that are under way then get ``shutdown_seconds`` to end. A ``crowd`` is for a port that
    is open to everybody: it bounds how many connections there are, and each of them in time.
    """
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=shutdown_seconds)
    await runner.setup()
    receive = runner.server
    assert receive is not None  # set up
    try:
        # Not aiohttp's own: it gives a peer that says nothing a whole minute for its handshake.
        server = await asyncio.get_running_loop().create_server(
            receive if crowd is None else lambda: _Visit(receive(), crowd),
            host or None,
            port,
            ssl=tls,
            ssl_handshake_timeout=HANDSHAKE_SECONDS if tls else None,
        )
        try:
            yield server.sockets[0].getsockname()[1]
        finally:
            server.close()
    finally:
        await runner.cleanup()


@asynccontextmanager
async def serve_health(app: web.Application, *, host: str = "", port: int) -> AsyncIterator[int]:
    """Serve what ``build_app`` made, to whoever comes."""
    async with serve(app, host=host, port=port, crowd=Crowd(STANDING)) as chosen:
        yield chosen


class _Visit(asyncio.Protocol):
    """A connection that ends soon, passed on to who answers it."""

    def __init__(self, inner: asyncio.Protocol, crowd: Crowd) -> None:
        self._inner = inner
        self._crowd = crowd

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        source = transport.get_extra_info("peername")
        self._guest = self._crowd.enter(source[0] if source else "", transport.abort)
        self._end = asyncio.get_running_loop().call_later(VISIT_SECONDS, transport.abort)
        self._inner.connection_made(transport)

    def connection_lost(self, exc: Exception | None) -> None:
        self._end.cancel()
        self._crowd.leave(self._guest)
        self._inner.connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        self._inner.data_received(data)

    def eof_received(self) -> bool | None:
        return self._inner.eof_received()

    def pause_writing(self) -> None:
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        self._inner.resume_writing()


@web.middleware
async def _answer_once(
    request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
) -> web.StreamResponse:
    """Hang up after an answer: who comes again gets a connection again."""
    try:
        response = await handler(request)
    except web.HTTPException as refused:
        refused.force_close()
        raise
    response.force_close()
    return response


def _answer(good: bool) -> web.Response:
    return web.Response(text="ok\n") if good else web.Response(status=503, text="not yet\n")
