"""The revision in which a VM keeps what it takes from the catalogue."""

import json

import msgspec
import pytest

from api.catalogue import INSTANCETYPE
from api.vm import VirtualMachine
from controller.vm.catalogue import (
    build_revision,
    describe_missing,
    find_resource,
    name_revision,
)
from kube.object import Meta
from kube.resource import CLUSTER_INSTANCETYPES, INSTANCETYPES, PREFERENCES
from tests.unit.controller.world import build_vm

CLUSTER_KIND = "VirtualMachineClusterInstancetype"
META = Meta(name="small", uid="u-7", generation=3, resource_version="9", labels={"a": "b"})


def test_a_kind_leads_to_its_objects() -> None:
    assert find_resource("VirtualMachinePreference") == PREFERENCES
    assert find_resource(CLUSTER_KIND) == CLUSTER_INSTANCETYPES


@pytest.mark.parametrize(
    ("namespace", "command"),
    [
        ("", "`kubectl get virtualmachineclusterinstancetypes` lists"),
        ("ns", "`kubectl get virtualmachineinstancetypes -n ns` lists"),
    ],
)
def test_what_is_missing_is_said_with_how_to_see_what_there_is(
    namespace: str, command: str
) -> None:
    resource = INSTANCETYPES if namespace else CLUSTER_INSTANCETYPES
    text = describe_missing(INSTANCETYPE, resource, namespace, "small")
    assert "nstancetype small does not exist" in text
    assert command in text


def test_a_revision_is_named_by_vm_object_version_uid_and_generation() -> None:
    assert name_revision("vm", META) == "vm-small-v1beta1-u-7-3"


def test_a_long_name_is_cut_and_stays_one_of_its_own() -> None:
    names = {name_revision("v" * 243 + "." + "m" * 9, Meta(name=name)) for name in ("a", "b")}
    assert len(names) == 2
    for name in names:
        assert len(name) <= 253
        assert ".-" not in name


def test_a_revision_holds_the_whole_object_and_says_which() -> None:
    applied = "kubectl.kubernetes.io/last-applied-configuration"
    meta = msgspec.structs.replace(META, annotations={"kept": "1", applied: "{}"})
    spec = {"cpu": {"guest": 2}}
    vm = build_vm()
    vm["metadata"] |= {"uid": "u-1", "namespace": "ns"}
    read = msgspec.convert(vm, VirtualMachine)
    body = build_revision(read, "r", CLUSTER_KIND, meta, {"spec": spec, "status": {}})
    head = body["metadata"]
    assert isinstance(head, dict)
    assert head["name"] == "r"
    assert head["labels"]["instancetype.kubevirt.io/object-kind"] == CLUSTER_KIND
    assert head["labels"]["instancetype.kubevirt.io/object-generation"] == "3"
    (owner,) = head["ownerReferences"]
    assert (owner["kind"], owner["uid"], owner["controller"]) == ("VirtualMachine", "u-1", True)
    assert isinstance(body["data"], msgspec.Raw)
    data = json.loads(bytes(body["data"]))
    assert (data["kind"], data["spec"]) == (CLUSTER_KIND, spec)
    assert data["metadata"]["annotations"] == {"kept": "1"}
