"""Starting the cluster: each step makes sure of one thing, so that it can be done again."""

from collections.abc import Sequence
from pathlib import Path

from cluster import binaries as builds
from cluster import control_plane, image, network, oci, process, render
from cluster import node as nodes
from cluster.address import MAX_NODES, Node
from cluster.kubectl import kubectl
from cluster.paths import Layout
from cluster.progress import Progress
from cluster.record import Record, read_record, write_record

ADDONS = (("kube-system", "coredns"), ("local-path-storage", "local-path-provisioner"))


def ensure_binaries(layout: Layout, progress: Progress) -> None:
    """Build what the cache does not have."""
    with progress.stage("binaries"):
        for project in builds.read_projects():
            if not builds.is_built(layout, project):
                progress.waiting(f"go build of {project.name} {project.version}, minutes")
                builds.build(layout, project)


def ensure_cluster(layout: Layout, count: int, progress: Progress) -> None:
    """Bring the cluster up with at least this many nodes; those that were stopped stay so."""
    ensure_binaries(layout, progress)
    record = read_record(layout.record)
    for name in _new_names(record)[: max(count - len(record.nodes), 0)]:
        record.add_node(name)
    with progress.stage("network"):
        if record.ip_forward_before is None:
            record.ip_forward_before = network.IP_FORWARD.read_text().strip()
        write_record(layout.record, record)
        network.ensure_network()
    with progress.stage("control plane"):
        progress.waiting("kube-apiserver to answer")
        control_plane.ensure_control_plane(layout)
    with progress.stage("nodes"):
        for node in record.running_nodes():
            progress.waiting(f"containerd of {node.name}")
            start_node(layout, record, node)
        apply_routes(layout, record)
        progress.waiting("nodes to be Ready")
        wait_for_nodes(layout, record.running_nodes())
    with progress.stage("DNS and storage"):
        _ensure_addons(layout, progress)


def _new_names(record: Record) -> list[str]:
    names = (f"node{number}" for number in range(1, MAX_NODES + 1))
    return [name for name in names if name not in record.nodes]


def _ensure_addons(layout: Layout, progress: Progress) -> None:
    names = image.ensure_own_images(layout).names
    kubectl(layout, "apply", "-f", "-", stdin=render.render_addons(names))
    for namespace, name in ADDONS:
        progress.waiting(name)
        kubectl(layout, "rollout", "status", "-n", namespace, f"deployment/{name}")


def start_node(layout: Layout, record: Record, node: Node, donor: Node | None = None) -> None:
    """Start what does not run of a node; its images are there before it asks for pods."""
    nodes.ensure_directories(layout, record)
    own = image.ensure_own_images(layout)
    nodes.ensure_node(layout, node, own.names["pause"])
    load_archives(layout, node, own.archives)
    if donor is not None:
        nodes.copy_images(layout, donor, node)
    nodes.ensure_kubelet(layout, node)


def wait_for_heartbeat(layout: Layout, node: Node, before: str) -> None:
    """Wait until a kubelet has spoken: what the API says of its node may be of its last life."""
    if not before:
        return
    kubelet = nodes.component(node, "kubelet")
    process.wait_until(layout, kubelet, lambda: read_heartbeat(layout, node) != before)


def read_heartbeat(layout: Layout, node: Node) -> str:
    """Return when a node's kubelet last renewed its lease."""
    words = ["get", "lease", "-n", "kube-node-lease", node.name, "--ignore-not-found"]
    return kubectl(layout, *words, "-o", "jsonpath={.spec.renewTime}")


def wait_for_nodes(layout: Layout, running: Sequence[Node]) -> None:
    """Wait until the API knows these nodes and they are Ready."""
    names = [f"node/{node.name}" for node in running]
    if names:
        kubectl(layout, "wait", "--for=create", "--timeout=60s", *names)
        kubectl(layout, "wait", "--for=condition=Ready", "--timeout=120s", *names)


def load_archives(layout: Layout, node: Node, archives: Sequence[Path]) -> None:
    """Load the archives that a node does not have."""
    for archive in find_missing(layout, node, archives):
        # Only a name that is new to containerd gets a record under the image's id as well, and
        # without that one kubelets cannot mount the image as a volume.
        nodes.forget_image(layout, node, oci.read_archive(archive)[0])
        nodes.import_image(layout, node, archive)


def find_missing(layout: Layout, node: Node, archives: Sequence[Path]) -> list[Path]:
    """Return the archives with an image that a node does not have."""
    return image.find_missing(archives, image.parse_images(nodes.list_images(layout, node)))


def apply_routes(layout: Layout, record: Record) -> None:
    """Tell the machine and every running node where each node's pods are."""
    running = record.running_nodes()
    network.apply_routes(network.plan_routes(running, None))
    for viewer in running:
        inside = nodes.enter(layout, viewer)
        network.apply_routes(network.plan_routes(running, viewer), inside)
