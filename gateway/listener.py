"""The TLS port: who says nothing or takes nothing is dropped, who talks is ended in order."""

import asyncio
import contextlib
import logging
import socket
import ssl
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from typing import Final, Protocol

from aiohttp import web
from aiohttp.http_exceptions import HttpProcessingError

from api.names import COMPONENT_API
from daemon.crowd import Crowd, Guest
from gateway import metric
from gateway.pace import Pace
from gateway.piece import cut

# Who opened a connection has this long to send the head of a request.
HEAD_SECONDS: Final = 20.0
# Longer than kube-apiserver keeps a connection without requests (90 s): it hangs up, and never
# finds out halfway through a request that we did.
KEEP_ALIVE_SECONDS: Final = 150.0
HANDSHAKE_SECONDS: Final = 10.0
# How long the rest of a body that was refused is still taken, so that the answer is read.
LINGER_SECONDS: Final = 2.0
# Who takes none of what it is sent for so long keeps others' memory.
STUCK_SECONDS: Final = 30.0
# Connections at once besides those of calls that were let through.
STANDING: Final = 512
# Each group of a user is a header of its own.
_HEADERS: Final = 1024
_BACKLOG: Final = 512
_AT_ONCE: Final = 32
_RETRY_SECONDS: Final = 1.0
_PLAIN: Final = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


class _NoTraceback(logging.Filter):
    """What a stranger sends that is no HTTP is worth one line."""

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        if isinstance(error, HttpProcessingError | ssl.SSLError | ConnectionError):
            # what a parser says quotes headers
            quotes = isinstance(error, HttpProcessingError)
            record.error = type(error).__name__ if quotes else str(error)[:200]
            record.exc_info = None
            record.levelno, record.levelname = logging.INFO, "INFO"
        return True


log = logging.getLogger(__name__)
_http_log = logging.getLogger("gateway.http")
_http_log.addFilter(_NoTraceback())


class Handler(Protocol):
    """Whoever answers requests."""

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one, whatever happens."""


class _Connection(web.RequestHandler):
    """One connection, and who is at its other end."""

    __slots__ = ("guest", "http", "pace")

    guest: Guest
    http: "_HttpServer"
    pace: Pace | None

    def handle_error(
        self,
        request: web.BaseRequest,
        status: int = 500,
        exc: BaseException | None = None,
        message: str | None = None,
    ) -> web.StreamResponse:
        """Answer to what is no HTTP; what the parser says of it would quote it."""
        super().handle_error(request, status, exc, message)
        what = "this is no valid HTTP" if status == 400 else "internal error"
        response = web.Response(status=status, text=f"{what}\n", headers=self.http.plain)
        response.headers["Server"] = COMPONENT_API
        response.force_close()
        return response


class _HttpServer(web.Server):
    """aiohttp's server without a router."""

    def __init__(
        self, server: Handler, crowd: Crowd, plain: Mapping[str, str], *, cancel: bool
    ) -> None:
        super().__init__(
            self._handle,
            access_log=None,
            logger=_http_log,
            keepalive_timeout=KEEP_ALIVE_SECONDS,
            max_headers=_HEADERS,
            auto_decompress=False,
            lingering_time=LINGER_SECONDS,
            handler_cancellation=cancel,
        )
        self.ending = False
        self.crowd = crowd
        self.plain = plain
        self._inner = server
        self._silent: dict[web.RequestHandler, asyncio.TimerHandle] = {}

    def receive(self, guest: Guest) -> _Connection:
        """Return the protocol of a new connection."""
        connection = _Connection(self, loop=self._loop, **self._kwargs)
        connection.guest, connection.http, connection.pace = guest, self, None
        return connection

    def connection_made(self, handler: web.RequestHandler, transport: asyncio.Transport) -> None:
        super().connection_made(handler, transport)
        assert isinstance(handler, _Connection)
        handler.guest.end = transport.abort
        handler.pace = Pace(transport)
        loop = asyncio.get_running_loop()
        self._silent[handler] = loop.call_later(HEAD_SECONDS, transport.abort)

    def connection_lost(
        self, handler: web.RequestHandler, exc: BaseException | None = None
    ) -> None:
        self._hear(handler)
        assert isinstance(handler, _Connection)
        self.crowd.leave(handler.guest)
        super().connection_lost(handler, exc)

    def _hear(self, handler: web.RequestHandler) -> None:
        timer = self._silent.pop(handler, None)
        if timer is not None:
            timer.cancel()

    def end_stuck(self, *, also_seated: bool) -> None:
        """Hang up on those who take nothing."""
        now = asyncio.get_running_loop().time()
        sources = set()
        for connection in self.connections:
            assert isinstance(connection, _Connection)
            guest, pace = connection.guest, connection.pace
            if pace is None or (guest.seats and not also_seated):
                continue
            if pace.is_stuck(now, STUCK_SECONDS):
                sources.add(guest.source)
                guest.end()
        if sources:
            log.info("connections ended that took nothing", extra={"sources": sorted(sources)[:20]})

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self._hear(request.protocol)
        assert isinstance(request.protocol, _Connection)
        self.crowd.hear(request.protocol.guest)
        response = await self._inner.handle(request)
        if not response.prepared:
            response.headers["Server"] = COMPONENT_API  # and not which versions of what
            cut(response)
            if self.ending:
                response.force_close()  # the next request goes to another replica
        return response


@contextmanager
def seated(request: web.BaseRequest) -> Iterator[None]:
    """Have a request's client keep its connection while the block runs, however many come.

    Whoever calls this bounds how many do.
    """
    connection = request.protocol
    if not isinstance(connection, _Connection):
        yield
        return
    with connection.http.crowd.seat(connection.guest):
        yield


class Listener:
    """A port that is open."""

    def __init__(self, http: _HttpServer, port: int) -> None:
        self.port = port
        self._http = http

    def end_connections(self) -> None:
        """Close each connection after its next answer."""
        self._http.ending = True


class _Entrance:
    """Takes connections in; they count from their first moment, before TLS is agreed on."""

    def __init__(self, http: _HttpServer, tls: ssl.SSLContext) -> None:
        self._http = http
        self._tls = tls
        self._loop = asyncio.get_running_loop()
        self._opened: list[socket.socket] = []
        self._greeting: dict[asyncio.Task[object], Guest] = {}
        self._pause: asyncio.TimerHandle | None = None

    def open(self, host: str, port: int) -> int:
        """Begin to take connections; returns the port."""
        self._opened = _bind(host, port)
        for opened in self._opened:
            opened.setblocking(False)
        self._resume()
        found: int = self._opened[0].getsockname()[1]
        return found

    async def close(self) -> None:
        """Take no more, and hang up on those who have not agreed on TLS."""
        if self._pause is not None:
            self._pause.cancel()
        for opened in self._opened:
            self._loop.remove_reader(opened)
            opened.close()
        for guest in self._greeting.values():
            guest.end()
        if self._greeting:
            await asyncio.wait(list(self._greeting), timeout=_RETRY_SECONDS)

    def _resume(self) -> None:
        self._pause = None
        for opened in self._opened:
            self._loop.add_reader(opened, self._accept, opened)

    def _accept(self, opened: socket.socket) -> None:
        for _ in range(_AT_ONCE):
            try:
                connection, address = opened.accept()
            except (BlockingIOError, InterruptedError, ConnectionAbortedError):
                return
            except OSError as error:  # out of files or of memory: it would be told again at once
                log.warning("connections not taken", extra={"error": str(error)})
                for each in self._opened:
                    self._loop.remove_reader(each)
                if self._pause is None:
                    self._pause = self._loop.call_later(_RETRY_SECONDS, self._resume)
                return
            self._welcome(connection, address[0])

    def _welcome(self, connection: socket.socket, source: str) -> None:
        # no cancelling of what asyncio does: it finds out, and lets go of the socket itself
        guest = self._http.crowd.enter(source, partial(_hang_up, connection))
        task = asyncio.create_task(self._greet(connection, guest))
        self._greeting[task] = guest
        task.add_done_callback(self._greeted)

    async def _greet(self, connection: socket.socket, guest: Guest) -> None:
        await self._loop.connect_accepted_socket(
            partial(self._http.receive, guest),
            connection,
            ssl=self._tls,
            ssl_handshake_timeout=HANDSHAKE_SECONDS,
        )

    def _greeted(self, task: asyncio.Task[object]) -> None:
        guest = self._greeting.pop(task)
        if task.cancelled() or task.exception() is not None:
            self._http.crowd.leave(guest)  # it went away, or speaks no TLS


def _hang_up(connection: socket.socket) -> None:
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)


def _bind(host: str, port: int) -> list[socket.socket]:
    """Return sockets that listen: at one address, or at all of both families."""
    if host:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        return [socket.create_server((host, port), family=family, backlog=_BACKLOG)]
    opened = [socket.create_server(("", port), backlog=_BACKLOG)]
    with contextlib.suppress(OSError):  # a kernel without IPv6
        address = ("", opened[0].getsockname()[1])
        opened.append(socket.create_server(address, family=socket.AF_INET6, backlog=_BACKLOG))
    return opened


@asynccontextmanager
async def listen(
    server: Handler,
    tls: ssl.SSLContext,
    *,
    port: int,
    host: str = "",
    shutdown_seconds: float = 20.0,
    pages: bool = False,
    plain: Mapping[str, str] = _PLAIN,
) -> AsyncIterator[Listener]:
    """Serve until the block is left; then no more connections, and a while for open calls.

    With ``pages`` a handler ends as soon as its client has gone, and no client may stop to take
    what it is sent; otherwise one in a seat may, as people do who stop a console's output.
    ``plain`` are headers of the answer to what is no HTTP.
    """
    http = _HttpServer(server, Crowd(STANDING), plain, cancel=pages)
    entrance = _Entrance(http, tls)
    bound = entrance.open(host, port)
    watch = asyncio.create_task(_watch(http, also_seated=pages))
    door = metric.CONNECTIONS.labels("pages" if pages else "api")
    door.set_function(lambda: len(http.crowd))
    try:
        yield Listener(http, bound)
    finally:
        await entrance.close()
        await asyncio.sleep(0)  # what has come by now is still answered
        http.pre_shutdown()
        await http.shutdown(shutdown_seconds)
        watch.cancel()


async def _watch(http: _HttpServer, *, also_seated: bool) -> None:
    while True:
        await asyncio.sleep(STUCK_SECONDS / 4)
        try:
            http.end_stuck(also_seated=also_seated)
        except Exception:
            log.exception("no connection that takes nothing was ended this time")
