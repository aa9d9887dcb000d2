"""Configuration files and manifests, rendered from templates/. Pure."""

import base64
from collections.abc import Mapping, Sequence
from typing import Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from cluster import address
from cluster.address import Node
from cluster.pki import Pair

NFT_TABLE: Final = "virtpod-cluster"
STORAGE_PATH: Final = "/opt/local-path-provisioner"

# Directories that Kubernetes' parts take for their own, so that nodes must not share them.
DISK_PATHS: Final = (
    "/etc/cni/net.d",
    "/opt/local-path-provisioner",
    "/var/lib/cni",
    "/var/lib/containerd",
    "/var/lib/kubelet",
    "/var/log/containers",
    "/var/log/pods",
)
MEMORY_PATHS: Final = ("/run/containerd", "/run/netns", "/run/virtpod")

_environment = Environment(
    loader=PackageLoader("cluster", "templates"),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
    keep_trailing_newline=True,
    autoescape=False,  # noqa: S701 - YAML, TOML and shell, and every value is ours
)


def _render(template: str, **values: object) -> str:
    return _environment.get_template(template).render(**values)


def render_containerd(pause_image: str) -> str:
    """Return containerd's configuration, the same for every node."""
    return _render("containerd.toml.j2", pause_image=pause_image)


def render_kubelet(node: Node, *, ca: str, serving: Pair, resolv_conf: str, cgroup: str) -> str:
    """Return a kubelet's configuration."""
    return _render(
        "kubelet.yaml.j2",
        node=node,
        ca=ca,
        serving=serving,
        resolv_conf=resolv_conf,
        cluster_domain=address.CLUSTER_DOMAIN,
        dns_ip=address.DNS_SERVICE_IP,
        cgroup=cgroup,
    )


def render_proxy(node: Node, kubeconfig: str) -> str:
    """Return a kube-proxy's configuration."""
    return _render(
        "kube-proxy.yaml.j2", node=node, kubeconfig=kubeconfig, pod_network=address.POD_NETWORK
    )


def render_cni(node: Node) -> str:
    """Return how a node's pods are wired."""
    return _render("cni.conflist.j2", node=node, mtu=address.MTU)


def render_audit_policy() -> str:
    """Return what the API server writes down."""
    return _render("audit.yaml")


def render_kubeconfig(user: str, *, ca: bytes, certificate: bytes, key: bytes) -> str:
    """Return a kubeconfig that needs no other file."""

    def encode(pem: bytes) -> str:
        return base64.b64encode(pem).decode()

    return _render(
        "kubeconfig.yaml.j2",
        server=address.API_URL,
        user=user,
        ca=encode(ca),
        certificate=encode(certificate),
        key=encode(key),
    )


def render_node_script(
    node: Node, disks: Sequence[tuple[str, str]], memory: Sequence[str] = MEMORY_PATHS
) -> str:
    """Return what a node's first process does."""
    return _render("node.sh.j2", node=node, disks=disks, memory=memory)


def render_nft() -> str:
    """Return the one rule that lets nodes and pods out into the world."""
    inside = (address.NODE_NETWORK, address.POD_NETWORK, address.SERVICE_NETWORK)
    return _render("nft.j2", table=NFT_TABLE, inside=inside)


def render_addons(images: Mapping[str, str]) -> str:
    """Return the manifests of what runs inside the cluster itself: DNS and storage."""
    dns = _render(
        "coredns.yaml.j2",
        images=images,
        dns_ip=address.DNS_SERVICE_IP,
        cluster_domain=address.CLUSTER_DOMAIN,
    )
    storage = _render("storage.yaml.j2", images=images, storage_path=STORAGE_PATH)
    return f"{dns}---\n{storage}"
