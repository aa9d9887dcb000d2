"""Defaults are KubeVirt's, and applying them twice changes nothing."""

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.config import KubeVirtConfiguration
from api.default import apply_defaults, choose_pull_policy, derive_hostname
from api.problem import Problem
from api.vmi import VirtualMachineInstanceSpec
from tests.integration.bad_vmi import GOOD, Manifest, change

UID = "4a1f6c2e-0000-4000-8000-000000000001"
DEFAULTS = KubeVirtConfiguration()


def fill(manifest: Manifest, **settings: object) -> dict[str, Any]:
    """Apply the defaults to a spec and return it as its JSON would be."""
    config = msgspec.convert(settings, KubeVirtConfiguration)
    spec = msgspec.convert({"domain": {}, **manifest}, VirtualMachineInstanceSpec)
    filled = apply_defaults(spec, config, UID, "my.vm")
    built: dict[str, Any] = msgspec.json.decode(msgspec.json.encode(filled))
    return built


def devices(**fields: object) -> Manifest:
    return {"domain": {"devices": fields}}


def test_the_best_known_sample_becomes_what_kubevirt_makes_of_it() -> None:
    volumes = [
        {"name": "containerdisk", "containerDisk": {"image": "quay.example/cirros:devel"}},
        {"name": "cloudinitdisk", "cloudInitNoCloud": {"userData": "#!/bin/sh"}},
    ]
    disks = [{"name": volume["name"], "disk": {"bus": "virtio"}} for volume in volumes]
    sample = {
        "domain": {"memory": {"guest": "128Mi"}, "devices": {"disks": disks}},
        "volumes": volumes,
    }
    filled = fill(sample)
    domain = filled["domain"]
    assert domain["cpu"] == {"cores": 1, "sockets": 1, "threads": 1, "model": "host-model"}
    assert domain["memory"] == {"guest": "128Mi"}
    assert domain["resources"] == {}
    assert domain["machine"] == {"type": "q35"}
    assert domain["features"] == {"acpi": {"enabled": True}}
    assert domain["firmware"] == {"uuid": UID}
    assert domain["devices"]["disks"] == disks
    [interface] = domain["devices"]["interfaces"]
    assert (interface["name"], interface["bridge"]) == ("default", {})
    assert [network["name"] for network in filled["networks"]] == ["default"]
    assert "pod" in filled["networks"][0]
    assert filled["volumes"][0]["containerDisk"]["imagePullPolicy"] == "IfNotPresent"
    assert filled["evictionStrategy"] == "None"
    assert filled["terminationGracePeriodSeconds"] == 30
    assert filled["architecture"] == "amd64"
    assert filled["hostname"] == "my"


@pytest.mark.parametrize(
    ("image", "policy"),
    [
        ("img", "Always"),
        ("img:latest", "Always"),
        ("img:v1", "IfNotPresent"),
        ("reg:5000/img", "IfNotPresent"),
        (f"img@sha256:{'a' * 64}", "IfNotPresent"),
    ],
)
def test_an_image_whose_content_may_change_is_always_pulled(image: str, policy: str) -> None:
    assert choose_pull_policy(image) == policy


def test_a_kernel_image_has_a_pull_policy_too() -> None:
    container = {"image": "kernel", "kernelPath": "/boot/vmlinuz"}
    filled = fill({"domain": {"firmware": {"kernelBoot": {"container": container}}}})
    kernel = filled["domain"]["firmware"]["kernelBoot"]["container"]
    assert kernel["imagePullPolicy"] == "Always"


@pytest.mark.parametrize(
    ("name", "hostname"),
    [("vm", "vm"), ("a.b", "a"), ("a" * 70, "a" * 63), (f"{'a' * 62}-b", "a" * 62)],
)
def test_a_hostname_is_a_label_of_the_name(name: str, hostname: str) -> None:
    assert derive_hostname(name) == hostname


@pytest.mark.parametrize(
    ("resources", "sockets"),
    [
        ({}, 1),
        ({"requests": {"cpu": "100m"}}, 1),
        ({"requests": {"cpu": "2500m"}}, 3),
        ({"requests": {"cpu": 1}, "limits": {"cpu": 4}}, 4),
    ],
)
def test_sockets_come_from_the_cpu_limit_or_request(resources: Manifest, sockets: int) -> None:
    filled = fill({"domain": {"resources": resources}})
    assert filled["domain"]["cpu"]["sockets"] == sockets


def test_a_topology_that_is_told_is_not_guessed() -> None:
    resources = {"limits": {"cpu": 4}}
    filled = fill({"domain": {"cpu": {"cores": 2}, "resources": resources}})
    topology = filled["domain"]["cpu"]
    assert (topology["cores"], topology["sockets"], topology["threads"]) == (2, 1, 1)
    assert filled["domain"]["resources"] == {"limits": {"cpu": 4}, "requests": {"cpu": 4}}


@pytest.mark.parametrize(
    "resources",
    [{"requests": {"memory": "1Gi"}, "limits": {"memory": "2Gi"}}, {"limits": {"memory": "1Gi"}}],
)
def test_guest_memory_comes_from_the_request_else_the_limit(resources: Manifest) -> None:
    assert fill({"domain": {"resources": resources}})["domain"]["memory"]["guest"] == "1Gi"


def test_a_malformed_quantity_is_a_problem() -> None:
    with pytest.raises(Problem, match="'many' is not a quantity"):
        fill({"domain": {"resources": {"limits": {"cpu": "many"}}}})


def test_the_settings_choose_cpu_model_machine_binding_and_eviction() -> None:
    filled = fill(
        {},
        cpuModel="EPYC",
        machineType="pc-q35-9.2",
        network={"defaultNetworkInterface": "masquerade"},
        evictionStrategy="LiveMigrate",
        virtualMachineOptions={"disableSerialConsoleLog": {}},
    )
    assert filled["domain"]["cpu"]["model"] == "EPYC"
    assert filled["domain"]["machine"]["type"] == "pc-q35-9.2"
    assert filled["domain"]["devices"]["interfaces"][0]["masquerade"] == {}
    assert filled["domain"]["devices"]["logSerialConsole"] is False
    assert filled["evictionStrategy"] == "LiveMigrate"


def test_arm64_boots_by_uefi_from_virtio_disks() -> None:
    filled = fill(
        {
            "architecture": "arm64",
            **devices(disks=[{"name": "a"}, {"name": "b", "cdrom": {}}], watchdog={"name": "w"}),
        },
        architectureConfiguration={"arm64": {"machineType": "virt-9.2"}},
    )
    domain = filled["domain"]
    assert domain["machine"]["type"] == "virt-9.2"
    assert domain["cpu"]["model"] == "host-passthrough"
    assert domain["firmware"]["bootloader"]["efi"]["secureBoot"] is False
    assert [disk.get("disk", disk.get("cdrom"))["bus"] for disk in domain["devices"]["disks"]] == [
        "virtio",
        "scsi",
    ]
    assert domain["devices"]["watchdog"] == {"name": "w"}


def test_disks_get_a_bus_and_volumes_a_disk() -> None:
    filled = fill(
        {
            **devices(
                disks=[{"name": "a"}, {"name": "b", "lun": {}}, {"name": "c", "cdrom": {}}],
                filesystems=[{"name": "e"}],
            ),
            "volumes": [
                {"name": "d", "emptyDisk": {"capacity": "1Gi"}},
                {"name": "e", "configMap": {"name": "x"}},
                {"name": "f", "memoryDump": {"claimName": "x"}},
                {"name": "g", "containerPath": {"path": "/x"}},
            ],
        }
    )
    assert filled["domain"]["devices"]["disks"] == [
        {"name": "a", "disk": {"bus": "sata"}},
        {"name": "b", "lun": {"bus": "scsi"}},
        {"name": "c", "cdrom": {"bus": "sata", "readonly": True, "tray": "closed"}},
        {"name": "d", "disk": {"bus": "sata"}},
    ]


def test_no_interface_is_attached_when_that_is_turned_off() -> None:
    filled = fill(devices(autoattachPodInterface=False))
    assert "networks" not in filled
    assert "interfaces" not in filled["domain"]["devices"]


def test_interfaces_and_ports_are_completed() -> None:
    interface = {"name": "default", "masquerade": {}, "ports": [{"port": 80}]}
    filled = fill({**devices(interfaces=[interface]), "networks": [{"name": "default", "pod": {}}]})
    assert filled["domain"]["devices"]["interfaces"] == [
        {
            "name": "default",
            "masquerade": {},
            "model": "virtio",
            "state": "up",
            "ports": [{"port": 80, "protocol": "TCP"}],
        }
    ]
    assert filled["networks"][0]["pod"]["vmNetworkCIDR"] == "10.0.2.0/24"


def test_other_networks_are_left_alone() -> None:
    networks = [{"name": "n", "multus": {"networkName": "net"}}]
    assert fill({"networks": networks})["networks"] == networks


def test_an_input_device_is_a_usb_tablet() -> None:
    filled = fill(devices(autoattachInputDevice=True))
    tablet = {"name": "default-0", "type": "tablet", "bus": "usb"}
    assert filled["domain"]["devices"]["inputs"] == [tablet]


@pytest.mark.parametrize(
    ("given_watchdog", "watchdog"),
    [
        ({"name": "w"}, {"name": "w", "i6300esb": {"action": "reset"}}),
        (
            {"name": "w", "i6300esb": {"action": "poweroff"}},
            {"name": "w", "i6300esb": {"action": "poweroff"}},
        ),
        ({"name": "w", "diag288": {}}, {"name": "w", "diag288": {"action": "reset"}}),
    ],
)
def test_a_watchdog_resets(given_watchdog: Manifest, watchdog: Manifest) -> None:
    assert fill(devices(watchdog=given_watchdog))["domain"]["devices"]["watchdog"] == watchdog


def test_a_tpm_that_is_there_is_on() -> None:
    tpm = fill(devices(tpm={}))["domain"]["devices"]["tpm"]
    assert tpm == {"enabled": True, "persistent": False}


def test_features_that_are_there_are_on_and_bring_what_they_need() -> None:
    features = {
        "acpi": {"enabled": False},
        "apic": {},
        "hyperv": {
            "synictimer": {},
            "evmcs": {"enabled": False},
            "spinlocks": {},
            "vendorid": {"vendorid": "me"},
        },
    }
    filled = fill({"domain": {"features": features}})["domain"]["features"]
    assert filled == {
        "acpi": {"enabled": False},
        "apic": {"enabled": True},
        "hyperv": {
            "synictimer": {"enabled": True},
            "synic": {"enabled": True},
            "vpindex": {"enabled": True},
            "evmcs": {"enabled": False},
            "spinlocks": {"enabled": True, "spinlocks": 4096},
            "vendorid": {"enabled": True, "vendorid": "me"},
        },
    }


def test_secure_boot_is_on_unless_it_is_off() -> None:
    firmware = fill({"domain": {"firmware": {"bootloader": {"efi": {}}}}})["domain"]["firmware"]
    assert firmware["bootloader"]["efi"] == {"secureBoot": True, "persistent": False}


def test_a_policy_of_a_cpu_feature_is_require() -> None:
    filled = fill({"domain": {"cpu": {"features": [{"name": "vmx"}]}}})
    assert filled["domain"]["cpu"]["features"] == [{"name": "vmx", "policy": "require"}]


DISK_TARGETS: st.SearchStrategy[Manifest] = st.sampled_from(
    [{}, {"cdrom": {}}, {"lun": {}}, {"disk": {"bus": "scsi"}}]
)
SPECS = st.fixed_dictionaries(
    {},
    optional={
        "spec.domain.cpu": st.fixed_dictionaries(
            {},
            optional={
                "cores": st.integers(1, 4),
                "threads": st.integers(1, 2),
                "model": st.sampled_from(["host-passthrough", "EPYC"]),
            },
        ),
        "spec.domain.resources": st.fixed_dictionaries(
            {},
            optional={
                "requests": st.just({"cpu": "1500m", "memory": "1Gi"}),
                "limits": st.sampled_from([{}, {"cpu": 3}, {"memory": "2Gi"}]),
            },
        ),
        "spec.domain.features": st.sampled_from(
            [{}, {"smm": {}}, {"hyperv": {"ipi": {}, "tlbflush": {"direct": {}}}}]
        ),
        "spec.domain.firmware": st.sampled_from(
            [{}, {"uuid": UID}, {"bootloader": {"efi": {}}}, {"bootloader": {"bios": {}}}]
        ),
        "spec.domain.devices.disks": st.lists(
            DISK_TARGETS.map(lambda target: {"name": "boot"} | target),
            max_size=2,
        ),
        "spec.domain.devices.interfaces": st.sampled_from([[], [{"name": "x", "bridge": {}}]]),
        "spec.domain.devices.watchdog": st.sampled_from([{"name": "w"}]),
        "spec.domain.devices.autoattachInputDevice": st.booleans(),
        "spec.domain.devices.autoattachPodInterface": st.booleans(),
        "spec.networks": st.sampled_from([[], [{"name": "x", "pod": {}}]]),
        "spec.architecture": st.sampled_from(["amd64", "arm64", "s390x"]),
        "spec.hostname": st.sampled_from(["one", "two"]),
        "spec.terminationGracePeriodSeconds": st.integers(0, 60),
    },
)


@given(SPECS)
def test_defaults_applied_twice_are_defaults_applied_once(changes: Manifest) -> None:
    spec = msgspec.convert(change(GOOD, changes)["spec"], VirtualMachineInstanceSpec)
    once = apply_defaults(spec, DEFAULTS, UID, "vm")
    assert apply_defaults(once, DEFAULTS, UID, "vm") == once
    assert msgspec.json.decode(msgspec.json.encode(once), type=type(once)) == once
