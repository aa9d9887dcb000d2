"""A server of the page's files alone, with the headers that the gateway sends."""

import shutil
import socket
import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socketserver import BaseServer

from gateway.ui.header import PAGE_HEADERS
from images.web import ensure_bundle


class _Handler(SimpleHTTPRequestHandler):
    def __init__(
        self,
        request: socket.socket,
        address: tuple[str, int],
        server: BaseServer,
        *,
        headers: Mapping[str, str],
        folder: Path,
    ) -> None:
        self._added = headers
        super().__init__(request, address, server, directory=str(folder))

    def end_headers(self) -> None:
        for name, value in self._added.items():
            self.send_header(name, value)
        super().end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing: the tests tell what they saw."""


@contextmanager
def open_world() -> Iterator[str]:
    """Serve the page with a world in memory behind it; yield its address, without a slash."""
    with tempfile.TemporaryDirectory(prefix="virtpod-world-") as folder:
        # a copy, because a build meanwhile gives the files other names
        shutil.copytree(ensure_bundle("dev"), folder, dirs_exist_ok=True)
        handler = partial(_Handler, headers=PAGE_HEADERS, folder=Path(folder))
        with _serve(handler) as address:
            yield address


@contextmanager
def _serve(handler: Callable[..., _Handler]) -> Iterator[str]:
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
