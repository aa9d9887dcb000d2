"""The DataVolumes that a VM describes: which are to be made, and as what."""

from collections.abc import Iterator

from api.catalogue import is_inferred
from api.data_volume import DataVolumeTemplateSpec
from api.expand import expand_vm
from api.names import CDI_API_VERSION, LABEL_CREATED_BY, Reason
from api.vm import VirtualMachine
from controller.data_volume import OWNER_KIND
from controller.verdict import AT_ONCE, Emit
from controller.vm.revision import Json, build_owner
from controller.vm.seen import Seen
from controller.vm.start import find_catalogue, plan_reading
from controller.vm.verdict import Action, CreateDataVolume, Verdict


def plan_data_volumes(seen: Seen) -> Verdict | None:
    """Return the next step to DataVolumes that are missing, whether the VM is to run or not."""
    if not seen.missing or seen.unreadable or seen.is_refused:
        return None
    step = plan_reading(seen)
    if step is not None or seen.whole is None:
        return step
    catalogue = find_catalogue(seen, seen.whole)
    if catalogue.trouble and not _infers(seen.whole):
        return None  # a preference may say where the volumes should be
    whole = expand_vm(seen.whole, catalogue.sizing, seen.config)
    actions = tuple(_create(whole, seen.missing))
    return Verdict(actions, look_again=AT_ONCE) if actions else None


def build_data_volume(vm: VirtualMachine, template: DataVolumeTemplateSpec) -> Json:
    """Return the DataVolume of a template; it goes with its VM."""
    meta, spec = template.metadata, dict(template.spec)
    priority = vm.spec.template.spec.priority_class_name
    if priority:
        spec.setdefault("priorityClassName", priority)
    return {
        "apiVersion": CDI_API_VERSION,
        "kind": OWNER_KIND,
        "metadata": {
            "name": meta.name,
            "namespace": vm.metadata.namespace,
            "labels": meta.labels | {LABEL_CREATED_BY: vm.metadata.uid},
            "annotations": meta.annotations,
            "ownerReferences": [build_owner(vm.metadata.name, vm.metadata.uid)],
        },
        "spec": spec,
    }


def _infers(whole: VirtualMachine) -> bool:
    """True when the catalogue may wait for a claim that is still to be made."""
    matchers = (whole.spec.instancetype, whole.spec.preference)
    return any(each is not None and is_inferred(each) for each in matchers)


def _create(whole: VirtualMachine, missing: tuple[str, ...]) -> Iterator[Action]:
    for template in whole.spec.data_volume_templates:
        name = template.metadata.name
        if name in missing:
            yield CreateDataVolume(build_data_volume(whole, template))
            text = f"created DataVolume {name}"
            yield Emit("Normal", Reason.SUCCESSFUL_DATA_VOLUME_CREATE, text)
