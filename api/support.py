"""What of the API is built: everything else that a spec sets is named, never ignored.

BUILT is the whole truth: a tree of field names as they are on the wire. A field that is not in
it is not built. A leaf is True when any value is, or the values that are.
"""

from collections.abc import Iterator, Mapping
from typing import Final, Union

from api.bound import describe_struct
from api.cause import Cause, CauseReason
from api.device import TPMDevice
from api.meta import ApiStruct
from api.spec import VirtualMachineInstanceSpec

Tree = Mapping[str, Union["Tree", bool, tuple[object, ...]]]

_DISK: Final[Tree] = {
    "name": True,
    "disk": {"bus": True, "readonly": True},
    "cdrom": {"bus": ("sata", "scsi", "usb"), "readonly": True, "tray": ("closed",)},
    "lun": {"bus": ("scsi",), "readonly": True},
    "bootOrder": True,
    "serial": True,
    "cache": True,
    "io": True,
    "errorPolicy": True,
    "shareable": True,
}
_INTERFACE: Final[Tree] = {
    "name": True,
    "model": True,
    "bridge": True,
    "masquerade": True,
    "macAddress": True,
    "bootOrder": True,
    "ports": True,
    "state": ("up",),
}
_CLOUD_INIT: Final[Tree] = {
    "userData": True,
    "userDataBase64": True,
    "secretRef": True,
    "networkData": True,
    "networkDataBase64": True,
    "networkDataSecretRef": True,
}
_VOLUME: Final[Tree] = {
    "name": True,
    "containerDisk": True,
    "persistentVolumeClaim": {"claimName": True, "readOnly": True},
    "dataVolume": {"name": True},
    "emptyDisk": True,
    "cloudInitNoCloud": _CLOUD_INIT,
}
_DEVICES: Final[Tree] = {
    "disks": _DISK,
    "interfaces": _INTERFACE,
    "inputs": {"name": True, "type": ("tablet",), "bus": ("usb", "virtio")},
    "rng": True,
    "watchdog": {"name": True, "i6300esb": True},
    "tpm": (TPMDevice(enabled=False), TPMDevice(enabled=False, persistent=False)),
    "autoattachGraphicsDevice": True,
    "autoattachSerialConsole": True,
    "logSerialConsole": (True,),
    "autoattachMemBalloon": True,
    "autoattachPodInterface": True,
    "autoattachInputDevice": True,
}
_DOMAIN: Final[Tree] = {
    "resources": {
        "requests": {"cpu": True, "memory": True},
        "limits": {"cpu": True, "memory": True},
        "overcommitGuestOverhead": True,
    },
    "cpu": {"cores": True, "sockets": True, "threads": True, "model": True},
    "memory": {"guest": True},
    "machine": {"type": True},
    "chassis": True,
    "firmware": {
        "uuid": True,
        "serial": True,
        "bootloader": {
            "bios": {"useSerial": True},
            "efi": {"secureBoot": True, "persistent": (False,)},
        },
        "kernelBoot": True,
    },
    "features": {
        "acpi": True,
        "apic": True,
        "smm": True,
    },
    "clock": {
        "utc": True,
        "timezone": True,
        "timer": {"hpet": True, "kvm": True, "pit": True, "rtc": True, "hyperv": True},
    },
    "rebootPolicy": ("Reboot",),
    "devices": _DEVICES,
}
BUILT: Final[Tree] = {
    "domain": _DOMAIN,
    "volumes": _VOLUME,
    "networks": {"name": True, "pod": True},
    "hostname": True,
    "subdomain": True,
    "architecture": ("amd64",),
    "nodeSelector": True,
    "affinity": True,
    "tolerations": True,
    "topologySpreadConstraints": True,
    "schedulerName": True,
    "priorityClassName": True,
    "serviceAccountName": True,
    "dnsPolicy": True,
    "dnsConfig": True,
    "terminationGracePeriodSeconds": True,
    # nothing can be migrated, so what migrates only if it can is simply let go
    "evictionStrategy": ("None", "LiveMigrateIfPossible"),
    "startStrategy": ("Paused",),
}


def find_unsupported(
    spec: VirtualMachineInstanceSpec, path: str = "spec", built: Tree = BUILT
) -> tuple[Cause, ...]:
    """Return a cause for each field that is set and not built, before or after defaults."""
    return (*_find_in_struct(spec, built, path), *_find_empty_drives(spec, path))


def _find_in_struct(part: ApiStruct, built: Tree, path: str) -> Iterator[Cause]:
    for field in describe_struct(type(part)).fields:
        value = getattr(part, field.name)
        known = built.get(field.encode_name, False)
        if known is not True:
            yield from _find_in_value(value, known, f"{path}.{field.encode_name}")


def _find_in_value(
    value: object, known: Tree | bool | tuple[object, ...], path: str
) -> Iterator[Cause]:
    if value is None or value in ((), {}):
        return
    if isinstance(known, tuple):
        if value not in known:
            yield _build_cause(path, "" if isinstance(value, ApiStruct) else f" as {_show(value)}")
    elif isinstance(known, Mapping) and isinstance(value, dict):
        yield from (_build_cause(f"{path}[{key}]") for key in value if key not in known)
    elif isinstance(known, Mapping):
        entries = enumerate(value) if isinstance(value, tuple) else [("", value)]
        for index, entry in entries:
            where = path if index == "" else f"{path}[{index}]"
            if isinstance(entry, ApiStruct):
                yield from _find_in_struct(entry, known, where)
    elif value is not False:  # what is turned off asks for nothing
        yield _build_cause(path)


def _find_empty_drives(spec: VirtualMachineInstanceSpec, path: str) -> Iterator[Cause]:
    volumes = {volume.name for volume in spec.volumes}
    for index, disk in enumerate(spec.domain.devices.disks):
        if disk.cdrom is not None and disk.name not in volumes:
            yield _build_cause(f"{path}.domain.devices.disks[{index}].cdrom", " without a volume")


def _build_cause(path: str, detail: str = "") -> Cause:
    return Cause(CauseReason.NOT_SUPPORTED, f"{path}{detail} is not supported yet", path)


def _show(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
