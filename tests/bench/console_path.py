"""A console's way for measuring: source socket → hops → client, each in a process of its own.

A hop is what carries a session on: here the node's console server; the gateway's goes in front of
it. The client is a blocking TLS socket with just enough of websockets that it is not what limits.
"""

import base64
import contextlib
import http.client
import os
import socket
import ssl
import struct
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import msgspec

from api.door import (
    ROLE_GATEWAY,
    ROLE_HANDLER,
    SESSION_PATH,
    SessionGrant,
    SessionKind,
    SessionRequest,
)
from daemon.tls import ClientTls, Material
from handler.trust_files import CURRENT, TrustFiles
from tests.authority import Authority
from tests.bench.control_plane import find_free_ports
from tests.e2e.machine import read_pss_kib

POD_UID = "0f2f9a4e-0b1c-4f6e-9d0a-00000000beef"
REQUEST = SessionRequest(POD_UID, "bench", "vm", SessionKind.SERIAL, "bench")
START_SECONDS = 60
# What a source does for a connection, chosen by the first byte that the client sends.
FLOOD, SINK, ECHO, IDLE = b"F", b"S", b"E", b"I"
_MIB = 1024 * 1024


class Way(Protocol):
    """What the client connects to: the last hop."""

    @property
    def pids(self) -> tuple[int, ...]: ...  # of the hops

    def connect(self, kind: SessionKind = SessionKind.SERIAL) -> "Client": ...


class Client:
    """One session, seen from its user's side."""

    def __init__(self, connection: ssl.SSLSocket) -> None:
        self.connection = connection
        self._rest = b""

    def upgrade(self, path: str, host: str, behind: bytes = b"") -> None:
        """Ask for the websocket; ``behind`` is a message that does not wait for the answer."""
        key = base64.b64encode(os.urandom(16)).decode()
        lines = (
            f"GET {path} HTTP/1.1",
            f"Host: {host}",
            "Upgrade: websocket",
            "Connection: Upgrade",
            f"Sec-WebSocket-Key: {key}",
            "Sec-WebSocket-Version: 13",
            "\r\n",
        )
        early = encode_frame(behind) if behind else b""
        self.connection.sendall("\r\n".join(lines).encode() + early)
        head = self._read_head()
        assert head.startswith(b"HTTP/1.1 101"), head

    def post(self, path: str, host: str, body: bytes) -> bytes:
        """Return the body of an answer 200."""
        head = f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(body)}\r\n\r\n"
        self.connection.sendall(head.encode() + body)
        answer = self._read_head()
        assert answer.startswith(b"HTTP/1.1 200"), answer
        length = int(answer.lower().partition(b"content-length:")[2].split()[0])
        while len(self._rest) < length:
            self._rest += self.connection.recv(4096)
        content, self._rest = self._rest[:length], self._rest[length:]
        return content

    def send(self, data: bytes) -> None:
        """Send one binary message."""
        self.connection.sendall(encode_frame(data))

    def receive(self) -> bytes:
        """Return some bytes of the console; empty when it is closed."""
        while True:
            opcode, payload = self.receive_frame()
            if opcode == 0x2:
                return payload
            if opcode == 0x8:
                return b""

    def receive_frame(self) -> tuple[int, bytes]:
        """Return the next frame; a closing one without content when the connection is lost."""
        while (frame := self._take_frame()) is None:
            data = self.connection.recv(_MIB)
            if not data:
                return 0x8, b""
            self._rest += data
        return frame

    def close(self) -> None:
        """Say goodbye, and leave."""
        with contextlib.suppress(OSError):
            self.connection.sendall(encode_frame(struct.pack(">H", 1000), 0x8))
        self.connection.close()

    def _take_frame(self) -> tuple[int, bytes] | None:
        rest = self._rest
        if len(rest) < 4:
            short = len(rest) >= 2 and rest[1] < 126 and len(rest) >= 2 + rest[1]
            if not short:
                return None
        start, length = (4, int.from_bytes(rest[2:4])) if rest[1] == 126 else (2, rest[1])
        if len(rest) < start + length:
            return None
        self._rest = rest[start + length :]
        return rest[0] & 0xF, rest[start : start + length]

    def _read_head(self) -> bytes:
        while b"\r\n\r\n" not in self._rest:
            data = self.connection.recv(4096)
            assert data, "the connection was closed"
            self._rest += data
        head, _, self._rest = self._rest.partition(b"\r\n\r\n")
        return head


def encode_frame(payload: bytes, opcode: int = 0x2) -> bytes:
    """Return a client's frame, masked by a key that is not zero."""
    mask = os.urandom(4)
    length = len(payload)
    size = bytes([0x80 | length]) if length < 126 else b"\xfe" + length.to_bytes(2)
    pad = (mask * (length // 4 + 1))[:length]
    mixed = (int.from_bytes(payload) ^ int.from_bytes(pad)).to_bytes(length)
    return bytes([0x80 | opcode]) + size + mask + mixed


@dataclass
class NodeWay:
    """The hop of a node alone: handler/console in a process of its own."""

    port: int
    metrics_port: int
    tls: ClientTls
    process: subprocess.Popen[bytes]
    launchers: Path
    material: Material  # of whoever calls

    @property
    def pids(self) -> tuple[int, ...]:
        return (self.process.pid,)

    def connect(self, kind: SessionKind = SessionKind.SERIAL) -> Client:
        """Get a token and its websocket on one connection."""
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.ExitStack() as stack:
            stack.enter_context(raw)
            connection = self.tls.context.wrap_socket(raw, server_hostname=ROLE_HANDLER)
            client = Client(stack.enter_context(connection))
            request = msgspec.structs.replace(REQUEST, kind=kind)
            body = client.post(SESSION_PATH, ROLE_HANDLER, msgspec.json.encode(request))
            token = msgspec.json.decode(body, type=SessionGrant).token
            client.upgrade(f"/?token={token}", ROLE_HANDLER)
            stack.pop_all()
            return client


@contextmanager
def open_node_way(root: Path, descriptors: int | None = None) -> Iterator[NodeWay]:
    """Start a console server as its container does, with certificates of its own authority.

    ``descriptors`` is the most that it may have open.
    """
    launchers, trust = root / "launchers", root / "trust"
    launchers.mkdir(parents=True)
    trust.mkdir()
    authority = Authority()
    TrustFiles(trust).write(authority.issue(ROLE_HANDLER))
    tls = ClientTls()
    material = authority.issue(ROLE_GATEWAY)
    tls.renew(material)
    port, metrics_port = find_free_ports(2)
    environment = {
        "PATH": os.environ["PATH"],
        "LAUNCHERS_DIR": str(launchers),
        "TRUST_DIR": str(trust / CURRENT),
        "PORT": str(port),
        "METRICS_PORT": str(metrics_port),
        "MAX_SESSIONS_PER_VMI": "1000",
        "MAX_SESSIONS_PER_USER": "1000",
        "MALLOC_ARENA_MAX": "2",
        "LOG_LEVEL": "WARNING",
    }
    program = [sys.executable, "-m", "handler.console"]
    if descriptors is not None:
        program = ["prlimit", f"--nofile={descriptors}", *program]
    with ended(subprocess.Popen(program, env=environment)) as server:
        wait_ready(metrics_port)
        yield NodeWay(port, metrics_port, tls, server, launchers, material)


@contextmanager
def open_source(launchers: Path) -> Iterator[None]:
    """Start the console that everything here is a session of."""
    path = launchers / POD_UID / SessionKind.SERIAL.value
    program = [sys.executable, "-m", "tests.bench.console_source", str(path)]
    with ended(subprocess.Popen(program, stdout=subprocess.PIPE, text=True)) as source:
        assert source.stdout is not None
        assert source.stdout.readline() == "listening\n"
        yield


@contextmanager
def ended(process: subprocess.Popen[Any]) -> Iterator[subprocess.Popen[Any]]:
    """End a process with the block, and see that it does."""
    with process:
        try:
            yield process
        finally:
            process.terminate()
            process.wait(START_SECONDS)


def wait_ready(port: int) -> None:
    """Wait until /readyz says ok."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            connection = http.client.HTTPConnection("127.0.0.1", port, timeout=2)
            connection.request("GET", "/readyz")
            if connection.getresponse().status == 200:
                return
        time.sleep(0.05)
    raise AssertionError("the console server is not ready")


def measure_pss_kib(way: Way) -> int:
    """Return the memory of all hops."""
    return sum(read_pss_kib(pid) for pid in way.pids)
