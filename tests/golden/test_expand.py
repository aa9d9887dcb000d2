"""From a VM with an instancetype and a preference to the VM that needs neither."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import msgspec
import pytest
import yaml

from api.expand import Sizing, expand_vm, find_conflicts, find_unmet
from api.instancetype import VirtualMachineInstancetypeSpec
from api.preference import VirtualMachinePreferenceSpec
from api.validate import validate_catalogue
from api.vm import VirtualMachine

CASES = sorted(path.parent for path in Path(__file__).parent.glob("expand/*/vm.yaml"))

Compare = Callable[[Path, str], None]
Json = dict[str, Any]  # any JSON object
Spec = TypeVar("Spec", VirtualMachineInstancetypeSpec, VirtualMachinePreferenceSpec)


def read(path: Path, spec: type[Spec]) -> Spec | None:
    """Return the spec of the object in a file; None without the file."""
    if not path.exists():
        return None
    read = msgspec.convert(yaml.safe_load(path.read_text())["spec"], spec)
    assert validate_catalogue(read) == ()
    return read


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_the_expanded_vm_is_as_it_was(case: Path, compare_golden: Compare) -> None:
    sizing = Sizing(
        read(case / "instancetype.yaml", VirtualMachineInstancetypeSpec),
        read(case / "preference.yaml", VirtualMachinePreferenceSpec),
    )
    vm = msgspec.convert(yaml.safe_load((case / "vm.yaml").read_text()), VirtualMachine)
    assert find_conflicts(vm.spec.template.spec, sizing) == ()
    expanded = expand_vm(vm, sizing)
    assert find_unmet(expanded.spec.template.spec, sizing) == ()
    built: Json = msgspec.json.decode(msgspec.json.encode(expanded))
    built = {"apiVersion": expanded.api_version, "kind": expanded.kind, **built}
    compare_golden(case / "expanded.yaml", yaml.safe_dump(built, sort_keys=False, width=100))
