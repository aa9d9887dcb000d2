"""Validation of VMs and replica sets: what the API server refuses too, and with sizing more."""

import msgspec
import pytest

from api.bound import walk
from api.config import KubeVirtConfiguration
from api.expand import Sizing
from api.instancetype import CPUInstancetype, MemoryInstancetype, VirtualMachineInstancetypeSpec
from api.meta import ApiStruct
from api.replica_set import VirtualMachineInstanceReplicaSet
from api.rule_template import REPLICA_SET_RULES, TEMPLATE_RULES, lift_rules
from api.rule_vm import VM_RULES
from api.validate import RULES, validate_replica_set, validate_vm
from api.vm import VirtualMachine, VirtualMachineSpec
from tests.integration.bad_vmi import BadVmi, Manifest, change
from tests.integration.bad_vms import (
    ACCEPTED_REPLICA_SETS,
    ACCEPTED_VMS,
    BAD_REPLICA_SETS,
    BAD_VMS,
    GOOD_REPLICA_SET,
    GOOD_VM,
    PREFERRED,
    SIZED,
    UNSIZED,
    D,
)

DEFAULTS = KubeVirtConfiguration()
SMALL = Sizing(
    VirtualMachineInstancetypeSpec(
        cpu=CPUInstancetype(guest=2), memory=MemoryInstancetype(guest="1Gi")
    )
)


def read_vm(manifest: Manifest) -> VirtualMachine:
    return msgspec.convert(manifest, VirtualMachine)


def read_replica_set(manifest: Manifest) -> VirtualMachineInstanceReplicaSet:
    return msgspec.convert(manifest, VirtualMachineInstanceReplicaSet)


def read_spec(bad: BadVmi) -> ApiStruct:
    read = read_vm if bad.manifest["kind"] == "VirtualMachine" else read_replica_set
    return read(bad.manifest).spec


def is_readable(bad: BadVmi) -> bool:
    try:
        read_spec(bad)
    except msgspec.ValidationError:
        return False
    return True


BAD = (*BAD_VMS, *BAD_REPLICA_SETS)
READABLE = [bad for bad in BAD if is_readable(bad)]
UNREADABLE = [bad for bad in BAD if not is_readable(bad)]


def find_fields(bad: BadVmi) -> set[str]:
    if bad.manifest["kind"] == "VirtualMachine":
        causes = validate_vm(read_vm(bad.manifest), DEFAULTS)
    else:
        causes = validate_replica_set(read_replica_set(bad.manifest), DEFAULTS)
    assert all(cause.message and not cause.message.endswith(".") for cause in causes)
    return {cause.field for cause in causes}


@pytest.mark.parametrize("bad", READABLE, ids=lambda bad: bad.name)
def test_what_is_wrong_is_named_with_its_field(bad: BadVmi) -> None:
    assert (bad.ours or bad.field) in find_fields(bad)


@pytest.mark.parametrize("bad", UNREADABLE, ids=lambda bad: bad.name)
def test_what_cannot_be_read_is_told_with_a_path(bad: BadVmi) -> None:
    with pytest.raises(msgspec.ValidationError, match="required field"):
        read_spec(bad)


@pytest.mark.parametrize("changes", ACCEPTED_VMS.values(), ids=ACCEPTED_VMS.keys())
def test_odd_but_valid_vms_pass(changes: dict[str, object]) -> None:
    manifest = change(GOOD_VM, changes)
    # the API server puts its default in place of null
    manifest["spec"]["template"]["metadata"] = manifest["spec"]["template"].get("metadata") or {}
    assert validate_vm(read_vm(manifest), DEFAULTS) == ()


@pytest.mark.parametrize(
    "changes", ACCEPTED_REPLICA_SETS.values(), ids=ACCEPTED_REPLICA_SETS.keys()
)
def test_odd_but_valid_replica_sets_pass(changes: dict[str, object]) -> None:
    replica_set = read_replica_set(change(GOOD_REPLICA_SET, changes))
    assert validate_replica_set(replica_set, DEFAULTS) == ()


def test_every_rule_is_broken_by_a_row_of_the_table() -> None:
    broken = set()
    rules = [rule for rule in (*VM_RULES, *REPLICA_SET_RULES) if rule.holds]
    for bad in READABLE:
        for place in walk(read_spec(bad), "spec"):
            broken |= {
                rule
                for rule in rules
                if rule.on is type(place.value) and rule.holds and not rule.holds(place.value)
            }
    assert [rule for rule in rules if rule not in broken] == []


def test_rules_that_a_matcher_may_satisfy_are_lifted_to_the_vm() -> None:
    lifted = [rule for rule in lift_rules(RULES) if rule.on is VirtualMachineSpec]
    assert len(lifted) == len([rule for rule in RULES if rule.filled_by])
    assert all(rule.field.startswith(".template.spec.domain") for rule in lifted)
    memory = next(rule for rule in lifted if rule.message.startswith("no memory"))
    assert memory.cel.startswith(
        "has(self.instancetype) || !has(self.template.spec.domain) || "
        "(self.template.spec.domain.?memory.?guest.hasValue()"
    )
    binding = next(rule for rule in lifted if rule.message.startswith("exactly one binding"))
    assert binding.cel.startswith("has(self.preference) || ")
    assert ".interfaces.all(entry, [has(entry.bridge), " in binding.cel


def test_every_rule_is_told_in_cel_too() -> None:
    rules = (*VM_RULES, *TEMPLATE_RULES, *REPLICA_SET_RULES)
    assert all(rule.cel and rule.message for rule in rules)


def test_with_its_sizing_a_template_is_judged_expanded() -> None:
    changes = {**SIZED, f"{D}.cpu": {"isolateEmulatorThread": True}}
    vm = read_vm(change(GOOD_VM, changes))
    assert validate_vm(vm, DEFAULTS) == ()
    [cause] = validate_vm(vm, DEFAULTS, SMALL)
    assert cause.field == f"{D}.cpu.isolateEmulatorThread"


def test_an_instancetype_gives_the_memory_that_must_be_asked_for() -> None:
    assert validate_vm(read_vm(change(GOOD_VM, SIZED)), DEFAULTS, SMALL) == ()
    preferred = read_vm(change(GOOD_VM, {**UNSIZED, **PREFERRED}))
    [cause] = validate_vm(preferred, DEFAULTS, Sizing())
    assert cause.field == f"{D}.memory.guest"


def test_each_conflict_is_told_once() -> None:
    vm = read_vm(change(GOOD_VM, {"spec.instancetype": {"name": "u1.small"}}))
    fields = [cause.field for cause in validate_vm(vm, DEFAULTS, SMALL)]
    assert sorted(fields) == [f"{D}.cpu.cores", f"{D}.memory.guest"]


def test_what_else_is_wrong_is_told_beside_conflicts() -> None:
    changes = {
        "spec.instancetype": {"name": "u1.small"},
        "spec.running": True,
        f"{D}.machine": {"type": "isapc"},
    }
    fields = {
        cause.field for cause in validate_vm(read_vm(change(GOOD_VM, changes)), DEFAULTS, SMALL)
    }
    assert fields == {
        "spec.running",
        f"{D}.cpu.cores",
        f"{D}.memory.guest",
        f"{D}.machine.type",
    }


def test_the_settings_of_the_installation_count() -> None:
    config = msgspec.convert(
        {"network": {"permitBridgeInterfaceOnPodNetwork": False}}, KubeVirtConfiguration
    )
    changes = {f"{D}.devices.interfaces.0": {"name": "default", "bridge": {}}}
    vm = read_vm(change(GOOD_VM, changes))
    replica_set = read_replica_set(change(GOOD_REPLICA_SET, changes))
    for causes in (validate_vm(vm, config), validate_replica_set(replica_set, config)):
        assert [cause.field for cause in causes] == [f"{D}.devices.interfaces[0].name"]


def test_an_operator_of_a_later_version_is_told_by_its_bound_alone() -> None:
    expression = {"key": "app", "operator": "Like", "values": ["web"]}
    changes = {"spec.selector": {"matchExpressions": [expression]}}
    replica_set = read_replica_set(change(GOOD_REPLICA_SET, changes))
    fields = [cause.field for cause in validate_replica_set(replica_set, DEFAULTS)]
    assert fields == ["spec.selector.matchExpressions[0].operator"]
