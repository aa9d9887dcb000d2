"""Pods, VMIs and states for the handler's tests."""

from datetime import UTC, datetime
from typing import Any

import msgspec

from handler.domain import DomainPhase, DomainState, GuestInterface
from handler.pod import Pod, Vmi, read_document
from handler.verdict import Seen

POD_UID = "0c8a4a7e-35ec-4d6b-a52c-5f0b1d2c3e4f"
VMI_UID = "7f9c2ba4-e88f-4a2d-9d1e-6b5a4c3d2e1f"
NODE = "node1"
CREATED = "2026-11-22T10:00:00Z"
SCHEDULED = "2026-11-22T10:00:01Z"
STARTED = datetime(2026, 11, 22, 10, 0, 2, tzinfo=UTC)
NOW = datetime(2026, 11, 22, 10, 0, 3, 500_000, tzinfo=UTC)
INTERFACE = GuestInterface(
    "default", "02:00:00:00:00:01", ("10.0.0.5", "fd00::5"), "", "eth0", "domain", "up"
)
RUNNING = DomainState(DomainPhase.RUNNING, STARTED, interfaces=(INTERFACE,), emulated=True)


def make_document(**spec: Any) -> str:
    domain = {
        "cpu": {"cores": 2, "sockets": 1, "threads": 1},
        "memory": {"guest": "128Mi"},
        "machine": {"type": "q35"},
        "devices": {"interfaces": [{"name": "default", "masquerade": {}}]},
    }
    whole = {"domain": domain, "networks": [{"name": "default", "pod": {}}], **spec}
    launch = {
        "version": 1,
        "name": "vm1",
        "namespace": "ns",
        "uid": VMI_UID,
        "created": "2026-11-22T09:59:00Z",
        "spec": whole,
    }
    return msgspec.json.encode(launch).decode()


def make_pod(
    *, uid: str = POD_UID, document: str = "", deleted: bool = False, **status: Any
) -> Pod:
    owner = {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstance",
        "name": "vm1",
        "uid": VMI_UID,
        "controller": True,
    }
    metadata: dict[str, Any] = {
        "name": "vm1",
        "namespace": "ns",
        "uid": uid,
        "resourceVersion": "7",
        "creationTimestamp": CREATED,
        "ownerReferences": [owner],
        "annotations": {
            "virtpod.io/launch-document": document or make_document(),
            "kubevirt.io/memory-overhead-bytes": str(200 << 20),
        },
    }
    if deleted:
        metadata["deletionTimestamp"] = CREATED
    scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": SCHEDULED}
    pod = {
        "metadata": metadata,
        "spec": {
            "nodeName": NODE,
            "containers": [{"name": "compute", "image": "launcher:1"}, {"name": "guest"}],
        },
        "status": {"qosClass": "Burstable", "conditions": [scheduled], **status},
    }
    return msgspec.convert(pod, Pod)


def make_vmi(*, deleted: bool = False, uid: str = VMI_UID, **status: Any) -> Vmi:
    metadata = {
        "name": "vm1",
        "namespace": "ns",
        "uid": uid,
        "resourceVersion": "9",
        "creationTimestamp": "2026-11-22T09:59:59Z",
    }
    if deleted:
        metadata["deletionTimestamp"] = CREATED
    return msgspec.convert({"metadata": metadata, "status": status}, Vmi)


def make_seen(**changes: Any) -> Seen:
    pod = changes.pop("pod", None) or make_pod()
    return Seen(pod=pod, now=NOW, document=read_document(pod), **changes)


def end_compute(exit_code: int, reason: str = "Error", message: str = "") -> dict[str, Any]:
    """Return the part of a pod's status that says how the launcher ended."""
    terminated = {
        "exitCode": exit_code,
        "reason": reason,
        "message": message,
        "startedAt": SCHEDULED,
    }
    return {"containerStatuses": [{"name": "compute", "state": {"terminated": terminated}}]}
