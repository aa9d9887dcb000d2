"""HTTP on one connection: POST for a token, then GET with an upgrade; on websockify's handler."""

import contextlib
import io
import logging
import socket
import ssl
from http import HTTPStatus
from typing import Any, Final, Protocol
from urllib.parse import parse_qs, urlsplit

import msgspec

from api.door import ROLE_GATEWAY, SESSION_PATH, Refusal, SessionGrant, SessionRequest
from daemon.tls import read_role
from handler.console.desk import Refused
from handler.console.websocket import ProxyRequestHandler, WebSocket

MAX_BODY_BYTES: Final = 8 * 1024
_encode: Final = msgspec.json.Encoder().encode
_decode: Final = msgspec.json.Decoder(SessionRequest).decode
_REASONS: Final = {400: "RequestInvalid", 404: "NotFound", 405: "MethodNotAllowed"}
log = logging.getLogger(__name__)


class Session(Protocol):
    """What a redeemed token gives."""

    def run(self, websocket: WebSocket) -> None: ...
    def close(self) -> None: ...


class Door(Protocol):
    """What requests are answered from; its methods raise Refused."""

    logger: logging.Logger
    ws_connection: bool

    def grant(self, request: SessionRequest) -> str: ...
    def open_session(self, token: str, connection: socket.socket, address: str) -> Session: ...


class RequestHandler(ProxyRequestHandler):  # type: ignore[misc]  # websockify is not typed
    """Serves one connection, whose handshake is done.

    websockify's own way to a target is not taken: it keeps the target of a request in the server,
    where requests of other threads would overwrite it.
    """

    SocketClass = WebSocket
    wbufsize = -1  # an answer's head and body leave as one
    server_version = "virtpod"
    sys_version = ""
    connection: ssl.SSLSocket
    server: Door
    rfile: io.BufferedReader
    wfile: io.BufferedIOBase

    def __init__(self, connection: ssl.SSLSocket, address: Any, server: Door) -> None:
        self._session: Session | None = None
        super().__init__(connection, address, server)

    def parse_request(self) -> bool:
        """Read a request's head; only the gateway gets any further."""
        if not super().parse_request():
            return False
        if read_role(self.connection.getpeercert()) != ROLE_GATEWAY:
            self._refuse_last(403, "RoleForbidden", "this certificate is not the gateway's")
            return False
        return True

    def do_POST(self) -> None:  # noqa: N802 - http.server finds it by its name
        """Grant a token."""
        if self.path != SESSION_PATH:
            self._refuse_last(404, "NotFound", "there is nothing at this path")
            return
        try:
            token = self.server.grant(self._read_body())
        except Refused as refused:
            self._answer(refused.status, Refusal(refused.slug, refused.message))
        else:
            self._answer(200, SessionGrant(token))

    def do_GET(self) -> None:  # noqa: N802
        """Refuse: what is asked for here is a websocket."""
        self._refuse_last(426, "UpgradeRequired", "this is a websocket", ("Upgrade", "websocket"))

    do_HEAD = do_GET  # noqa: N815

    def handle_upgrade(self) -> None:
        """Open the session of a token, and only then agree to the upgrade."""
        try:
            token = self._read_token()
            session = self.server.open_session(token, self.connection, self.client_address[0])
        except Refused as refused:
            self._refuse_last(refused.status, refused.slug, refused.message)
            return
        try:
            self._session = session
            super().handle_upgrade()
        finally:
            session.close()

    def validate_connection(self) -> None:
        """Do nothing: the token was redeemed."""

    def auth_connection(self) -> None:
        """Do nothing: the certificate was looked at."""

    def new_websocket_client(self) -> None:
        """Run the session, with as little memory as it takes."""
        assert self._session is not None
        self.wfile.flush()
        self.connection.settimeout(0)
        self.request.feed(self._read_ahead())
        self.wfile.close()
        self.wfile = io.BytesIO()  # for http.server to flush, in the end
        self.rfile.close()
        del self.headers
        self._session.run(self.request)

    def finish(self) -> None:
        """Close either file, also when the peer does not take the last answer."""
        for file in (self.wfile, self.rfile):
            with contextlib.suppress(OSError):
                file.close()

    def send_error(
        self, code: int, message: str | None = None, _explain: str | None = None
    ) -> None:
        """Answer as to all that is refused, in place of a page."""
        reason = _REASONS.get(code, "RequestInvalid")
        self._refuse_last(code, reason, message or HTTPStatus(code).phrase)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Write nothing: a request's address has its token, and sessions have their own lines."""

    def _read_token(self) -> str:
        url = urlsplit(self.path)
        tokens = parse_qs(url.query).get("token", [])
        if url.path != "/" or len(tokens) != 1:
            raise Refused(400, "RequestInvalid", "a websocket is asked for as /?token=…")
        return tokens[0]

    def _read_body(self) -> SessionRequest:
        lengths = self.headers.get_all("Content-Length", [])
        if len(lengths) != 1 or not (lengths[0].isascii() and lengths[0].isdecimal()):
            raise self._give_up(411, "LengthRequired", "a request has one Content-Length")
        if self.headers.get("Transfer-Encoding"):
            raise self._give_up(400, "RequestInvalid", "Transfer-Encoding is not supported")
        if int(lengths[0]) > MAX_BODY_BYTES:
            text = f"a request has at most {MAX_BODY_BYTES} bytes"
            raise self._give_up(413, "RequestTooLarge", text)
        try:
            return _decode(self.rfile.read(int(lengths[0])))
        except msgspec.DecodeError as error:
            raise Refused(400, "RequestInvalid", f"this is no SessionRequest: {error}") from error

    def _give_up(self, status: int, slug: str, message: str) -> Refused:
        """Return what to refuse with where the next request would not be found."""
        self.close_connection = True
        return Refused(status, slug, message)

    def _read_ahead(self) -> bytes:
        """Return what came behind the request's head already."""
        try:
            ahead: bytes = self.rfile.peek()
        except ssl.SSLWantReadError:
            return b""
        return ahead

    def _refuse_last(
        self, status: int, reason: str, message: str, *headers: tuple[str, str]
    ) -> None:
        """Refuse, and read no further: what follows may be the body of what was refused."""
        self.close_connection = True
        self.request_version = self.protocol_version  # else what is no HTTP gets no head either
        self._answer(status, Refusal(reason, message), *headers)

    def _answer(self, status: int, body: msgspec.Struct, *headers: tuple[str, str]) -> None:
        content = _encode(body)
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in headers:
            self.send_header(name, value)
        if self.close_connection:
            self.send_header("Connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)
