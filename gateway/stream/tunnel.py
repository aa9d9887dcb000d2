"""A port of a guest: TCP or UDP straight to the address of its pod."""

import asyncio
import contextlib
import errno
import os
from collections import deque
from typing import Final, cast

from gateway.refusal import Refused
from gateway.stream.ending import GUEST_CLOSED, IDLE, Cause, Ended, Ending
from gateway.stream.far_end import FarEnd
from gateway.stream.socket_option import watch_over
from gateway.stream.wish import Port, PortProtocol

_DIAL_SECONDS: Final = 10.0
_CHUNK_BYTES: Final = 64 * 1024
_LINGER_SECONDS: Final = 5.0
_MAX_DATAGRAM_BYTES: Final = 65_507
_MAX_QUEUED: Final = 128  # datagrams that the client has not taken yet; more are lost, as UDP may
_IDLE_SECONDS: Final = 300.0
_RESET: Final = Ending(1011, "the guest reset the connection", Cause.GUEST)
_UNREACHABLE: Final = Ending(1011, "the guest has nothing at this port", Cause.GUEST)
_TOO_LONG: Final = Ending(1009, f"a datagram has {_MAX_DATAGRAM_BYTES} bytes at most", Cause.CLIENT)


async def dial(address: str, port: Port) -> FarEnd:
    """Connect, or raise Refused as KubeVirt does."""
    try:
        async with asyncio.timeout(_DIAL_SECONDS):
            if port.protocol is PortProtocol.UDP:
                return await _dial_udp(address, port.number)
            return await _dial_tcp(address, port.number)
    except OSError as error:  # TimeoutError is one
        why = os.strerror(error.errno or errno.ETIMEDOUT).lower()
        where = f"{port.protocol} port {port.number}"
        raise Refused(500, f"Internal error occurred: dialing VM: {where}: {why}") from error


class TcpEnd:
    """A TCP connection to a guest."""

    link = None  # the kernel watches over it

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    async def read(self) -> bytes:
        try:
            data = await self._reader.read(_CHUNK_BYTES)
        except OSError as error:
            raise Ended(_RESET) from error
        if not data:
            raise Ended(GUEST_CLOSED)
        return data

    async def write(self, data: bytes) -> None:
        try:
            self._writer.write(data)
            await self._writer.drain()
        except OSError as error:
            raise Ended(_RESET) from error

    async def ping(self) -> None: ...

    async def close(self) -> None:
        """Close our direction and wait for the other.

        A connection that is closed with bytes unread is reset, and a reset destroys what the
        guest has not read yet.
        """
        with contextlib.suppress(OSError):
            async with asyncio.timeout(_LINGER_SECONDS):
                self._writer.write_eof()
                while await self._reader.read(_CHUNK_BYTES):
                    pass
        self._writer.transport.abort()


class UdpEnd(asyncio.DatagramProtocol):
    """A UDP socket connected to a guest's port; each datagram is one message."""

    link = None

    def __init__(self) -> None:
        self._now = asyncio.get_running_loop().time
        self._used_at = self._now()
        self._queue: deque[bytes] = deque()
        self._news = asyncio.Event()
        self._failed = False
        self._full = False
        self._transport: asyncio.DatagramTransport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, _addr: object) -> None:
        if len(self._queue) < _MAX_QUEUED:
            self._queue.append(data)
            self._news.set()

    def error_received(self, _exc: Exception) -> None:  # an ICMP "unreachable"
        self._failed = True
        self._news.set()

    def pause_writing(self) -> None:
        self._full = True

    def resume_writing(self) -> None:
        self._full = False

    async def read(self) -> bytes:
        while not self._queue:
            if self._failed:
                raise Ended(_UNREACHABLE)
            left = self._used_at + _IDLE_SECONDS - self._now()
            if left <= 0:
                raise Ended(IDLE)
            self._news.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._news.wait()
        self._used_at = self._now()
        return self._queue.popleft()

    async def write(self, data: bytes) -> None:
        if len(data) > _MAX_DATAGRAM_BYTES:
            raise Ended(_TOO_LONG)
        self._used_at = self._now()
        if not self._full:
            self._transport.sendto(data)

    async def ping(self) -> None: ...

    async def close(self) -> None:
        self._transport.close()


async def _dial_tcp(address: str, port: int) -> TcpEnd:
    reader, writer = await asyncio.open_connection(address, port, limit=_CHUNK_BYTES)
    watch_over(writer.get_extra_info("socket"))
    return TcpEnd(reader, writer)


async def _dial_udp(address: str, port: int) -> UdpEnd:
    loop = asyncio.get_running_loop()
    _, end = await loop.create_datagram_endpoint(UdpEnd, remote_addr=(address, port))
    return end
