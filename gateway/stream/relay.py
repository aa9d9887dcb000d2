"""Joins a client's websocket to a far end until one of them, or the gateway, ends the session."""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable, Coroutine
from typing import Final

from aiohttp import WSMsgType, web

from gateway.stream.ending import (
    CLIENT_LOST,
    CLIENT_SILENT,
    CLIENT_SLOW,
    FAULT,
    NODE_LOST,
    TEXT_FRAME,
    Cause,
    Ended,
    Ending,
    read_client_close,
)
from gateway.stream.far_end import FarEnd
from gateway.stream.liveness import Link, Timing, Verdict, judge

log = logging.getLogger(__name__)

MAX_FRAME_BYTES: Final = 1 << 20
CLOSE_SECONDS: Final = 3.0
_HASTY_SECONDS: Final = 0.5  # for a client that will hardly answer
_GONE: Final = frozenset({Cause.CLIENT_SILENT, Cause.CLIENT_SLOW, Cause.CLIENT_LOST})
_PING_SECONDS: Final = 1.0


class Relay:
    """One session. Bytes pass in both directions at once; neither holds more than a message."""

    def __init__(
        self, client: web.WebSocketResponse, far: FarEnd, abort: Callable[[], None]
    ) -> None:
        """``abort`` drops the client's connection, whatever is still to be sent on it."""
        loop = asyncio.get_running_loop()
        self._now = loop.time
        self._client = client
        self._far = far
        self._abort = abort
        self._link = Link(self._now())
        self._ending: asyncio.Future[Ending] = loop.create_future()
        self.bytes_to_guest = 0
        self.bytes_to_client = 0

    def end(self, ending: Ending) -> None:
        """End the session; the first reason counts."""
        if not self._ending.done():
            self._ending.set_result(ending)

    async def run(self) -> Ending:
        """Relay until the end, close both sides, and tell how it came to it."""
        pumps = [
            asyncio.create_task(self._guard(self._pump_to_guest())),
            asyncio.create_task(self._guard(self._pump_to_client())),
        ]
        try:
            ending = await self._ending
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            known = self._ending.done() and not self._ending.cancelled()
            final = self._ending.result() if known else FAULT
            await asyncio.gather(self._close_client(final), self._far.close())
        return ending

    async def look(self, timing: Timing) -> None:
        """Ping who is silent, and end the session when one of the peers is gone."""
        client, far, now = self._link, self._far.link, self._now()
        await self._attend(client, judge(client, now, timing), self._client.ping, CLIENT_SILENT)
        if far is not None:
            await self._attend(far, judge(far, now, timing), self._far.ping, NODE_LOST)

    async def _attend(
        self, link: Link, verdict: Verdict, ping: Callable[[], Awaitable[None]], silent: Ending
    ) -> None:
        match verdict:
            case Verdict.SILENT:
                self.end(silent)
            case Verdict.SLOW:
                self.end(CLIENT_SLOW)
            case Verdict.PING:
                link.pinged_at = self._now()
                # One that is lost is for the pumps to notice.
                with contextlib.suppress(TimeoutError, OSError, Ended):
                    async with asyncio.timeout(_PING_SECONDS):
                        await ping()

    async def _guard(self, pump: Coroutine[None, None, None]) -> None:
        try:
            await pump
        except Ended as ended:
            self.end(ended.ending)
        except OSError:  # of the client: the far end's are Ended
            self.end(CLIENT_LOST)
        except Exception:
            log.exception("relay failed")
            self.end(FAULT)

    async def _pump_to_guest(self) -> None:
        while True:
            message = await self._client.receive()
            self._link.hear(self._now())
            match message.type:
                case WSMsgType.BINARY:
                    await self._forward(message.data)
                case WSMsgType.PING:
                    await self._client.pong(message.data)
                case WSMsgType.PONG:
                    pass
                case WSMsgType.TEXT:
                    raise Ended(TEXT_FRAME)
                case WSMsgType.ERROR:
                    raise Ended(Ending(self._client.close_code or 1002, "", Cause.CLIENT_WRONG))
                case _:
                    raise Ended(read_client_close(self._client.close_code))

    async def _forward(self, data: bytes) -> None:
        self._link.deaf = True  # until it is taken, nothing more is read of the client
        await self._far.write(data)
        self._link.deaf = False
        self._link.hear(self._now())
        self.bytes_to_guest += len(data)

    async def _pump_to_client(self) -> None:
        far = self._far.link or Link(0)
        while True:
            data = await self._far.read()
            far.deaf = True
            self._link.begin_to_send(self._now())
            await self._client.send_bytes(data)
            now = self._now()
            self._link.end_to_send(now)
            far.deaf = False
            far.hear(now)
            self.bytes_to_client += len(data)

    async def _close_client(self, ending: Ending) -> None:
        """Say why, and wait for the answer, but not for long."""
        try:
            async with asyncio.timeout(_HASTY_SECONDS if ending.cause in _GONE else CLOSE_SECONDS):
                await self._client.close(code=ending.code, message=ending.payload)
        except (TimeoutError, OSError):
            self._abort()
