"""A bad VMI: what is wrong, and who refuses it with which code, reason and field.

Numbers are those of the project's references: K = KubeVirt's answers (5.3), B = bad manifests.
A row is the good VMI with some fields changed. ``field`` is what the API server blames with the
CRD alone; ``ours`` is what validation of ours blames, where it knows better than CEL (an index)
or says it with another field. ``schema`` is False where only the installation's settings tell.
"""

import copy
import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

Manifest = dict[str, Any]  # YAML as it comes

GOOD: Final[Manifest] = {
    "apiVersion": "kubevirt.io/v1",
    "kind": "VirtualMachineInstance",
    "metadata": {"name": "bad", "namespace": "default"},
    "spec": {
        "domain": {
            "memory": {"guest": "128Mi"},
            "cpu": {"cores": 1},
            "devices": {
                "disks": [
                    {"name": "boot", "disk": {"bus": "virtio"}},
                    {"name": "seed", "cdrom": {"bus": "sata"}},
                ],
                "interfaces": [{"name": "default", "masquerade": {}}],
            },
        },
        "networks": [{"name": "default", "pod": {}}],
        "volumes": [
            {"name": "boot", "containerDisk": {"image": "localhost/virtpod/tiny:latest"}},
            {"name": "seed", "cloudInitNoCloud": {"userData": "#cloud-config\n"}},
        ],
    },
}


class Gone:
    """In place of a value: the field is taken away."""


GONE: Final = Gone()


@dataclass(frozen=True)
class BadVmi:
    """One bad manifest and its answer."""

    name: str
    changes: Mapping[str, object]
    field: str
    ours: str | None = None
    code: int = 422
    reason: str = "Invalid"
    cause: str | None = None
    schema: bool = True
    settings: Mapping[str, object] = dataclasses.field(default_factory=dict)

    @property
    def manifest(self) -> Manifest:
        """The good VMI with the changes."""
        return change(GOOD, self.changes)


def change(manifest: Manifest, changes: Mapping[str, object]) -> Manifest:
    """Return a copy with values set at paths such as ``spec.volumes.0.name``."""
    changed = copy.deepcopy(manifest)
    for path, value in changes.items():
        *steps, last = path.split(".")
        place: Any = changed  # a list or an object, by the path
        for step in steps:
            place = place[int(step)] if isinstance(place, list) else place.setdefault(step, {})
        if isinstance(value, Gone):
            del place[last]
        elif isinstance(place, list):
            place[int(last) :] = [value, *place[int(last) + 1 :]]
        else:
            place[last] = value
    return changed


S = "spec"
D = "spec.domain"
V = "spec.domain.devices"
DISK = "spec.domain.devices.disks"
NIC = "spec.domain.devices.interfaces"
VOL = "spec.volumes"
NET = "spec.networks"


def disk(**fields: object) -> Manifest:
    """Return a change of the boot disk."""
    return {f"{DISK}.0": {"name": "boot", **fields}}


def nic(**fields: object) -> Manifest:
    """Return a change of the interface."""
    return {f"{NIC}.0": {"name": "default", **fields}}


def volume(**source: object) -> Manifest:
    """Return a change of the boot disk's volume."""
    return {f"{VOL}.0": {"name": "boot", **source}}


def seed(**source: object) -> Manifest:
    """Return a change of the cloud-init volume."""
    return {f"{VOL}.1": {"name": "seed", "cloudInitNoCloud": source}}


IMAGE: Final = {"image": "localhost/virtpod/tiny:latest"}
PAGES: Final = {"guest": "128Mi", "hugepages": {"pageSize": "1Gi"}}
SSH: Final = {"source": {"secret": {"secretName": "keys"}}}
