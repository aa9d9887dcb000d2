"""The KubeVirt object: tools around KubeVirt wait for its phase Deployed."""

import logging
from datetime import datetime
from typing import Final

import msgspec

from api.kubevirt import KubeVirt
from api.meta import Condition
from api.problem import Problem
from controller.clock import format_time, read_clock
from controller.merge import pin
from kube.client import VERSION, Client
from kube.informer import Informer
from kube.object import BareObject, Key
from kube.queue import WorkQueue
from kube.resource import KUBEVIRTS

log = logging.getLogger(__name__)

_CONDITIONS: Final = {
    "Created": ("True", "AllResourcesCreated", "everything that is installed was created"),
    "Available": ("True", "AllComponentsReady", "the controller runs"),
    "Progressing": ("False", "AllComponentsReady", "nothing is being rolled out"),
    "Degraded": ("False", "AllComponentsReady", "nothing is amiss"),
}


def build_status_patch(kubevirt: KubeVirt, now: datetime) -> dict[str, object]:
    """Return what is missing to say that this version is deployed; empty when all is said."""
    known = kubevirt.status
    generation = kubevirt.metadata.generation
    before = {condition.type: condition for condition in known.conditions}
    conditions = []
    for type_, (status, reason, message) in _CONDITIONS.items():
        old = before.get(type_)
        same = old is not None and old.status == status
        time = old.last_transition_time if old is not None and same else format_time(now)
        conditions.append(Condition(type_, status, reason, message, last_transition_time=time))
    wanted = {
        "phase": "Deployed",
        "conditions": msgspec.to_builtins(tuple(conditions)),
        "operatorVersion": VERSION,
        "targetKubeVirtVersion": VERSION,
        "observedKubeVirtVersion": VERSION,
        "observedGeneration": generation,
    }
    has = msgspec.to_builtins(known)
    return {name: value for name, value in wanted.items() if has.get(name) != value}


class Installation:
    """Keeps the KubeVirt object's status."""

    def __init__(self, client: Client, kubevirts: Informer[KubeVirt]) -> None:
        self._client = client
        self._kubevirts = kubevirts
        self.queue = WorkQueue()

    async def work(self, key: Key) -> None:
        """Write the status once for each generation."""
        kubevirt = self._kubevirts.get(key.namespace, key.name)
        if kubevirt is None:
            return
        patch = build_status_patch(kubevirt, read_clock())
        if not patch:
            self.queue.forget(key)
            return
        body = {"metadata": pin(kubevirt), "status": patch}
        try:
            await self._client.patch(
                KUBEVIRTS, key.namespace, key.name, body, BareObject, subresource="status"
            )
        except Problem as problem:
            log.warning("installation's status not written", extra={"error": problem.message})
            self.queue.retry(key)
