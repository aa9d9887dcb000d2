"""A VMI of a set, as it is created."""

import msgspec

from api.config import KubeVirtConfiguration
from api.default_instance import complete_instance
from api.names import API_VERSION, FINALIZER_VMI
from api.replica_set import VirtualMachineInstanceReplicaSet
from controller.replica_set.seen import OWNER_KIND, ReplicaSet
from controller.vmi.pod_view import OWNER_KIND as VMI_KIND
from controller.vmi.seen import Vmi
from kube.object import OwnerReference


def build_owner(name: str, uid: str) -> OwnerReference:
    """Return the reference by which a set controls a VMI."""
    return OwnerReference(
        uid=uid,
        kind=OWNER_KIND,
        name=name,
        api_version=API_VERSION,
        controller=True,
        block_owner_deletion=True,
    )


def build_instances(
    whole: VirtualMachineInstanceReplicaSet,
    names: tuple[str, ...],
    config: KubeVirtConfiguration,
) -> tuple[dict[str, object], ...]:
    """Return a VMI for each name; they share all parts but the name."""
    meta = whole.metadata
    template = whole.spec.template
    shared: dict[str, object] = {
        "namespace": meta.namespace,
        "labels": template.metadata.labels,
        "annotations": template.metadata.annotations,
        # From the start: the VMI's own controller need not write it then.
        "finalizers": [FINALIZER_VMI],
        "ownerReferences": [msgspec.to_builtins(build_owner(meta.name, meta.uid))],
    }
    spec = msgspec.to_builtins(complete_instance(template.spec, config))
    return tuple(
        {
            "apiVersion": API_VERSION,
            "kind": VMI_KIND,
            "metadata": {"name": name, **shared},
            "spec": spec,
        }
        for name in names
    )


def plan_adoption(vmi: Vmi, replica_set: ReplicaSet) -> dict[str, object]:
    """Return the patch that makes a set the controller of a VMI that has none."""
    meta = replica_set.metadata
    owners = [*vmi.metadata.owner_references, build_owner(meta.name, meta.uid)]
    return {
        "metadata": {
            "uid": vmi.metadata.uid,
            "resourceVersion": vmi.metadata.resource_version,
            "ownerReferences": msgspec.to_builtins(owners),
        }
    }
