"""Namespaces that VMs run in carry a label, so that a policy of the API server can guard them.

The label is there before the first pod of a VM, and stays: whoever removes it while VMs run gets
it back, and when the last VM is gone it is the administrator's to remove. Removed by us, it would
be missing for a moment whenever a VM comes while another goes.
"""

import asyncio
import logging
from collections import Counter
from collections.abc import Callable

import msgspec

from api.names import LABEL_RUNS_VMS
from controller.cached import Small
from controller.vmi.seen import Vmi
from kube.client import Client
from kube.informer import Informer
from kube.object import Key
from kube.resource import NAMESPACES

log = logging.getLogger(__name__)

_YES = "true"


class NamespaceLabels(Small, frozen=True):
    """The labels of a namespace that matter."""

    runs_vms: str | None = msgspec.field(name=LABEL_RUNS_VMS, default=None)


class NamespaceMeta(Small, frozen=True):
    """Metadata of a namespace."""

    name: str
    uid: str
    resource_version: str
    namespace: str = ""  # namespaces are in none
    labels: NamespaceLabels = NamespaceLabels()


class Namespace(Small, frozen=True):
    """A namespace in the cache."""

    metadata: NamespaceMeta

    @property
    def is_marked(self) -> bool:
        return self.metadata.labels.runs_vms == _YES


class Namespaces:
    """Marks namespaces; of those with VMs, none stays unmarked."""

    def __init__(
        self, client: Client, namespaces: Informer[Namespace], vmis: Informer[Vmi]
    ) -> None:
        self._client = client
        self._namespaces = namespaces
        self._vmis = vmis
        self._counts: Counter[str] = Counter()  # VMIs by namespace
        self._lock = asyncio.Lock()

    def connect(self, add: Callable[[Key], None]) -> None:
        """Have ``add`` called for each namespace with VMs that is not marked."""

        def hear_of_vmi(old: Vmi | None, new: Vmi | None) -> None:
            changed = new or old
            if changed is None or (old is not None and new is not None):
                return
            name = changed.metadata.namespace
            self._counts[name] += 1 if old is None else -1
            if old is None and not self.is_marked(name):
                add(Key(name, ""))
            if not self._counts[name]:
                del self._counts[name]

        def hear_of_namespace(_old: Namespace | None, new: Namespace | None) -> None:
            if new is not None and not new.is_marked and self._counts[new.metadata.name]:
                add(Key(new.metadata.name, ""))

        self._vmis.on_change(hear_of_vmi)
        self._namespaces.on_change(hear_of_namespace)

    def is_marked(self, name: str) -> bool:
        """Say whether the namespace is marked, as far as is known."""
        namespace = self._namespaces.get("", name)
        return namespace is not None and namespace.is_marked

    async def reconcile(self, key: Key) -> None:
        """Mark the namespace of this key if it has VMs; one that is not known is none yet."""
        if self._counts[key.namespace] and self._namespaces.get("", key.namespace) is not None:
            await self.mark(key.namespace)

    async def mark(self, name: str) -> None:
        """Mark the namespace unless it is; a burst of first VMs costs one write."""
        async with self._lock:
            if self.is_marked(name):
                return
            patch = {"metadata": {"labels": {LABEL_RUNS_VMS: _YES}}}
            answer = await self._client.patch(NAMESPACES, None, name, patch, Namespace)
            self._namespaces.learn(answer)
        log.info("namespace marked", extra={"namespace": name})
