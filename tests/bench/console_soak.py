"""Random bytes both ways at once through a session, and whether they are the same at its ends."""

import contextlib
import hashlib
import os
import random
import select
import socket
import ssl
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from tests.bench.console_path import Client, encode_frame

CHUNK = 48 * 1024
WAIT_SECONDS = 60


@dataclass
class Stream:
    """What went into one end, or came out of it."""

    length: int = 0
    hash: Any = field(default_factory=hashlib.sha256)  # Any: hashlib names no type for it

    def take(self, data: bytes) -> bytes:
        self.length += len(data)
        self.hash.update(data)
        return data

    def describe(self) -> tuple[int, str]:
        return self.length, self.hash.hexdigest()


def soak(client: Client, console: socket.socket, seconds: float) -> tuple[int, int]:
    """Run for some time; returns the bytes of either direction, raises unless all arrived."""
    sent_out, sent_in, came_out, came_in = (Stream() for _ in range(4))
    until = time.monotonic() + seconds
    is_sent = threading.Event()

    def write_console() -> None:
        while time.monotonic() < until:
            console.sendall(sent_out.take(make_piece()))
        is_sent.set()

    def read_console() -> None:
        while data := console.recv(CHUNK):
            came_in.take(data)

    writer, reader = (threading.Thread(target=run) for run in (write_console, read_console))
    writer.start()
    reader.start()
    talk(client, sent_in, came_out, until)
    take_rest(client, came_out, lambda: is_sent.is_set() and came_out.length == sent_out.length)
    client.close()  # behind all that was sent: the console is closed after the last of it
    for thread in (writer, reader):
        thread.join(WAIT_SECONDS)
        assert not thread.is_alive(), "bytes are lost, or late"
    assert came_out.describe() == sent_out.describe()
    assert came_in.describe() == sent_in.describe()
    return came_out.length, came_in.length


def talk(client: Client, sent: Stream, came: Stream, until: float) -> None:
    """Send and read in turns, whatever is possible: one TLS connection is for one thread."""
    waiting = memoryview(b"")
    client.connection.settimeout(0)
    while time.monotonic() < until or waiting:
        if not waiting:
            waiting = memoryview(encode_frame(sent.take(make_piece())))
        select.select([client.connection], [client.connection], [], WAIT_SECONDS)
        with contextlib.suppress(ssl.SSLWantWriteError):
            waiting = waiting[client.connection.send(waiting) :]
        with contextlib.suppress(ssl.SSLWantReadError):
            for _ in range(8):
                came.take(receive(client))


def take_rest(client: Client, came: Stream, is_all: Callable[[], bool]) -> None:
    """Read until that is all; the writer may say only after the last byte that it was the last."""
    client.connection.settimeout(1)
    until = time.monotonic() + WAIT_SECONDS
    while not is_all():
        assert time.monotonic() < until, "bytes are lost, or late"
        with contextlib.suppress(TimeoutError):
            came.take(receive(client))
            until = time.monotonic() + WAIT_SECONDS
    client.connection.settimeout(WAIT_SECONDS)


def receive(client: Client) -> bytes:
    data = client.receive()
    assert data, "the session was closed"
    return data


def make_piece() -> bytes:
    """Return random bytes, of a random length that is often small."""
    return os.urandom(random.choice((1, 2, 125, 126, 4096, random.randrange(1, CHUNK))))
