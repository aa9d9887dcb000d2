"""What is stored of a VMI's defaults is what KubeVirt stores, and changes no pod."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from api.config import KubeVirtConfiguration
from api.default import apply_defaults
from api.default_instance import complete_instance
from api.spec import VirtualMachineInstanceSpec
from api.support import find_unsupported
from api.validate import validate_spec
from tests.integration.bad_vmi import GOOD, Manifest, change
from tests.integration.bad_vmis import ACCEPTED

UID = "4a1f6c2e-0000-4000-8000-000000000001"
DEFAULTS = KubeVirtConfiguration()
TESTS = Path(__file__).parents[2]


def read(spec: Manifest) -> VirtualMachineInstanceSpec:
    return msgspec.convert(spec, VirtualMachineInstanceSpec)


def complete(spec: Manifest, uuid: str = "", **settings: object) -> Any:
    config = msgspec.convert(settings, KubeVirtConfiguration)
    return msgspec.json.decode(msgspec.json.encode(complete_instance(read(spec), config, uuid)))


def list_specs() -> Iterator[tuple[str, Manifest]]:
    """Yield all specs that tests know to be good."""
    for name, changes in ACCEPTED.items():
        yield name, change(GOOD, changes)["spec"]
    for path in sorted(TESTS.glob("golden/domains/*/vmi.yaml")):
        yield path.parent.name, yaml.safe_load(path.read_text())["spec"]
    for path in sorted(TESTS.glob("samples/*.yaml")):
        for item in yaml.safe_load_all(path.read_text()):
            if item["kind"] == "VirtualMachineInstance":
                yield path.stem, item["spec"]
    domain = {"cpu": {"dedicatedCpuPlacement": True}, "memory": {"guest": "64Mi"}, "devices": {}}
    resources = {"requests": {"cpu": 2}, "limits": {"cpu": 2}}
    yield "dedicated CPUs, counted by resources", {"domain": {**domain, "resources": resources}}
    yield "memory by a limit", {"domain": {"resources": {"limits": {"memory": "1Gi", "cpu": 3}}}}


SPECS = dict(list_specs())


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
def test_a_good_spec_stays_good(spec: Manifest) -> None:
    own, completed = read(spec), read(complete(spec))
    assert set(validate_spec(completed, DEFAULTS)) <= set(validate_spec(own, DEFAULTS))
    assert find_unsupported(completed) == find_unsupported(own)


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
def test_the_pod_is_made_from_the_same(spec: Manifest) -> None:
    own, completed = read(spec), read(complete(spec))
    assert apply_defaults(completed, DEFAULTS, UID, "a.b") == apply_defaults(
        own, DEFAULTS, UID, "a.b"
    )


@pytest.mark.parametrize("spec", SPECS.values(), ids=SPECS.keys())
def test_completing_twice_changes_nothing(spec: Manifest) -> None:
    once = complete(spec, UID)
    assert complete(once, "another") == once


def test_the_best_known_sample_is_stored_as_kubevirt_stores_it() -> None:
    volumes = [
        {"name": "containerdisk", "containerDisk": {"image": "quay.example/cirros:devel"}},
        {"name": "cloudinitdisk", "cloudInitNoCloud": {"userData": "#!/bin/sh"}},
    ]
    disks = [{"name": volume["name"], "disk": {"bus": "virtio"}} for volume in volumes]
    domain = {"memory": {"guest": "128Mi"}, "devices": {"disks": disks}}
    assert complete({"domain": domain, "volumes": volumes}, UID) == {
        "architecture": "amd64",
        "domain": {
            "cpu": {"cores": 1, "sockets": 1, "threads": 1, "model": "host-model"},
            "devices": {"disks": disks, "interfaces": [{"name": "default", "bridge": {}}]},
            "features": {"acpi": {"enabled": True}},
            "firmware": {"uuid": UID},
            "machine": {"type": "q35"},
            "memory": {"guest": "128Mi"},
        },
        "evictionStrategy": "None",
        "networks": [{"name": "default", "pod": {}}],
        "volumes": [
            {
                "name": "containerdisk",
                "containerDisk": {
                    "image": "quay.example/cirros:devel",
                    "imagePullPolicy": "IfNotPresent",
                },
            },
            volumes[1],
        ],
    }


def test_the_installation_s_settings_are_the_defaults() -> None:
    settings: dict[str, Any] = {
        "network": {"defaultNetworkInterface": "masquerade"},
        "evictionStrategy": "LiveMigrateIfPossible",
        "cpuModel": "Nehalem",
        "machineType": "pc-q35-7.2",
    }
    stored = complete({"domain": {"memory": {"guest": "64Mi"}}}, **settings)
    assert stored["domain"]["devices"]["interfaces"] == [{"name": "default", "masquerade": {}}]
    assert stored["domain"]["cpu"]["model"] == "Nehalem"
    assert stored["domain"]["machine"] == {"type": "pc-q35-7.2"}
    assert stored["evictionStrategy"] == "LiveMigrateIfPossible"


def test_without_an_identity_the_firmware_stays_open() -> None:
    assert "firmware" not in complete({"domain": {"memory": {"guest": "64Mi"}}})["domain"]
