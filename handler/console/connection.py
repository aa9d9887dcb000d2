"""One accepted connection and its thread: TLS handshake, requests, and a session at last."""

import contextlib
import logging
import socket
import ssl
import threading
import time
from collections.abc import Callable
from typing import Final

from api.door import SessionRequest
from daemon.tls import ServerTls
from handler.console.door import Door
from handler.console.metric import DROPPED
from handler.console.patience import KEEPALIVE_PROBES, Patience
from handler.console.request import RequestHandler
from handler.console.session import Session

# Of either direction in the kernel: what a session holds there is bounded too.
KERNEL_BYTES: Final = 128 * 1024
log = logging.getLogger(__name__)


class Connection:
    """Serves a peer in a thread that ends with the connection; it is the handler's server."""

    logger = log
    ws_connection = False  # websockify sets it

    def __init__(
        self,
        raw: socket.socket,
        address: str,
        tls: ServerTls,
        door: Door,
        patience: Patience,
        *,
        is_known: bool = True,
    ) -> None:
        self._socket = raw
        self.address = address
        self.is_known = is_known  # a peer of this address has proven itself before
        self._tls = tls
        self._door = door
        self._patience = patience
        self.since = time.monotonic()
        self.is_proven = False  # the peer has shown a certificate of ours
        self.has_session = False

    def start(self, on_proven: "Listener", on_end: "Listener") -> None:
        """Begin; raises RuntimeError when the node has no thread for it."""
        arguments = (on_proven, on_end)
        threading.Thread(target=self._run, args=arguments, name="session", daemon=True).start()

    def abandon(self) -> None:
        """Have its thread find the connection closed; from any thread."""
        with contextlib.suppress(OSError):
            # Not the method of TLS sockets: that takes the TLS away from the thread that uses it.
            socket.socket.shutdown(self._socket, socket.SHUT_RDWR)

    def grant(self, request: SessionRequest) -> str:
        return self._door.grant(request)

    def open_session(self, token: str, connection: socket.socket, address: str) -> Session:
        session = self._door.open_session(token, connection, address)
        self.has_session = True
        return session

    def _run(self, on_proven: "Listener", on_end: "Listener") -> None:
        try:
            connection = self._shake_hands()
            on_proven(self)
            RequestHandler(connection, (self.address, 0, True), self)
        except OSError as error:
            if not self.is_proven:
                DROPPED.labels("handshake").inc()
            log.debug("connection ended", extra={"peer": self.address, "error": str(error)})
        except Exception:
            log.exception("connection failed", extra={"peer": self.address})
        finally:
            self._socket.close()
            on_end(self)

    def _shake_hands(self) -> ssl.SSLSocket:
        patience = self._patience
        configure(self._socket, patience)
        self._socket.settimeout(patience.handshake)
        connection = self._tls.context.wrap_socket(
            self._socket, server_side=True, do_handshake_on_connect=False
        )
        self._socket = connection
        connection.do_handshake()
        self.is_proven = True
        connection.settimeout(patience.request)
        return connection


Listener = Callable[[Connection], None]


def configure(raw: socket.socket, patience: Patience) -> None:
    """Have the kernel find a peer that is gone, and send what is small at once."""
    tcp = socket.IPPROTO_TCP
    for level, option, value in (
        (tcp, socket.TCP_NODELAY, 1),
        (tcp, socket.TCP_KEEPIDLE, patience.keepalive_idle),
        (tcp, socket.TCP_KEEPINTVL, patience.keepalive_interval),
        (tcp, socket.TCP_KEEPCNT, KEEPALIVE_PROBES),
        (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    ):
        raw.setsockopt(level, option, value)
