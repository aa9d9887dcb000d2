"""What the installation's settings permit."""

import msgspec

from api.config import KubeVirtConfiguration
from api.permit import find_unpermitted, has_gate, list_machine_types
from api.vmi import VirtualMachineInstanceSpec


def fields_of(spec: dict[str, object], **settings: object) -> list[str]:
    config = msgspec.convert(settings, KubeVirtConfiguration)
    read = msgspec.convert({"domain": {}, **spec}, VirtualMachineInstanceSpec)
    return [cause.field for cause in find_unpermitted(read, config, "spec")]


def gates(*names: str) -> dict[str, object]:
    return {"developerConfiguration": {"featureGates": list(names)}}


def test_an_alpha_gate_is_off_until_it_is_named() -> None:
    spec: dict[str, object] = {"domain": {"devices": {"autoattachVSOCK": True}}}
    assert fields_of(spec) == ["spec.domain.devices.autoattachVSOCK"]
    assert fields_of(spec, **gates("VSOCK")) == []


def test_a_beta_gate_is_on_until_it_is_disabled() -> None:
    off = {"developerConfiguration": {"disabledFeatureGates": ["RebootPolicy"]}}
    assert has_gate(KubeVirtConfiguration(), "RebootPolicy")
    spec: dict[str, object] = {"domain": {"rebootPolicy": "Terminate"}}
    assert fields_of(spec) == []
    assert fields_of(spec, **off) == ["spec.domain.rebootPolicy"]


def test_what_is_not_asked_for_needs_no_gate() -> None:
    assert fields_of({"domain": {"devices": {"autoattachVSOCK": False}}}) == []


def test_machine_types_come_from_the_settings_of_the_architecture() -> None:
    config = msgspec.convert(
        {
            "emulatedMachines": ["old*"],
            "architectureConfiguration": {"arm64": {"emulatedMachines": ["virt-9.2"]}},
        },
        KubeVirtConfiguration,
    )
    assert list_machine_types(config, "amd64") == ("old*",)
    assert list_machine_types(config, "arm64") == ("virt-9.2",)
    assert list_machine_types(config, "s390x") == ("s390-ccw-virtio*",)
    assert list_machine_types(config, "pdp11") == ()


def test_versioned_q35_machines_are_permitted() -> None:
    assert fields_of({"domain": {"machine": {"type": "pc-q35-10.0"}}}) == []


def test_permitted_devices_pass() -> None:
    permitted = {
        "pciHostDevices": [{"pciVendorSelector": "10DE:1EB8", "resourceName": "a/pci"}],
        "mediatedDevices": [{"mdevNameSelector": "x", "resourceName": "a/mdev"}],
        "usb": [{"resourceName": "a/usb", "selectors": [{"vendor": "1", "product": "2"}]}],
    }
    names = ["a/pci", "a/mdev", "a/usb", "a/other"]
    gpus = [{"name": f"g{number}", "deviceName": name} for number, name in enumerate(names)]
    fields = fields_of({"domain": {"devices": {"gpus": gpus}}}, permittedHostDevices=permitted)
    assert fields == ["spec.domain.devices.gpus[3].deviceName"]


def test_registered_bindings_pass() -> None:
    interfaces = [{"name": "a", "binding": {"name": "mine"}}]
    spec: dict[str, object] = {"domain": {"devices": {"interfaces": interfaces}}}
    assert fields_of(spec, network={"binding": {"mine": {}}}) == []


def test_arm64_has_one_thread_a_core() -> None:
    spec: dict[str, object] = {
        "architecture": "arm64",
        "domain": {"cpu": {"threads": 2}, "devices": {"watchdog": {"name": "w", "i6300esb": {}}}},
    }
    assert fields_of(spec) == ["spec.domain.devices.watchdog", "spec.domain.cpu.threads"]
