"""The bundle: every VM that uses it is valid, and starts where everything it asks for is built."""

from pathlib import Path

import msgspec
import pytest
import yaml

from api.bundle import (
    FAMILIES,
    build_instancetypes,
    build_manifests,
    build_preferences,
)
from api.config import KubeVirtConfiguration
from api.default import apply_defaults
from api.expand import Sizing, expand_spec, find_conflicts, find_unmet
from api.instancetype import VirtualMachineClusterInstancetype
from api.preference import VirtualMachineClusterPreference
from api.spec import VirtualMachineInstanceSpec
from api.support import find_unsupported
from api.validate import validate_catalogue, validate_spec

INSTANCETYPES = {item.metadata.name: item for item in build_instancetypes()}
PREFERENCES = {item.metadata.name: item for item in build_preferences()}
CONFIG = KubeVirtConfiguration()
BARE = msgspec.convert(
    {
        "domain": {},
        "volumes": [{"name": "boot", "containerDisk": {"image": "localhost/virtpod/tiny:latest"}}],
    },
    VirtualMachineInstanceSpec,
)
# What Windows 11 needs and virtpod does not have yet; the VM says so.
NOT_BUILT = {
    "spec.domain.devices.tpm",
    "spec.domain.features.hyperv",
    "spec.domain.features.smm",
    "spec.domain.firmware.bootloader.efi",
}


def expand(instancetype: str, preference: str | None) -> VirtualMachineInstanceSpec:
    sizing = Sizing(
        INSTANCETYPES[instancetype].spec, PREFERENCES[preference].spec if preference else None
    )
    assert find_conflicts(BARE, sizing) == ()
    expanded = expand_spec(BARE, sizing)
    assert find_unmet(expanded, sizing) == ()
    assert validate_spec(expanded, CONFIG) == ()
    return expanded


@pytest.mark.parametrize("name", INSTANCETYPES)
def test_an_instancetype_is_valid_and_starts(name: str) -> None:
    assert validate_catalogue(INSTANCETYPES[name].spec) == ()
    assert find_unsupported(expand(name, None)) == ()


@pytest.mark.parametrize("name", PREFERENCES)
def test_a_preference_is_valid_and_starts(name: str) -> None:
    assert validate_catalogue(PREFERENCES[name].spec) == ()
    expanded = apply_defaults(expand("u1.large", name), CONFIG, "uid", "vm")
    unsupported = {cause.field for cause in find_unsupported(expanded)}
    windows_11 = name in {"windows.11", "windows.11.virtio"}
    assert {field for field in unsupported if not field.startswith(tuple(NOT_BUILT))} == set()
    assert bool(unsupported) == windows_11


@pytest.mark.parametrize(
    ("name", "vcpus", "memory"),
    [
        ("u1.nano", 1, "512Mi"),
        ("u1.micro", 1, "1Gi"),
        ("u1.small", 1, "2Gi"),
        ("u1.medium", 1, "4Gi"),
        ("u1.2xmedium", 2, "4Gi"),
        ("u1.large", 2, "8Gi"),
        ("u1.8xlarge", 32, "128Gi"),
        ("cx1.medium", 1, "2Gi"),
        ("cx1.8xlarge", 32, "64Gi"),
        ("m1.large", 2, "16Gi"),
        ("m1.8xlarge", 32, "256Gi"),
    ],
)
def test_sizes_are_those_that_kubevirts_users_know(name: str, vcpus: int, memory: str) -> None:
    domain = expand(name, None).domain
    assert domain.cpu is not None
    assert domain.memory is not None
    assert (domain.cpu.vcpus, domain.memory.guest) == (vcpus, memory)


def test_overcommitted_vms_ask_for_half_of_their_memory() -> None:
    resources = expand("o1.small", None).domain.resources
    assert resources is not None
    assert resources.requests == {"memory": "1Gi"}


def test_a_windows_without_drivers_gets_devices_that_it_knows() -> None:
    for name, bus, model in (
        ("windows.2k25", "sata", "e1000e"),
        ("windows.2k25.virtio", "virtio", "virtio"),
    ):
        devices = expand("u1.large", name).domain.devices
        assert devices.disks[0].disk is not None
        assert (devices.disks[0].disk.bus, devices.interfaces[0].model) == (bus, model)


def test_every_name_is_there_once_and_labelled() -> None:
    assert len(INSTANCETYPES) == sum(len(family.sizes) for family in FAMILIES)
    labels = INSTANCETYPES["o1.2xlarge"].metadata.labels
    assert labels["app.kubernetes.io/managed-by"] == "virt-controller"
    assert labels["instancetype.kubevirt.io/class"] == "overcommitted"
    assert labels["instancetype.kubevirt.io/size"] == "2xlarge"
    assert labels["instancetype.kubevirt.io/cpu"] == "8"
    assert labels["instancetype.kubevirt.io/memory"] == "32Gi"
    wanted = {"alpine", "cirros", "debian", "ubuntu", "fedora", "centos.stream9", "rhel.9"}
    wanted |= {"opensuse.leap", "windows.10", "windows.11", "windows.2k22", "windows.2k25"}
    assert wanted <= PREFERENCES.keys()


def test_manifests_are_read_as_what_they_were_made_from() -> None:
    kinds: dict[str, type[VirtualMachineClusterInstancetype | VirtualMachineClusterPreference]] = {
        "VirtualMachineClusterInstancetype": VirtualMachineClusterInstancetype,
        "VirtualMachineClusterPreference": VirtualMachineClusterPreference,
    }
    folder = Path(__file__).resolve().parents[3] / "manifests" / "bundle"
    for name, manifests in build_manifests().items():
        read = list(yaml.load_all((folder / name).read_text(), yaml.CSafeLoader))
        assert read == list(manifests)
        for manifest in read:
            item = msgspec.convert(manifest, kinds[manifest["kind"]])
            assert item in (*INSTANCETYPES.values(), *PREFERENCES.values())
