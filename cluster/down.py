"""Stopping the cluster: nothing of it is left, whatever state it is in."""

import contextlib
import shutil
from pathlib import Path

from cluster import cgroup, control_plane, network
from cluster import node as nodes
from cluster.paths import Layout
from cluster.progress import Progress
from cluster.record import read_record


def remove_cluster(layout: Layout, progress: Progress) -> None:
    """Stop every process, then take away what they worked with; the cache stays."""
    if not layout.record.exists():  # written before anything is started
        progress.say("there is no cluster")
        return
    record = read_record(layout.record)
    with progress.stage("nodes"):
        for node in record.all_nodes():
            progress.waiting(f"the processes of {node.name} to end")
            nodes.stop_node(layout, node)
    with progress.stage("control plane"):
        control_plane.stop_control_plane(layout)
    with progress.stage("network, cgroups and files"):
        network.remove_network(record.ip_forward_before)
        cgroup.remove_cgroups(layout.cgroup)
        for folder in sorted(record.made_directories, key=len, reverse=True):
            with contextlib.suppress(OSError):  # in use by someone else by now
                Path(folder).rmdir()
        shutil.rmtree(layout.state, ignore_errors=True)
