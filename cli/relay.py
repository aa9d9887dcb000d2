"""Bytes between a websocket and file descriptors: a loop that polls, with bounded buffers."""

import os
import select
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from typing import Final

from cli.output import clean
from cli.websocket import CHUNK_BYTES, WebSocket

HIGH_WATER: Final = 1 << 18
PING_SECONDS: Final = 10.0
LOST_SECONDS: Final = 30.0
# A standard stream is shared with others, so it stays blocking, and gets what never blocks it.
_SHARED_BYTES: Final = select.PIPE_BUF


class Cause(Enum):
    """Why a relay ended."""

    CLOSED = auto()  # by the server
    LOST = auto()  # the server was not heard of any more
    LEFT = auto()  # by the user, or the local side


@dataclass(frozen=True, slots=True)
class Ending:
    """How a relay ended, with the websocket's closing code."""

    cause: Cause
    code: int = 1000
    reason: str = ""

    def explain(self) -> str:
        """Return what went wrong, in words; empty for an end that somebody wanted."""
        if self.cause is Cause.LOST:
            return "the server is not heard of any more"
        if self.cause is Cause.LEFT or self.code == 1000:
            return ""
        return clean(self.reason) or f"the server closed the connection (code {self.code})"


@dataclass(frozen=True, slots=True)
class Local:
    """The local side."""

    source: int
    sink: int
    shared: bool = False  # standard streams
    datagrams: bool = False  # one message is one datagram, and a full sink loses it
    # None: the source's end ends nothing. Else, how long to hear of nothing after it.
    linger_seconds: float | None = None
    # What of the input is to be sent, and whether the user wants to leave.
    take: Callable[[bytes], tuple[bytes, bool]] = lambda data: (data, False)


class Relay:
    """One websocket and its local side."""

    def __init__(self, websocket: WebSocket, local: Local) -> None:
        self._websocket = websocket
        self._local = local
        self._source: int | None = local.source
        self._parts: deque[bytes] = deque()  # for the sink
        self._held = 0  # bytes of them
        self._datagram = bytearray()
        self._heard = self._pinged = time.monotonic()
        self._left = False

    def run(self) -> Ending:
        """Relay until one side is done; the websocket is closed then."""
        try:
            while (ending := self._find_ending()) is None:
                self._step()
        finally:
            self._websocket.close()
        return ending

    def leave(self) -> None:
        """End the relay from another thread, within PING_SECONDS."""
        self._left = True

    def _find_ending(self) -> Ending | None:
        if self._left:
            return Ending(Cause.LEFT)
        if self._websocket.ended and not self._parts:
            return Ending(Cause.CLOSED, *self._websocket.ending)
        silence = time.monotonic() - self._heard
        if silence > LOST_SECONDS:
            return Ending(Cause.LOST)
        linger = self._local.linger_seconds
        if self._source is None and linger is not None and silence > linger:
            return Ending(Cause.LEFT)
        return None

    def _step(self) -> None:
        """Wait for something to do, and do it."""
        ready = self._poll()
        self._keep_alive()
        if ready.get(self._websocket.fileno(), 0) & ~select.POLLOUT:
            self._receive()
        if self._websocket.unsent:
            self._websocket.flush()
        if self._parts and ready.get(self._local.sink, 0) & ~select.POLLIN:
            self._write()
        if self._source is not None and ready.get(self._source, 0) & ~select.POLLOUT:
            self._read()

    def _poll(self) -> dict[int, int]:
        wanted: dict[int, int] = {}
        if not self._websocket.ended:
            reads = select.POLLIN if self._held < HIGH_WATER else 0
            writes = select.POLLOUT if self._websocket.unsent else 0
            wanted[self._websocket.fileno()] = reads | writes
        if self._source is not None and self._wants_input():
            wanted[self._source] = select.POLLIN
        if self._parts:
            wanted[self._local.sink] = wanted.get(self._local.sink, 0) | select.POLLOUT
        poll = select.poll()
        for descriptor, events in wanted.items():
            if events:
                poll.register(descriptor, events)
        return dict(poll.poll(self._count_patience() * 1000))

    def _wants_input(self) -> bool:
        return not self._websocket.ended and self._websocket.unsent < HIGH_WATER

    def _count_patience(self) -> float:
        """Return after how many seconds something is due even if nothing happens."""
        now = time.monotonic()
        due = [self._pinged + PING_SECONDS, self._heard + LOST_SECONDS]
        if self._source is None and self._local.linger_seconds is not None:
            due.append(self._heard + self._local.linger_seconds)
        return max(0.0, min(due) - now) + 0.001

    def _keep_alive(self) -> None:
        now = time.monotonic()
        if self._held >= HIGH_WATER:
            self._heard = now  # it is us who do not listen
        if now - max(self._pinged, self._heard) >= PING_SECONDS and not self._websocket.ended:
            self._websocket.ping()
        if now - self._pinged >= PING_SECONDS:
            self._pinged = now

    def _receive(self) -> None:
        self._heard = time.monotonic()
        for data, whole in self._websocket.receive():
            if not self._local.datagrams:
                self._queue(data)
                continue
            self._datagram += data
            if whole:
                self._queue(bytes(self._datagram))
                self._datagram.clear()

    def _queue(self, data: bytes) -> None:
        if data or self._local.datagrams:
            self._parts.append(data)
            self._held += len(data)

    def _write(self) -> None:
        part = self._parts.popleft()
        self._held -= len(part)
        limit = _SHARED_BYTES if self._local.shared else len(part)
        try:
            written = os.write(self._local.sink, part[:limit])
        except BlockingIOError:
            written = len(part) if self._local.datagrams else 0
        except OSError:
            self._left = self._left or not self._local.datagrams
            return
        if written < len(part) and not self._local.datagrams:
            self._parts.appendleft(part[written:])
            self._held += len(part) - written

    def _read(self) -> None:
        assert self._source is not None
        try:
            data = os.read(self._source, CHUNK_BYTES)
        except BlockingIOError:
            return
        except OSError:
            data = b""
        if not data and not self._local.datagrams:
            self._source = None
            self._heard = time.monotonic()
            return
        data, leave = self._local.take(data)
        self._left = self._left or leave
        if (data or self._local.datagrams) and not self._websocket.ended:
            self._websocket.send(data)
            self._websocket.flush()
