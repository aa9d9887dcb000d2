"""The launch document: all that a launcher is told about its VM.

The controller writes it into the pod's annotation ``virtpod.io/launch-document``; it reaches
the launcher as a downwardAPI file. It carries the spec with defaults applied and no secret
material: secrets, claims and image disks are ordinary volumes of the pod.
"""

import msgspec

from api.spec import VirtualMachineInstanceSpec

LAUNCH_VERSION = 1


class LaunchDocument(msgspec.Struct, frozen=True, rename="camel", omit_defaults=True):
    """One VM, ready to be rendered. Unknown fields are ignored: an old launcher must survive."""

    version: int
    name: str  # of the VirtualMachineInstance, and of the domain: <namespace>_<name>
    namespace: str
    uid: str  # of the VirtualMachineInstance
    spec: VirtualMachineInstanceSpec  # defaults applied
    allow_emulation: bool = False  # run under TCG where KVM does not work
    grace_seconds: int = 30  # ACPI power-off gets this long before qemu is killed
    block_volumes: tuple[str, ...] = ()  # volumes backed by a block-mode claim
    claim_bytes: dict[str, int] = {}  # size of the claim, by volume that may get a new disk.img
    created: str = ""  # metadata.creationTimestamp of the VirtualMachineInstance
    revision_name: str = ""  # ControllerRevision of the VirtualMachine that it was started from
    smbios_manufacturer: str = "KubeVirt"
    smbios_product: str = "None"


def encode_launch(document: LaunchDocument) -> str:
    """Return the document as compact JSON."""
    return msgspec.json.encode(document).decode()


def decode_launch(text: str | bytes) -> LaunchDocument:
    """Read a launch document; raises msgspec.ValidationError with a path when it is malformed."""
    return msgspec.json.decode(text, type=LaunchDocument)
