"""The pod's network as the launcher leaves it, with a stand-in for the guest behind its bridge."""

import json
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from tests.integration.launcher.conftest import Namespaces

SERVE = """
import socket, sys
server = socket.create_server((sys.argv[1], int(sys.argv[2])))
print("ready", flush=True)
while True:
    connection, peer = server.accept()
    connection.sendall(peer[0].encode())
    connection.close()
"""
ASK = """
import socket, sys
host, port, seconds = sys.argv[1:]
print(socket.create_connection((host, int(port)), float(seconds)).recv(100).decode())
"""


class Guest:
    """A namespace on the guest's side of the bridge, with servers in it."""

    def __init__(self, namespaces: Namespaces, address: str, gateway: str, mac: str) -> None:
        self.name = namespaces.pod.replace("pod", "guest")
        script = f"""
            ip netns add {self.name}
            ip -n {namespaces.pod} link add cable type veth peer name eth0 netns {self.name}
            ip -n {namespaces.pod} link set cable master k6t-eth0 up
            ip -n {self.name} link set eth0 address {mac} up
            ip -n {self.name} address add {address}/24 dev eth0
            ip -n {self.name} route add default via {gateway}
        """
        subprocess.run(["sh", "-ec", script], check=True)


def start_server(where: str, address: str, port: int) -> "subprocess.Popen[str]":
    argv = ["ip", "netns", "exec", where, sys.executable, "-c", SERVE, address, str(port)]
    server = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True)
    assert server.stdout
    server.stdout.readline()
    return server


def ask(namespaces: Namespaces, where: str, address: str, port: int, seconds: float = 30) -> str:
    words = (ASK, address, str(port), str(seconds))
    return namespaces.run(where, sys.executable, "-c", *words).strip()


def apply(namespaces: Namespaces, *arguments: str) -> dict[str, Any]:
    program = "tests.integration.launcher.apply_network"
    printed = namespaces.run(namespaces.pod, sys.executable, "-m", program, *arguments)
    answer: dict[str, Any] = json.loads(printed)["plan"]
    return answer


@pytest.fixture
def servers() -> Iterator[list["subprocess.Popen[str]"]]:
    started: list[subprocess.Popen[str]] = []
    yield started
    for server in started:
        server.kill()
        server.communicate()


@pytest.fixture(autouse=True)
def no_guest_left(namespaces: Namespaces) -> Iterator[None]:
    yield
    name = namespaces.pod.replace("pod", "guest")
    subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


def test_masquerade_leads_both_ways(
    namespaces: Namespaces, servers: list["subprocess.Popen[str]"]
) -> None:
    plan = apply(namespaces, "masquerade")
    assert plan["mtu"] == 1430
    guest = Guest(namespaces, "10.0.2.2", "10.0.2.1", plan["mac"])
    servers.append(start_server(guest.name, "10.0.2.2", 80))
    servers.append(start_server(namespaces.node, "10.244.9.1", 81))
    assert ask(namespaces, namespaces.node, "10.244.9.5", 80) == "10.244.9.1"
    assert ask(namespaces, guest.name, "10.244.9.1", 81) == "10.244.9.5"
    # as `kubectl port-forward` comes
    assert ask(namespaces, namespaces.pod, "127.0.0.1", 80) == "10.0.2.1"


def test_masquerade_with_ports_leads_to_those_alone(
    namespaces: Namespaces, servers: list["subprocess.Popen[str]"]
) -> None:
    plan = apply(namespaces, "masquerade", "80")
    guest = Guest(namespaces, "10.0.2.2", "10.0.2.1", plan["mac"])
    servers.extend(start_server(guest.name, "10.0.2.2", port) for port in (80, 81))
    assert ask(namespaces, namespaces.node, "10.244.9.5", 80)
    with pytest.raises(subprocess.CalledProcessError):
        ask(namespaces, namespaces.node, "10.244.9.5", 81, seconds=2)


def test_bridge_gives_the_guest_the_pods_place(
    namespaces: Namespaces, servers: list["subprocess.Popen[str]"]
) -> None:
    plan = apply(namespaces, "bridge")
    guest = Guest(namespaces, "10.244.9.5", "10.244.9.1", plan["mac"])
    servers.append(start_server(guest.name, "10.244.9.5", 80))
    assert ask(namespaces, namespaces.node, "10.244.9.5", 80) == "10.244.9.1"
    stand_in = json.loads(namespaces.run(namespaces.pod, "ip", "-j", "address", "show", "eth0"))
    assert stand_in[0]["addr_info"][0]["local"] == "10.244.9.5"
