"""A websocket client on a socket, made for a loop that polls; the protocol is `websockets`'."""

import json
import socket
import time
from typing import Any, Final

from websockets.client import ClientProtocol
from websockets.exceptions import InvalidHandshake, InvalidStatus
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.typing import Subprotocol
from websockets.uri import parse_uri

from api.problem import Problem
from cli.kubectl import UNSERVED

SUBPROTOCOL: Final = "plain.kubevirt.io"
CHUNK_BYTES: Final = 1 << 16
_FRAME_BYTES: Final = 1 << 24  # a larger one is an attack on our memory
_DATA: Final = frozenset({Opcode.TEXT, Opcode.BINARY, Opcode.CONT})
_REASONS: Final = {
    400: "BadRequest",
    401: "Unauthorized",
    403: "Forbidden",
    404: "NotFound",
    409: "Conflict",
    501: "NotImplemented",
    503: "ServiceUnavailable",
}


class Refused(Problem):
    """The server answered with an error instead of a websocket."""

    def __init__(self, code: int, slug: str, message: str) -> None:
        super().__init__(slug, message)
        self.code = code


class WebSocket:
    """An open websocket; nothing of it blocks but close()."""

    def __init__(self, connected: socket.socket, protocol: ClientProtocol) -> None:
        connected.setblocking(False)
        self._socket = connected
        self._protocol = protocol
        self._unsent = bytearray()
        self._ended = False

    def fileno(self) -> int:
        return self._socket.fileno()

    @property
    def unsent(self) -> int:
        """Bytes that the socket did not take yet."""
        return len(self._unsent)

    @property
    def ended(self) -> bool:
        """The other side will send nothing more."""
        return self._ended or self._protocol.state is not State.OPEN

    @property
    def ending(self) -> tuple[int, str]:
        """Return the closing code, 1006 for none, and the reason, once it has ended."""
        said = self._protocol.close_rcvd
        return (1006, "") if said is None else (said.code, said.reason)

    def receive(self) -> list[tuple[bytes, bool]]:
        """Return the data that have arrived, each part with whether its message ends there."""
        try:
            data = self._socket.recv(CHUNK_BYTES)
        except BlockingIOError:
            return []
        except OSError:
            data = b""
        if data:
            self._protocol.receive_data(data)
        else:
            self._protocol.receive_eof()
            self._ended = True
        self._collect()
        return [
            (bytes(event.data), event.fin)
            for event in self._protocol.events_received()
            if isinstance(event, Frame) and event.opcode in _DATA
        ]

    def send(self, data: bytes) -> None:
        """Queue one message."""
        self._protocol.send_binary(data)
        self._collect()

    def ping(self) -> None:
        """Queue a question whether the other side is still there."""
        self._protocol.send_ping(b"")
        self._collect()

    def flush(self) -> None:
        """Give the socket as much as it takes."""
        try:
            sent = self._socket.send(self._unsent)
        except BlockingIOError:
            return
        except OSError:
            self._ended = True
            sent = len(self._unsent)
        del self._unsent[:sent]

    def close(self, seconds: float = 1.0) -> None:
        """Say that it is over, let the other side hear it, and close the socket."""
        deadline = time.monotonic() + seconds
        if self._protocol.state is State.OPEN and not self._ended:
            self._protocol.send_close(1000)
            self._collect()
        self._socket.setblocking(True)
        try:
            while not self._ended and (left := deadline - time.monotonic()) > 0:
                self._socket.settimeout(left)
                self._socket.sendall(self._unsent)
                self._unsent.clear()
                self._ended = not self._socket.recv(CHUNK_BYTES)
        except OSError:  # gone, or too slow: then without its answer
            pass
        finally:
            self._socket.close()

    def _collect(self) -> None:
        for data in self._protocol.data_to_send():
            self._unsent += data


def open_websocket(where: str, path: str, seconds: float = 30.0) -> WebSocket:
    """Connect to a unix socket and ask for a websocket at a path; Refused if it says no."""
    protocol = ClientProtocol(
        parse_uri(f"ws://localhost{path}"),
        subprotocols=[Subprotocol(SUBPROTOCOL)],
        max_size=(None, _FRAME_BYTES),
    )
    connected = socket.socket(socket.AF_UNIX)
    try:
        connected.settimeout(seconds)
        connected.connect(where)
        protocol.send_request(protocol.connect())
        connected.sendall(b"".join(protocol.data_to_send()))
        _shake_hands(connected, protocol)
    except OSError as error:
        connected.close()
        raise Problem("NoAnswer", f"the API server did not answer: {error}") from error
    except BaseException:
        connected.close()
        raise
    return WebSocket(connected, protocol)


def _shake_hands(connected: socket.socket, protocol: ClientProtocol) -> None:
    """Read up to the end of the server's answer, and not a byte of the data after it."""
    while protocol.state is State.CONNECTING and protocol.handshake_exc is None:
        data = connected.recv(1)  # what follows the header is for the loop, not for here
        if data:
            protocol.receive_data(data)
        else:
            protocol.receive_eof()
    if protocol.handshake_exc is not None:
        raise explain_refusal(protocol.handshake_exc) from protocol.handshake_exc


def explain_refusal(error: Exception) -> Problem:
    """Return what the server says, worded as kubectl words it."""
    if not isinstance(error, InvalidStatus):
        kind = "NoWebSocket" if isinstance(error, InvalidHandshake) else "NoAnswer"
        return Problem(kind, f"the API server did not open a websocket: {error}")
    code = error.response.status_code
    body = (error.response.body or b"").decode(errors="replace")
    status = _read_status(body)
    reason = str(status.get("reason") or _REASONS.get(code, "InternalError"))
    said = str(status.get("message") or body.strip() or error.response.reason_phrase)
    if code == 404 and not status:
        return Refused(code, UNSERVED, f"Error from server (NotFound): {said}")
    return Refused(code, reason, f"Error from server ({reason}): {said}")


def _read_status(body: str) -> dict[str, Any]:  # Any: whatever the server put in
    try:
        found = json.loads(body)
    except ValueError:
        return {}
    return found if isinstance(found, dict) and found.get("kind") == "Status" else {}
