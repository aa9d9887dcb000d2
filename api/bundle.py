"""The bundle: instancetypes and preferences that come with the installation.

The controller installs them (controller/bundle.py); api/crd.py writes them to manifests/bundle.
"""

from dataclasses import dataclass, field
from typing import Any, Final

import msgspec

from api import names
from api.instancetype import (
    CPUInstancetype,
    MemoryInstancetype,
    VirtualMachineClusterInstancetype,
    VirtualMachineInstancetypeSpec,
)
from api.meta import ObjectMeta
from api.preference import (
    CPUPreferenceRequirement,
    MemoryPreferenceRequirement,
    PreferenceRequirements,
    VirtualMachineClusterPreference,
    VirtualMachinePreferenceSpec,
)

Json = dict[str, Any]  # any JSON object

_SERIES_VERSION: Final = "1"


@dataclass(frozen=True, slots=True)
class Family:
    """Instancetypes of one purpose: each size has vCPUs and memory."""

    name: str
    class_: str
    display_name: str
    description: str
    sizes: dict[str, tuple[int, str]]
    overcommit_percent: int = 0


@dataclass(frozen=True, slots=True)
class Guest:
    """A preference: an operating system, the least that it needs, and what it likes."""

    name: str
    display_name: str
    os_type: str
    vcpus: int
    memory: str
    likes: tuple[Json, ...] = field(default=())


_GENERAL: Final = {
    "nano": (1, "512Mi"),
    "micro": (1, "1Gi"),
    "small": (1, "2Gi"),
    "medium": (1, "4Gi"),
    "large": (2, "8Gi"),
    "xlarge": (4, "16Gi"),
    "2xlarge": (8, "32Gi"),
    "4xlarge": (16, "64Gi"),
    "8xlarge": (32, "128Gi"),
}
FAMILIES: Final = (
    Family(
        "u1",
        "general.purpose",
        "General Purpose",
        "For anything: 4 GiB of memory for each vCPU, and smaller ones. CPUs are shared.",
        {**_GENERAL, "2xmedium": (2, "4Gi")},
    ),
    Family(
        "o1",
        "overcommitted",
        "Overcommitted",
        "For many VMs that are rarely busy at once: the sizes of u1, and the pod asks the node "
        "for half of the memory only.",
        _GENERAL,
        overcommit_percent=50,
    ),
    Family(
        "cx1",
        "compute.intensive",
        "Compute Intensive",
        "For computation: 2 GiB of memory for each vCPU. CPUs are shared.",
        {
            "medium": (1, "2Gi"),
            "large": (2, "4Gi"),
            "xlarge": (4, "8Gi"),
            "2xlarge": (8, "16Gi"),
            "4xlarge": (16, "32Gi"),
            "8xlarge": (32, "64Gi"),
        },
    ),
    Family(
        "m1",
        "memory.intensive",
        "Memory Intensive",
        "For databases and caches: 8 GiB of memory for each vCPU. CPUs are shared.",
        {
            "large": (2, "16Gi"),
            "xlarge": (4, "32Gi"),
            "2xlarge": (8, "64Gi"),
            "4xlarge": (16, "128Gi"),
            "8xlarge": (32, "256Gi"),
        },
    ),
)

_VIRTIO: Final[Json] = {
    "devices": {"preferredDiskBus": "virtio", "preferredInterfaceModel": "virtio"}
}
_RNG: Final[Json] = {"devices": {"preferredRng": {}}}
_LINUX: Final = (_VIRTIO, _RNG)
_WINDOWS: Final[Json] = {
    "clock": {
        "preferredClockOffset": {"utc": {}},
        "preferredTimer": {
            "hpet": {"present": False},
            "hyperv": {},
            "pit": {"tickPolicy": "delay"},
            "rtc": {"tickPolicy": "catchup"},
        },
    },
    "cpu": {"preferredCPUTopology": "sockets"},
    "devices": {"preferredAutoattachInputDevice": True},
    "features": {"preferredAcpi": {}, "preferredApic": {}},
}
# What Windows has drivers for, and what it has once the virtio drivers are installed.
_WITHOUT_DRIVERS: Final[Json] = {
    "devices": {"preferredDiskBus": "sata", "preferredInterfaceModel": "e1000e"}
}
_WITH_DRIVERS: Final[Json] = {
    "devices": {**_VIRTIO["devices"], "preferredInputBus": "virtio", "preferredInputType": "tablet"}
}
# What Windows 11 will not be installed without. Other Windows run without all this.
_WINDOWS_11: Final[Json] = {
    "devices": {"preferredTPM": {"persistent": True}},
    "features": {
        "preferredHyperv": {
            "frequencies": {},
            "ipi": {},
            "reenlightenment": {},
            "relaxed": {},
            "reset": {},
            "runtime": {},
            "spinlocks": {"spinlocks": 8191},
            "synic": {},
            "synictimer": {"direct": {}},
            "tlbflush": {},
            "vapic": {},
            "vpindex": {},
        },
        "preferredSmm": {},
    },
    "firmware": {"preferredEfi": {"secureBoot": True, "persistent": True}},
}


def _list_windows(version: str, name: str, vcpus: int, memory: str, *needs: Json) -> list[Guest]:
    key = f"windows.{version}"
    return [
        Guest(key, name, "windows", vcpus, memory, (_WINDOWS, _WITHOUT_DRIVERS, *needs)),
        Guest(
            f"{key}.virtio",
            f"{name} (virtio drivers)",
            "windows",
            vcpus,
            memory,
            (_WINDOWS, _WITH_DRIVERS, *needs),
        ),
    ]


GUESTS: Final = (
    Guest("alpine", "Alpine Linux", "linux", 1, "512Mi", _LINUX),
    Guest("centos.stream9", "CentOS Stream 9", "linux", 1, "1536Mi", _LINUX),
    Guest("centos.stream10", "CentOS Stream 10", "linux", 1, "1536Mi", _LINUX),
    Guest("cirros", "CirrOS", "linux", 1, "256Mi", (_VIRTIO,)),
    Guest("debian", "Debian", "linux", 1, "512Mi", _LINUX),
    Guest("fedora", "Fedora", "linux", 1, "2Gi", _LINUX),
    Guest("opensuse.leap", "openSUSE Leap", "linux", 1, "1Gi", _LINUX),
    Guest("opensuse.tumbleweed", "openSUSE Tumbleweed", "linux", 1, "1Gi", _LINUX),
    Guest("rhel.8", "Red Hat Enterprise Linux 8", "linux", 1, "1536Mi", _LINUX),
    Guest("rhel.9", "Red Hat Enterprise Linux 9", "linux", 1, "1536Mi", _LINUX),
    Guest("rhel.10", "Red Hat Enterprise Linux 10", "linux", 1, "1536Mi", _LINUX),
    Guest("sles", "SUSE Linux Enterprise Server", "linux", 1, "1Gi", _LINUX),
    Guest("ubuntu", "Ubuntu", "linux", 1, "1Gi", _LINUX),
    *_list_windows("10", "Microsoft Windows 10", 1, "2Gi"),
    *_list_windows("11", "Microsoft Windows 11", 2, "4Gi", _WINDOWS_11),
    *_list_windows("2k16", "Microsoft Windows Server 2016", 1, "2Gi"),
    *_list_windows("2k19", "Microsoft Windows Server 2019", 1, "2Gi"),
    *_list_windows("2k22", "Microsoft Windows Server 2022", 1, "2Gi"),
    *_list_windows("2k25", "Microsoft Windows Server 2025", 1, "2Gi"),
)


def build_instancetypes() -> tuple[VirtualMachineClusterInstancetype, ...]:
    """Return the instancetypes, family by family."""
    return tuple(
        _build_instancetype(family, size, vcpus, memory)
        for family in FAMILIES
        for size, (vcpus, memory) in family.sizes.items()
    )


def build_preferences() -> tuple[VirtualMachineClusterPreference, ...]:
    """Return the preferences."""
    return tuple(_build_preference(guest) for guest in GUESTS)


def _build_instancetype(
    family: Family, size: str, vcpus: int, memory: str
) -> VirtualMachineClusterInstancetype:
    labels = {
        names.LABEL_SERIES_VERSION: _SERIES_VERSION,
        names.LABEL_CLASS: family.class_,
        names.LABEL_SIZE: size,
        names.LABEL_CPU: str(vcpus),
        names.LABEL_MEMORY: memory,
    }
    annotations = {
        names.ANNOTATION_DISPLAY_NAME: family.display_name,
        names.ANNOTATION_DESCRIPTION: family.description,
    }
    return VirtualMachineClusterInstancetype(
        metadata=_build_meta(f"{family.name}.{size}", labels, annotations),
        spec=VirtualMachineInstancetypeSpec(
            cpu=CPUInstancetype(guest=vcpus),
            memory=MemoryInstancetype(guest=memory, overcommit_percent=family.overcommit_percent),
        ),
    )


def _build_preference(guest: Guest) -> VirtualMachineClusterPreference:
    labels = {
        names.LABEL_OS_TYPE: guest.os_type,
        names.LABEL_REQUIRED_CPU: str(guest.vcpus),
        names.LABEL_REQUIRED_MEMORY: guest.memory,
    }
    liked: Json = {}
    for likes in guest.likes:
        for part, values in likes.items():
            liked[part] = {**liked.get(part, {}), **values}
    return VirtualMachineClusterPreference(
        metadata=_build_meta(guest.name, labels, {names.ANNOTATION_OS_NAME: guest.display_name}),
        spec=msgspec.structs.replace(
            msgspec.convert(liked, VirtualMachinePreferenceSpec),
            requirements=PreferenceRequirements(
                cpu=CPUPreferenceRequirement(guest.vcpus),
                memory=MemoryPreferenceRequirement(guest.memory),
            ),
        ),
    )


def _build_meta(name: str, labels: dict[str, str], annotations: dict[str, str]) -> ObjectMeta:
    common = {
        names.LABEL_MANAGED_BY: names.COMPONENT_CONTROLLER,
        names.LABEL_VENDOR: names.PREFIX,
    }
    return ObjectMeta(name=name, labels={**common, **labels}, annotations=annotations)


def build_manifests() -> dict[str, tuple[Json, ...]]:
    """Return the bundle as manifests, by the name of their file."""
    return {
        "instancetypes.yaml": tuple(map(to_manifest, build_instancetypes())),
        "preferences.yaml": tuple(map(to_manifest, build_preferences())),
    }


def to_manifest(item: VirtualMachineClusterInstancetype | VirtualMachineClusterPreference) -> Json:
    """Return an object as it is written, its kind included."""
    built: Json = msgspec.to_builtins(item)
    return {"apiVersion": item.api_version, "kind": item.kind, **built}
