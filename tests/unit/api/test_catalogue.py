"""What a VM asks of the catalogue: kinds, references that still hold, inference."""

import msgspec
import pytest

from api.catalogue import (
    INSTANCETYPE,
    PREFERENCE,
    Source,
    Unavailable,
    answers,
    explain_unlabelled,
    find_source,
    is_settled,
    read_labels,
)
from api.vm import (
    ControllerRevisionRef,
    InstancetypeMatcher,
    InstancetypeStatusRef,
    PreferenceMatcher,
    VirtualMachine,
    VirtualMachineStatus,
)

KIND = "VirtualMachineInstancetype"
CLUSTER_KIND = "VirtualMachineClusterInstancetype"


class Asking(msgspec.Struct, frozen=True):
    """The part of a VM's spec that asks for something."""

    instancetype: InstancetypeMatcher | None = None
    preference: PreferenceMatcher | None = None


@pytest.mark.parametrize(
    ("asked", "kind"),
    [
        (None, CLUSTER_KIND),
        ("", CLUSTER_KIND),
        (KIND, KIND),
        ("virtualmachineinstancetype", KIND),
        ("VirtualMachineInstancetypes", KIND),
        ("virtualmachineclusterinstancetypes", CLUSTER_KIND),
    ],
)
def test_a_kind_may_be_spelt_in_singular_or_plural(asked: str | None, kind: str) -> None:
    assert INSTANCETYPE.find_kind(asked) == kind


def test_another_kind_is_refused_with_those_there_are() -> None:
    with pytest.raises(Unavailable, match=r"spec.preference.kind Flavor .*VirtualMachinePref"):
        PREFERENCE.find_kind("Flavor")


@pytest.mark.parametrize(
    ("matcher", "holds"),
    [
        (InstancetypeMatcher("small"), True),
        (InstancetypeMatcher("small", CLUSTER_KIND.lower()), True),
        (InstancetypeMatcher("small", revision_name="r"), True),
        (InstancetypeMatcher("small", revision_name="other"), False),
        (InstancetypeMatcher("large"), False),
        (InstancetypeMatcher("small", KIND), False),
        (InstancetypeMatcher("small", "Flavor"), False),
        (InstancetypeMatcher(infer_from_volume="boot"), False),
        (None, False),
    ],
)
def test_a_reference_holds_until_something_else_is_asked_for(
    matcher: InstancetypeMatcher | None, holds: bool
) -> None:
    ref = InstancetypeStatusRef("small", CLUSTER_KIND, ControllerRevisionRef("r"))
    assert answers(INSTANCETYPE, matcher, ref) is holds


def test_a_reference_without_a_revision_does_not_hold() -> None:
    ref = InstancetypeStatusRef("small", CLUSTER_KIND)
    assert not answers(INSTANCETYPE, InstancetypeMatcher("small"), ref)


def test_what_was_inferred_holds_for_the_same_volume() -> None:
    ref = InstancetypeStatusRef(
        "small", CLUSTER_KIND, ControllerRevisionRef("r"), infer_from_volume="boot"
    )
    assert answers(INSTANCETYPE, InstancetypeMatcher(infer_from_volume="boot"), ref)
    assert not answers(INSTANCETYPE, InstancetypeMatcher(infer_from_volume="data"), ref)


def test_nothing_inferred_holds_only_while_that_is_allowed() -> None:
    ref = InstancetypeStatusRef(infer_from_volume="boot", infer_from_volume_failure_policy="Ignore")
    lenient = InstancetypeMatcher(
        infer_from_volume="boot", infer_from_volume_failure_policy="Ignore"
    )
    assert answers(INSTANCETYPE, lenient, ref)
    assert not answers(INSTANCETYPE, InstancetypeMatcher(infer_from_volume="boot"), ref)


def test_a_vm_that_asks_for_nothing_is_settled() -> None:
    assert is_settled(Asking(), VirtualMachineStatus())
    asking = Asking(instancetype=InstancetypeMatcher("small"))
    assert not is_settled(asking, VirtualMachineStatus())
    left = VirtualMachineStatus(preference_ref=InstancetypeStatusRef("linux"))
    assert not is_settled(Asking(), left)


def test_a_volume_says_by_its_claim_or_datavolume_what_to_use() -> None:
    volumes = [
        {"name": "claimed", "persistentVolumeClaim": {"claimName": "disk"}},
        {"name": "imported", "dataVolume": {"name": "image"}},
        {"name": "later", "dataVolume": {"name": "made"}},
        {"name": "empty", "emptyDisk": {"capacity": "1Gi"}},
    ]
    made = {"metadata": {"name": "made", "labels": {INSTANCETYPE.label: "small"}}, "spec": {}}
    template = {"spec": {"domain": {"devices": {}}, "volumes": volumes}}
    spec = {"template": template, "dataVolumeTemplates": [made]}
    vm = msgspec.convert({"metadata": {}, "spec": spec}, VirtualMachine)
    assert find_source(INSTANCETYPE, vm, "claimed") == Source({}, "disk")
    assert find_source(INSTANCETYPE, vm, "imported") == Source({}, "image")
    assert find_source(INSTANCETYPE, vm, "later") == Source({INSTANCETYPE.label: "small"}, "made")
    assert find_source(INSTANCETYPE, vm, "empty") is None
    with pytest.raises(Unavailable, match=r"names the volume none, which is not"):
        find_source(INSTANCETYPE, vm, "none")


def test_labels_name_object_and_kind() -> None:
    labels = {PREFERENCE.label: "linux", PREFERENCE.kind_label: "VirtualMachinePreference"}
    found = read_labels(PREFERENCE, labels)
    assert found is not None
    assert (found.name, found.kind) == ("linux", "VirtualMachinePreference")
    assert read_labels(INSTANCETYPE, labels) is None


@pytest.mark.parametrize(
    ("source", "what"),
    [(None, "the volume boot"), (Source({}, "boot-claim"), "the claim boot-claim")],
)
def test_missing_labels_are_named(source: Source | None, what: str) -> None:
    message = explain_unlabelled(INSTANCETYPE, "boot", source).message
    assert message.startswith(f"{what} has no label {INSTANCETYPE.label} ")
