"""How big a VM is said to be, and in one word why it does not run."""

from dataclasses import replace as replace_data

import pytest
from msgspec.structs import replace

from api.domain import CPU, Memory
from api.expand import Sizing
from api.names import Reason
from api.vm import (
    InstancetypeMatcher,
    VirtualMachineInstanceSummary,
    VirtualMachineStatus,
)
from controller.vm.decide import decide
from controller.vm.outlook import Outlook, plan_memo
from controller.vm.seen import Catalogue, Seen
from controller.vm.status import build_status
from controller.vm.verdict import ReadCatalogue, ReadVm
from controller.vmi.seen import VmiInterface, VmiMemory, VmiTopology
from controller.vmi.trouble import Trouble
from tests.unit.controller.vm.scene import (
    build_vm,
    build_vmi,
    build_whole,
    ready,
    see,
)

RUNNING = replace(
    build_vmi("Running", ready(), ran=50),
    status=replace(
        build_vmi("Running", ready(), ran=50).status,
        node_name="node1",
        interfaces=(VmiInterface("10.0.0.9"),),
        current_cpu_topology=VmiTopology(cores=2, threads=2),
        memory=VmiMemory("128Mi"),
    ),
)


def write(seen: Seen) -> VirtualMachineStatus:
    return build_status(seen, Outlook(plan_memo(seen)))


def test_a_vm_that_is_off_keeps_its_size_but_has_no_place() -> None:
    known = write(see(vmi=RUNNING))
    status = write(see(build_vm("Halted", status=known)))
    assert (status.created, status.ready, status.printable_status) == (False, False, "Stopped")
    assert status.instance == VirtualMachineInstanceSummary(vcpus=4, memory="128Mi")


def test_a_vm_that_was_read_has_the_size_of_its_next_start() -> None:
    status = write(see(build_vm("Halted"), whole=True))
    assert status.instance == VirtualMachineInstanceSummary(vcpus=2, memory="64Mi")


@pytest.mark.parametrize("cores", [-5, 2**63])
def test_a_size_that_the_api_refuses_is_not_written(cores: int) -> None:
    vm = build_vm("Halted")
    whole = build_whole(vm)
    own = whole.spec.template.spec
    own = replace(own, domain=replace(own.domain, cpu=CPU(cores=cores)))
    seen = replace_data(see(vm), whole=build_whole(vm, own))
    assert write(seen).instance is None


def test_a_guest_that_takes_long_to_start_has_a_size_and_a_reason() -> None:
    waiting = build_vmi("Pending", ready("False", "FailedPvcNotFound", "root not found"))
    seen = see(vmi=waiting)
    assert decide(seen).actions == (ReadVm(),)
    status = decide(replace_data(seen, whole=build_whole(seen.vm))).status
    assert status is not None
    assert status.instance == VirtualMachineInstanceSummary(
        vcpus=2, memory="64Mi", reason="FailedPvcNotFound"
    )
    known = replace_data(seen, vm=build_vm(status=status))
    assert decide(known).actions == ()
    assert write(replace_data(known, vmi=RUNNING)).instance == write(see(vmi=RUNNING)).instance


def test_a_guest_of_an_instancetype_that_takes_long_to_start_is_measured() -> None:
    vm = build_vm()
    sized = replace(vm, spec=replace(vm.spec, instancetype=InstancetypeMatcher(name="u1.small")))
    waiting = build_vmi("Pending", ready("False", "QuotaExceeded", "exceeded quota"))
    seen = see(sized, waiting, whole=True)
    assert decide(seen).actions == (ReadCatalogue(),)
    lacking = Catalogue(Sizing(), VirtualMachineStatus(), trouble="u1.small not found")
    status = decide(replace_data(seen, catalogue=lacking)).status
    assert status is not None
    assert status.instance == VirtualMachineInstanceSummary(reason="QuotaExceeded")


def test_a_vm_that_cannot_start_says_why_in_one_word() -> None:
    seen = see(build_vm("Halted"), whole=True)
    halted = write(seen).instance
    assert halted is not None
    assert halted.reason is None
    trouble = Trouble(Reason.FIELD_INVALID, "spec.template: wrong")
    blocked = build_status(seen, Outlook(plan_memo(seen), blocked=trouble)).instance
    assert blocked == replace(halted, reason="FieldValueInvalid")


def test_a_size_that_nobody_knows_is_not_made_up() -> None:
    assert write(see(build_vm("Halted"))).instance is None


def test_a_size_that_cannot_be_read_is_left_out() -> None:
    vm = build_vm("Halted")
    spec = build_whole(vm).spec.template.spec
    own = replace(spec, domain=replace(spec.domain, memory=Memory(guest="much")))
    status = write(replace_data(see(vm), whole=build_whole(vm, own)))
    assert status.instance == VirtualMachineInstanceSummary(vcpus=2)
