"""What parts of a VirtualMachine say of each other: DataVolumes and the volumes that use them."""

from collections.abc import Iterator

from api.cause import Cause, CauseReason
from api.vm import VirtualMachine, VirtualMachineSpec

_TEMPLATES = "spec.dataVolumeTemplates"


def find_broken_templates(vm: VirtualMachine) -> Iterator[Cause]:
    """Yield what is wrong with the DataVolumes of a VM, each by its index."""
    used = _list_claims(vm.spec)
    seen: set[str] = set()
    for index, template in enumerate(vm.spec.data_volume_templates):
        name, namespace = template.metadata.name, template.metadata.namespace
        where = f"{_TEMPLATES}[{index}]"
        if name not in used:
            message = f"dataVolumeTemplate {name} must be referenced in the template's volumes"
            yield Cause(CauseReason.REQUIRED, message, where)
        if name in seen:
            message = f"two dataVolumeTemplates must not share the name {name}"
            yield Cause(CauseReason.DUPLICATE, message, f"{where}.metadata.name")
        if namespace and namespace != vm.metadata.namespace:
            message = f"the namespace {namespace} is not the VM's"
            yield Cause(CauseReason.INVALID, message, f"{where}.metadata.namespace")
        seen.add(name)


def _list_claims(spec: VirtualMachineSpec) -> set[str]:
    """Return the claims that volumes use: a DataVolume's claim has its name."""
    names: set[str] = set()
    for volume in spec.template.spec.volumes:
        if volume.data_volume is not None:
            names.add(volume.data_volume.name)
        if volume.persistent_volume_claim is not None:
            names.add(volume.persistent_volume_claim.claim_name)
    return names
