"""What becomes part of a VM when it is first seen."""

from collections.abc import Mapping
from typing import Any

import msgspec
import pytest

from api.config import KubeVirtConfiguration
from api.default_vm import plan_vm_defaults
from api.expand import Sizing
from api.preference import MachinePreferences, VirtualMachinePreferenceSpec
from api.vm import VirtualMachine
from tests.integration.bad_vmi import Manifest, change
from tests.integration.bad_vms import GOOD_VM, PREFERRED, D, T

DEFAULTS = KubeVirtConfiguration()
UID = {"metadata.uid": "1c35d5b8-14e0-4b3f-8b4f-b43d5b4c3ef1"}


def read(changes: Mapping[str, object]) -> VirtualMachine:
    return msgspec.convert(change(GOOD_VM, {**UID, **changes}), VirtualMachine)


def plan(changes: Mapping[str, object], sizing: Sizing | None = None) -> Any:
    return plan_vm_defaults(read(changes), DEFAULTS, sizing)


def merge(target: Manifest, patch: Manifest) -> Manifest:
    """Return the target with a merge patch that takes nothing away."""
    merged = dict(target)
    for key, value in patch.items():
        merged[key] = merge(merged.get(key, {}), value) if isinstance(value, dict) else value
    return merged


def test_a_new_vm_gets_its_identity_and_its_machine() -> None:
    template = plan({})["spec"]["template"]
    assert template["metadata"] == {"annotations": {"kubevirt.io/pci-topology-version": "v3"}}
    assert template["spec"]["architecture"] == "amd64"
    assert template["spec"]["domain"]["machine"] == {"type": "q35"}
    firmware = template["spec"]["domain"]["firmware"]
    assert firmware["uuid"] != firmware["serial"]
    assert plan({}) == plan({"spec.runStrategy": "Always"})
    assert plan({"metadata.uid": "another"}) != plan({})


def test_what_was_written_once_is_not_written_again() -> None:
    manifest = merge(change(GOOD_VM, UID), plan({}))
    assert plan_vm_defaults(msgspec.convert(manifest, VirtualMachine), DEFAULTS) == {}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("domain.firmware.uuid", "5d307ca9-b3ef-428c-8861-06e72d69f223"),
        ("domain.firmware.serial", "e4686d2c-6e8d-4335-b8fd-81bee22f4814"),
        ("domain.machine.type", "pc-q35-8.0"),
        ("architecture", "amd64"),
    ],
)
def test_what_the_user_wrote_stays(field: str, value: str) -> None:
    part = plan({f"{T}.{field}": value})["spec"]["template"]["spec"]
    for step in field.split("."):
        part = part.get(step, {})
    assert part == {}


def test_the_topology_that_a_vm_was_made_with_stays() -> None:
    annotations = {"kubevirt.io/pci-topology-version": "v2"}
    patch = plan({"spec.template.metadata.annotations": annotations})
    assert "metadata" not in patch["spec"]["template"]


def test_the_installation_chooses_architecture_and_machine() -> None:
    config = msgspec.convert(
        {"architectureConfiguration": {"defaultArchitecture": "arm64"}}, KubeVirtConfiguration
    )
    patch: Any = plan_vm_defaults(read({}), config)
    spec = patch["spec"]["template"]["spec"]
    assert (spec["architecture"], spec["domain"]["machine"]["type"]) == ("arm64", "virt")


def test_a_preference_goes_before_the_installation() -> None:
    open_ended = plan(PREFERRED)["spec"]["template"]["spec"]
    assert open_ended.keys() == {"domain"}
    assert open_ended["domain"].keys() == {"firmware"}
    preference = VirtualMachinePreferenceSpec(
        machine=MachinePreferences(preferred_machine_type="pc-q35-rhel9.4.0"),
    )
    known = plan(PREFERRED, Sizing(preference=preference))["spec"]["template"]["spec"]
    assert known["domain"]["machine"] == {"type": "pc-q35-rhel9.4.0"}
    assert known["architecture"] == "amd64"
    own = plan({**PREFERRED, f"{D}.machine.type": "q35"}, Sizing(preference=preference))
    assert "machine" not in own["spec"]["template"]["spec"]["domain"]
