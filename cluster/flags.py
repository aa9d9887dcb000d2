"""The command lines of the control plane, flag by flag. Pure."""

from pathlib import Path

from cluster import address
from cluster.paths import Layout
from cluster.trust import Trust

# Not the usual ports: the machine may have an etcd of its own.
ETCD_URL = "https://127.0.0.1:12379"
ETCD_PEER_URL = "https://127.0.0.1:12380"
ISSUER = f"https://kubernetes.default.svc.{address.CLUSTER_DOMAIN}"


def etcd_flags(layout: Layout, trust: Trust) -> list[str]:
    """Return the flags of a single etcd that speaks only to those its own authority signed."""
    return [
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


def apiserver_flags(layout: Layout, trust: Trust) -> list[str]:
    """Return the flags of kube-apiserver: where it is, what it remembers, whom it believes."""
    return [
        f"--bind-address={address.HOST_IP}",
        f"--advertise-address={address.HOST_IP}",
        f"--secure-port={address.API_PORT}",
        f"--service-cluster-ip-range={address.SERVICE_NETWORK}",
        f"--tls-cert-file={trust.apiserver.certificate}",
        f"--tls-private-key-file={trust.apiserver.key}",
        f"--etcd-servers={ETCD_URL}",
        f"--etcd-cafile={trust.etcd_ca.certificate}",
        f"--etcd-certfile={trust.apiserver_to_etcd.certificate}",
        f"--etcd-keyfile={trust.apiserver_to_etcd.key}",
        "--allow-privileged=true",
        *_identity_flags(trust),
        *_kubelet_flags(trust),
        *_aggregation_flags(trust),
        *_audit_flags(layout),
    ]


def _identity_flags(trust: Trust) -> list[str]:
    """Who are you, and what may you do? A kubelet: only what concerns its own node."""
    return [
        f"--client-ca-file={trust.ca.certificate}",
        f"--service-account-issuer={ISSUER}",
        f"--service-account-key-file={trust.service_account_key}",
        f"--service-account-signing-key-file={trust.service_account_key}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction",
    ]


def _kubelet_flags(trust: Trust) -> list[str]:
    """Reach kubelets for logs, exec and attach, by address: node names resolve nowhere."""
    return [
        "--kubelet-preferred-address-types=InternalIP",
        f"--kubelet-certificate-authority={trust.ca.certificate}",
        f"--kubelet-client-certificate={trust.apiserver_to_kubelet.certificate}",
        f"--kubelet-client-key={trust.apiserver_to_kubelet.key}",
    ]


def _aggregation_flags(trust: Trust) -> list[str]:
    """Stand in front of other API servers, and tell them who asks."""
    return [
        "--enable-aggregator-routing=true",
        f"--requestheader-client-ca-file={trust.front_proxy_ca.certificate}",
        "--requestheader-allowed-names=front-proxy-client",
        "--requestheader-username-headers=X-Remote-User",
        "--requestheader-group-headers=X-Remote-Group",
        "--requestheader-extra-headers-prefix=X-Remote-Extra-",
        f"--proxy-client-cert-file={trust.front_proxy.certificate}",
        f"--proxy-client-key-file={trust.front_proxy.key}",
    ]


def _audit_flags(layout: Layout) -> list[str]:
    """Write down every request: the benchmarks count them."""
    return [
        f"--audit-policy-file={layout.config / 'audit.yaml'}",
        f"--audit-log-path={layout.audit_log}",
        "--audit-log-maxsize=200",
        "--audit-log-maxbackup=2",
    ]


def controller_manager_flags(layout: Layout, trust: Trust, kubeconfig: Path) -> list[str]:
    """Return the flags of kube-controller-manager; each controller has rights of its own."""
    return [
        *_client_flags(trust, kubeconfig),
        "--use-service-account-credentials=true",
        f"--service-account-private-key-file={trust.service_account_key}",
        f"--root-ca-file={trust.ca.certificate}",
        f"--cluster-signing-cert-file={trust.ca.certificate}",
        f"--cluster-signing-key-file={trust.ca.key}",
        f"--flex-volume-plugin-dir={layout.state / 'volume-plugins'}",
    ]


def scheduler_flags(trust: Trust, kubeconfig: Path) -> list[str]:
    """Return the flags of kube-scheduler."""
    return _client_flags(trust, kubeconfig)


def _client_flags(trust: Trust, kubeconfig: Path) -> list[str]:
    return [
        f"--kubeconfig={kubeconfig}",
        f"--authentication-kubeconfig={kubeconfig}",
        f"--authorization-kubeconfig={kubeconfig}",
        f"--client-ca-file={trust.ca.certificate}",
        "--bind-address=127.0.0.1",
        # There is one of each: without a lease to wait for it is back at once.
        "--leader-elect=false",
    ]
