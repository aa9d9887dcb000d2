"""The ControllerRevision of a start: the VM's spec that an instance was made from."""

import json
from typing import Final

import msgspec

from api.meta import ApiStruct
from api.names import API_VERSION, LABEL_STARTED_VM
from api.revision import name_start_revision
from api.vm import VirtualMachine, VirtualMachineSpec
from controller.vm.seen import OWNER_KIND

Json = dict[str, object]

# What Go's JSON writes otherwise than Python's.
_GO_ESCAPES: Final = {ord(each): f"\\u{ord(each):04x}" for each in "<>&\u2028\u2029"}


class Started(ApiStruct, frozen=True):
    """The data of such a revision."""

    spec: VirtualMachineSpec


class Revision(ApiStruct, frozen=True):
    """Such a revision, as far as it is read."""

    data: Started


class InstanceStatus(ApiStruct, frozen=True):
    """What an instance tells of such a revision."""

    virtual_machine_revision_name: str = ""


class Instance(ApiStruct, frozen=True):
    """An instance, as far as it names the revision that it was started from."""

    status: InstanceStatus = InstanceStatus()


def build_start(vm: VirtualMachine) -> Json:
    """Return the revision of a start from the VM as it is."""
    meta = vm.metadata
    return {
        "apiVersion": "apps/v1",
        "kind": "ControllerRevision",
        "metadata": {
            "name": name_start_revision(meta.uid, meta.generation),
            "namespace": meta.namespace,
            "labels": {LABEL_STARTED_VM: meta.uid},
            "ownerReferences": [build_owner(meta.name, meta.uid)],
        },
        "revision": meta.generation,
        "data": encode_data({"spec": msgspec.to_builtins(vm.spec)}),
    }


def encode_data(data: Json) -> msgspec.Raw:
    """Write a revision's data as the API server itself does.

    It stores the bytes that it is sent, and never lets them change. A patch of anything else (the
    garbage collector's, of ownerReferences) has it write them anew: with other bytes, it refuses.
    """
    text = json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return msgspec.Raw(text.translate(_GO_ESCAPES).encode())


def select_starts(vm_uid: str) -> str:
    """Return the label selector of all revisions of a VM's starts."""
    return f"{LABEL_STARTED_VM}={vm_uid}"


def build_owner(name: str, uid: str) -> Json:
    """Return the reference to the VM that what it makes belongs to."""
    return {
        "apiVersion": API_VERSION,
        "kind": OWNER_KIND,
        "name": name,
        "uid": uid,
        "controller": True,
        "blockOwnerDeletion": True,
    }
