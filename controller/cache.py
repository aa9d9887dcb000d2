"""The caches that the controller decides on."""

from collections.abc import Collection
from typing import Any

from api.config import KubeVirtConfiguration
from api.kubevirt import KubeVirt
from api.names import INSTALL_NAMESPACE
from controller.claim_view import Claim
from controller.data_volume import DataVolume
from controller.namespace import Namespace
from controller.provision import Storage
from controller.replica_set.seen import ReplicaSet
from controller.vm.seen import Vm
from controller.vmi.pod_view import POD_LABELS, Pod
from controller.vmi.seen import Vmi
from kube.client import Client
from kube.informer import Informer
from kube.object import Tag
from kube.resource import (
    CLAIMS,
    CLUSTER_INSTANCETYPES,
    CLUSTER_PREFERENCES,
    DATA_VOLUMES,
    INSTANCETYPES,
    KUBEVIRTS,
    NAMESPACES,
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
        self.namespaces = Informer(client, NAMESPACES, Namespace)
        self.kubevirts = Informer(client, KUBEVIRTS, KubeVirt, namespace=INSTALL_NAMESPACE)
        # Only that they come and change: what is in them is read when a VM needs it, so that
        # nothing waits for these to be filled.
        catalogue = (INSTANCETYPES, CLUSTER_INSTANCETYPES, PREFERENCES, CLUSTER_PREFERENCES)
        self.catalogue = tuple(Informer(client, resource, Tag) for resource in catalogue)
        # CDI's, where the cluster has it: nothing waits for these either.
        self.data_volumes = Informer(client, DATA_VOLUMES, DataVolume, optional=True)
        self.config = KubeVirtConfiguration()
        self.kubevirts.on_change(self._take_config)

    @property
    def informers(self) -> tuple[AnyInformer, ...]:
        """Those that have to be filled before anything is decided."""
        return self.vms, self.vmis, self.pods, self.replica_sets, self.claims, self.kubevirts

    @property
    def late_informers(self) -> tuple[AnyInformer, ...]:
        """The others; a namespace that is not known yet is marked once more."""
        return *self.catalogue, self.data_volumes, self.namespaces

    def find_storage(self, namespace: str, names: Collection[str]) -> Storage:
        """Return what is known of claims and of the DataVolumes of their names."""
        volumes = ((name, self.data_volumes.get(namespace, name)) for name in names)
        claims = ((name, self.claims.get(namespace, name)) for name in names)
        return Storage(
            namespace,
            known=self.data_volumes.synced.is_set(),
            served=self.data_volumes.served,
            data_volumes={name: volume for name, volume in volumes if volume is not None},
            claims={name: claim for name, claim in claims if claim is not None},
        )

    @property
    def synced(self) -> bool:
        return all(informer.synced.is_set() for informer in self.informers)

    def _take_config(self, _old: KubeVirt | None, _new: KubeVirt | None) -> None:
        """Use the first KubeVirt object; without one, the defaults."""
        first = min(self.kubevirts, key=lambda item: item.metadata.name, default=None)
        self.config = first.spec.configuration if first is not None else KubeVirtConfiguration()
