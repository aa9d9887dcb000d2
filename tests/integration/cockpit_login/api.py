"""A server in place of kube-apiserver, that knows some tokens."""

import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from cockpit_login.kubeconfig import Server
from tests.authority import Authority

PATH = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
# By token: what is answered.
ANSWERS: dict[str, tuple[int, bytes]] = {
    "jane": (201, json.dumps({"status": {"userInfo": {"username": "jane"}}}).encode()),
    "joe": (201, json.dumps({"status": {"userInfo": {"username": "joe"}}}).encode()),
    "anonymous": (
        201,
        json.dumps({"status": {"userInfo": {"username": "system:anonymous"}}}).encode(),
    ),
    "nameless": (201, b'{"status": {}}'),
    "odd": (201, b"<html>"),
    "endless": (201, b" " * 1_000_000),
    "shut": (403, b"{}"),
    "broken": (500, b"{}"),
}


class _Handler(BaseHTTPRequestHandler):
    def do_POST(self) -> None:
        scheme, _, token = self.headers["Authorization"].partition(" ")
        known = scheme == "Bearer" and self.path == PATH
        status, body = ANSWERS.get(token, (401, b"{}")) if known else (404, b"{}")
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def open_api(folder: Path) -> Iterator[Server]:
    """Serve, with a certificate that the file in ``folder`` has signed; yield where."""
    authority = Authority()
    own = authority.issue("localhost")
    (folder / "ca.crt").write_bytes(authority.certificate)
    (folder / "tls.crt").write_bytes(own.certificate)
    (folder / "tls.key").write_bytes(own.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        server.socket = context.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield Server("localhost", server.server_port, str(folder / "ca.crt"))
        finally:
            server.shutdown()
            thread.join()
