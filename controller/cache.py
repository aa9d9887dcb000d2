"""The caches that the controller decides on, and who is to look when something changes."""

from collections.abc import Callable

from api.config import KubeVirtConfiguration
from api.kubevirt import KubeVirt
from api.names import INSTALL_NAMESPACE
from controller.seen import POD_LABELS, Claim, Pod, Vmi
from kube.client import Client
from kube.informer import Informer
from kube.object import Key, key_of
from kube.resource import CLAIMS, KUBEVIRTS, PODS, VMIS


class Caches:
    """VMIs, their pods, claims, and the installation's settings."""

    def __init__(self, client: Client) -> None:
        self.vmis = Informer(client, VMIS, Vmi)
        self.pods = Informer(client, PODS, Pod, label_selector=POD_LABELS)
        self.claims = Informer(client, CLAIMS, Claim)
        self.kubevirts = Informer(client, KUBEVIRTS, KubeVirt, namespace=INSTALL_NAMESPACE)
        self.config = KubeVirtConfiguration()

    @property
    def informers(self) -> tuple[Informer[Vmi], Informer[Pod], Informer[Claim], Informer[KubeVirt]]:
        return self.vmis, self.pods, self.claims, self.kubevirts

    @property
    def synced(self) -> bool:
        return all(informer.synced.is_set() for informer in self.informers)

    def connect(self, add: Callable[[Key], None], list_waiting: Callable[[], list[Key]]) -> None:
        """Have ``add`` called for each VMI that a change concerns."""

        def add_same_name(old: Vmi | Pod | None, new: Vmi | Pod | None) -> None:
            changed = new or old
            if changed is not None:
                add(key_of(changed))

        def add_waiting(old: Claim | None, new: Claim | None) -> None:
            changed = new or old
            if changed is None or (old is not None and new is not None):
                return  # only their coming and going matters
            for key in list_waiting():
                if key.namespace == changed.metadata.namespace:
                    add(key)

        def take_config(_old: KubeVirt | None, _new: KubeVirt | None) -> None:
            before, self.config = self.config, find_config(self.kubevirts)
            if self.config != before:
                for key in list_waiting():
                    add(key)

        self.vmis.on_change(add_same_name)
        self.pods.on_change(add_same_name)
        self.claims.on_change(add_waiting)
        self.kubevirts.on_change(take_config)


def find_config(kubevirts: Informer[KubeVirt]) -> KubeVirtConfiguration:
    """Return the settings of the first KubeVirt object; without one, the defaults."""
    first = min(kubevirts, key=lambda item: item.metadata.name, default=None)
    return first.spec.configuration if first is not None else KubeVirtConfiguration()
