"""Rendered configuration is what its readers can parse, and says what matters."""

import base64
import json
import tomllib
from pathlib import Path

import yaml

from cluster import render
from cluster.address import Node
from cluster.pki import Pair

NODE = Node("node2", 2)
IMAGES = {
    "pause": "localhost/virtpod/pause:1",
    "busybox": "localhost/virtpod/busybox:1",
    "coredns": "localhost/virtpod/coredns:v1",
    "local_path_provisioner": "localhost/virtpod/local-path-provisioner:v1",
}


def test_containerd_pins_the_pause_image_and_uses_debians_plugins() -> None:
    config = tomllib.loads(render.render_containerd("example/pause:1"))
    plugins = config["plugins"]
    images = plugins["io.containerd.cri.v1.images"]
    assert images["pinned_images"]["sandbox"] == "example/pause:1"
    assert plugins["io.containerd.cri.v1.runtime"]["cni"]["bin_dirs"] == ["/usr/lib/cni"]


def test_a_kubelet_never_evicts_for_a_full_disk_nor_collects_images() -> None:
    text = render.render_kubelet(
        NODE,
        ca="/ca.crt",
        serving=Pair(Path("/s.crt"), Path("/s.key")),
        resolv_conf="/etc/resolv.conf",
        cgroup="/virtpod/node2",
    )
    config = yaml.safe_load(text)
    assert config["imageGCHighThresholdPercent"] == 100
    disk = {key: value for key, value in config["evictionHard"].items() if "fs." in key}
    assert set(disk.values()) == {"0%"}
    assert config["cgroupRoot"] == "/virtpod/node2"
    assert config["address"] == "172.30.0.12"
    assert config["authentication"]["anonymous"] == {"enabled": False}


def test_kube_proxy_translates_with_nftables_under_its_nodes_name() -> None:
    config = yaml.safe_load(render.render_proxy(NODE, "/proxy.kubeconfig"))
    assert config["mode"] == "nftables"
    assert config["hostnameOverride"] == "node2"
    assert config["clientConnection"] == {"kubeconfig": "/proxy.kubeconfig"}


def test_pods_get_addresses_of_their_node_and_a_full_mtu() -> None:
    bridge = json.loads(render.render_cni(NODE))["plugins"][0]
    assert bridge["mtu"] == 1500
    assert bridge["ipam"]["ranges"] == [[{"subnet": "10.244.2.0/24", "gateway": "10.244.2.1"}]]
    assert "ipMasq" not in bridge  # pods see each other's own addresses


def test_a_kubeconfig_carries_its_certificates() -> None:
    text = render.render_kubeconfig("system:node:a", ca=b"CA", certificate=b"CRT", key=b"KEY")
    config = yaml.safe_load(text)
    user = config["users"][0]
    assert base64.b64decode(user["user"]["client-key-data"]) == b"KEY"
    assert config["contexts"][0]["context"]["user"] == user["name"] == "system:node:a"
    assert config["clusters"][0]["cluster"]["server"] == "https://172.30.0.1:6443"


def test_a_nodes_script_lays_its_directories_over_the_machines() -> None:
    script = render.render_node_script(NODE, [("/state/kubelet", "/var/lib/kubelet")])
    lines = script.splitlines()
    assert "hostname node2" in lines
    assert "mount --bind /state/kubelet /var/lib/kubelet" in lines
    assert "mount -t tmpfs -o mode=0755 tmpfs /run/containerd" in lines
    assert lines.index("mount --make-rshared /") > lines.index(
        "mount --bind /state/kubelet /var/lib/kubelet"
    )


def test_every_object_of_the_addons_is_complete_and_pulls_nothing() -> None:
    documents = list(yaml.safe_load_all(render.render_addons(IMAGES)))
    assert all({"apiVersion", "kind", "metadata"} <= set(document) for document in documents)
    pods = [d["spec"]["template"]["spec"] for d in documents if d["kind"] == "Deployment"]
    assert len(pods) == 2
    for container in (container for pod in pods for container in pod["containers"]):
        assert container["imagePullPolicy"] == "IfNotPresent"
        assert container["image"] in IMAGES.values()


def test_the_storage_class_is_the_default() -> None:
    documents = yaml.safe_load_all(render.render_addons(IMAGES))
    storage = next(document for document in documents if document["kind"] == "StorageClass")
    assert storage["metadata"]["name"] == "standard"
    default = "storageclass.kubernetes.io/is-default-class"
    assert storage["metadata"]["annotations"] == {default: "true"}


def test_only_what_leaves_the_cluster_is_masqueraded() -> None:
    rules = render.render_nft()
    inside = "{ 172.30.0.0/24, 10.244.0.0/16, 10.96.0.0/16 }"
    assert f"ip saddr {inside} ip daddr != {inside} masquerade" in rules
