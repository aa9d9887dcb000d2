"""Expansion: an instancetype is law, a preference is advice, and twice is as once."""

from typing import Any

import msgspec
import pytest
from hypothesis import HealthCheck, assume, given, settings

from api.config import KubeVirtConfiguration
from api.expand import (
    Sizing,
    expand_annotations,
    expand_spec,
    expand_vm,
    find_annotation_conflicts,
    find_conflicts,
    find_unmet,
    prefer_machine,
)
from api.instancetype import VirtualMachineInstancetypeSpec
from api.preference import VirtualMachinePreferenceSpec
from api.spec import VirtualMachineInstanceSpec
from api.topology import Shape, choose_shape, explain_spread
from api.vm import VirtualMachine
from tests.unit.api.strategy import SIZINGS, SPECS

Json = dict[str, Any]  # any JSON object

SMALL: Json = {"cpu": {"guest": 2}, "memory": {"guest": "128Mi"}}
MANY = settings(max_examples=40, suppress_health_check=list(HealthCheck), deadline=None)


def size(instancetype: Json | None = None, preference: Json | None = None) -> Sizing:
    return Sizing(
        msgspec.convert(instancetype, VirtualMachineInstancetypeSpec) if instancetype else None,
        msgspec.convert(preference, VirtualMachinePreferenceSpec) if preference else None,
    )


def read(spec: Json) -> VirtualMachineInstanceSpec:
    return msgspec.convert({"domain": {}, **spec}, VirtualMachineInstanceSpec)


def dump(part: msgspec.Struct) -> Json:
    """Return a struct as its JSON, without a VM's empty devices, which mean nothing."""
    built: Json = msgspec.json.decode(msgspec.json.encode(part))
    spec = built.get("spec", {}).get("template", {}).get("spec", built)
    if spec.get("domain", {}).get("devices") == {}:
        del spec["domain"]["devices"]
    return built


def expand(spec: Json, sizing: Sizing, **config: object) -> Json:
    expanded = expand_spec(read(spec), sizing, msgspec.convert(config, KubeVirtConfiguration))
    return dump(expanded)


def advise(spec: Json, **preference: object) -> Json:
    return expand(spec, size(preference=preference))


def contains(whole: object, part: object) -> bool:
    """Say whether all that a part says is said by the whole too; lists may have grown."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            key in whole and contains(whole[key], value) for key, value in part.items()
        )
    if isinstance(part, list):
        return (
            isinstance(whole, list) and all(map(contains, whole, part)) and len(whole) >= len(part)
        )
    return whole == part


@MANY
@given(SPECS, SIZINGS)
def test_twice_is_as_once(spec: VirtualMachineInstanceSpec, sizing: Sizing) -> None:
    once = expand_spec(spec, sizing)
    assert expand_spec(once, sizing) == once


@MANY
@given(SPECS, SIZINGS)
def test_advice_changes_nothing_that_the_vm_says(
    spec: VirtualMachineInstanceSpec, sizing: Sizing
) -> None:
    advised = expand_spec(spec, Sizing(None, sizing.preference))
    assert contains(dump(advised), dump(spec))


@MANY
@given(SPECS, SIZINGS)
def test_law_is_kept_where_nothing_conflicts(
    spec: VirtualMachineInstanceSpec, sizing: Sizing
) -> None:
    law = sizing.instancetype
    if law is None:
        return
    bare = msgspec.structs.replace(
        spec,
        domain=msgspec.structs.replace(spec.domain, cpu=None, memory=None, resources=None),
    )
    assume(not find_conflicts(bare, sizing))
    expanded = expand_spec(bare, sizing)
    cpu, memory = expanded.domain.cpu, expanded.domain.memory
    assert cpu is not None
    assert memory is not None
    assert cpu.vcpus == law.cpu.guest
    assert (memory.guest, memory.hugepages) == (law.memory.guest, law.memory.hugepages)
    assert cpu.model == law.cpu.model
    assert law.node_selector.items() <= expanded.node_selector.items()
    assert law.scheduler_name in {None, expanded.scheduler_name}
    assert law.launch_security in {None, expanded.domain.launch_security}
    # and nothing that the VM says is lost
    assert contains(dump(expanded), dump(bare))


def test_nothing_asked_for_is_nothing_changed() -> None:
    spec = read({"volumes": [{"name": "boot", "emptyDisk": {"capacity": "1Gi"}}]})
    assert expand_spec(spec, Sizing()) is spec
    assert prefer_machine(spec, Sizing()) is spec
    assert expand_spec(spec, size(preference={"annotations": {"a": "b"}})) == spec
    assert find_conflicts(spec, Sizing()) == find_unmet(spec, Sizing()) == ()


def test_an_instancetype_gives_its_size() -> None:
    domain = expand({}, size(SMALL))["domain"]
    assert domain["cpu"] == {"sockets": 2, "cores": 1, "threads": 1}
    assert domain["memory"] == {"guest": "128Mi"}
    assert "resources" not in domain


def test_an_instancetype_gives_all_that_it_says() -> None:
    law = {
        "cpu": {
            "guest": 4,
            "model": "Skylake-Server",
            "dedicatedCPUPlacement": True,
            "isolateEmulatorThread": True,
            "numa": {"guestMappingPassthrough": {}},
            "realtime": {"mask": "0-1"},
            "maxSockets": 8,
        },
        "memory": {"guest": "2Gi", "maxGuest": "8Gi", "hugepages": {"pageSize": "1Gi"}},
        "gpus": [{"name": "gpu", "deviceName": "nvidia.example/T4"}],
        "hostDevices": [{"name": "nic", "deviceName": "intel.example/qat"}],
        "ioThreadsPolicy": "supplementalPool",
        "ioThreads": {"supplementalPoolThreadCount": 4},
        "launchSecurity": {"sev": {}},
        "nodeSelector": {"zone": "a"},
        "schedulerName": "binpack",
    }
    expanded = expand({"nodeSelector": {"disk": "ssd"}}, size(law))
    domain = expanded["domain"]
    assert domain["cpu"] == {
        "sockets": 4,
        "cores": 1,
        "threads": 1,
        "model": "Skylake-Server",
        "dedicatedCpuPlacement": True,
        "isolateEmulatorThread": True,
        "numa": {"guestMappingPassthrough": {}},
        "realtime": {"mask": "0-1"},
        "maxSockets": 8,
    }
    assert domain["memory"] == law["memory"]
    assert domain["devices"]["gpus"] == law["gpus"]
    assert domain["devices"]["hostDevices"] == law["hostDevices"]
    assert domain["ioThreadsPolicy"] == "supplementalPool"
    assert domain["ioThreads"] == law["ioThreads"]
    assert domain["launchSecurity"] == {"sev": {}}
    assert expanded["nodeSelector"] == {"disk": "ssd", "zone": "a"}
    assert expanded["schedulerName"] == "binpack"


@pytest.mark.parametrize(
    ("percent", "request_"), [(50, "64Mi"), (15, "114085069"), (99, "1342178"), (100, "1000000")]
)
def test_an_overcommitted_pod_asks_for_less(percent: int, request_: str) -> None:
    law = {**SMALL, "memory": {"guest": "128Mi", "overcommitPercent": percent}}
    spec = {"domain": {"resources": {"overcommitGuestOverhead": True}}}
    assert expand(spec, size(law))["domain"]["resources"] == {
        "requests": {"memory": request_},
        "overcommitGuestOverhead": True,
    }


@pytest.mark.parametrize(
    ("vcpus", "preference", "shape"),
    [
        (4, {}, Shape(4, 1, 1)),
        (4, {"preferredCPUTopology": "sockets"}, Shape(4, 1, 1)),
        (4, {"preferredCPUTopology": "any"}, Shape(4, 1, 1)),
        (4, {"preferredCPUTopology": "preferAny"}, Shape(4, 1, 1)),
        (4, {"preferredCPUTopology": "cores"}, Shape(1, 4, 1)),
        (4, {"preferredCPUTopology": "preferCores"}, Shape(1, 4, 1)),
        (4, {"preferredCPUTopology": "threads"}, Shape(1, 1, 4)),
        (6, {"preferredCPUTopology": "spread"}, Shape(3, 2, 1)),
        (6, {"preferredCPUTopology": "preferSpread"}, Shape(3, 2, 1)),
        (6, {"preferredCPUTopology": "spread", "spreadOptions": {"ratio": 3}}, Shape(2, 3, 1)),
        (1, {"preferredCPUTopology": "spread"}, Shape(1, 1, 1)),
        (
            8,
            {"preferredCPUTopology": "spread", "spreadOptions": {"across": "CoresThreads"}},
            Shape(1, 4, 2),
        ),
        (
            12,
            {
                "preferredCPUTopology": "spread",
                "spreadOptions": {"across": "SocketsCoresThreads", "ratio": 3},
            },
            Shape(2, 3, 2),
        ),
    ],
)
def test_vcpus_are_shown_as_preferred(vcpus: int, preference: Json, shape: Shape) -> None:
    spec = msgspec.convert({"cpu": preference}, VirtualMachinePreferenceSpec)
    assert choose_shape(vcpus, spec) == shape
    assert explain_spread(vcpus, spec) == ""


def test_the_old_ratio_still_counts() -> None:
    old: Json = {"cpu": {"preferredCPUTopology": "spread"}, "preferSpreadSocketToCoreRatio": 4}
    spec = msgspec.convert(old, VirtualMachinePreferenceSpec)
    assert choose_shape(8, spec) == Shape(2, 4, 1)
    assert choose_shape(8, None) == Shape(8, 1, 1)


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({}, "5 vCPUs cannot be spread SocketsCores by 2"),
        ({"across": "CoresThreads"}, "5 vCPUs cannot be spread CoresThreads by 2"),
        (
            {"across": "SocketsCoresThreads"},
            "5 vCPUs cannot be spread SocketsCoresThreads by 2 cores of 2 threads",
        ),
        (
            {"across": "CoresThreads", "ratio": 3},
            "cores have 2 threads each, so spreadOptions.ratio must be 2",
        ),
    ],
)
def test_vcpus_that_cannot_be_spread_are_a_conflict(options: Json, sentence: str) -> None:
    preference = {"cpu": {"preferredCPUTopology": "spread", "spreadOptions": options}}
    sizing = size({**SMALL, "cpu": {"guest": 5}}, preference)
    [cause] = find_conflicts(read({}), sizing)
    assert cause.field == "spec.instancetype"
    assert cause.message == f"the preference does not fit: {sentence}"
    assert expand({}, sizing)["domain"]["cpu"]["sockets"] == 5


def test_every_conflict_is_named_at_once() -> None:
    vm = {
        "nodeSelector": {"disk": "ssd"},
        "schedulerName": "mine",
        "domain": {
            "cpu": {
                "cores": 1,
                "threads": 2,
                "model": "host-model",
                "dedicatedCpuPlacement": False,
            },
            "memory": {"guest": "1Gi", "maxGuest": "2Gi"},
            "resources": {"requests": {"memory": "1Gi"}, "limits": {"cpu": "1"}},
            "ioThreadsPolicy": "auto",
        },
    }
    law = {
        "cpu": {"guest": 2, "model": "host-passthrough", "dedicatedCPUPlacement": True},
        "memory": {"guest": "1Gi", "hugepages": {"pageSize": "2Mi"}},
        "nodeSelector": {"zone": "a"},
        "ioThreadsPolicy": "shared",
    }
    causes = find_conflicts(read(vm), size(law))
    assert {cause.field.removeprefix("spec.template.spec.") for cause in causes} == {
        "domain.cpu.cores",
        "domain.cpu.threads",
        "domain.cpu.model",
        "domain.cpu.dedicatedCpuPlacement",
        "domain.memory.guest",
        "domain.resources.requests.memory",
        "domain.resources.limits.cpu",
        "domain.ioThreadsPolicy",
        "nodeSelector",
    }
    assert all(cause.message.startswith(f"{cause.field} conflicts") for cause in causes)


def test_annotations_are_of_all_three() -> None:
    sizing = size(
        {**SMALL, "annotations": {"law": "l", "both": "l"}},
        {"annotations": {"advice": "p", "mine": "p", "both": "p"}},
    )
    assert expand_annotations({"mine": "v"}, sizing) == {
        "law": "l",
        "both": "l",
        "advice": "p",
        "mine": "v",
    }
    assert expand_annotations({"mine": "v"}, Sizing()) == {"mine": "v"}
    [cause] = find_annotation_conflicts({"law": "other", "both": "l"}, sizing)
    assert cause.field == "spec.template.metadata.annotations[law]"
    assert find_annotation_conflicts({"law": "other"}, Sizing()) == ()


def test_a_preference_fills_the_machine() -> None:
    preference: Json = {
        "preferredArchitecture": "arm64",
        "preferredSubdomain": "farm",
        "preferredTerminationGracePeriodSeconds": 0,
        "machine": {"preferredMachineType": "virt"},
        "clock": {
            "preferredClockOffset": {"timezone": "Europe/Berlin"},
            "preferredTimer": {"hpet": {"present": False}},
        },
        "cpu": {"preferredCPUFeatures": [{"name": "vmx"}, {"name": "avx"}]},
        "features": {
            "preferredAcpi": {},
            "preferredApic": {"endOfInterrupt": True},
            "preferredKvm": {"hidden": True},
            "preferredPvspinlock": {"enabled": False},
            "preferredSmm": {},
        },
    }
    features = [{"name": "vmx", "policy": "disable"}]
    advised = advise({"domain": {"cpu": {"features": features}}}, **preference)
    domain = advised["domain"]
    assert (advised["architecture"], advised["subdomain"]) == ("arm64", "farm")
    assert advised["terminationGracePeriodSeconds"] == 0
    assert domain["machine"] == {"type": "virt"}
    assert domain["clock"] == {
        "timezone": "Europe/Berlin",
        "timer": {"hpet": {"present": False}},
    }
    assert domain["cpu"] == {"features": [*features, {"name": "avx"}]}
    assert domain["features"] == {
        "acpi": {},
        "apic": {"endOfInterrupt": True},
        "kvm": {"hidden": True},
        "pvspinlock": {"enabled": False},
        "smm": {},
    }
    own = {"architecture": "amd64", "domain": {"clock": {"utc": {}}, "machine": {"type": "q35"}}}
    kept = advise(own, **preference)
    assert kept["architecture"] == "amd64"
    assert kept["domain"]["machine"] == {"type": "q35"}
    assert "timezone" not in kept["domain"]["clock"]


def test_only_the_machine_can_be_asked_for() -> None:
    preference = {
        "preferredArchitecture": "arm64",
        "machine": {"preferredMachineType": "virt"},
        "devices": {"preferredRng": {}},
    }
    machine = prefer_machine(read({}), size(preference=preference))
    assert dump(machine) == {
        "architecture": "arm64",
        "domain": {"machine": {"type": "virt"}},
    }


@pytest.mark.parametrize(
    ("own", "preferred", "bootloader"),
    [
        (None, {"preferredUseBios": True}, {"bios": {}}),
        (
            None,
            {"preferredUseBios": True, "preferredUseBiosSerial": True},
            {"bios": {"useSerial": True}},
        ),
        (None, {"preferredUseBiosSerial": True}, None),
        (None, {"preferredUseBios": False}, None),
        (None, {"preferredEfi": {"secureBoot": False}}, {"efi": {"secureBoot": False}}),
        (
            None,
            {"preferredUseEfi": True, "preferredUseSecureBoot": True},
            {"efi": {"secureBoot": True}},
        ),
        ({"bios": {}}, {"preferredEfi": {}}, {"bios": {}}),
        ({"efi": {}}, {"preferredUseBios": True}, {"efi": {}}),
        (
            {"efi": {}},
            {"preferredEfi": {"secureBoot": False, "persistent": True}},
            {"efi": {"secureBoot": False, "persistent": True}},
        ),
        (
            {"efi": {"secureBoot": True}},
            {"preferredEfi": {"secureBoot": False}},
            {"efi": {"secureBoot": True}},
        ),
    ],
)
def test_firmware_is_as_preferred(
    own: Json | None, preferred: Json, bootloader: Json | None
) -> None:
    spec = {"domain": {"firmware": {"bootloader": own}}} if own else {}
    domain = advise(spec, firmware=preferred)["domain"]
    assert domain.get("firmware") == ({"bootloader": bootloader} if bootloader else None)


def test_enlightenments_are_filled_one_by_one() -> None:
    preferred: Json = {"preferredHyperv": {"relaxed": {}, "vapic": {}}}
    own = {"domain": {"features": {"hyperv": {"vapic": {"enabled": False}}}}}
    assert advise(own, features=preferred)["domain"]["features"]["hyperv"] == {
        "relaxed": {},
        "vapic": {"enabled": False},
    }
    passed: Json = {"domain": {"features": {"hypervPassthrough": {}}}}
    assert advise(passed, features=preferred)["domain"] == passed["domain"]


BOOT = {"name": "boot", "containerDisk": {"image": "img"}}


def test_disks_are_as_preferred_those_of_unshown_volumes_too() -> None:
    preferred = {
        "preferredDiskBus": "virtio",
        "preferredCdromBus": "scsi",
        "preferredLunBus": "scsi",
        "preferredDiskCache": "none",
        "preferredDiskIO": "native",
        "preferredDiskBlockSize": {"matchVolume": {}},
        "preferredDiskDedicatedIoThread": True,
    }
    own = [
        {"name": "a", "disk": {"bus": "sata"}},
        {"name": "b", "cdrom": {}},
        {"name": "c", "lun": {}},
    ]
    spec = {"volumes": [BOOT], "domain": {"devices": {"disks": own}}}
    all_of_it = {"cache": "none", "io": "native", "blockSize": {"matchVolume": {}}}
    assert advise(spec, devices=preferred)["domain"]["devices"]["disks"] == [
        {"name": "a", "disk": {"bus": "sata"}, **all_of_it},
        {"name": "b", "cdrom": {"bus": "scsi"}},
        {"name": "c", "lun": {"bus": "scsi"}},
        {"name": "boot", "disk": {"bus": "virtio"}, **all_of_it, "dedicatedIOThread": True},
    ]
    assert (
        "devices"
        not in advise(spec | {"domain": {}}, devices={"preferredCdromBus": "scsi"})["domain"]
    )


def test_interfaces_are_as_preferred_the_default_one_too() -> None:
    preferred = {"preferredInterfaceModel": "e1000e", "preferredInterfaceMasquerade": {}}
    made = advise({}, devices=preferred)
    [interface] = made["domain"]["devices"]["interfaces"]
    assert interface == {"name": "default", "model": "e1000e", "masquerade": {}}
    assert made["networks"] == [{"name": "default", "pod": {}}]
    own: Json = {
        "networks": [{"name": "pod", "pod": {}}, {"name": "net", "multus": {"networkName": "n"}}],
        "domain": {"devices": {"interfaces": [{"name": "pod"}, {"name": "net", "bridge": {}}]}},
    }
    assert advise(own, devices=preferred)["domain"]["devices"]["interfaces"] == [
        {"name": "pod", "model": "e1000e", "masquerade": {}},
        {"name": "net", "model": "e1000e", "bridge": {}},
    ]
    bound = {
        "networks": [{"name": "pod", "pod": {}}],
        "domain": {"devices": {"interfaces": [{"name": "pod", "bridge": {}, "model": "virtio"}]}},
    }
    assert advise(bound, devices=preferred) == bound


def test_the_default_interface_is_bound_as_the_installation_says() -> None:
    sizing = size(preference={"devices": {"preferredInterfaceModel": "e1000e"}})
    for binding in ("bridge", "masquerade"):
        made = expand({}, sizing, network={"defaultNetworkInterface": binding})
        assert made["domain"]["devices"]["interfaces"] == [
            {"name": "default", "model": "e1000e", binding: {}}
        ]
    without = size(
        preference={
            "devices": {"preferredInterfaceModel": "igb", "preferredAutoattachPodInterface": False}
        }
    )
    assert "interfaces" not in expand({}, without)["domain"]["devices"]


def test_other_devices_are_as_preferred() -> None:
    preferred = {
        "preferredAutoattachGraphicsDevice": True,
        "preferredAutoattachMemBalloon": False,
        "preferredAutoattachSerialConsole": False,
        "preferredAutoattachInputDevice": True,
        "preferredDisableHotplug": True,
        "preferredUseVirtioTransitional": True,
        "preferredBlockMultiQueue": True,
        "preferredNetworkInterfaceMultiQueue": True,
        "preferredInputBus": "virtio",
        "preferredInputType": "tablet",
        "preferredSoundModel": "ac97",
        "preferredVideoType": "virtio",
        "preferredPanicDeviceModel": "pvpanic",
        "preferredVirtualGPUOptions": {"display": {"enabled": False}},
        "preferredRng": {},
        "preferredTPM": {"persistent": True},
        "preferredWatchdog": {"name": "dog", "i6300esb": {}},
    }
    own: Json = {
        "sound": {"name": "card"},
        "panicDevices": [{}, {"model": "isa"}],
        "gpus": [{"name": "gpu", "deviceName": "example.com/gpu"}],
    }
    assert advise({"domain": {"devices": own}}, devices=preferred)["domain"]["devices"] == {
        "autoattachGraphicsDevice": True,
        "autoattachMemBalloon": False,
        "autoattachSerialConsole": False,
        "autoattachInputDevice": True,
        "disableHotplug": True,
        "useVirtioTransitional": True,
        "blockMultiQueue": True,
        "networkInterfaceMultiqueue": True,
        "inputs": [{"name": "default-0", "type": "tablet", "bus": "virtio"}],
        "sound": {"name": "card", "model": "ac97"},
        "video": {"type": "virtio"},
        "panicDevices": [{"model": "pvpanic"}, {"model": "isa"}],
        "gpus": [{**own["gpus"][0], "virtualGPUOptions": {"display": {"enabled": False}}}],
        "rng": {},
        "tpm": {"persistent": True},
        "watchdog": {"name": "dog", "i6300esb": {}},
    }
    blind = advise(
        {"domain": {"devices": {"autoattachGraphicsDevice": False}}},
        devices={"preferredVideoType": "virtio"},
    )
    assert "video" not in blind["domain"]["devices"]


REQUIREMENTS = {
    "requirements": {"cpu": {"guest": 2}, "memory": {"guest": "1Gi"}, "architecture": "amd64"}
}


def test_requirements_that_are_not_met_are_told_with_both_numbers() -> None:
    sizing = size({"cpu": {"guest": 1}, "memory": {"guest": "512Mi"}}, REQUIREMENTS)
    causes = find_unmet(expand_spec(read({"architecture": "arm64"}), sizing), sizing)
    assert [(cause.field, cause.message) for cause in causes] == [
        ("spec.instancetype", "the preference requires 2 vCPUs, and the VM has 1"),
        ("spec.instancetype", "the preference requires 1Gi of memory, and the VM has 512Mi"),
        (
            "spec.template.spec.architecture",
            "the preference requires architecture amd64, and the VM has arm64",
        ),
    ]


@pytest.mark.parametrize(
    ("domain", "fields"),
    [
        ({"cpu": {"cores": 2}, "memory": {"guest": "1Gi"}}, []),
        ({"resources": {"requests": {"cpu": "1500m", "memory": "1Gi"}}}, []),
        ({"resources": {"limits": {"cpu": "2", "memory": "1Gi"}}}, []),
        ({"cpu": {"sockets": 2}, "memory": {"guest": "1Gi?"}}, []),
        ({"resources": {"requests": {"cpu": "?"}}}, ["cpu", "memory.guest"]),
        ({}, ["cpu", "memory.guest"]),
    ],
)
def test_requirements_are_met_by_the_vm_itself_too(domain: Json, fields: list[str]) -> None:
    causes = find_unmet(read({"domain": domain}), size(preference=REQUIREMENTS))
    prefix = "spec.template.spec.domain."
    assert [cause.field for cause in causes] == [f"{prefix}{field}" for field in fields]


def test_an_expanded_vm_needs_no_catalogue() -> None:
    vm = msgspec.convert(
        {
            "metadata": {"name": "vm"},
            "spec": {
                "runStrategy": "Always",
                "instancetype": {"name": "small"},
                "preference": {"name": "linux"},
                "template": {"spec": {"domain": {}}},
                "dataVolumeTemplates": [
                    {"metadata": {"name": "a"}, "spec": {"storage": {}, "source": {"blank": {}}}},
                    {"metadata": {"name": "b"}, "spec": {"pvc": {"storageClassName": "slow"}}},
                ],
            },
            "status": {
                "created": True,
                "instancetypeRef": {"name": "small"},
                "preferenceRef": {"name": "linux"},
            },
        },
        VirtualMachine,
    )
    sizing = size(
        {**SMALL, "annotations": {"law": "l"}},
        {"volumes": {"preferredStorageClassName": "fast"}},
    )
    expanded = dump(expand_vm(vm, sizing))
    assert expanded["spec"] == {
        "runStrategy": "Always",
        "template": {
            "metadata": {"annotations": {"law": "l"}},
            "spec": {
                "domain": {
                    "cpu": {"sockets": 2, "cores": 1, "threads": 1},
                    "memory": {"guest": "128Mi"},
                }
            },
        },
        "dataVolumeTemplates": [
            {
                "metadata": {"name": "a"},
                "spec": {"storage": {"storageClassName": "fast"}, "source": {"blank": {}}},
            },
            {"metadata": {"name": "b"}, "spec": {"pvc": {"storageClassName": "slow"}}},
        ],
    }
    assert expanded["status"] == {"created": True}
    as_it_was = expand_vm(vm, Sizing()).spec
    assert as_it_was.template == vm.spec.template
    assert as_it_was.data_volume_templates == vm.spec.data_volume_templates
