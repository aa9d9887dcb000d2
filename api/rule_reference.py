"""Rules between parts of a spec, in CEL; api/reference.py has their Python halves.

Python names the guilty entry by its index. CEL, which cannot, names the list.
"""

from typing import Final

from api.cause import CauseReason
from api.device import Devices
from api.rule import AnyRule, Rule
from api.spec import VirtualMachineInstanceSpec

SINGLE_SOURCES: Final = ("serviceAccount", "downwardMetrics", "memoryDump")
DISKS: Final = ".domain.devices.disks"
INTERFACES: Final = ".domain.devices.interfaces"


def _exists(items: str, test: str) -> str:
    return f"has({items}) && {items}.exists({test})"


def _all(items: str, test: str) -> str:
    return f"!has({items}) || {items}.all({test})"


def _spec_rule(
    message: str, cel: str, field: str, reason: CauseReason = CauseReason.INVALID
) -> AnyRule:
    return Rule(VirtualMachineInstanceSpec, message, cel, None, field, reason)


_CEL_POD_NETWORK = _exists("self.networks", "n, has(n.pod)")


def _probe_rule(probe: str) -> AnyRule:
    return _spec_rule(
        f"{probe}'s httpGet and tcpSocket need an interface on the pod network",
        f"!self.?{probe}.?httpGet.hasValue() && !self.?{probe}.?tcpSocket.hasValue() || "
        f"{_CEL_POD_NETWORK} || !has(self.networks) || self.networks.size() == 0",
        f".{probe}",
    )


def _unique_boot_orders(items: str) -> str:
    same = "has(e.bootOrder) && e.bootOrder == d.bootOrder"
    counts = " + ".join(
        f"(has(self.{part}) ? self.{part}.filter(e, {same}).size() : 0)"
        for part in ("disks", "interfaces")
    )
    return f"(!has(self.{items}) || self.{items}.all(d, !has(d.bootOrder) || {counts} == 1))"


REFERENCE_RULES: Final[tuple[AnyRule, ...]] = (
    _spec_rule(
        "each disk needs a volume of its name; only a CD-ROM drive can be empty",
        _all(
            "self.domain.devices.disks",
            "d, has(d.cdrom) || has(self.volumes) && self.volumes.exists(v, v.name == d.name)",
        ),
        DISKS,
    ),
    _spec_rule(
        "each filesystem needs a volume of its name",
        _all(
            "self.domain.devices.filesystems",
            "f, has(self.volumes) && self.volumes.exists(v, v.name == f.name)",
        ),
        ".domain.devices.filesystems",
    ),
    _spec_rule(
        "a lun needs a volume of persistentVolumeClaim or dataVolume",
        _all(
            "self.domain.devices.disks",
            "d, !has(d.lun) || !has(self.volumes) || self.volumes.all(v, v.name != d.name || "
            "has(v.persistentVolumeClaim) || has(v.dataVolume))",
        ),
        DISKS,
    ),
    _spec_rule(
        "at most one volume can be a serviceAccount, a downwardMetrics or a memoryDump",
        "!has(self.volumes) || "
        + " && ".join(
            f"self.volumes.filter(v, has(v.{source})).size() <= 1" for source in SINGLE_SOURCES
        ),
        ".volumes",
    ),
    _spec_rule(
        "serviceAccountName must be that of the serviceAccount volume",
        "!has(self.serviceAccountName) || self.serviceAccountName == '' || "
        "!has(self.volumes) || self.volumes.all(v, !has(v.serviceAccount) || "
        "v.serviceAccount.?serviceAccountName.orValue('') == self.serviceAccountName)",
        ".serviceAccountName",
    ),
    _spec_rule(
        "each interface needs a network of its name",
        _all(
            "self.domain.devices.interfaces",
            "i, has(self.networks) && self.networks.exists(n, n.name == i.name)",
        ),
        INTERFACES,
    ),
    _spec_rule(
        "each network needs an interface of its name",
        _all(
            "self.networks",
            "n, has(self.domain.devices) && has(self.domain.devices.interfaces) && "
            "self.domain.devices.interfaces.exists(i, i.name == n.name)",
        ),
        ".networks",
    ),
    _spec_rule(
        "masquerade is only possible on the pod network",
        _all(
            "self.domain.devices.interfaces",
            "i, !has(i.masquerade) || !has(self.networks) || "
            "self.networks.all(n, n.name != i.name || has(n.pod))",
        ),
        INTERFACES,
    ),
    _spec_rule(
        "at most one network can be the pod network or the default multus network",
        "!has(self.networks) || self.networks.filter(n, has(n.pod) || "
        "n.?multus.?default.orValue(false)).size() <= 1",
        ".networks",
    ),
    _probe_rule("livenessProbe"),
    _probe_rule("readinessProbe"),
    _spec_rule(
        "ACPI tables need volumes of secrets of these names",
        "!self.domain.?firmware.?acpi.hasValue() || "
        "[self.domain.firmware.acpi.?slicNameRef, self.domain.firmware.acpi.?msdmNameRef]"
        ".all(ref, !ref.hasValue() || has(self.volumes) && "
        "self.volumes.exists(v, v.name == ref.value() && has(v.secret)))",
        ".domain.firmware.acpi",
    ),
    _spec_rule(
        "credentials by noCloud need a volume cloudInitNoCloud",
        _all(
            "self.accessCredentials",
            "c, !c.?sshPublicKey.?propagationMethod.?noCloud.hasValue() || "
            + _exists("self.volumes", "v, has(v.cloudInitNoCloud)"),
        ),
        ".accessCredentials",
    ),
    _spec_rule(
        "credentials by configDrive need a volume cloudInitConfigDrive",
        _all(
            "self.accessCredentials",
            "c, !c.?sshPublicKey.?propagationMethod.?configDrive.hasValue() || "
            + _exists("self.volumes", "v, has(v.cloudInitConfigDrive)"),
        ),
        ".accessCredentials",
    ),
    Rule(
        Devices,
        "two disks or interfaces must not share a bootOrder",
        _unique_boot_orders("disks") + " && " + _unique_boot_orders("interfaces"),
        None,
        ".disks",
    ),
    Rule(
        Devices,
        "two interfaces must not share a macAddress",
        "!has(self.interfaces) || self.interfaces.all(i, !has(i.macAddress) || "
        "self.interfaces.exists_one(j, has(j.macAddress) && "
        "j.macAddress.lowerAscii().replace('-', ':') == "
        "i.macAddress.lowerAscii().replace('-', ':')))",
        None,
        ".interfaces",
        CauseReason.DUPLICATE,
    ),
)
