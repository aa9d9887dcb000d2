"""/metrics, /healthz and /readyz on a plain port, with what Python brings along."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest

from daemon.crowd import Crowd, Guest

# Anybody may connect. Of more connections than these the oldest goes, of the address with the most
# of them, so that the kubelet gets in whoever else is there.
STANDING: Final = 32
# From the first moment of a connection to the end of its answer, of which there is one.
VISIT_SECONDS: Final = 15.0
_TEXT: Final = "text/plain; charset=utf-8"


class HealthServer(ThreadingHTTPServer):
    """A thread for each connection, of which there are few and not for long."""

    request_queue_size = 64
    block_on_close = False

    def __init__(
        self,
        port: int,
        is_ready: Callable[[], bool],
        registry: CollectorRegistry = REGISTRY,
        host: str = "",
    ) -> None:
        super().__init__((host, port), _Handler)
        self.is_ready = is_ready
        self.registry = registry
        self.turn = threading.Lock()  # one collects metrics at a time
        self._lock = threading.Lock()
        self._crowd = Crowd(STANDING)
        self._guests: dict[object, tuple[float, Guest]] = {}  # oldest first

    def start(self) -> int:
        """Serve in the background; returns the port."""
        threading.Thread(target=self.serve_forever, name="health", daemon=True).start()
        return self.server_port

    def server_bind(self) -> None:
        """Bind without asking a name server for our own name."""
        self.socket.bind(self.server_address)
        self.server_name, self.server_port = self.socket.getsockname()[:2]

    def process_request(self, request: object, client_address: object) -> None:
        """Let a connection in, for which another may have to go."""
        assert isinstance(request, socket.socket)
        assert isinstance(client_address, tuple)
        with self._lock:
            guest = self._crowd.enter(client_address[0], partial(_hang_up, request))
            self._guests[request] = time.monotonic(), guest
        super().process_request(request, client_address)

    def shutdown_request(self, request: object) -> None:
        """Forget a connection that is over."""
        assert isinstance(request, socket.socket)
        with self._lock:
            _, guest = self._guests.pop(request)
            self._crowd.leave(guest)
        super().shutdown_request(request)

    def is_there(self, request: socket.socket) -> bool:
        """Tell whether a connection was not sent away."""
        with self._lock:
            return self._guests[request][1] in self._crowd

    def service_actions(self) -> None:
        """Hang up on who takes too long; called about twice a second."""
        latest = time.monotonic() - VISIT_SECONDS
        with self._lock:
            for since, guest in self._guests.values():
                if since < latest:
                    guest.end()

    def handle_error(self, request: object, client_address: object) -> None:
        """Leave clients that hang up to themselves."""


class _Handler(BaseHTTPRequestHandler):
    timeout = VISIT_SECONDS
    server_version = "virtpod"
    sys_version = ""
    server: HealthServer

    def do_GET(self) -> None:
        if self.path == "/healthz":
            self._answer(200, b"ok\n")
        elif self.path == "/readyz":
            is_ready = self.server.is_ready()
            self._answer(200 if is_ready else 503, b"ok\n" if is_ready else b"not yet\n")
        elif self.path == "/metrics":
            self._tell_metrics()
        else:
            self._answer(404, b"not found\n")

    def _tell_metrics(self) -> None:
        with self.server.turn:
            if not self.server.is_there(self.connection):
                return  # of those who wait for their turn, some were sent away
            text = generate_latest(self.server.registry)
        self._answer(200, text, CONTENT_TYPE_LATEST)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Write nothing of each probe."""

    def _answer(self, status: int, body: bytes, content_type: str = _TEXT) -> None:
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


def _hang_up(connection: socket.socket) -> None:
    """End what a thread waits for; the thread closes the connection itself."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RDWR)
