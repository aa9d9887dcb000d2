"""A page for a browser on this machine: what comes to a local port goes on to a unix socket.

The port is open to every user of this machine, so a path goes on only below a secret. That is told
to the browser in a file that no other user can read: of a program's arguments all of them can.
"""

import socket
import threading
from contextlib import suppress
from hmac import compare_digest
from typing import Final

MOST_CONNECTIONS: Final = 64
_HEAD_BYTES: Final = 64 * 1024
_HEAD_SECONDS: Final = 10.0
_CHUNK_BYTES: Final = 64 * 1024
_NOTHING: Final = b"HTTP/1.1 404 Not Found\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"
_END: Final = b"\r\n\r\n"


def serve_page(bound: socket.socket, where: str, secret: str) -> None:
    """Serve a listening port until it is closed; ``where`` is the unix socket."""
    places = threading.BoundedSemaphore(MOST_CONNECTIONS)
    with suppress(OSError):
        while True:
            connection, _ = bound.accept()
            if not places.acquire(blocking=False):
                connection.close()
                continue
            args = (connection, where, secret, places)
            threading.Thread(target=_serve, args=args, daemon=True).start()


def rewrite_head(head: bytes, secret: str) -> bytes | None:
    """Return a request's head without the secret, None for who does not know it; pure.

    It asks for an end after the answer, since what comes after a head is passed on unseen.
    """
    first, *lines = head.removesuffix(_END).split(b"\r\n")
    method, _, rest = first.partition(b" ")
    said, slash, path = rest.removeprefix(b"/").partition(b"/")
    if method != b"GET" or not slash or not compare_digest(said, secret.encode()):
        return None
    fields = [line.partition(b":") for line in lines]
    names = {name.strip().lower() for name, _, _ in fields}
    if b"upgrade" not in names:
        lines = [line for line in lines if not line.lower().startswith(b"connection:")]
        lines.append(b"Connection: close")
    return b"\r\n".join([b"GET /" + path, *lines]) + _END


def _serve(
    near: socket.socket, where: str, secret: str, places: threading.BoundedSemaphore
) -> None:
    try:
        with near, socket.socket(socket.AF_UNIX) as far, suppress(OSError):
            head, rest = _read_head(near)
            rewritten = rewrite_head(head, secret)
            if rewritten is None:
                near.sendall(_NOTHING)
                return
            far.connect(where)
            far.sendall(rewritten + rest)
            back = threading.Thread(target=_copy, args=(far, near), daemon=True)
            back.start()
            _copy(near, far)
            back.join()
    finally:
        places.release()


def _read_head(near: socket.socket) -> tuple[bytes, bytes]:
    """Return a request's head and what came with it; an incomplete head is one of nobody."""
    near.settimeout(_HEAD_SECONDS)
    data = b""
    while _END not in data and len(data) < _HEAD_BYTES:
        piece = near.recv(_CHUNK_BYTES)
        if not piece:
            break
        data += piece
    near.settimeout(None)
    head, end, rest = data.partition(_END)
    return (head + end if end else b""), rest


def _copy(source: socket.socket, sink: socket.socket) -> None:
    """Pass bytes on to their end, and the end too."""
    with suppress(OSError):
        while data := source.recv(_CHUNK_BYTES):
            sink.sendall(data)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)
