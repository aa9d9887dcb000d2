"""The caches that the controller decides on."""

from typing import Any

from api.config import KubeVirtConfiguration
from api.kubevirt import KubeVirt
from api.names import INSTALL_NAMESPACE
from controller.replica_set.seen import ReplicaSet
from controller.vm.seen import Vm
from controller.vmi.seen import POD_LABELS, Claim, Pod, Vmi
from kube.client import Client
from kube.informer import Informer
from kube.object import Tag
from kube.resource import (
    CLAIMS,
    CLUSTER_INSTANCETYPES,
    CLUSTER_PREFERENCES,
    INSTANCETYPES,
    KUBEVIRTS,
    PODS,
    PREFERENCES,
    REPLICA_SETS,
    VMIS,
    VMS,
)

# Any: informers of different kinds, of which only what they have in common is used.
AnyInformer = Informer[Any]


class Caches:
    """All that the controller watches, and the installation's settings."""

    def __init__(self, client: Client) -> None:
        self.vms = Informer(client, VMS, Vm)
        self.vmis = Informer(client, VMIS, Vmi)
        self.pods = Informer(client, PODS, Pod, label_selector=POD_LABELS)
        self.replica_sets = Informer(client, REPLICA_SETS, ReplicaSet)
        self.claims = Informer(client, CLAIMS, Claim)
        self.kubevirts = Informer(client, KUBEVIRTS, KubeVirt, namespace=INSTALL_NAMESPACE)
        # Only that they come and change: what is in them is read when a VM needs it, so that
        # nothing waits for these to be filled.
        catalogue = (INSTANCETYPES, CLUSTER_INSTANCETYPES, PREFERENCES, CLUSTER_PREFERENCES)
        self.catalogue = tuple(Informer(client, resource, Tag) for resource in catalogue)
        self.config = KubeVirtConfiguration()
        self.kubevirts.on_change(self._take_config)

    @property
    def informers(self) -> tuple[AnyInformer, ...]:
        """Those that have to be filled before anything is decided."""
        return self.vms, self.vmis, self.pods, self.replica_sets, self.claims, self.kubevirts

    @property
    def synced(self) -> bool:
        return all(informer.synced.is_set() for informer in self.informers)

    def _take_config(self, _old: KubeVirt | None, _new: KubeVirt | None) -> None:
        """Use the first KubeVirt object; without one, the defaults."""
        first = min(self.kubevirts, key=lambda item: item.metadata.name, default=None)
        self.config = first.spec.configuration if first is not None else KubeVirtConfiguration()
