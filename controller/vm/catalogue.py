"""The revision in which a VM keeps what it takes from the catalogue."""

import hashlib
from typing import Final

from api.catalogue import Family, spell_plural
from api.names import (
    INSTANCETYPE_API_VERSION,
    INSTANCETYPE_VERSION,
    LABEL_OBJECT_GENERATION,
    LABEL_OBJECT_KIND,
    LABEL_OBJECT_NAME,
    LABEL_OBJECT_UID,
    LABEL_OBJECT_VERSION,
)
from api.vm import VirtualMachine
from controller.vm.revision import Json, build_owner, encode_data
from controller.vmi.pod import shorten_label
from kube.object import Meta
from kube.resource import (
    CLUSTER_INSTANCETYPES,
    CLUSTER_PREFERENCES,
    INSTANCETYPES,
    PREFERENCES,
    Resource,
)

_RESOURCES: Final = {
    resource.plural: resource
    for resource in (INSTANCETYPES, CLUSTER_INSTANCETYPES, PREFERENCES, CLUSTER_PREFERENCES)
}
_NAME_LENGTH: Final = 253
_HASH_LENGTH: Final = 8
# Only the API server has a use for it, and it is larger than all the rest.
_LAST_APPLIED: Final = "kubectl.kubernetes.io/last-applied-configuration"


def find_resource(kind: str) -> Resource:
    """Return where the objects of one of the four kinds live."""
    return _RESOURCES[spell_plural(kind)]


def describe_missing(family: Family, resource: Resource, namespace: str, name: str) -> str:
    """Say that a catalogue object does not exist, and how to see which ones do."""
    place = f" -n {namespace}" if namespace else ""
    listing = f"`kubectl get {resource.plural}{place}` lists those that do"
    kind = family.kind if namespace else family.cluster_kind
    return f"{kind} {name} does not exist; {listing}"


def advise_revision(family: Family, namespace: str, name: str | None) -> str:
    """Say what to do about a revision that is of no use."""
    label = f" -l {LABEL_OBJECT_NAME}={shorten_label(name)}" if name else ""
    listing = f"`kubectl get controllerrevisions -n {namespace}{label}`"
    noun = family.noun
    return (
        f"name another {noun} in spec.{noun}.name, or a revision of {listing} in"
        f" spec.{noun}.revisionName"
    )


def name_revision(vm_name: str, meta: Meta) -> str:
    """Return the name of the revision that holds a catalogue object as it is now for a VM."""
    parts = (vm_name, meta.name, INSTANCETYPE_VERSION, meta.uid, meta.generation)
    whole = "-".join(str(part) for part in parts)
    return whole if len(whole) <= _NAME_LENGTH else _append_hash(whole, whole)


def list_names(vm: VirtualMachine, meta: Meta) -> tuple[str, str]:
    """Return the names that such a revision can have: the usual one may be another VM's.

    The second has the VM's UID in it: no other VM, past or to come, has any use for it.
    """
    usual = name_revision(vm.metadata.name, meta)
    return usual, _append_hash(usual, vm.metadata.uid)


def _append_hash(name: str, text: str) -> str:
    digest = hashlib.sha256(text.encode()).hexdigest()[:_HASH_LENGTH]
    return f"{name[: _NAME_LENGTH - _HASH_LENGTH - 1].rstrip('-.')}-{digest}"


def build_revision(vm: VirtualMachine, name: str, kind: str, meta: Meta, item: Json) -> Json:
    """Return the ControllerRevision that holds a catalogue object for a VM; ``item`` is whole."""
    annotations = {key: value for key, value in meta.annotations.items() if key != _LAST_APPLIED}
    held = {
        "name": meta.name,
        "uid": meta.uid,
        "generation": meta.generation,
        "resourceVersion": meta.resource_version,
        "creationTimestamp": meta.creation_timestamp,
        "labels": meta.labels,
        "annotations": annotations,
    }
    if meta.namespace:
        held["namespace"] = meta.namespace
    labels = {
        LABEL_OBJECT_NAME: shorten_label(meta.name),
        LABEL_OBJECT_KIND: kind,
        LABEL_OBJECT_UID: meta.uid,
        LABEL_OBJECT_GENERATION: str(meta.generation),
        LABEL_OBJECT_VERSION: INSTANCETYPE_VERSION,
    }
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": name,
            "namespace": vm.metadata.namespace,
            "labels": labels,
            "ownerReferences": [build_owner(vm.metadata.name, vm.metadata.uid)],
        },
        "revision": 0,
        "data": encode_data(
            {
                "apiVersion": INSTANCETYPE_API_VERSION,
                "kind": kind,
                "metadata": held,
                "spec": item["spec"],
            }
        ),
    }
