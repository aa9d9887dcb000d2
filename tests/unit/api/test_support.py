"""What is not built is named, before and after defaults; what is built is not."""

from typing import Any

import msgspec
import pytest

from api.bound import describe_struct, unwrap
from api.config import KubeVirtConfiguration
from api.default import apply_defaults
from api.support import BUILT, Tree, find_unsupported
from api.vmi import VirtualMachineInstanceSpec
from tests.integration.bad_vmi import GOOD, Manifest, change

DEVICES = "spec.domain.devices"

NOT_BUILT: dict[str, tuple[Manifest, str]] = {
    "SATA LUN": (
        {f"{DEVICES}.disks.0": {"name": "boot", "lun": {"bus": "sata"}}},
        f"{DEVICES}.disks[0].lun.bus",
    ),
    "SCSI reservation": (
        {f"{DEVICES}.disks.0": {"name": "boot", "lun": {"bus": "scsi", "reservation": True}}},
        f"{DEVICES}.disks[0].lun.reservation",
    ),
    "empty drive": (
        {f"{DEVICES}.disks.2": {"name": "drive", "cdrom": {}}},
        f"{DEVICES}.disks[2].cdrom",
    ),
    "SR-IOV": (
        {f"{DEVICES}.interfaces.0": {"name": "default", "sriov": {}}},
        f"{DEVICES}.interfaces[0].sriov",
    ),
    "multus": (
        {"spec.networks.0": {"name": "default", "multus": {"networkName": "n"}}},
        "spec.networks[0].multus",
    ),
    "TPM": ({f"{DEVICES}.tpm": {}}, f"{DEVICES}.tpm"),
    "sound": ({f"{DEVICES}.sound": {"name": "s"}}, f"{DEVICES}.sound"),
    "GPU": ({f"{DEVICES}.gpus": [{"name": "g", "deviceName": "a/b"}]}, f"{DEVICES}.gpus"),
    "vsock": ({f"{DEVICES}.autoattachVSOCK": True}, f"{DEVICES}.autoattachVSOCK"),
    "no log": ({f"{DEVICES}.logSerialConsole": False}, f"{DEVICES}.logSerialConsole"),
    "device as a resource": (
        {"spec.domain.resources": {"limits": {"cpu": 1, "vendor.example/gpu": 1}}},
        "spec.domain.resources.limits[vendor.example/gpu]",
    ),
    "UEFI that remembers": (
        {
            "spec.domain.firmware": {
                "bootloader": {"efi": {"secureBoot": False, "persistent": True}}
            }
        },
        "spec.domain.firmware.bootloader.efi.persistent",
    ),
    "dedicated CPUs": (
        {"spec.domain.cpu.dedicatedCpuPlacement": True},
        "spec.domain.cpu.dedicatedCpuPlacement",
    ),
    "hugepages": (
        {"spec.domain.memory.hugepages": {"pageSize": "2Mi"}},
        "spec.domain.memory.hugepages",
    ),
    "configMap": (
        {"spec.volumes.0": {"name": "boot", "configMap": {"name": "x"}}},
        "spec.volumes[0].configMap",
    ),
    "hot-plug": (
        {
            "spec.volumes.0": {
                "name": "boot",
                "persistentVolumeClaim": {"claimName": "x", "hotpluggable": True},
            }
        },
        "spec.volumes[0].persistentVolumeClaim.hotpluggable",
    ),
    "probe": ({"spec.livenessProbe": {"guestAgentPing": {}}}, "spec.livenessProbe"),
    "eviction": ({"spec.evictionStrategy": "LiveMigrate"}, "spec.evictionStrategy"),
    "architecture": ({"spec.architecture": "s390x"}, "spec.architecture"),
    "Hyper-V": ({"spec.domain.features": {"hyperv": {}}}, "spec.domain.features.hyperv"),
    "reboot": ({"spec.domain.rebootPolicy": "Terminate"}, "spec.domain.rebootPolicy"),
}

BUILT_CHANGES: dict[str, Manifest] = {
    "the good VMI": {},
    "what is off": {
        f"{DEVICES}.autoattachVSOCK": False,
        f"{DEVICES}.tpm": {"enabled": False},
        "spec.domain.cpu.dedicatedCpuPlacement": False,
        "spec.domain.features": {"smm": {"enabled": False}},
    },
    "console and graphics off": {
        f"{DEVICES}.autoattachSerialConsole": False,
        f"{DEVICES}.autoattachGraphicsDevice": False,
        f"{DEVICES}.autoattachMemBalloon": False,
    },
    "UEFI": {
        "spec.domain.features": {"smm": {}},
        "spec.domain.firmware": {"bootloader": {"efi": {"persistent": False}}},
    },
    "disks on USB": {
        f"{DEVICES}.disks.0.disk.bus": "usb",
        f"{DEVICES}.disks.1.cdrom.bus": "usb",
    },
    "start paused": {"spec.startStrategy": "Paused"},
    "migrate if possible": {"spec.evictionStrategy": "LiveMigrateIfPossible"},
    "placement": {
        "spec.nodeSelector": {"a": "b"},
        "spec.tolerations": [{"operator": "Exists"}],
        "spec.dnsPolicy": "Default",
    },
}


def read(changes: Manifest) -> VirtualMachineInstanceSpec:
    return msgspec.convert(change(GOOD, changes)["spec"], VirtualMachineInstanceSpec)


def fill(spec: VirtualMachineInstanceSpec) -> VirtualMachineInstanceSpec:
    return apply_defaults(spec, KubeVirtConfiguration(), "uid", "name")


@pytest.mark.parametrize(("changes", "field"), NOT_BUILT.values(), ids=NOT_BUILT.keys())
def test_what_is_not_built_is_named(changes: Manifest, field: str) -> None:
    spec = read(changes)
    for told in (spec, fill(spec)):
        [cause] = find_unsupported(told)
        assert cause.field == field
        assert cause.message.startswith(field)
        assert cause.message.endswith("is not supported yet")


@pytest.mark.parametrize("changes", BUILT_CHANGES.values(), ids=BUILT_CHANGES.keys())
def test_what_is_built_or_off_is_not_named(changes: Manifest) -> None:
    spec = read(changes)
    assert find_unsupported(spec) == ()
    assert find_unsupported(fill(spec)) == ()


def test_a_value_that_is_not_built_is_told() -> None:
    [cause] = find_unsupported(read({f"{DEVICES}.disks.0": {"name": "b", "lun": {"bus": "sata"}}}))
    assert cause.message == f"{DEVICES}.disks[0].lun.bus as sata is not supported yet"
    [cause] = find_unsupported(read({f"{DEVICES}.logSerialConsole": False}))
    assert cause.message == f"{DEVICES}.logSerialConsole as false is not supported yet"


def find_strangers(tree: Tree, struct: type[msgspec.Struct]) -> list[str]:
    """Return names of the tree that the API does not have."""
    types = {field.encode_name: field.type for field in describe_struct(struct).fields}
    strangers = [name for name in tree if name not in types]
    for name, known in tree.items():
        if name in {"requests", "limits"}:
            continue  # a map: its keys are no fields
        if isinstance(known, dict):
            inner: Any = unwrap(types[name])[1]
            inner = unwrap(inner.item_type)[1] if hasattr(inner, "item_type") else inner
            strangers += find_strangers(known, inner.cls)
    return strangers


def test_the_tree_of_what_is_built_knows_only_fields_of_the_api() -> None:
    assert find_strangers(BUILT, VirtualMachineInstanceSpec) == []
