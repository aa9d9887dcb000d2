"""What the cluster consists of, remembered between commands in one small file."""

import os
from pathlib import Path

import msgspec

from cluster import address
from cluster.address import Node


class Record(msgspec.Struct):
    """The nodes by name with their numbers, and what `down` must give back."""

    nodes: dict[str, int] = {}
    stopped: set[str] = set()
    made_directories: set[str] = set()
    ip_forward_before: str | None = None

    def node(self, name: str) -> Node | None:
        return Node(name, self.nodes[name]) if name in self.nodes else None

    def all_nodes(self) -> list[Node]:
        return [Node(name, index) for name, index in self.nodes.items()]

    def running_nodes(self) -> list[Node]:
        return [node for node in self.all_nodes() if node.name not in self.stopped]

    def add_node(self, name: str) -> Node:
        """Give a node a number, the one it has if it is known already."""
        if name not in self.nodes:
            self.nodes[name] = address.next_index(set(self.nodes.values()))
        return Node(name, self.nodes[name])


def read_record(path: Path) -> Record:
    """Return what is remembered; nothing, where there is no cluster."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Record)
    except FileNotFoundError:
        return Record()


def write_record(path: Path, record: Record) -> None:
    """Remember, whole or not at all."""
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".partial")
    partial.write_bytes(msgspec.json.format(msgspec.json.encode(record)))
    os.replace(partial, path)  # noqa: PTH105 - says better what it is for
