"""The control plane: a database, an API in front of it, and two programs that watch the API.

etcd holds every object. kube-apiserver is the only one to speak to it: it authenticates
(client certificates, service account tokens), authorises (Node and RBAC), admits, stores,
and lets everyone watch. kube-controller-manager turns objects into other objects (a
Deployment into pods); kube-scheduler gives each pod a node. They run on the machine itself.
"""

from dataclasses import dataclass
from pathlib import Path

from cluster import address, pki, render
from cluster.binaries import Binaries
from cluster.paths import Layout
from cluster.pki import Pair
from cluster.process import start, stop, wait_until
from cluster.shell import succeeds

COMPONENTS = ("etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler")
ETCD_URL = "https://127.0.0.1:2379"
ETCD_PEER_URL = "https://127.0.0.1:2380"
ISSUER = f"https://kubernetes.default.svc.{address.CLUSTER_DOMAIN}"


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
    """Make the certificates that are missing."""
    folder = layout.pki
    ca = pki.ensure_authority(folder, "ca")
    etcd_ca = pki.ensure_authority(folder, "etcd-ca")
    front_proxy_ca = pki.ensure_authority(folder, "front-proxy-ca")
    loopback = address.IPv4Address("127.0.0.1")
    return Trust(
        ca=ca,
        etcd_ca=etcd_ca,
        front_proxy_ca=front_proxy_ca,
        etcd=pki.ensure_certificate(folder, "etcd", etcd_ca, user="etcd", addresses=[loopback]),
        apiserver=pki.ensure_certificate(
            folder,
            "apiserver",
            ca,
            user="kube-apiserver",
            names=[
                "localhost",
                "kubernetes",
                "kubernetes.default",
                "kubernetes.default.svc",
                f"kubernetes.default.svc.{address.CLUSTER_DOMAIN}",
            ],
            addresses=[loopback, address.HOST_IP, address.API_SERVICE_IP],
        ),
        apiserver_to_etcd=pki.ensure_certificate(
            folder, "apiserver-to-etcd", etcd_ca, user="kube-apiserver"
        ),
        apiserver_to_kubelet=pki.ensure_certificate(
            folder, "apiserver-to-kubelet", ca, user="kube-apiserver", groups=["system:masters"]
        ),
        front_proxy=pki.ensure_certificate(
            folder, "front-proxy", front_proxy_ca, user="front-proxy-client"
        ),
        service_account_key=pki.ensure_signing_key(folder, "service-account"),
    )


def ensure_kubeconfig(
    layout: Layout, path: Path, ca: Pair, user: str, groups: tuple[str, ...] = ()
) -> Path:
    """Return a kubeconfig with a certificate of its own for a user."""
    if not path.exists():
        name = path.stem.replace(".", "-")
        client = pki.ensure_certificate(layout.pki, f"client-{name}", ca, user=user, groups=groups)
        text = render.render_kubeconfig(
            user,
            ca=ca.certificate.read_bytes(),
            certificate=client.certificate.read_bytes(),
            key=client.key.read_bytes(),
        )
        pki.write_private(path, text.encode())
    return path


def etcd_argv(layout: Layout, trust: Trust) -> list[str]:
    return [
        "etcd",
        "--name=virtpod",
        f"--data-dir={layout.state / 'etcd'}",
        f"--listen-client-urls={ETCD_URL}",
        f"--advertise-client-urls={ETCD_URL}",
        f"--listen-peer-urls={ETCD_PEER_URL}",
        f"--initial-advertise-peer-urls={ETCD_PEER_URL}",
        f"--initial-cluster=virtpod={ETCD_PEER_URL}",
        f"--cert-file={trust.etcd.certificate}",
        f"--key-file={trust.etcd.key}",
        "--client-cert-auth",
        f"--trusted-ca-file={trust.etcd_ca.certificate}",
        f"--peer-cert-file={trust.etcd.certificate}",
        f"--peer-key-file={trust.etcd.key}",
        "--peer-client-cert-auth",
        f"--peer-trusted-ca-file={trust.etcd_ca.certificate}",
        "--auto-compaction-retention=1",
        "--quota-backend-bytes=4294967296",
        "--logger=zap",
        "--log-level=warn",
    ]


def apiserver_argv(layout: Layout, trust: Trust, binary: Path) -> list[str]:
    return [
        str(binary),
        # where it is, and where its memory is
        f"--bind-address={address.HOST_IP}",
        f"--advertise-address={address.HOST_IP}",
        f"--secure-port={address.API_PORT}",
        f"--service-cluster-ip-range={address.SERVICE_NETWORK}",
        f"--etcd-servers={ETCD_URL}",
        f"--etcd-cafile={trust.etcd_ca.certificate}",
        f"--etcd-certfile={trust.apiserver_to_etcd.certificate}",
        f"--etcd-keyfile={trust.apiserver_to_etcd.key}",
        f"--tls-cert-file={trust.apiserver.certificate}",
        f"--tls-private-key-file={trust.apiserver.key}",
        # who are you?
        f"--client-ca-file={trust.ca.certificate}",
        f"--service-account-issuer={ISSUER}",
        f"--service-account-key-file={trust.service_account_key}",
        f"--service-account-signing-key-file={trust.service_account_key}",
        # what may you do? a kubelet: only what concerns its own node
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
        "--allow-privileged=true",
        # node names resolve nowhere
        "--kubelet-preferred-address-types=InternalIP",
        f"--kubelet-certificate-authority={trust.ca.certificate}",
        f"--kubelet-client-certificate={trust.apiserver_to_kubelet.certificate}",
        f"--kubelet-client-key={trust.apiserver_to_kubelet.key}",
        # other people's APIs behind this one
        "--enable-aggregator-routing=true",
        f"--requestheader-client-ca-file={trust.front_proxy_ca.certificate}",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={trust.front_proxy.certificate}",
        f"--proxy-client-key-file={trust.front_proxy.key}",
        # who did what: the benchmarks count requests in it
        f"--audit-policy-file={layout.config / 'audit.yaml'}",
        f"--audit-log-path={layout.audit_log}",
        "--audit-log-maxsize=200",
        "--audit-log-maxbackup=2",
    ]


def controller_manager_argv(layout: Layout, trust: Trust, binary: Path, config: Path) -> list[str]:
    return [
        str(binary),
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        f"--client-ca-file={trust.ca.certificate}",
        "--bind-address=127.0.0.1",
        # there is one of it; without a lease to wait for it is back at once
        "--leader-elect=false",
        # each controller acts under a name and rights of its own
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={trust.service_account_key}",
        f"--root-ca-file={trust.ca.certificate}",
        f"--cluster-signing-cert-file={trust.ca.certificate}",
        f"--cluster-signing-key-file={trust.ca.key}",
        f"--flex-volume-plugin-dir={layout.state / 'volume-plugins'}",
    ]


def scheduler_argv(layout: Layout, trust: Trust, binary: Path, config: Path) -> list[str]:
    return [
        str(binary),
        f"--kubeconfig={config}",
        f"--authentication-kubeconfig={config}",
        f"--authorization-kubeconfig={config}",
        f"--client-ca-file={trust.ca.certificate}",
        "--bind-address=127.0.0.1",
        "--leader-elect=false",
    ]


def ensure_control_plane(layout: Layout, binaries: Binaries) -> Trust:
    """Start what does not run, and return when the API answers."""
    trust = ensure_trust(layout)
    pki.write_private(layout.config / "audit.yaml", render.render_audit_policy().encode())
    admin = ensure_kubeconfig(
        layout, layout.admin_kubeconfig, trust.ca, "admin", ("system:masters",)
    )
    start(layout, "etcd", etcd_argv(layout, trust))
    apiserver = apiserver_argv(layout, trust, binaries.find("kube-apiserver"))
    start(layout, "kube-apiserver", apiserver)
    probe = [str(binaries.find("kubectl")), f"--kubeconfig={admin}", "get", "--raw=/readyz"]
    wait_until(layout, "kube-apiserver", lambda: succeeds(probe), interval=0.25)
    manager = ensure_kubeconfig(
        layout,
        layout.config / "controller-manager.kubeconfig",
        trust.ca,
        "system:kube-controller-manager",
    )
    start(
        layout,
        "kube-controller-manager",
        controller_manager_argv(layout, trust, binaries.find("kube-controller-manager"), manager),
    )
    scheduler = ensure_kubeconfig(
        layout, layout.config / "scheduler.kubeconfig", trust.ca, "system:kube-scheduler"
    )
    start(
        layout,
        "kube-scheduler",
        scheduler_argv(layout, trust, binaries.find("kube-scheduler"), scheduler),
    )
    return trust


def stop_control_plane(layout: Layout) -> None:
    for component in reversed(COMPONENTS):
        stop(layout, component)
