"""What a console costs: throughput, a key's round trip, connecting, memory, and every byte."""

import contextlib
import socket
import statistics
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from api.door import SessionKind
from tests.bench.console_door import open_door_way
from tests.bench.console_path import (
    ECHO,
    FLOOD,
    IDLE,
    POD_UID,
    SINK,
    Way,
    encode_frame,
    measure_pss_kib,
    open_node_way,
    open_source,
)
from tests.bench.console_soak import soak
from tests.bench.figure import Figure
from tests.e2e.machine import read_pss_kib

ROUNDS = 3
FLOOD_SECONDS = 4.0
KEYS = 1000
CONNECTS = 50
IDLE_SESSIONS = 200
SOAK_SECONDS = 60.0
_MIB = 1024 * 1024


def measure_console(soak_seconds: float = SOAK_SECONDS) -> list[Figure]:
    """Measure the node's hop alone: source socket → console server → client."""
    with tempfile.TemporaryDirectory(prefix="vp-") as root, open_node_way(Path(root)) as way:
        idle = measure_pss_kib(way) / 1024
        with open_source(way.launchers):
            return [
                Figure("console server, idle: PSS", "MiB", (idle,), 48),
                *measure_memory(way),
                *measure_throughput(way),
                *measure_keys(way),
                *measure_connects(way),
                *measure_soak(way, way.launchers, soak_seconds),
            ]


def measure_door() -> list[Figure]:
    """Measure both hops: source socket → console server → gateway → client."""
    with tempfile.TemporaryDirectory(prefix="vp-") as root, open_door_way(Path(root)) as way:
        idle = read_pss_kib(way.process.pid) / 1024
        with open_source(way.launchers):
            figures = [
                Figure("gateway's websockets, idle: PSS", "MiB", (idle,), 64),
                *measure_memory(way),
                *measure_throughput(way),
                *measure_keys(way),
                *measure_connects(way),
            ]
    return [replace(figure, name=f"with the gateway: {figure.name}") for figure in figures]


def measure_throughput(way: Way) -> list[Figure]:
    """One session, as fast as it goes, in either direction."""
    out = tuple(time_flood(way) for _ in range(ROUNDS))
    into = tuple(time_paste(way) for _ in range(ROUNDS))
    return [
        Figure("console → client", "MiB/s", out, least=100),
        Figure("client → console", "MiB/s", into, least=100),
    ]


def time_flood(way: Way) -> float:
    """Return MiB/s from the console, as the client's kernel hands them over."""
    client = way.connect()
    client.send(FLOOD)
    buffer, taken = bytearray(_MIB), 0
    began = time.monotonic()
    while time.monotonic() - began < FLOOD_SECONDS:
        taken += client.connection.recv_into(buffer)
    seconds = time.monotonic() - began
    client.connection.close()
    return taken / seconds / _MIB


def time_paste(way: Way) -> float:
    """Return MiB/s to the console, up to the moment when it has all."""
    client = way.connect()
    client.send(SINK)
    frame, sent = encode_frame(b"x" * 32768), 0
    began = time.monotonic()
    while time.monotonic() - began < FLOOD_SECONDS:
        client.connection.sendall(frame)
        sent += 32768
    client.send(b".")
    assert client.receive() == b"!"
    seconds = time.monotonic() - began
    client.close()
    return sent / seconds / _MIB


def measure_keys(way: Way) -> list[Figure]:
    """A key's way to the console and back: alone, and beside a session that floods."""
    alone = time_keys(way)
    with flooding(way):
        beside = time_keys(way)
    return [
        *build_quantiles("key round trip", alone),
        *build_quantiles("key round trip beside a flood", beside),
    ]


def build_quantiles(name: str, times: list[float]) -> list[Figure]:
    milliseconds = [1000 * one for one in times]
    cuts = statistics.quantiles(milliseconds, n=100)
    return [Figure(f"{name}: P50", "ms", (cuts[49],)), Figure(f"{name}: P99", "ms", (cuts[98],))]


def time_keys(way: Way) -> list[float]:
    """Return the seconds of each key's round trip."""
    client = way.connect()
    client.send(ECHO)
    times = []
    for _ in range(KEYS):
        began = time.perf_counter()
        client.send(b"k")
        assert client.receive() == b"k"
        times.append(time.perf_counter() - began)
    client.close()
    return times


@contextmanager
def flooding(way: Way) -> Iterator[None]:
    """Keep a session busy: a reader that takes 20 MiB/s of a console that has no end."""
    client = way.connect()
    client.send(FLOOD)
    done = threading.Event()

    def read() -> None:
        buffer = bytearray(64 * 1024)
        while not done.wait(64 / 1024 / 20):
            client.connection.recv_into(buffer)

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield
    finally:
        done.set()
        reader.join()
        client.connection.close()


def measure_connects(way: Way) -> list[Figure]:
    """From nothing to the open websocket: TCP, TLS, token, upgrade, launcher's socket."""
    times = []
    for _ in range(CONNECTS):
        began = time.perf_counter()
        client = way.connect()
        times.append(time.perf_counter() - began)
        client.close()
    return [Figure("connect", "ms", tuple(1000 * one for one in times), 100)]


def measure_soak(way: Way, launchers: Path, seconds: float) -> list[Figure]:
    """Random bytes both ways at once; raises unless each arrives as it was sent."""
    path = launchers / POD_UID / SessionKind.VNC.value
    with contextlib.closing(socket.socket(socket.AF_UNIX)) as listener:
        listener.bind(str(path))
        listener.listen()
        client = way.connect(SessionKind.VNC)
        console, _ = listener.accept()
        with console:
            out, into = soak(client, console, seconds)
    note = f"{seconds:.0f} s, SHA-256 equal at both ends of either direction"
    return [Figure("soak: random bytes both ways", "MiB", ((out + into) / _MIB,), note=note)]


def measure_memory(way: Way) -> list[Figure]:
    """What each of many sessions without traffic adds to the hops' memory."""
    with ExitStack() as stack:
        stack.callback(way.connect().close)
        before = measure_pss_kib(way)
        for _ in range(IDLE_SESSIONS):
            client = way.connect()
            stack.callback(client.close)
            client.send(IDLE)
        each = (measure_pss_kib(way) - before) / IDLE_SESSIONS
    goal = 100 * len(way.pids)
    return [Figure(f"idle session, of {IDLE_SESSIONS}: PSS", "KiB", (each,), goal)]
