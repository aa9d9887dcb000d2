"""The way to an instance, and all that can stand in it."""

from dataclasses import replace as replace_data
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from api.catalogue import INSTANCETYPE, PREFERENCE
from api.device import TPMDevice
from api.domain import CPU, DomainSpec, Memory
from api.expand import Sizing
from api.instancetype import (
    CPUInstancetype,
    MemoryInstancetype,
    VirtualMachineInstancetypeSpec,
)
from api.names import FINALIZER_VM, Reason
from api.preference import MachinePreferences, VirtualMachinePreferenceSpec
from api.spec import VirtualMachineInstanceSpec
from api.vm import (
    InstancetypeMatcher,
    InstancetypeStatusRef,
    PreferenceMatcher,
    StateChangeRequest,
    VirtualMachineStatus,
)
from controller.data_volume import Provision
from controller.refusal import Refusal
from controller.verdict import AT_ONCE, Emit
from controller.vm.outlook import Memo, plan_memo
from controller.vm.seen import Catalogue, Seen
from controller.vm.start import STALE_SECONDS, plan_start
from controller.vm.verdict import (
    CreateInstance,
    CreateRevision,
    DropRevisions,
    PatchVm,
    ReadCatalogue,
    ReadVm,
    Verdict,
)
from controller.vmi.seen import Vmi
from controller.vmi.trouble import Trouble
from tests.unit.controller.vm.scene import (
    GENERATION,
    NOW,
    OTHER_UID,
    VM_UID,
    build_owner,
    build_vm,
    build_vmi,
    build_whole,
    see,
)

NOTHING = Memo((), None, None, None, None)


def start(seen: Seen, *requests: StateChangeRequest) -> Verdict:
    step = plan_start(seen, replace_data(plan_memo(seen), requests=requests))
    assert isinstance(step, Verdict)
    return step


def stop_short(seen: Seen) -> Trouble:
    step = plan_start(seen, NOTHING)
    assert isinstance(step, Trouble)
    return step


def find_body(verdict: Verdict) -> dict[str, Any]:  # JSON
    (body,) = (each.body for each in verdict.actions if isinstance(each, CreateInstance))
    return body


def build_sized(**matchers: Any) -> Seen:  # fields of the spec
    """Return a VM that asks the catalogue, and says no size of its own."""
    vm = build_vm()
    vm = replace(vm, spec=replace(vm.spec, **matchers))
    own = VirtualMachineInstanceSpec(domain=DomainSpec(memory=None), architecture="amd64")
    whole = build_whole(vm, own)
    return Seen(now=NOW, vm=vm, whole=whole)


def test_the_vm_is_read_first() -> None:
    assert start(see()) == Verdict((ReadVm(),), look_again=AT_ONCE)


def test_what_must_be_stored_in_the_vm_is_stored_first() -> None:
    vm = build_vm(finalizers=("other",))
    bare = VirtualMachineInstanceSpec(domain=DomainSpec(memory=Memory(guest="64Mi")))
    seen = replace_data(see(vm), whole=build_whole(vm, bare))
    (patch,) = start(seen).actions
    assert isinstance(patch, PatchVm)
    assert patch.patch["metadata"] == {"finalizers": ["other", FINALIZER_VM]}
    spec = patch.patch["spec"]["template"]["spec"]  # type: ignore[index]
    assert set(spec) == {"domain", "architecture"}


def test_revision_and_instance_are_created_in_one_go() -> None:
    actions = start(see(whole=True)).actions
    kinds = [type(each) for each in actions]
    assert kinds == [CreateRevision, CreateInstance, Emit]


def test_revisions_of_earlier_starts_are_dropped_afterwards() -> None:
    vm = build_vm(status=VirtualMachineStatus(observed_generation=1))
    last = start(see(vm, whole=True)).actions[-1]
    assert last == DropRevisions(f"revision-start-vm-{VM_UID}-{GENERATION}")


def test_what_an_instance_is_like() -> None:
    body = find_body(start(see(whole=True)))
    meta = body["metadata"]
    assert (meta["name"], meta["namespace"]) == ("vm", "ns")
    assert meta["labels"] == {"vm.kubevirt.io/name": "vm"}
    assert meta["annotations"]["kubevirt.io/vm-generation"] == str(GENERATION)
    assert meta["finalizers"] == ["kubevirt.io/foregroundDeleteVirtualMachine"]
    (owner,) = meta["ownerReferences"]
    assert (owner["uid"], owner["controller"], owner["blockOwnerDeletion"]) == (VM_UID, True, True)
    assert body["spec"]["domain"]["memory"] == {"guest": "64Mi"}
    assert "startStrategy" not in body["spec"]


def test_a_request_for_a_paused_start_pauses_this_start() -> None:
    paused = StateChangeRequest("Start", {"paused": "true"})
    assert find_body(start(see(whole=True), paused))["spec"]["startStrategy"] == "Paused"


def test_a_vm_that_was_read_in_another_version_is_waited_for() -> None:
    vm = build_vm()
    newer = build_whole(replace(vm, metadata=replace(vm.metadata, generation=GENERATION + 1)))
    assert start(replace_data(see(vm), whole=newer)) == Verdict(look_again=STALE_SECONDS)


# The catalogue.


def test_the_catalogue_is_asked_when_the_vm_names_it() -> None:
    seen = build_sized(instancetype=InstancetypeMatcher(name="u1.small"))
    assert start(seen).actions == (ReadCatalogue(),)


def test_a_catalogue_that_does_not_have_it_is_said() -> None:
    seen = build_sized(instancetype=InstancetypeMatcher(name="u1.small"))
    lacking = Catalogue(Sizing(), VirtualMachineStatus(), trouble="u1.small not found")
    patched = find_patched(replace_data(seen, catalogue=lacking))
    assert stop_short(patched) == Trouble(Reason.FAILED_CREATE, "u1.small not found")


def find_patched(seen: Seen) -> Seen:
    """Return what is seen once the VM stores what it has to."""
    assert seen.whole is not None
    template = build_whole(seen.vm).spec.template
    domain = replace(template.spec.domain, cpu=None, memory=None)
    spec = replace(template.spec, domain=domain)
    own = replace(seen.whole.spec, template=replace(template, spec=spec))
    return replace_data(seen, whole=replace(seen.whole, spec=own))


def build_catalogue() -> Catalogue:
    size = VirtualMachineInstancetypeSpec(
        cpu=CPUInstancetype(guest=2),
        memory=MemoryInstancetype(guest="128Mi"),
        annotations={"size": "small"},
    )
    advice = VirtualMachinePreferenceSpec(
        machine=MachinePreferences(preferred_machine_type="pc-q35-10.0")
    )
    refs = VirtualMachineStatus(
        instancetype_ref=InstancetypeStatusRef("u1.small", INSTANCETYPE.cluster_kind),
        preference_ref=InstancetypeStatusRef("alpine", PREFERENCE.kind),
    )
    return Catalogue(Sizing(size, advice), refs)


def build_sized_vm() -> Seen:
    sized = build_sized(
        instancetype=InstancetypeMatcher(name="u1.small"),
        preference=PreferenceMatcher(name="alpine", kind=PREFERENCE.kind),
    )
    return replace_data(sized, catalogue=build_catalogue())


def test_a_preference_names_the_machine_before_the_cluster_does() -> None:
    (patch,) = start(build_sized_vm()).actions
    assert isinstance(patch, PatchVm)
    domain = patch.patch["spec"]["template"]["spec"]["domain"]  # type: ignore[index]
    assert domain["machine"] == {"type": "pc-q35-10.0"}


def test_an_instance_has_the_size_of_its_instancetype() -> None:
    body = find_body(start(find_patched(build_sized_vm())))
    annotations = body["metadata"]["annotations"]
    assert annotations["kubevirt.io/cluster-instancetype-name"] == "u1.small"
    assert annotations["kubevirt.io/preference-name"] == "alpine"
    assert annotations["size"] == "small"
    assert body["spec"]["domain"]["memory"]["guest"] == "128Mi"


def test_a_size_of_the_vms_own_conflicts_with_an_instancetype() -> None:
    seen = find_patched(build_sized_vm())
    whole = build_whole(seen.vm)
    trouble = stop_short(replace_data(seen, whole=whole))
    assert trouble.reason == Reason.FIELD_INVALID
    assert "spec.template.spec.domain.memory" in trouble.message


def test_an_annotation_of_the_vms_own_conflicts_with_an_instancetype() -> None:
    seen = find_patched(build_sized_vm())
    assert seen.whole is not None
    template = seen.whole.spec.template
    annotations = {**template.metadata.annotations, "size": "big"}
    annotated = replace(template.metadata, annotations=annotations)
    spec = replace(seen.whole.spec, template=replace(template, metadata=annotated))
    trouble = stop_short(replace_data(seen, whole=replace(seen.whole, spec=spec)))
    assert trouble.reason == Reason.FIELD_INVALID
    assert "spec.template.metadata.annotations[size]" in trouble.message


# What stands in the way.


@pytest.mark.parametrize(
    ("vmi", "reason", "words"),
    [
        (build_vmi(owner=None, deleted=True), "", "earlier VM named vm"),
        (build_vmi(owner=OTHER_UID), "", "earlier VM named vm"),
        (
            replace(
                build_vmi(),
                metadata=replace(
                    build_vmi().metadata,
                    owner_references=(build_owner(OTHER_UID, "set", "ReplicaSet"),),
                ),
            ),
            Reason.FAILED_CREATE,
            "named vm exists and belongs to the ReplicaSet set",
        ),
    ],
)
def test_another_ones_instance_is_left_alone(vmi: Vmi, reason: str, words: str) -> None:
    trouble = stop_short(replace_data(see(whole=True), vmi=vmi))
    assert trouble.reason == reason
    assert words in trouble.message


def test_a_refusal_is_waited_out() -> None:
    until = NOW + timedelta(seconds=4)
    refusal = Refusal(Reason.QUOTA_EXCEEDED, "exceeded quota: pods", until)
    trouble = stop_short(replace_data(see(), refusal=refusal))
    assert trouble.reason == Reason.QUOTA_EXCEEDED
    assert "exceeded quota: pods" in trouble.message
    over = replace_data(see(), refusal=refusal, now=until)
    assert start(over).actions == (ReadVm(),)


def test_data_volumes_are_waited_for_without_a_failure() -> None:
    waiting = replace_data(see(), provision=Provision("DataVolume disk is at 40 %"))
    assert stop_short(waiting) == Trouble("", "DataVolume disk is at 40 %")


def test_what_cannot_be_read_is_said() -> None:
    unreadable = replace_data(see(), unreadable="spec.template: no object")
    assert stop_short(unreadable) == Trouble(Reason.FIELD_INVALID, "spec.template: no object")


def test_every_field_that_is_wrong_is_named() -> None:
    seen = see(whole=True)
    assert seen.whole is not None
    spec = seen.whole.spec.template.spec
    domain = replace(spec.domain, cpu=CPU(cores=0), memory=Memory(guest="-1Mi"))
    whole = build_whole(seen.vm, replace(spec, domain=domain))
    trouble = stop_short(replace_data(seen, whole=whole))
    assert trouble.reason == Reason.FIELD_INVALID
    assert "spec.template.spec.domain.cpu.cores: " in trouble.message
    assert "spec.template.spec.domain.memory.guest: " in trouble.message


def test_a_field_that_is_not_built_is_named() -> None:
    seen = see(whole=True)
    assert seen.whole is not None
    spec = seen.whole.spec.template.spec
    devices = replace(spec.domain.devices, tpm=TPMDevice())
    whole = build_whole(seen.vm, replace(spec, domain=replace(spec.domain, devices=devices)))
    trouble = stop_short(replace_data(seen, whole=whole))
    assert trouble.reason == Reason.FIELD_NOT_SUPPORTED
    assert "spec.template.spec.domain.devices.tpm" in trouble.message
