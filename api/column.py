"""Columns of `kubectl get`, by kind."""

from typing import Final

from api.bound import Schema


def column(name: str, path: str, wide: bool = False, kind: str = "string") -> Schema:
    """Return a column that shows the value at a path; a wide one is shown by `-o wide`."""
    priority = {"priority": 1} if wide else {}
    return {"name": name, "type": kind, "jsonPath": path, **priority}


def _condition(name: str, condition: str, wide: bool = False) -> Schema:
    return column(name, f".status.conditions[?(@.type=='{condition}')].status", wide)


AGE: Final = column("Age", ".metadata.creationTimestamp", kind="date")
VM_COLUMNS: Final = (
    AGE,
    column("Status", ".status.printableStatus"),
    _condition("Ready", "Ready"),
    column("Node", ".status.instance.nodeName", wide=True),
    column("IP", ".status.instance.ipAddress", wide=True),
    column("CPU", ".status.instance.vcpus", wide=True, kind="integer"),
    column("Memory", ".status.instance.memory", wide=True),
    column("Instancetype", ".status.instancetypeRef.name", wide=True),
    column("Reason", ".status.instance.reason", wide=True),
)
VMI_COLUMNS: Final = (
    AGE,
    column("Phase", ".status.phase"),
    column("IP", ".status.interfaces[0].ipAddress"),
    column("NodeName", ".status.nodeName"),
    _condition("Ready", "Ready"),
    _condition("Live-Migratable", "LiveMigratable", wide=True),
    _condition("Paused", "Paused", wide=True),
    _condition("Agent", "AgentConnected", wide=True),
    column("Memory", ".status.memory.guestCurrent", wide=True),
    column("Reason", ".status.reason", wide=True),
)
REPLICA_SET_COLUMNS: Final = (
    column("Desired", ".spec.replicas", kind="integer"),
    column("Current", ".status.replicas", kind="integer"),
    column("Ready", ".status.readyReplicas", kind="integer"),
    AGE,
)
KUBEVIRT_COLUMNS: Final = (AGE, column("Phase", ".status.phase"))
INSTANCETYPE_COLUMNS: Final = (
    AGE,
    column("CPU", ".spec.cpu.guest", wide=True, kind="integer"),
    column("Memory", ".spec.memory.guest", wide=True),
)
