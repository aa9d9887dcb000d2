"""A real cable to the gateway is pulled (F37): the session ends, its slot and memory are free."""

import ctypes
import socket
import subprocess
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from handler.console.patience import Patience
from tests.bench.console_path import Client
from tests.integration.handler.console.server import Launcher, run_node

# A tenth of the usual; what is usual is held below 30 s by the unit tests.
BRISK = Patience(silent=2.0, sweep=0.5, close=0.5, keepalive_idle=1, keepalive_interval=1)
CLONE_NEWNET = 0x40000000
FOUND_SECONDS = 4.5  # keepalive: 1 + 3 x 1; silence: 2 + 0.5


@contextmanager
def lay_cable() -> Iterator[str]:
    """Lay a cable into a new network namespace, and yield that one's name."""
    name = f"vp-gw-{uuid.uuid4().hex[:6]}"
    script = f"""
        ip netns add {name}
        ip link add {name} type veth peer name eth0 netns {name}
        ip address add 10.244.77.1/30 dev {name}
        ip link set {name} up
        ip -n {name} address add 10.244.77.2/30 dev eth0
        ip -n {name} link set eth0 up
    """
    try:
        subprocess.run(["sh", "-ec", script], check=True)
        yield name
    finally:
        subprocess.run(["ip", "netns", "delete", name], check=False)


def connect_from(namespace: str, port: int) -> socket.socket:
    """Return a connection whose end is in a network namespace."""
    found: list[socket.socket] = []

    def connect() -> None:
        with Path("/run/netns", namespace).open() as there:
            assert ctypes.CDLL(None).setns(there.fileno(), CLONE_NEWNET) == 0
        found.append(socket.create_connection(("10.244.77.1", port), timeout=30))

    thread = threading.Thread(target=connect)  # of its own: it stays in that namespace
    thread.start()
    thread.join(60)
    return found[0]


@pytest.mark.parametrize("is_talking", [False, True], ids=["idle", "talking"])
def test_a_pulled_cable_is_found_and_the_slot_is_free(tmp_path: Path, is_talking: bool) -> None:
    with (
        lay_cable() as namespace,
        run_node(tmp_path, patience=BRISK, host="10.244.77.1") as node,
        closing(Launcher(node.launchers)) as launcher,
        node.wrap(connect_from(namespace, node.port)) as connection,
    ):
        client = Client(connection)
        client.upgrade(f"/?token={node.fetch_token(client)}", "node")
        with launcher.accept() as console:
            console.sendall(b"login: ")
            assert client.receive() == b"login: "
            assert node.door.open_sessions == 1
            console.settimeout(FOUND_SECONDS + 120)
            pulled = time.monotonic()
            subprocess.run(["ip", "link", "set", namespace, "down"], check=True)
            if is_talking:
                console.sendall(b"to nobody")
            assert console.recv(1) == b""  # the node hangs up on the console
            assert 1 < time.monotonic() - pulled < FOUND_SECONDS + 5
        assert node.wait(lambda: node.door.taken_slots == 0 == node.server.connections)
