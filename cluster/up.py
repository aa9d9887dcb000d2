"""Starting the cluster: each step makes sure of one thing, so that it can be done again."""

from collections.abc import Sequence
from pathlib import Path

from cluster import binaries as builds
from cluster import control_plane, image, network, render
from cluster import node as nodes
from cluster.address import Node
from cluster.binaries import Binaries
from cluster.control_plane import Trust
from cluster.image import OwnImages
from cluster.kubectl import kubectl
from cluster.paths import Layout
from cluster.progress import Progress
from cluster.record import Record, read_record, write_record


def ensure_binaries(layout: Layout, progress: Progress) -> Binaries:
    """Build what the cache does not have."""
    with progress.stage("binaries"):
        for project in builds.read_projects():
            if not builds.is_built(layout, project):
                progress.waiting(f"go build of {project.name} {project.version}, minutes")
                builds.build(layout, project)
    return builds.find_binaries(layout)


def ensure_cluster(layout: Layout, count: int, progress: Progress) -> None:
    """Bring the cluster up with at least this many nodes; those that were stopped stay so."""
    binaries = ensure_binaries(layout, progress)
    record = read_record(layout.record)
    with progress.stage("network"):
        if record.ip_forward_before is None:
            record.ip_forward_before = network.IP_FORWARD.read_text().strip()
            write_record(layout.record, record)
        network.ensure_network()
    with progress.stage("control plane"):
        progress.waiting("kube-apiserver to answer")
        trust = control_plane.ensure_control_plane(layout, binaries)
    with progress.stage("cluster images"):
        own = image.ensure_own_images(layout, binaries)
    missing = count - len(record.nodes)
    for name in _new_names(record)[: max(missing, 0)]:
        record.add_node(name)
    with progress.stage("nodes"):
        for node in record.running_nodes():
            progress.waiting(f"containerd and kubelet of {node.name}")
            start_node(layout, binaries, trust, record, node, own)
        apply_routes(layout, record)
    with progress.stage("DNS and storage"):
        kubectl(layout, binaries, "apply", "-f", "-", stdin=render.render_addons(own.names))
        progress.waiting("nodes to be Ready")
        wait_for_nodes(layout, binaries, record.running_nodes())
        progress.waiting("CoreDNS and the storage provisioner")
        for namespace, name in (
            ("kube-system", "coredns"),
            ("local-path-storage", "local-path-provisioner"),
        ):
            kubectl(layout, binaries, "rollout", "status", "-n", namespace, f"deployment/{name}")


def _new_names(record: Record) -> list[str]:
    names = (f"node{number}" for number in range(1, 100))
    return [name for name in names if name not in record.nodes]


def start_node(
    layout: Layout,
    binaries: Binaries,
    trust: Trust,
    record: Record,
    node: Node,
    own: OwnImages,
) -> None:
    """Start one node with the cluster's images in it."""
    nodes.ensure_directories(record)
    write_record(layout.record, record)
    nodes.ensure_node(layout, binaries, trust, node, own.names["pause"])
    load_archives(layout, binaries, node, own.archives)
    nodes.ensure_kubelet(layout, binaries, node)


def wait_for_nodes(layout: Layout, binaries: Binaries, running: Sequence[Node]) -> None:
    """Wait until nodes exist and are Ready."""
    names = [f"node/{node.name}" for node in running]
    if names:
        kubectl(layout, binaries, "wait", "--for=create", "--timeout=60s", *names)
        kubectl(layout, binaries, "wait", "--for=condition=Ready", "--timeout=120s", *names)


def load_archives(
    layout: Layout, binaries: Binaries, node: Node, archives: Sequence[Path]
) -> list[Path]:
    """Load the archives that a node does not have; return them."""
    present = image.parse_images(nodes.list_images(layout, binaries, node))
    missing = image.find_missing(archives, present)
    for archive in missing:
        nodes.import_image(layout, binaries, node, archive)
    return missing


def apply_routes(layout: Layout, record: Record) -> None:
    """Tell the machine and every running node where each node's pods are."""
    running = record.running_nodes()
    network.apply_routes(network.plan_routes(running, None))
    for viewer in running:
        inside = nodes.enter(layout, viewer)
        network.apply_routes(network.plan_routes(running, viewer), inside)
