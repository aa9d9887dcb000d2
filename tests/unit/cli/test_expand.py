"""`kubectl virt expand` writes out what the catalogue says of a VM."""

import json
from copy import deepcopy
from typing import Any

import pytest
import yaml

from tests.unit.cli.conftest import Done, FakeKubectl, Json

GROUP = "instancetype.kubevirt.io"
SIZES = f"virtualmachineclusterinstancetypes.{GROUP}"
OWN_SIZES = f"virtualmachineinstancetypes.{GROUP}"
ADVICE = f"virtualmachineclusterpreferences.{GROUP}"
REVISIONS = "controllerrevisions.apps"
CLAIMS = "persistentvolumeclaims"
LABEL = "instancetype.kubevirt.io/default-instancetype"
VMS = "virtualmachines.kubevirt.io"
VIRTIO = {"devices": {"preferredDiskBus": "virtio"}}


def build_size(name: str, memory: str, kind: str = "VirtualMachineClusterInstancetype") -> Json:
    spec = {"cpu": {"guest": 2}, "memory": {"guest": memory}}
    return {"kind": kind, "metadata": {"name": name}, "spec": spec}


def build_revision(name: str, memory: str) -> Json:
    return {"metadata": {"name": name}, "data": build_size("u1.small", memory)}


def build_vm(instancetype: Json | None, **template: object) -> Json:
    domain = {"devices": {"disks": [{"name": "boot", "disk": {}}]}}
    volumes = [{"name": "boot", "persistentVolumeClaim": {"claimName": "boot-claim"}}]
    spec: Json = {
        "runStrategy": "Halted",
        "template": {"spec": {"domain": domain, "volumes": volumes, **template}},
    }
    if instancetype is not None:
        spec["instancetype"] = instancetype
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {"name": "myvm", "namespace": "home", "annotations": {"of": "mine"}},
        "spec": spec,
    }


def read(done: Done) -> Any:
    assert (done.code, done.err) == (0, "")
    return yaml.safe_load(done.out)


def domain_of(done: Done) -> Json:
    found: Json = read(done)["spec"]["template"]["spec"]["domain"]
    return found


def test_a_vm_is_shown_with_its_size_and_advice(kubectl: FakeKubectl) -> None:
    vm = build_vm({"name": "u1.small"})
    vm["spec"]["preference"] = {"name": "linux"}
    kubectl.know(VMS, vm)
    kubectl.know(SIZES, build_size("u1.small", "1Gi"))
    kubectl.know(ADVICE, {"kind": "x", "metadata": {"name": "linux"}, "spec": VIRTIO})
    shown = read(kubectl.virt("expand", "--vm", "myvm"))
    domain = shown["spec"]["template"]["spec"]["domain"]
    assert domain["memory"] == {"guest": "1Gi"}
    assert domain["cpu"]["sockets"] == 2
    assert domain["devices"]["disks"][0]["disk"] == {"bus": "virtio"}
    assert "instancetype" not in shown["spec"]
    assert "preference" not in shown["spec"]
    assert shown["metadata"] == vm["metadata"]
    assert "status" not in shown


def test_the_catalogue_is_read_in_the_vms_namespace(kubectl: FakeKubectl) -> None:
    kubectl.know(VMS, build_vm({"name": "mine", "kind": "virtualmachineinstancetype"}))
    kubectl.know(OWN_SIZES, build_size("mine", "2Gi"))
    kubectl.virt("expand", "--vm", "myvm", "-n", "home", "--as=you")
    words = ["--namespace=home", "--output=json", "--", OWN_SIZES, "mine"]
    assert kubectl.calls()[-1] == ["get", "--namespace=home", "--as=you", *words]


def test_a_vm_without_either_stays_as_it_is(kubectl: FakeKubectl) -> None:
    vm = build_vm(None)
    vm["spec"]["template"]["metadata"] = {}
    kubectl.know(VMS, vm)
    assert json.loads(kubectl.virt("expand", "--vm", "myvm", "-o", "json").out) == vm


def test_the_revision_that_the_vm_holds_goes_before_the_catalogue(kubectl: FakeKubectl) -> None:
    vm = build_vm({"name": "u1.small"})
    held = {"controllerRevisionRef": {"name": "held"}}
    ref = {"name": "u1.small", "kind": "VirtualMachineClusterInstancetype", **held}
    vm["status"] = {"printableStatus": "Stopped", "instancetypeRef": ref}
    kubectl.know(VMS, vm)
    kubectl.know(SIZES, build_size("u1.small", "1Gi"))
    kubectl.know(REVISIONS, build_revision("held", "512Mi"))
    shown = read(kubectl.virt("expand", "--vm", "myvm"))
    assert shown["spec"]["template"]["spec"]["domain"]["memory"] == {"guest": "512Mi"}
    assert "status" not in shown


def test_a_revision_of_another_instancetype_is_of_no_use(kubectl: FakeKubectl) -> None:
    vm = build_vm({"name": "u1.small"})
    ref = {"name": "u1.big", "kind": "VirtualMachineClusterInstancetype"}
    vm["status"] = {"instancetypeRef": {**ref, "controllerRevisionRef": {"name": "held"}}}
    kubectl.know(VMS, vm)
    kubectl.know(SIZES, build_size("u1.small", "1Gi"))
    assert domain_of(kubectl.virt("expand", "--vm", "myvm"))["memory"] == {"guest": "1Gi"}


def test_a_revision_can_be_asked_for(kubectl: FakeKubectl) -> None:
    kubectl.know(VMS, build_vm({"name": "u1.small", "revisionName": "old"}))
    kubectl.know(REVISIONS, build_revision("old", "256Mi"))
    assert domain_of(kubectl.virt("expand", "--vm", "myvm"))["memory"] == {"guest": "256Mi"}


def test_the_claim_of_a_volume_may_say_the_size(kubectl: FakeKubectl) -> None:
    kubectl.know(VMS, build_vm({"inferFromVolume": "boot"}))
    labels = {LABEL: "u1.small"}
    kubectl.know(CLAIMS, {"metadata": {"name": "boot-claim", "labels": labels}})
    kubectl.know(SIZES, build_size("u1.small", "1Gi"))
    assert domain_of(kubectl.virt("expand", "--vm", "myvm"))["memory"] == {"guest": "1Gi"}


def test_a_claim_that_does_not_say_it_is_named(kubectl: FakeKubectl) -> None:
    kubectl.know(VMS, build_vm({"inferFromVolume": "boot"}))
    kubectl.know(CLAIMS, {"metadata": {"name": "boot-claim"}})
    done = kubectl.virt("expand", "--vm", "myvm")
    assert (done.code, done.out) == (1, "")
    assert "boot-claim" in done.err
    assert LABEL in done.err


def test_a_claim_need_not_say_it_when_the_vm_does_not_mind(kubectl: FakeKubectl) -> None:
    matcher = {"inferFromVolume": "boot", "inferFromVolumeFailurePolicy": "Ignore"}
    kubectl.know(VMS, build_vm(matcher))
    kubectl.know(CLAIMS, {"metadata": {"name": "boot-claim"}})
    assert "memory" not in domain_of(kubectl.virt("expand", "--vm", "myvm"))


def test_a_template_of_the_volume_may_say_the_size(kubectl: FakeKubectl) -> None:
    volumes = [{"name": "boot", "dataVolume": {"name": "made"}}]
    vm = build_vm({"inferFromVolume": "boot"}, volumes=volumes)
    template = {"metadata": {"name": "made", "labels": {LABEL: "u1.small"}}, "spec": {}}
    vm["spec"]["dataVolumeTemplates"] = [template]
    kubectl.know(VMS, vm)
    kubectl.know(SIZES, build_size("u1.small", "1Gi"))
    assert domain_of(kubectl.virt("expand", "--vm", "myvm"))["memory"] == {"guest": "1Gi"}


def test_a_missing_instancetype_is_missed_in_kubectls_words(kubectl: FakeKubectl) -> None:
    kubectl.know(VMS, build_vm({"name": "u9.huge"}))
    done = kubectl.virt("expand", "--vm", "myvm")
    words = f'Error from server (NotFound): {SIZES} "u9.huge" not found\n'
    assert (done.code, done.out, done.err) == (1, "", words)


def test_an_unknown_kind_is_a_sentence(kubectl: FakeKubectl) -> None:
    kubectl.know(VMS, build_vm({"name": "u1.small", "kind": "Flavour"}))
    done = kubectl.virt("expand", "--vm", "myvm")
    assert done.code == 1
    assert "Flavour" in done.err


def test_a_conflict_is_said_as_the_server_would(kubectl: FakeKubectl) -> None:
    kubectl.know(VMS, build_vm({"name": "u1.small"}, domain={"memory": {"guest": "1Gi"}}))
    kubectl.know(SIZES, build_size("u1.small", "1Gi"))
    done = kubectl.virt("expand", "--vm", "myvm")
    field = "spec.template.spec.domain.memory.guest"
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith(f'The VirtualMachine "myvm" is invalid: {field}: ')


def test_every_conflict_is_said(kubectl: FakeKubectl) -> None:
    size = build_size("u1.small", "1Gi")
    size["spec"]["annotations"] = {"a": "b"}
    vm = build_vm({"name": "u1.small"}, domain={"memory": {"guest": "1Gi"}, "cpu": {"cores": 3}})
    vm["spec"]["template"]["metadata"] = {"annotations": {"a": "c"}}
    kubectl.know(VMS, vm)
    kubectl.know(SIZES, size)
    head, *lines = kubectl.virt("expand", "--vm", "myvm").err.splitlines()
    assert head == 'The VirtualMachine "myvm" is invalid: '
    fields = [line.removeprefix("* ").partition(": ")[0] for line in lines]
    assert sorted(fields) == [
        "spec.template.metadata.annotations[a]",
        "spec.template.spec.domain.cpu.cores",
        "spec.template.spec.domain.memory.guest",
    ]


def test_an_unmet_requirement_is_said(kubectl: FakeKubectl) -> None:
    vm = build_vm({"name": "u1.small"})
    vm["spec"]["preference"] = {"name": "big"}
    needs = {"requirements": {"memory": {"guest": "8Gi"}}}
    kubectl.know(VMS, vm)
    kubectl.know(SIZES, build_size("u1.small", "1Gi"))
    kubectl.know(ADVICE, {"kind": "x", "metadata": {"name": "big"}, "spec": needs})
    done = kubectl.virt("expand", "--vm", "myvm")
    assert (done.code, done.out) == (1, "")
    assert "spec.instancetype: " in done.err


@pytest.mark.parametrize("flag", ["-f", "--file"])
def test_a_file_is_expanded_too(kubectl: FakeKubectl, flag: str) -> None:
    kubectl.know(SIZES, build_size("u1.small", "1Gi"))
    manifest = kubectl.folder / "vm.json"
    manifest.write_text(json.dumps(build_vm({"name": "u1.small"})))
    assert domain_of(kubectl.virt("expand", flag, str(manifest)))["memory"] == {"guest": "1Gi"}
    assert "--dry-run=client" in kubectl.calls()[0]


def test_of_a_file_the_one_vm_is_taken(kubectl: FakeKubectl) -> None:
    other = {"kind": "Secret", "metadata": {"name": "a"}}
    manifest = kubectl.folder / "vm.json"
    manifest.write_text(f"{json.dumps(other)}\n{json.dumps(build_vm(None))}\n")
    assert read(kubectl.virt("expand", "-f", str(manifest)))["kind"] == "VirtualMachine"


@pytest.mark.parametrize("copies", [0, 2])
def test_a_file_has_one_vm(kubectl: FakeKubectl, copies: int) -> None:
    manifest = kubectl.folder / "vm.json"
    manifest.write_text("\n".join([json.dumps(build_vm(None))] * copies))
    done = kubectl.virt("expand", "-f", str(manifest))
    assert (done.code, done.out) == (1, "")
    assert f"it holds {'VirtualMachine, VirtualMachine' if copies else 'nothing'}" in done.err


def test_a_vm_of_the_wrong_shape_is_a_sentence(kubectl: FakeKubectl) -> None:
    vm = build_vm(None)
    vm["spec"]["running"] = "yes"
    kubectl.know(VMS, vm)
    done = kubectl.virt("expand", "--vm", "myvm")
    assert (done.code, done.out) == (1, "")
    assert done.err.startswith('The VirtualMachine "myvm" is invalid: ')
    assert "$.spec.running" in done.err


def test_an_instancetype_of_the_wrong_shape_is_a_sentence(kubectl: FakeKubectl) -> None:
    kubectl.know(VMS, build_vm({"name": "u1.small"}))
    size = build_size("u1.small", "1Gi")
    del size["spec"]["cpu"]
    kubectl.know(SIZES, size)
    done = kubectl.virt("expand", "--vm", "myvm")
    assert done.code == 1
    assert "VirtualMachineClusterInstancetype u1.small cannot be used" in done.err


def test_a_name_alone_is_a_vm_of_the_cluster(kubectl: FakeKubectl) -> None:
    kubectl.know(VMS, build_vm({"name": "u1.small"}))
    kubectl.know(SIZES, build_size("u1.small", "1Gi"))
    assert kubectl.virt("expand", "myvm") == kubectl.virt("expand", "--vm", "myvm")
    assert domain_of(kubectl.virt("expand", "myvm"))["memory"] == {"guest": "1Gi"}


def test_what_is_printed_holds_nothing_that_only_the_server_knows(kubectl: FakeKubectl) -> None:
    vm = build_vm(None)
    own = deepcopy(vm["metadata"])
    applied = "kubectl.kubernetes.io/last-applied-configuration"
    vm["metadata"]["annotations"][applied] = "{}"
    vm["metadata"] |= {
        "creationTimestamp": "2026-01-01T00:00:00Z",
        "finalizers": ["kubevirt.io/virtualMachineControllerFinalize"],
        "generation": 3,
        "managedFields": [{"manager": "kubectl"}],
        "ownerReferences": [{"apiVersion": "v1", "kind": "Pool", "name": "p", "uid": "1"}],
        "resourceVersion": "17",
        "uid": "2",
    }
    vm["status"] = {"printableStatus": "Stopped"}
    kubectl.know(VMS, vm)
    shown = read(kubectl.virt("expand", "myvm"))
    assert shown["metadata"] == own
    assert list(shown) == ["apiVersion", "kind", "metadata", "spec"]


def test_no_empty_annotations_are_left(kubectl: FakeKubectl) -> None:
    vm = build_vm(None)
    applied = "kubectl.kubernetes.io/last-applied-configuration"
    vm["metadata"]["annotations"] = {applied: "{}"}
    kubectl.know(VMS, vm)
    assert "annotations" not in read(kubectl.virt("expand", "myvm"))["metadata"]


def test_either_a_vm_or_a_file_is_expanded(kubectl: FakeKubectl) -> None:
    assert kubectl.virt("expand").code == 2
    assert kubectl.virt("expand", "a", "--vm", "a").code == 2
    assert kubectl.virt("expand", "a", "-f", "b").code == 2
    assert kubectl.virt("expand", "--vm", "a", "-f", "b").code == 2


def test_expanding_twice_changes_nothing(kubectl: FakeKubectl) -> None:
    kubectl.know(VMS, build_vm({"name": "u1.small"}))
    kubectl.know(SIZES, build_size("u1.small", "1Gi"))
    once = read(kubectl.virt("expand", "--vm", "myvm"))
    kubectl.know(VMS, deepcopy(once))
    assert read(kubectl.virt("expand", "--vm", "myvm")) == once
