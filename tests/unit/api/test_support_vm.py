"""What of a VirtualMachine is not built is named."""

from collections.abc import Mapping

import msgspec
import pytest

from api.bound import describe_struct
from api.support_vm import BUILT_VM, find_unsupported_vm
from api.vm import VirtualMachine, VirtualMachineSpec
from tests.integration.bad_vmi import change
from tests.integration.bad_vms import GOOD_VM, D, T

TPM = f"{D}.devices.tpm"


def read(changes: Mapping[str, object]) -> VirtualMachineSpec:
    return msgspec.convert(change(GOOD_VM, changes), VirtualMachine).spec


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("spec.runStrategy", "WaitAsReceiver"),
        ("spec.updateVolumesStrategy", "Migration"),
        (TPM, {}),
    ],
)
def test_what_is_not_built_is_named(field: str, value: object) -> None:
    [cause] = find_unsupported_vm(read({field: value}))
    assert cause.field == field
    assert "is not supported yet" in cause.message


@pytest.mark.parametrize("strategy", ["Always", "Halted", "Manual", "RerunOnFailure", "Once"])
def test_run_strategies_are_built(strategy: str) -> None:
    changes = {"spec.runStrategy": strategy, "spec.updateVolumesStrategy": "Replacement"}
    assert find_unsupported_vm(read(changes)) == ()


def test_what_a_preference_adds_is_named_with_the_templates_path() -> None:
    expanded = read({TPM: {}}).template.spec
    [cause] = find_unsupported_vm(read({}), expanded)
    assert cause.field == f"{T}.domain.devices.tpm"


def test_every_field_of_a_vm_is_known() -> None:
    assert BUILT_VM.keys() == {f.encode_name for f in describe_struct(VirtualMachineSpec).fields}
