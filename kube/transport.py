"""HTTP to the API server: one pooled session with TLS, a bearer token and half-open detection."""

import socket
from collections.abc import AsyncGenerator, AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

import aiohttp

from api.problem import Problem
from kube.config import Connection

# The server ends a watch by itself after at most six minutes (kube/informer.py), and the kernel
# notices a dead peer; this is for a dead proxy in between.
WATCH_SILENCE_SECONDS = 400.0
CONNECT_SECONDS = 10.0
_READ_BUFFER_BYTES = 1 << 18


@dataclass(frozen=True, slots=True)
class Response:
    """An answer, read to its end."""

    status: int
    body: bytes
    headers: Mapping[str, str]


class Transport(Protocol):
    """What a client needs of HTTP; tests put an API server in memory in its place."""

    async def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        *,
        body: bytes | None,
        content_type: str,
        deadline_seconds: float,
    ) -> Response:
        """Send one request and read its whole answer."""

    def stream(self, path: str, query: Mapping[str, str]) -> AsyncGenerator[bytes]:
        """Yield the lines of a watch; a refusal is raised as ``StreamRefused``."""

    async def close(self) -> None:
        """Give all connections back."""


class StreamRefused(Problem):
    """A watch that was answered with an error instead of a stream."""

    def __init__(self, response: Response) -> None:
        super().__init__("WatchRefused", f"the API server answered {response.status} to a watch")
        self.response = response


def _open_socket(address: tuple[int, int, int, str, tuple[str, int]]) -> socket.socket:
    """Make a TCP socket on which a dead peer is noticed within half a minute."""
    family, kind, protocol, _, _ = address
    sock = socket.socket(family, kind, protocol)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 15)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
    sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 30_000)
    return sock


class HttpTransport:
    """The real thing: aiohttp with the connection's TLS and token."""

    def __init__(self, connection: Connection, user_agent: str) -> None:
        self._connection = connection
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(
                ssl=connection.ssl_context or False,
                limit=64,
                keepalive_timeout=60,
                socket_factory=_open_socket,
            ),
            headers={"User-Agent": user_agent, "Accept": "application/json"},
            read_bufsize=_READ_BUFFER_BYTES,
            auto_decompress=True,
            trust_env=False,
        )

    async def close(self) -> None:
        await self._session.close()

    async def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        *,
        body: bytes | None,
        content_type: str,
        deadline_seconds: float,
    ) -> Response:
        timeout = aiohttp.ClientTimeout(total=deadline_seconds, sock_connect=CONNECT_SECONDS)
        headers = {"Content-Type": content_type} if body is not None else {}
        async with (
            _translated(f"{method} {path}"),
            self._session.request(
                method,
                self._connection.host + path,
                params=query,
                data=body,
                headers=headers | self._authorization(),
                timeout=timeout,
                server_hostname=self._connection.server_name,
            ) as answer,
        ):
            response = Response(answer.status, await answer.read(), answer.headers)
        if response.status == 401:
            self._connection.token.forget()  # the file may hold a newer one by now
        return response

    async def stream(self, path: str, query: Mapping[str, str]) -> AsyncGenerator[bytes]:
        timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=CONNECT_SECONDS, sock_read=WATCH_SILENCE_SECONDS
        )
        async with (
            _translated(f"watch {path}"),
            self._session.get(
                self._connection.host + path,
                params=query,
                headers=self._authorization(),
                timeout=timeout,
                server_hostname=self._connection.server_name,
            ) as answer,
        ):
            if answer.status != 200:
                if answer.status == 401:
                    self._connection.token.forget()
                raise StreamRefused(Response(answer.status, await answer.read(), answer.headers))
            rest = b""
            async for chunk in answer.content.iter_any():
                *lines, rest = (rest + chunk).split(b"\n")
                for line in lines:
                    if line:
                        yield line

    def _authorization(self) -> dict[str, str]:
        token = self._connection.token.read()
        return {"Authorization": token} if token else {}


@asynccontextmanager
async def _translated(what: str) -> AsyncIterator[None]:
    """Turn the network's exceptions into one Problem that is worth a retry."""
    try:
        yield
    except TimeoutError as error:
        raise Problem("ApiTimeout", f"{what} ran into its deadline", retryable=True) from error
    except (aiohttp.ClientError, OSError) as error:
        raise Problem(
            "ApiUnreachable", f"{what} failed: {error or type(error).__name__}", retryable=True
        ) from error
