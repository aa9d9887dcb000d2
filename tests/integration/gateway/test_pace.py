"""Whether a client takes what it is sent: told by the kernel, of a real connection with TLS."""

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

from daemon.tls import ClientTls, ServerTls
from gateway.pace import Pace
from tests.authority import CLIENT, Authority

HOST = "127.0.0.1"
DEADLINE_SECONDS = 60.0
MUCH = b"x" * (32 << 20)  # more than both kernels keep


@asynccontextmanager
async def open_pair() -> AsyncIterator[tuple[asyncio.Transport, asyncio.StreamReader]]:
    """Yield a server's end of a connection, and what its client would read."""
    authority = Authority()
    server_tls, client_tls = ServerTls(client_certificates="required"), ClientTls()
    server_tls.renew(authority.issue("server"))
    client_tls.renew(authority.issue("client", usages=(CLIENT,)))
    ends: asyncio.Queue[asyncio.Transport] = asyncio.Queue()

    def accept(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends.put_nowait(writer.transport)  # type: ignore[arg-type] # it is one, with TLS too

    server = await asyncio.start_server(accept, HOST, 0, ssl=server_tls.context)
    try:
        async with asyncio.timeout(DEADLINE_SECONDS):
            reader, writer = await connect(server, client_tls.context)
            yield await ends.get(), reader
        writer.transport.abort()
    finally:
        server.close()


async def connect(
    server: asyncio.Server, context: ssl.SSLContext
) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    port = server.sockets[0].getsockname()[1]
    return await asyncio.open_connection(HOST, port, ssl=context, server_hostname="server")


async def until(told: Callable[[], bool]) -> None:
    async with asyncio.timeout(DEADLINE_SECONDS):
        while not told():  # noqa: ASYNC110 - the kernel tells of it by no event
            await asyncio.sleep(0.01)


async def test_who_takes_nothing_is_stuck_until_it_takes_something() -> None:
    async with open_pair() as (transport, reader):
        pace, clock = Pace(transport), asyncio.get_running_loop().time
        assert not pace.is_stuck(clock(), 0.2)
        transport.write(MUCH)
        await until(lambda: pace.is_stuck(clock(), 0.2))
        assert await reader.readexactly(len(MUCH)) == MUCH
        await until(lambda: not pace.is_stuck(clock(), 0.2))
        transport.abort()


async def test_a_connection_that_was_closed_again_is_left_to_its_own_end() -> None:
    async with open_pair() as (transport, _):
        pace = Pace(transport)
        transport.write(MUCH)
        transport.close()
        transport.close()
        assert not pace.is_stuck(0.0, 0.0)
        assert not pace.is_stuck(100.0, 1.0)
