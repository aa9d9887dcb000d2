"""Real files, pipes and network namespaces of this machine; root, no cluster, no libvirt."""

import os
import subprocess
import uuid
from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.integration.launcher.pod import Trees, mount_image


@dataclass(frozen=True, slots=True)
class Namespaces:
    """A pod's network namespace with its eth0, and the node at the other end of the cable."""

    pod: str
    node: str

    def run(self, where: str, *argv: str, stdin: str = "") -> str:
        """Run a program in one of the two namespaces."""
        done = subprocess.run(
            ["ip", "netns", "exec", where, *argv],
            input=stdin,
            capture_output=True,
            text=True,
            check=True,
            timeout=60,
        )
        return done.stdout


@pytest.fixture
def namespaces() -> Iterator[Namespaces]:
    """Lay a cable between two new namespaces, as a CNI plugin does, and remove both afterwards."""
    mark = uuid.uuid4().hex[:6]
    made = Namespaces(f"vp-pod-{mark}", f"vp-node-{mark}")
    script = f"""
        ip netns add {made.pod}
        ip netns add {made.node}
        ip -n {made.pod} link add eth0 mtu 1430 type veth peer name pod netns {made.node}
        ip -n {made.pod} address add 10.244.9.5/24 dev eth0
        ip -n {made.pod} address add fd00:244::5/64 dev eth0 nodad
        ip -n {made.pod} link set eth0 up
        ip -n {made.pod} link set lo up
        ip -n {made.pod} route add default via 10.244.9.1
        ip -n {made.node} address add 10.244.9.1/24 dev pod
        ip -n {made.node} link set pod up
        ip -n {made.node} link set lo up
    """
    try:
        subprocess.run(["sh", "-ec", script], check=True)
        yield made
    finally:
        for name in (made.pod, made.node):
            subprocess.run(["ip", "netns", "delete", name], check=False)


@pytest.fixture(scope="session")
def trees(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Trees]:
    """Mount the images of launcher and guest."""
    with mount_image("launcher") as launcher, mount_image("tiny") as guest:
        yield Trees(launcher, guest, tmp_path_factory.mktemp("capabilities"))


@pytest.fixture(autouse=True)
def as_root() -> None:
    """Say at once why nothing here can work without root."""
    assert os.geteuid() == 0, "these tests make namespaces and mounts: run them as root"
