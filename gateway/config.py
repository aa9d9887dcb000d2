"""The installation's configuration, as its KubeVirt object says now."""

from api.config import KubeVirtConfiguration
from api.kubevirt import KubeVirt
from kube.client import Client
from kube.informer import Informer
from kube.resource import KUBEVIRTS


class ConfigWatch:
    """Follows the KubeVirt object; without one everything is as by default."""

    def __init__(self, client: Client, namespace: str) -> None:
        self.informer = Informer(client, KUBEVIRTS, KubeVirt, namespace=namespace)
        self._current = KubeVirtConfiguration()
        self.informer.on_change(self._take)

    def read(self) -> KubeVirtConfiguration:
        """Return what holds now."""
        return self._current

    def _take(self, _old: KubeVirt | None, _new: KubeVirt | None) -> None:
        # of several, the one that the controller takes too
        first = min(self.informer, key=lambda each: each.metadata.name, default=None)
        self._current = first.spec.configuration if first is not None else KubeVirtConfiguration()
