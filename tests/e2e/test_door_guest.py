"""A whole guest behind the door: its agent's verbs, and datagrams through port-forward."""

import json
import re
import socket
import time
from typing import Final

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.debian import BOOT_SECONDS, NAME, Guest, await_sshd
from tests.e2e.kubectl import KubectlError
from tests.e2e.observer import VMIS, Json
from tests.e2e.vm import Vm

SECONDS: Final = 180.0  # for an answer of a shell, which is logged in to first
SUBRESOURCES: Final = "/apis/subresources.kubevirt.io/v1"
# Not at the end of what is shown: its kernel writes to the console as well.
PROMPT: Final = f"{NAME} login:"
# Tells the time, writes to the disk, and tells the time when it is done.
WRITE: Final = b"cat /proc/uptime; touch written; sync -f .; cat /proc/uptime\n"
ECHO: Final = """\
import socket
ours = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
ours.bind(("", 0))
print(ours.getsockname()[1], flush=True)
while True:
    data, peer = ours.recvfrom(65536)
    ours.sendto(data[::-1], peer)
"""


def ask(cluster: Cluster, name: str, verb: str, body: Json | None = None) -> None:
    """PUT a verb of a VMI."""
    vmi = f"/namespaces/{cluster.namespace}/virtualmachineinstances/{name}"
    words = ("replace", "--raw", f"{SUBRESOURCES}{vmi}/{verb}", "-f", "-")
    cluster.kubectl(*words, given=json.dumps(body or {}))


def read_freeze_status(guest: Guest) -> str:
    return str(guest.tell("guestosinfo", "fsFreezeStatus")["fsFreezeStatus"])


def test_the_agent_tells_what_the_guest_tells(guest: Guest) -> None:
    told = {**guest.tell("guestosinfo", "os"), **guest.tell("guestosinfo", "hostname")}
    release, hostname = guest.ssh("--", "uname -r; hostname").split()
    assert told["os"]["kernelRelease"] == release
    assert told["hostname"] == hostname
    assert told["os"]["id"] == "debian"
    # What is kept for root does not count: it is of no use to others.
    sizes = guest.ssh("--", "df --block-size=1 --output=used,avail / | tail -n 1")
    root = next(
        each for each in guest.tell("fslist", "items")["items"] if each["mountPoint"] == "/"
    )
    assert root["fileSystemType"] == "ext4"
    assert root["totalBytes"] == sum(map(int, sizes.split()))


def test_a_frozen_guest_writes_when_it_is_thawed(cluster: Cluster, guest: Guest) -> None:
    with guest.shell() as shell:
        shell.write(b"true >written; echo ready\n")
        shell.read_past(b"ready\n", SECONDS)
        ask(cluster, NAME, "freeze")
        try:
            shell.write(WRITE)
            began = float(shell.read_past(b" ", SECONDS))
            seen = time.monotonic()
            assert read_freeze_status(guest) == "frozen"
            held = time.monotonic() - seen
        finally:
            ask(cluster, NAME, "unfreeze")
        shell.read_past(b"\n", SECONDS)
        ended = float(shell.read_past(b" ", SECONDS))
    assert ended - began >= held
    assert read_freeze_status(guest) == "thawed"


def test_a_guest_that_nobody_thaws_thaws_by_itself(cluster: Cluster, guest: Guest) -> None:
    with guest.shell() as shell:
        shell.write(b"true >written; echo ready\n")
        shell.read_past(b"ready\n", SECONDS)
        ask(cluster, NAME, "freeze", {"unfreezeTimeout": "3s"})
        shell.write(WRITE)
        shell.read_past(b"\n", SECONDS)
        shell.read_past(b"\n", SECONDS)
    assert read_freeze_status(guest) == "thawed"


def test_datagrams_go_there_and_back_whole(guest: Guest) -> None:
    with guest.shell() as shell:
        shell.write(f"exec python3 -c '{ECHO}'\n".encode())
        port = int(shell.read_past(b"\n", SECONDS))
        with (
            guest.virt.serve("port-forward", f"vm/{NAME}", f"udp/0:{port}") as line,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as ours,
        ):
            found = re.search(r"from 127\.0\.0\.1:(\d+) ", line)
            assert found, line
            ours.settimeout(120)
            ours.connect(("127.0.0.1", int(found[1])))
            for datagram in (b"first", b"", b"x" * 1400 + b"y", b"last"):
                ours.send(datagram)
                assert ours.recv(65536) == datagram[::-1]


def test_a_soft_reboot_is_a_reboot_of_the_same_instance(cluster: Cluster, guest: Guest) -> None:
    path = cluster.path(VMIS, NAME)
    before, boot = cluster.api.get(path), guest.ssh("--", "cat /proc/sys/kernel/random/boot_id")
    with cluster.kubectl.terminal("logs", "-f", NAME) as console:
        console.expect(PROMPT, 240)
        guest.virt("soft-reboot", NAME)
        console.expect("Linux version.*" + PROMPT, BOOT_SECONDS)
    await_sshd(guest)
    assert guest.ssh("--", "cat /proc/sys/kernel/random/boot_id") != boot
    assert cluster.api.get(path)["metadata"]["uid"] == before["metadata"]["uid"]
    cluster.kubectl.wait(f"vmi/{NAME}", "condition=AgentConnected")


@pytest.mark.parametrize("verb", ["freeze", "unfreeze"])
def test_without_an_agent_nothing_is_frozen(cluster: Cluster, shared: Vm, verb: str) -> None:
    with pytest.raises(KubectlError, match="agent"):
        ask(cluster, shared.name, verb)
