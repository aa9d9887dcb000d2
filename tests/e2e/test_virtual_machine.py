"""A VirtualMachine's life beside its strategy: what it stores, how it goes, whom it adopts."""

import json

from tests.e2e.cluster import Cluster
from tests.e2e.guests import build_bare_vmi, build_vm_of, build_vmi
from tests.e2e.kubectl import KubectlError
from tests.e2e.observer import Json
from tests.e2e.virtual_machine import MakeVirtualMachine, VirtualMachine
from tests.e2e.vm import MakeVm, find_condition

MANY = 10


def build_deaf(name: str, strategy: str = "Always") -> Json:
    return build_vm_of(build_bare_vmi(name), strategy)


def list_revisions(cluster: Cluster) -> list[Json]:
    return list(json.loads(cluster.kubectl("get", "controllerrevisions", "-o", "json"))["items"])


def assert_ended_first(made: VirtualMachine) -> None:
    """The instance was gone before its VM was; two watches do not tell in which order."""
    instance, vm = made.instance.until_gone(60), made.cluster.vms.last(made.name)
    first, second = (int(each.object["metadata"]["resourceVersion"]) for each in (instance, vm))
    assert first < second
    assert made.cluster.vmis.last(made.name).kind == "DELETED"


def test_what_a_vm_stores_and_what_its_instance_shows(
    cluster: Cluster, virtual_machine: MakeVirtualMachine
) -> None:
    made = virtual_machine(build_deaf("stored")).until_running()
    vm, vmi = made.read(), made.instance.read()
    template = vm["spec"]["template"]["spec"]
    firmware = template["domain"]["firmware"]
    assert (template["architecture"], template["domain"]["machine"]["type"]) == ("amd64", "q35")
    assert vm["metadata"]["finalizers"] == ["kubevirt.io/virtualMachineControllerFinalize"]
    assert vmi["spec"]["domain"]["firmware"] == firmware
    assert firmware["uuid"]
    assert firmware["serial"]
    (owner,) = vmi["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["uid"], owner["controller"]) == (
        "VirtualMachine",
        vm["metadata"]["uid"],
        True,
    )
    generation = vmi["metadata"]["annotations"]["kubevirt.io/vm-generation"]
    revision = f"revision-start-vm-{vm['metadata']['uid']}-{generation}"
    assert vmi["status"]["virtualMachineRevisionName"] == revision
    assert revision in {item["metadata"]["name"] for item in list_revisions(cluster)}
    assert vm["status"]["observedGeneration"] == vm["metadata"]["generation"]


def test_the_firmware_stays_the_same_over_restarts(virtual_machine: MakeVirtualMachine) -> None:
    made = virtual_machine(build_deaf("same-firmware")).until_running()
    uid, before = made.instance_uid, made.instance.read()["spec"]["domain"]["firmware"]
    made.restart()
    made.until_next_instance(uid)
    assert made.instance.read()["spec"]["domain"]["firmware"] == before
    kept = [
        item
        for item in list_revisions(made.cluster)
        if item["metadata"]["ownerReferences"][0]["name"] == made.name
    ]
    assert len(kept) == 1


def test_get_wide_answers_where_which_address_and_how_big(
    virtual_machine: MakeVirtualMachine,
) -> None:
    made = virtual_machine(build_deaf("wide")).until_running()
    made.until(lambda vm: bool(vm["status"].get("instance", {}).get("ipAddress")), "address")
    heads, row = made.cluster.kubectl("get", "vm", made.name, "-o", "wide").splitlines()
    told = dict(zip(heads.split(), row.split(), strict=False))
    vmi = made.instance.read()
    assert told["STATUS"] == "Running"
    assert told["NODE"] == vmi["status"]["nodeName"]
    assert told["IP"] == vmi["status"]["interfaces"][0]["ipAddress"]
    assert (told["CPU"], told["MEMORY"]) == ("1", "64Mi")


def test_events_tell_of_the_instance(virtual_machine: MakeVirtualMachine) -> None:
    made = virtual_machine(build_deaf("eventful")).until_running()
    assert made.name in made.until_event("SuccessfulCreate")
    made.set_strategy("Halted")
    made.until_stopped()
    assert made.name in made.until_event("SuccessfulDelete")


def test_deleting_a_vm_ends_its_instance(virtual_machine: MakeVirtualMachine) -> None:
    made = virtual_machine(build_deaf("deleted-whole")).until_running()
    made.delete()
    made.until_gone()
    assert_ended_first(made)


def test_foreground_deletion_ends_the_instance_first(
    virtual_machine: MakeVirtualMachine,
) -> None:
    made = virtual_machine(build_deaf("deleted-foreground")).until_running()
    made.delete("--cascade=foreground")
    made.until_gone()
    assert_ended_first(made)


def test_an_orphan_runs_on_and_is_adopted_again(virtual_machine: MakeVirtualMachine) -> None:
    made = virtual_machine(build_deaf("orphaned")).until_running()
    uid = made.instance_uid
    made.delete("--cascade=orphan")
    made.until_gone()
    orphan = made.cluster.vmis.until(
        lambda seen: seen.name == made.name and not seen.object["metadata"].get("ownerReferences"),
        60,
        "an instance without owner",
    )
    assert orphan.phase == "Running"
    made.apply().until_running()
    assert made.instance_uid == uid
    instance, vm = made.instance.read(), made.read()
    assert instance["metadata"]["ownerReferences"][0]["kind"] == "VirtualMachine"
    identity = instance["spec"]["domain"]["firmware"]
    assert vm["spec"]["template"]["spec"]["domain"]["firmware"] == identity
    assert not find_condition(vm, "RestartRequired")


def test_another_ones_instance_is_never_touched(
    vm: MakeVm, virtual_machine: MakeVirtualMachine
) -> None:
    # An owner that exists: garbage collection takes what belongs to nobody.
    other = virtual_machine(build_deaf("somebody", "Halted"))
    manifest = build_bare_vmi("not-yours")
    manifest["metadata"]["ownerReferences"] = [
        {
            "apiVersion": "kubevirt.io/v1",
            "kind": "VirtualMachine",
            "name": "somebody",
            "uid": other.read()["metadata"]["uid"],
            "controller": True,
        }
    ]
    stranger = vm(manifest).until_running()
    made = virtual_machine(build_deaf("not-yours"))
    condition = made.until_condition("Failure", "True")
    assert "not-yours" in condition["message"]
    assert stranger.read()["metadata"].get("deletionTimestamp") is None
    stranger.delete()
    made.until_running()


def test_a_vmi_alone_is_adopted_by_a_vm_of_its_name(
    vm: MakeVm, virtual_machine: MakeVirtualMachine
) -> None:
    alone = vm(build_bare_vmi("grown-up")).until_running()
    uid = alone.read()["metadata"]["uid"]
    made = virtual_machine(build_deaf("grown-up")).until_running()
    assert made.instance_uid == uid


def test_a_namespace_with_ten_running_vms_goes_completely(cluster: Cluster) -> None:
    name = f"{cluster.namespace}-ten"
    cluster.kubectl("create", "namespace", name)
    kubectl = cluster.kubectl.within(name)
    kubectl.apply(*(build_deaf(f"vm-{number}") for number in range(MANY)))
    for number in range(MANY):
        kubectl.wait(f"vm/vm-{number}", "condition=Ready", 300)
    cluster.kubectl("delete", "namespace", name, "--timeout=300s", seconds=330)
    for kind in ("vm", "vmi", "pods"):
        assert not kubectl("get", kind, "-o", "name")


def test_bad_vms_are_refused_with_the_fields_named(cluster: Cluster) -> None:
    both = build_deaf("both")
    both["spec"]["running"] = True
    neither = build_deaf("neither")
    del neither["spec"]["runStrategy"]
    sized = build_vm_of(build_vmi("sized", domain={"cpu": {"cores": 2}}))
    sized["spec"]["instancetype"] = {"name": "u1.nano"}
    for manifest, words in (
        (both, ("running", "runStrategy")),
        (neither, ("running", "runStrategy")),
        (sized, ("spec.template.spec.domain.cpu", "spec.template.spec.domain.memory")),
    ):
        try:
            cluster.kubectl.apply(manifest)
        except KubectlError as error:
            refusal = str(error)
        else:
            raise AssertionError(f"{manifest['metadata']['name']} was accepted")
        for word in words:
            assert word in refusal
