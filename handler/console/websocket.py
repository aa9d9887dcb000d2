"""websockify's websocket, with bounds and without copies.

Kept of it: the HTTP side, the upgrade, what follows from each frame, and the closing. Replaced are
the two ends where its buffers are: it collects frames of any size by appending 4 KiB at a time,
and keeps a rest that was not sent as a copy of it for each 16 KiB that are.
"""

import ssl
import sys
import warnings
from collections import deque
from collections.abc import Iterator, Mapping
from itertools import groupby
from typing import Any, Final, cast

from handler.console.frame import BINARY, Control, Decoder, Violation

_numpy = sys.modules.get("numpy")
sys.modules["numpy"] = None  # type: ignore[assignment]  # 16 MiB for an unmask that is ours
try:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from websockify.websocketproxy import ProxyRequestHandler
        from websockify.websocketserver import HttpWebSocket
finally:
    del sys.modules["numpy"]
    if _numpy is not None:
        sys.modules["numpy"] = _numpy

__all__ = ["ProxyRequestHandler", "WebSocket"]

RECORD_BYTES: Final = 16384  # of TLS; a read of this size leaves nothing behind in OpenSSL
_WHOLE: Final[Mapping[str, Any]] = {"fin": True, "masked": True}  # Any: as websockify has frames
_MAX_REASON_BYTES: Final = 123


class WebSocket(HttpWebSocket):  # type: ignore[misc]  # websockify is not typed
    """A server's websocket on a TLS connection that does not block.

    ``recvmsg`` returns a piece of the client's stream, None when that is over, and raises
    SSLWantReadError when there is nothing now.
    """

    def __init__(self, request_handler: object) -> None:
        super().__init__(request_handler)
        self._decoder = Decoder()
        self._violation: Violation | None = None
        self._outgoing: deque[memoryview] = deque()
        self._pong: bytes | None = None

    def select_subprotocol(self, protocols: list[str]) -> str:
        """Agree to websockify's own protocol, which says no more than that frames are binary."""
        return next((name for name in protocols if name.strip() == "binary"), "")

    @property
    def has_backlog(self) -> bool:
        """Tell whether something waits for the client to take it."""
        return bool(self._outgoing)

    @property
    def is_closed(self) -> bool:
        """Tell whether the closing is done, or the connection gone."""
        return self.socket is None

    @property
    def is_over(self) -> bool:
        """Tell whether the closing has begun, on either side: nothing may be sent any more."""
        return self.socket is None or self._sent_close

    @property
    def violation(self) -> Violation | None:
        """What the client sent and must not; the closing has begun then."""
        return self._violation if self._sent_close else None

    def feed(self, data: bytes) -> None:
        """Take what came from the client."""
        for is_data, events in groupby(self._decoder.feed(data), lambda it: type(it) is bytes):
            if is_data:
                payload = b"".join(cast("Iterator[bytes]", events))
                self._recv_queue.append({**_WHOLE, "opcode": BINARY, "payload": payload})
                continue
            for event in events:
                if isinstance(event, Control):
                    frame = {**_WHOLE, "opcode": event.opcode, "payload": event.payload}
                    self._recv_queue.append(frame)
                elif isinstance(event, Violation):
                    self._violation = event

    def push(self, frame: memoryview) -> int:
        """Send a frame that is already encoded; returns the bytes that were taken now.

        The rest is sent by ``flush``; until then the frame's memory must stay as it is.
        """
        self._outgoing.append(frame)
        return self.flush()

    def flush(self) -> int:
        """Send what waits, and return the number of bytes that were taken."""
        taken = 0
        try:
            while self._outgoing and self.socket is not None:
                head = self._outgoing[0]
                sent = self.socket.send(head)
                taken += sent
                if sent == len(head):
                    self._outgoing.popleft()
                    self._answer_ping()
                else:
                    self._outgoing[0] = head[sent:]
        except ssl.SSLWantWriteError:
            pass
        if not self._outgoing and self._received_close and self._sent_close and self.socket:
            self._close()
        return taken

    def handle_ping(self, data: bytes) -> None:
        """Answer, or remember the latest: a client that reads nothing gets no queue of pongs."""
        self._pong = data
        self._answer_ping()

    def end(self, code: int, reason: str) -> None:
        """Begin the closing; nothing is sent after that."""
        text = reason.encode()[:_MAX_REASON_BYTES].decode(errors="ignore")
        self.shutdown(None, code, text)

    def drop(self) -> None:
        """Leave the connection as it is."""
        if self.socket is not None:
            self._close()

    def _answer_ping(self) -> None:
        if self._pong is not None and not self._outgoing and not self._sent_close:
            data, self._pong = self._pong, None
            self.pong(data)

    def _recv_frames(self) -> bool:
        if self._violation is not None and not self._sent_close:
            return True  # what came before it was taken
        data = self.socket.recv(RECORD_BYTES)
        if not data:
            self.close_code, self.close_reason = 1006, "connection lost"
            self._close()
            return False
        self.feed(data)
        return True

    def _recvmsg(self) -> bytes | None:
        try:
            piece: bytes | None = super()._recvmsg()
        except ssl.SSLWantReadError:
            if self._violation is not None and not self._sent_close:
                self.end(self._violation.code, self._violation.reason)
            raise
        return piece

    def _send(self, data: bytes) -> None:
        self._outgoing.append(memoryview(data))
        self.flush()

    def _flush(self) -> None:
        if self.socket is not None:
            self.flush()
