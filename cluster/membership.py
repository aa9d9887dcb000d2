"""Nodes that come and go while the cluster runs."""

import re

from api.problem import Problem
from cluster import network, process, up
from cluster import node as nodes
from cluster.address import Node
from cluster.kubectl import kubectl
from cluster.paths import Layout
from cluster.progress import Progress
from cluster.record import Record, read_record, write_record

NODE_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")


def find_node(record: Record, name: str) -> Node:
    """Return a known node."""
    node = record.node(name)
    if node is None:
        known = ", ".join(record.nodes) or "none"
        raise Problem("NodeUnknown", f"there is no node {name}; there are: {known}")
    return node


def add_node(layout: Layout, name: str, progress: Progress) -> None:
    """Add a node, with every image that the first node has."""
    if not NODE_NAME.fullmatch(name):
        raise Problem("NameInvalid", f"{name!r} is no name for a node: use a-z, 0-9 and -")
    _require_cluster(layout)
    record = read_record(layout.record)
    donors = [node for node in record.running_nodes() if node.name != name]
    record.add_node(name)
    write_record(layout.record, record)
    start_node(layout, name, progress, donors[0] if donors else None)


def start_node(layout: Layout, name: str, progress: Progress, donor: Node | None = None) -> None:
    """Start a node that was stopped, and wait until it is Ready."""
    _require_cluster(layout)
    record = read_record(layout.record)
    node = find_node(record, name)
    record.stopped.discard(name)
    with progress.stage(f"node {name}"):
        progress.waiting("containerd to run and have its images")
        before = up.read_heartbeat(layout, node)
        up.start_node(layout, record, node, donor)
        up.apply_routes(layout, record)
        progress.waiting("the node to be Ready")
        up.wait_for_heartbeat(layout, node, before)
        up.wait_for_nodes(layout, [node])


def stop_node(layout: Layout, name: str, progress: Progress) -> None:
    """Pull a node's plug; its disk stays."""
    record = read_record(layout.record)
    node = find_node(record, name)
    record.stopped.add(name)
    write_record(layout.record, record)
    with progress.stage(f"node {name}"):
        nodes.stop_node(layout, node)
        if process.is_running(layout, "kube-apiserver"):
            up.apply_routes(layout, record)


def remove_node(layout: Layout, name: str, progress: Progress) -> None:
    """Stop a node and forget it, here and in the API."""
    stop_node(layout, name, progress)
    record = read_record(layout.record)
    node = find_node(record, name)
    with progress.stage(f"node {name}"):
        if process.is_running(layout, "kube-apiserver"):
            kubectl(layout, "delete", "node", name, "--ignore-not-found")
            lease = ["lease", "-n", "kube-node-lease", name]
            kubectl(layout, "delete", *lease, "--ignore-not-found")
        for viewer in record.running_nodes():
            network.remove_route(str(node.pod_subnet), nodes.enter(layout, viewer))
        network.remove_route(str(node.pod_subnet))
        nodes.remove_files(layout, node)
        del record.nodes[name]
        record.stopped.discard(name)
        write_record(layout.record, record)


def _require_cluster(layout: Layout) -> None:
    if not process.is_running(layout, "kube-apiserver"):
        raise Problem("NotUp", "the cluster is not running; start it with `make up`")
