"""A real etcd and kube-apiserver with nobody else: no scheduler, no kubelet, no node."""

import random
import socket
import ssl
import subprocess
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

import yaml

from cluster import pki
from cluster.binaries import find_program
from cluster.paths import find_layout

READY_SECONDS = 180
LOOPBACK = "127.0.0.1"
PORTS = range(12_000, 29_000)  # below those of Kubernetes' services and of the kernel's own choice


@dataclass(frozen=True, slots=True)
class ControlPlane:
    """A running API server that only its admin knows."""

    kubeconfig: Path
    folder: Path  # for logs, and gone with it
    pids: tuple[int, ...]


@contextmanager
def run_control_plane(*more: str) -> Iterator[ControlPlane]:
    """Run etcd and kube-apiserver, with ``more`` flags, on free ports until the block ends."""
    with tempfile.TemporaryDirectory(prefix="virtpod-control-plane-") as scratch:
        folder = Path(scratch)
        etcd_port, peer_port, api_port = find_free_ports(3)
        kubeconfig = write_admin(folder, api_port)
        with (
            run_program(plan_etcd(folder, etcd_port, peer_port), folder) as etcd,
            run_program([*plan_apiserver(folder, etcd_port, api_port), *more], folder) as api,
        ):
            wait_until_ready(folder, api_port, api)
            yield ControlPlane(kubeconfig, folder, (etcd.pid, api.pid))


def find_free_ports(number: int) -> list[int]:
    """Return ports that nobody listens on now, and that no connection is given by chance."""
    found: list[int] = []
    while len(found) < number:
        port = random.choice(PORTS)
        with suppress(OSError), socket.create_server((LOOPBACK, port)):
            found += [port] if port not in found else []
    return found


def write_admin(folder: Path, api_port: int) -> Path:
    """Make the certificates, and the admin's kubeconfig; return its path."""
    ca = pki.ensure_authority(folder, "ca")
    pki.ensure_certificate(
        folder, "server", ca, user="apiserver", addresses=[IPv4Address(LOOPBACK)]
    )
    admin = pki.ensure_certificate(folder, "admin", ca, user="admin", groups=["system:masters"])
    pki.ensure_signing_key(folder, "service-account")
    server = {
        "server": f"https://{LOOPBACK}:{api_port}",
        "certificate-authority": str(ca.certificate),
    }
    user = {"client-certificate": str(admin.certificate), "client-key": str(admin.key)}
    document = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "alone", "cluster": server}],
        "users": [{"name": "admin", "user": user}],
        "contexts": [{"name": "admin", "context": {"cluster": "alone", "user": "admin"}}],
        "current-context": "admin",
    }
    kubeconfig = folder / "admin.kubeconfig"
    kubeconfig.write_text(yaml.safe_dump(document))
    return kubeconfig


def plan_etcd(folder: Path, port: int, peer_port: int) -> list[str]:
    url, peer_url = f"http://{LOOPBACK}:{port}", f"http://{LOOPBACK}:{peer_port}"
    return [
        "etcd",
        f"--data-dir={folder / 'etcd'}",
        f"--listen-client-urls={url}",
        f"--advertise-client-urls={url}",
        f"--listen-peer-urls={peer_url}",
        f"--initial-advertise-peer-urls={peer_url}",
        f"--initial-cluster=default={peer_url}",
        "--log-level=warn",
    ]


def plan_apiserver(folder: Path, etcd_port: int, api_port: int) -> list[str]:
    return [
        str(find_program(find_layout(), "kube-apiserver")),
        f"--etcd-servers=http://{LOOPBACK}:{etcd_port}",
        f"--bind-address={LOOPBACK}",
        f"--advertise-address={LOOPBACK}",
        "--endpoint-reconciler-type=none",  # it serves no Service, and loopback is no endpoint
        f"--secure-port={api_port}",
        f"--tls-cert-file={folder / 'server.crt'}",
        f"--tls-private-key-file={folder / 'server.key'}",
        f"--client-ca-file={folder / 'ca.crt'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-account-key-file={folder / 'service-account.key'}",
        f"--service-account-signing-key-file={folder / 'service-account.key'}",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--authorization-mode=RBAC",
        "--allow-privileged",
        "--disable-admission-plugins=ServiceAccount",  # nobody here makes service accounts
    ]


@contextmanager
def run_program(argv: Sequence[str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program that logs to a file until the block ends."""
    with (folder / f"{Path(argv[0]).name}.log").open("wb") as log:
        program = subprocess.Popen(argv, stdout=log, stderr=log)
    try:
        yield program
    finally:
        program.terminate()
        try:
            program.wait(20)
        except subprocess.TimeoutExpired:
            program.kill()
            program.wait()


def wait_until_ready(folder: Path, port: int, program: subprocess.Popen[bytes]) -> None:
    """Wait for /readyz; the server has no other way to say that it is up."""
    tls = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    tls.load_cert_chain(folder / "admin.crt", folder / "admin.key")
    url = f"https://{LOOPBACK}:{port}/readyz"
    deadline = time.monotonic() + READY_SECONDS
    while time.monotonic() < deadline and program.poll() is None:
        try:
            with urllib.request.urlopen(url, context=tls, timeout=5):
                return
        except (urllib.error.URLError, ConnectionError, TimeoutError):
            time.sleep(0.2)
    tail = (folder / "kube-apiserver.log").read_text(errors="replace")[-2000:]
    raise AssertionError(f"kube-apiserver is not ready: {tail}")
