"""The VMI of a VM: its template, with instancetype and preference in it."""

from typing import Final

import msgspec
from msgspec.structs import replace

from api.catalogue import INSTANCETYPE, PREFERENCE, Family
from api.config import KubeVirtConfiguration
from api.expand import Sizing, expand_annotations, expand_spec
from api.names import (
    ANNOTATION_CLUSTER_INSTANCETYPE,
    ANNOTATION_CLUSTER_PREFERENCE,
    ANNOTATION_INSTANCETYPE,
    ANNOTATION_PREFERENCE,
    ANNOTATION_VM_GENERATION,
    API_VERSION,
    FINALIZER_VMI,
    LABEL_VM_NAME,
)
from api.spec import VirtualMachineInstanceSpec
from api.vm import InstancetypeStatusRef, VirtualMachine, VirtualMachineStatus
from controller.vm.revision import Json, build_owner
from controller.vmi.pod import shorten_label
from controller.vmi.pod_view import OWNER_KIND as INSTANCE_KIND

_PAUSED: Final = "Paused"


def expand_template(
    vm: VirtualMachine, sizing: Sizing, config: KubeVirtConfiguration
) -> VirtualMachineInstanceSpec:
    """Return the spec that an instance of the VM has."""
    return expand_spec(vm.spec.template.spec, sizing, config)


def build_instance(
    vm: VirtualMachine,
    spec: VirtualMachineInstanceSpec,
    sizing: Sizing,
    refs: VirtualMachineStatus,
    *,
    paused: bool,
) -> Json:
    """Return the VMI; ``spec`` is expanded. Its finalizer saves the write that would add it."""
    template = vm.spec.template.metadata
    annotations = (
        expand_annotations(template.annotations, sizing)
        | _name_ref(INSTANCETYPE, refs.instancetype_ref)
        | _name_ref(PREFERENCE, refs.preference_ref)
    )
    annotations[ANNOTATION_VM_GENERATION] = str(vm.metadata.generation)
    if paused:
        spec = replace(spec, start_strategy=_PAUSED)
    return {
        "apiVersion": API_VERSION,
        "kind": INSTANCE_KIND,
        "metadata": {
            "name": vm.metadata.name,
            "namespace": vm.metadata.namespace,
            "labels": template.labels | {LABEL_VM_NAME: shorten_label(vm.metadata.name)},
            "annotations": annotations,
            "ownerReferences": [build_owner(vm.metadata.name, vm.metadata.uid)],
            "finalizers": [FINALIZER_VMI],
        },
        "spec": msgspec.to_builtins(spec),
    }


_ANNOTATIONS: Final = {
    INSTANCETYPE.kind: ANNOTATION_INSTANCETYPE,
    INSTANCETYPE.cluster_kind: ANNOTATION_CLUSTER_INSTANCETYPE,
    PREFERENCE.kind: ANNOTATION_PREFERENCE,
    PREFERENCE.cluster_kind: ANNOTATION_CLUSTER_PREFERENCE,
}


def _name_ref(family: Family, ref: InstancetypeStatusRef | None) -> dict[str, str]:
    """Return the annotation that tells what the VM was made of."""
    if ref is None or not ref.name:
        return {}
    return {_ANNOTATIONS.get(ref.kind or "", _ANNOTATIONS[family.cluster_kind]): ref.name}
