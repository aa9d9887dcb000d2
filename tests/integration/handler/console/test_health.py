"""The console server's health port: the kubelet gets in, whoever else is there."""

import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from prometheus_client import CollectorRegistry, Gauge, generate_latest

from handler.console import health
from handler.console.health import STANDING, HealthServer
from handler.console.server import STACK_BYTES

DEADLINE_SECONDS = 60.0
HOST = "127.0.0.1"


@pytest.fixture
def server() -> Iterator[HealthServer]:
    registry = CollectorRegistry()
    Gauge("answer", "It is known.", registry=registry).set(42)
    running = HealthServer(0, lambda: False, registry, host=HOST)
    before = threading.stack_size(STACK_BYTES)
    running.start()
    yield running
    running.shutdown()
    running.server_close()
    threading.stack_size(before)


def connect(server: HealthServer, source: str = HOST) -> socket.socket:
    return socket.create_connection(
        (HOST, server.server_port), timeout=DEADLINE_SECONDS, source_address=(source, 0)
    )


@contextmanager
def connecting(server: HealthServer, times: int, said: bytes) -> Iterator[list[socket.socket]]:
    """Open connections that say something, and no more."""
    with ExitStack() as stack:
        lines = [stack.enter_context(connect(server)) for _ in range(times)]
        for line in lines:
            line.sendall(said)
        yield lines


def ask(server: HealthServer, path: str, source: str = HOST) -> bytes:
    with connect(server, source) as line:
        line.sendall(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n".encode())
        return until_hung_up(line)


def until_hung_up(line: socket.socket) -> bytes:
    got = b""
    try:
        while piece := line.recv(65536):
            got += piece
    except ConnectionError:
        pass
    return got


def test_each_path_has_its_answer(server: HealthServer) -> None:
    assert b" 200 " in ask(server, "/healthz").splitlines()[0]
    assert b" 503 " in ask(server, "/readyz").splitlines()[0]
    assert b" 404 " in ask(server, "/elsewhere").splitlines()[0]
    assert b"answer 42.0" in ask(server, "/metrics")


@pytest.mark.parametrize("source", [HOST, "127.0.0.2"])
def test_the_kubelet_gets_in_however_many_others_stay(
    server: HealthServer, source: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "VISIT_SECONDS", 600.0)  # nobody goes for want of time
    monkeypatch.setattr(health._Handler, "timeout", 600.0)
    with connecting(server, STANDING * 3, b"GET /healthz HTTP/1.1\r\n") as lines:
        for path in ("/healthz", "/metrics"):
            assert b" 200 " in ask(server, path, source).splitlines()[0]
        for line in lines[: STANDING * 2]:
            assert until_hung_up(line) == b""


@pytest.mark.parametrize("said", [b"", b"GET /healthz HTTP/1.1\r\n"])
def test_who_says_too_little_is_hung_up_on(
    server: HealthServer, said: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "VISIT_SECONDS", 0.2)
    with connecting(server, 1, said) as [line]:
        assert until_hung_up(line) == b""


def test_who_says_a_little_again_and_again_is_hung_up_on_too(
    server: HealthServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(health, "VISIT_SECONDS", 0.5)
    ends = time.monotonic() + DEADLINE_SECONDS
    with connecting(server, 1, b"GET /healthz HTTP/1.1\r\nX: ") as [line]:
        line.settimeout(0.05)
        while time.monotonic() < ends:
            try:
                line.sendall(b"x")
                assert line.recv(1) == b""
            except TimeoutError:
                continue
            except ConnectionError:
                pass
            return
    raise AssertionError("it may drip for ever")


def test_of_those_who_wait_for_metrics_who_was_sent_away_costs_nothing(
    server: HealthServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    collected: list[int] = []

    def count(registry: CollectorRegistry) -> bytes:
        collected.append(1)
        text: bytes = generate_latest(registry)
        return text

    monkeypatch.setattr(health, "generate_latest", count)
    with (
        server.turn,
        connecting(server, STANDING * 3, b"GET /metrics HTTP/1.1\r\nHost: a\r\n\r\n") as lines,
    ):
        for line in lines[: STANDING * 2]:
            assert until_hung_up(line) == b""
    assert b"answer 42.0" in ask(server, "/metrics")
    assert len(collected) <= STANDING + 1
