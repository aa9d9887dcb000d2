"""VirtualMachineInstance: one running VM.

Spec and status are apart (api/spec.py, api/status.py), because a launcher needs but the spec.
"""

import msgspec

from api.meta import ApiStruct, ObjectMeta
from api.names import API_VERSION
from api.spec import VirtualMachineInstanceSpec
from api.status import VirtualMachineInstanceStatus

__all__ = [
    "VirtualMachineInstance",
    "VirtualMachineInstanceSpec",
    "VirtualMachineInstanceStatus",
]


class VirtualMachineInstance(ApiStruct, frozen=True):
    """A running virtual machine. It is a pod of the same name, and ends when the guest ends."""

    metadata: ObjectMeta
    spec: VirtualMachineInstanceSpec
    """What the VM should be."""
    status: VirtualMachineInstanceStatus = msgspec.field(
        default_factory=VirtualMachineInstanceStatus
    )
    """What the VM is."""
    api_version: str = msgspec.field(default=API_VERSION)
    kind: str = "VirtualMachineInstance"
