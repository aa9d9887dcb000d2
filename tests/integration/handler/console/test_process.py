"""`python -m handler.console` as its container runs it."""

import contextlib
import resource
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.bench.console_path import (
    ECHO,
    FLOOD,
    Client,
    NodeWay,
    open_node_way,
    open_source,
)

UNWANTED = ("numpy", "aiohttp", "grpc", "kubernetes", "asyncinotify", "cryptography", "google")


def fetch(way: NodeWay, path: str) -> str:
    with urllib.request.urlopen(f"http://127.0.0.1:{way.metrics_port}{path}", timeout=30) as answer:
        return str(answer.read().decode())


def test_nothing_large_is_imported() -> None:
    program = "import sys, handler.console.__main__; print('\\n'.join(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert not {name.partition(".")[0] for name in done.stdout.split()} & set(UNWANTED)
    assert done.stderr == ""


def test_a_wrong_environment_is_one_line_and_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "handler.console"],
        env={"PORT": "many"},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 1
    assert done.stderr.count("\n") == 1
    assert "PORT is 'many'" in done.stderr


def test_health_and_metrics(tmp_path: Path) -> None:
    with open_node_way(tmp_path) as way, open_source(way.launchers):
        assert fetch(way, "/healthz") == fetch(way, "/readyz") == "ok\n"
        client = way.connect()
        client.send(ECHO)
        client.send(b"12345")
        assert client.receive() == b"12345"
        lines = fetch(way, "/metrics").splitlines()
        assert 'virtpod_console_sessions{kind="serial0"} 1.0' in lines
        assert 'virtpod_console_sessions_opened_total{kind="serial0"} 1.0' in lines
        assert 'virtpod_console_bytes_total{direction="to_guest",kind="serial0"} 6.0' in lines
        assert 'virtpod_console_bytes_total{direction="to_user",kind="serial0"} 5.0' in lines
        with pytest.raises(urllib.error.HTTPError, match="404"):
            fetch(way, "/etc/passwd")
        client.close()


def test_sigterm_ends_sessions_with_1001_and_the_process_within_seconds(tmp_path: Path) -> None:
    with open_node_way(tmp_path) as way, open_source(way.launchers):
        client = way.connect()
        client.send(FLOOD)
        client.receive()
        began = time.monotonic()
        way.process.send_signal(signal.SIGTERM)
        frames = read_all(client)
        assert way.process.wait(60) == 0
        assert time.monotonic() - began < 15
        assert frames[-1][0] == 0x8
        assert frames[-1][1][:2] == (1001).to_bytes(2, "big")


def read_all(client: Client) -> list[tuple[int, bytes]]:
    """Return the frames up to the closing one, and answer that."""
    frames = [(0x2, b"")]
    while frames[-1][0] != 0x8:
        frames = [client.receive_frame()]
    client.close()
    return frames


def test_more_sessions_than_descriptors_are_503_and_the_old_live(tmp_path: Path) -> None:
    with (
        open_node_way(tmp_path, descriptors=256) as way,
        open_source(way.launchers),
        contextlib.ExitStack() as stack,
    ):
        clients = [stack.enter_context(contextlib.closing(way.connect())) for _ in range(40)]
        with pytest.raises(AssertionError, match="503"):
            way.connect()
        for client in clients:
            client.send(ECHO)
            client.send(b"alive")
            assert client.receive() == b"alive"
        assert 'virtpod_console_refusals_total{reason="TooManySessions"} 1.0' in fetch(
            way, "/metrics"
        )


def count_descriptors(pid: int) -> int:
    return len(list(Path(f"/proc/{pid}/fd").iterdir()))


def count_virtual_bytes(pid: int) -> int:
    pages = int(Path(f"/proc/{pid}/statm").read_text().split()[0])
    return pages * resource.getpagesize() + 65536  # less than a thread's stack more


@pytest.mark.parametrize(
    ("limit", "count"),
    [(resource.RLIMIT_NOFILE, count_descriptors), (resource.RLIMIT_AS, count_virtual_bytes)],
)
def test_without_descriptors_or_threads_the_new_are_turned_away_and_the_old_live(
    tmp_path: Path, limit: int, count: Callable[[int], int]
) -> None:
    with (
        open_node_way(tmp_path) as way,
        open_source(way.launchers),
        contextlib.closing(way.connect()) as old,
    ):
        old.send(ECHO)
        old.send(b"first")
        assert old.receive() == b"first"
        before = resource.prlimit(way.process.pid, limit)
        resource.prlimit(way.process.pid, limit, (count(way.process.pid), before[1]))
        with pytest.raises((OSError, AssertionError)):
            way.connect()
        old.send(b"alive")
        assert old.receive() == b"alive"
        resource.prlimit(way.process.pid, limit, before)
        way.connect().close()
