"""Who has which certificate in the control plane."""

from dataclasses import dataclass
from ipaddress import IPv4Address
from pathlib import Path

from cluster import address, pki, render
from cluster.paths import Layout
from cluster.pki import Pair, ensure_authority, ensure_certificate

LOOPBACK = IPv4Address("127.0.0.1")
API_NAMES = (
    "localhost",
    "kubernetes",
    "kubernetes.default",
    "kubernetes.default.svc",
    f"kubernetes.default.svc.{address.CLUSTER_DOMAIN}",
)


@dataclass(frozen=True, slots=True)
class Trust:
    """The certificates of the control plane."""

    ca: Pair
    etcd_ca: Pair
    front_proxy_ca: Pair
    etcd: Pair
    apiserver: Pair
    apiserver_to_etcd: Pair
    apiserver_to_kubelet: Pair
    front_proxy: Pair
    service_account_key: Path


def ensure_trust(layout: Layout) -> Trust:
    """Return the control plane's certificates; those that are missing are made."""
    folder = layout.pki
    ca = ensure_authority(folder, "ca")
    etcd_ca = ensure_authority(folder, "etcd-ca")
    front_proxy_ca = ensure_authority(folder, "front-proxy-ca")
    api_addresses = [LOOPBACK, address.HOST_IP, address.API_SERVICE_IP]
    apiserver = ensure_certificate(
        folder, "apiserver", ca, user="kube-apiserver", names=API_NAMES, addresses=api_addresses
    )
    to_kubelet = ensure_certificate(
        folder, "apiserver-to-kubelet", ca, user="kube-apiserver", groups=["system:masters"]
    )
    return Trust(
        ca=ca,
        etcd_ca=etcd_ca,
        front_proxy_ca=front_proxy_ca,
        etcd=ensure_certificate(folder, "etcd", etcd_ca, user="etcd", addresses=[LOOPBACK]),
        apiserver=apiserver,
        apiserver_to_etcd=ensure_certificate(
            folder, "apiserver-to-etcd", etcd_ca, user="kube-apiserver"
        ),
        apiserver_to_kubelet=to_kubelet,
        front_proxy=ensure_certificate(
            folder, "front-proxy", front_proxy_ca, user="front-proxy-client"
        ),
        service_account_key=pki.ensure_signing_key(folder, "service-account"),
    )


def ensure_kubeconfig(path: Path, ca: Pair, user: str, *groups: str) -> Path:
    """Return a kubeconfig that carries a client certificate for a user of these groups."""
    if not path.exists():
        client = ensure_certificate(
            path.parent, f"{path.stem}-client", ca, user=user, groups=groups
        )
        text = render.render_kubeconfig(
            user,
            ca=ca.certificate.read_bytes(),
            certificate=client.certificate.read_bytes(),
            key=client.key.read_bytes(),
        )
        pki.write_private(path, text.encode())
    return path
