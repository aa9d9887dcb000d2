"""Says on the node what it can do for VMs."""

import asyncio
import logging
from typing import Any

import msgspec

from api.meta import ApiStruct, ObjectMeta
from api.names import LABEL_KVM, LABEL_SCHEDULABLE, RESOURCE_KVM, RESOURCE_TUN
from api.problem import Problem
from handler.probe import NodeFacts
from kube.client import Client
from kube.informer import Informer
from kube.resource import NODES

log = logging.getLogger(__name__)

RETRY_SECONDS = 5.0


class NodeStatus(ApiStruct, frozen=True):
    """What pods may use."""

    allocatable: dict[str, str] = msgspec.field(default_factory=dict)


class Node(ApiStruct, frozen=True):
    """A node, as far as we care."""

    metadata: ObjectMeta
    status: NodeStatus = NodeStatus()


def build_labels(facts: NodeFacts) -> dict[str, str]:
    """Return the labels that VMs' pods select a node by."""
    return {LABEL_SCHEDULABLE: "true", LABEL_KVM: "true" if facts.kvm else "false"}


def build_label_patch(node: Node, facts: NodeFacts) -> dict[str, Any] | None:  # JSON
    """Return the merge patch of what is missing; nothing when all is said."""
    wanted = build_labels(facts)
    missing = {
        key: value for key, value in wanted.items() if node.metadata.labels.get(key) != value
    }
    return {"metadata": {"uid": node.metadata.uid, "labels": missing}} if missing else None


def can_take_vms(node: Node, facts: NodeFacts) -> bool:
    """Tell whether the node has its labels, and the scheduler sees its devices."""
    working = {RESOURCE_KVM: facts.kvm, RESOURCE_TUN: facts.tun}
    offered = node.status.allocatable
    devices = all(offered.get(name, "0") != "0" for name, works in working.items() if works)
    return devices and build_label_patch(node, facts) is None


class NodeLabeller:
    """Keeps the labels on this node's object, also when it is made anew."""

    def __init__(self, client: Client, nodes: Informer[Node], name: str, facts: NodeFacts) -> None:
        self._client = client
        self._nodes = nodes
        self._name = name
        self._facts = facts
        self._changed = asyncio.Event()
        nodes.on_change(lambda _old, _new: self._changed.set())

    def is_ready(self) -> bool:
        """Tell whether VMs can be placed on the node."""
        node = self._nodes.get("", self._name)
        return node is not None and can_take_vms(node, self._facts)

    async def run(self) -> None:
        """Look at each change of the node, until cancelled. The labels stay when we go."""
        while True:
            await self._changed.wait()
            self._changed.clear()
            node = self._nodes.get("", self._name)
            patch = build_label_patch(node, self._facts) if node else None
            if patch is not None and not await self._apply(patch):
                await asyncio.sleep(RETRY_SECONDS)
                self._changed.set()

    async def _apply(self, patch: dict[str, Any]) -> bool:
        try:
            await self._client.patch(NODES, None, self._name, patch, Node)
        except Problem as problem:
            log.warning("node not labelled", extra={"error": problem.message})
            return False
        log.info("node labelled", extra={"labels": patch["metadata"]["labels"]})
        return True
