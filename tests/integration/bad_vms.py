"""Bad VirtualMachines and replica sets, and what is accepted all the same.

As in bad_vmi.py: K = KubeVirt's answers (reference 5.3), B = bad manifests; ``field`` is what the
API server blames, ``ours`` what validation of ours blames where it knows better.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.integration.bad_vmi import GONE, GOOD, BadVmi, Manifest, change

T: Final = "spec.template.spec"
D: Final = f"{T}.domain"
DVT: Final = "spec.dataVolumeTemplates"

GOOD_VM: Final[Manifest] = {
    "apiVersion": "kubevirt.io/v1",
    "kind": "VirtualMachine",
    "metadata": {"name": "bad", "namespace": "default"},
    "spec": {
        "runStrategy": "Halted",
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": GOOD["spec"]},
    },
}
GOOD_REPLICA_SET: Final[Manifest] = {
    "apiVersion": "kubevirt.io/v1",
    "kind": "VirtualMachineInstanceReplicaSet",
    "metadata": {"name": "bad", "namespace": "default"},
    "spec": {
        "replicas": 2,
        "selector": {"matchLabels": {"app": "web"}},
        "template": {"metadata": {"labels": {"app": "web"}}, "spec": GOOD["spec"]},
    },
}


@dataclass(frozen=True)
class BadVm(BadVmi):
    """A bad VirtualMachine."""

    @property
    def manifest(self) -> Manifest:
        """The good VM with the changes."""
        return change(GOOD_VM, self.changes)


@dataclass(frozen=True)
class BadReplicaSet(BadVmi):
    """A bad VirtualMachineInstanceReplicaSet."""

    @property
    def manifest(self) -> Manifest:
        """The good replica set with the changes."""
        return change(GOOD_REPLICA_SET, self.changes)


UNSIZED: Final = {f"{D}.memory": GONE, f"{D}.cpu": GONE}
SIZED: Final = {**UNSIZED, "spec.instancetype": {"name": "u1.small"}}
PREFERRED: Final = {"spec.preference": {"name": "fedora"}}


def disks(*templates: Manifest) -> Manifest:
    """Return a change that adds DataVolumes, and a volume of the first's name."""
    name = templates[0].get("metadata", {}).get("name", "root")
    return {
        DVT: list(templates),
        f"{D}.devices.disks.2": {"name": "root", "disk": {}},
        f"{T}.volumes.2": {"name": "root", "dataVolume": {"name": name}},
    }


def data_volume(name: str = "root", **spec: object) -> Manifest:
    """Return a DataVolume's template; fields that are None are left out."""
    good = {"storage": {"resources": {"requests": {"storage": "1Gi"}}}, "source": {"blank": {}}}
    fields = {key: value for key, value in {**good, **spec}.items() if value is not None}
    return {"metadata": {"name": name}, "spec": fields}


def sized(**matcher: object) -> Manifest:
    """Return a change to a VM whose instancetype is named so."""
    return {**UNSIZED, "spec.instancetype": matcher}


STRATEGY: Final = (
    BadVm("K74 no template", {"spec.template": GONE}, "spec.template", cause="FieldValueRequired"),
    BadVm("K74 no spec in the template", {T: GONE}, T, cause="FieldValueRequired"),
    BadVm("B37 running and runStrategy", {"spec.running": True}, "spec.running"),
    BadVm("B37 running false and runStrategy", {"spec.running": False}, "spec.running"),
    BadVm("B37 neither", {"spec.runStrategy": GONE}, "spec.running"),
    BadVm("B36 unknown runStrategy", {"spec.runStrategy": "Sometimes"}, "spec.runStrategy"),
    BadVm("B36 empty runStrategy", {"spec.runStrategy": ""}, "spec.runStrategy"),
    BadVm(
        "B36 unknown updateVolumesStrategy",
        {"spec.updateVolumesStrategy": "Copy"},
        "spec.updateVolumesStrategy",
    ),
)
TEMPLATE: Final = (
    BadVm("K1 no memory, no instancetype", UNSIZED, f"{D}.memory.guest"),
    BadVm("K1 no memory, only a preference", {**UNSIZED, **PREFERRED}, f"{D}.memory.guest"),
    BadVm("a rule of the template", {f"{D}.memory.guest": "1Ki"}, f"{D}.memory.guest"),
    BadVm("a bound of the template", {f"{T}.hostname": "A_b"}, f"{T}.hostname"),
    BadVm(
        "K28 a reference within the template",
        {f"{D}.devices.disks.2": {"name": "lost", "disk": {}}},
        f"{D}.devices.disks",
        ours=f"{D}.devices.disks[2].name",
    ),
    BadVm(
        "K50 no binding",
        {f"{D}.devices.interfaces.0": {"name": "default"}},
        f"{D}.devices.interfaces",
        ours=f"{D}.devices.interfaces[0]",
    ),
    BadVm(
        "K34 pciAddress without a bus",
        {f"{D}.devices.disks.0.disk": {"pciAddress": "0000:01:00.0"}},
        f"{D}.devices.disks",
        ours=f"{D}.devices.disks[0].disk.pciAddress",
    ),
    BadVm(
        "K22 secure boot without smm",
        {f"{D}.firmware": {"bootloader": {"efi": {}}}},
        f"{D}.firmware.bootloader.efi",
    ),
    BadVm(
        "K15 isolateEmulatorThread without dedicated CPUs",
        {f"{D}.cpu.isolateEmulatorThread": True},
        f"{D}.cpu.isolateEmulatorThread",
    ),
    BadVm(
        "K67 supplementalPool without a count",
        {f"{D}.ioThreadsPolicy": "supplementalPool"},
        f"{D}.ioThreads.supplementalPoolThreadCount",
    ),
    BadVm(
        "K72 a reserved label",
        {"spec.template.metadata.labels": {"kubevirt.io/nodeName": "mine"}},
        "spec.template.metadata.labels",
        ours="spec.template.metadata.labels[kubevirt.io/nodeName]",
    ),
    BadVm(
        "B46 a malformed label",
        {"spec.template.metadata.labels": {"a": "no blanks"}},
        "spec.template.metadata.labels.a",
        ours="spec.template.metadata.labels[a]",
    ),
)
MATCHER: Final = (
    *(
        BadVm(f"K77 instancetype and {field}", {**SIZED, f"{D}.{field}": value}, f"{D}.{field}")
        for field, value in {
            "cpu.cores": 1,
            "cpu.sockets": 2,
            "cpu.threads": 1,
            "memory.guest": "1Gi",
        }.items()
    ),
    *(
        BadVm(
            f"K77 instancetype and {part}.{key}",
            {**SIZED, f"{D}.resources.{part}.{key}": value},
            f"{D}.resources.{part}[{key}]",
            ours=f"{D}.resources.{part}.{key}",
        )
        for part in ("requests", "limits")
        for key, value in (("cpu", 2), ("memory", "1Gi"))
    ),
    BadVm("K78 neither name nor inference", sized(), "spec.instancetype"),
    BadVm("K78 an empty name", sized(name=""), "spec.instancetype"),
    BadVm("B a name that is a path", sized(name="no/../such"), "spec.instancetype.name"),
    BadVm(
        "B a revision that is a path",
        sized(name="a", revisionName="../pods/x"),
        "spec.instancetype.revisionName",
    ),
    BadVm("K78 unknown kind", sized(name="a", kind="Flavor"), "spec.instancetype.kind"),
    BadVm(
        "K78 a preference as instancetype",
        sized(name="a", kind="VirtualMachinePreference"),
        "spec.instancetype.kind",
    ),
    BadVm(
        "K78 name and inference",
        sized(name="a", inferFromVolume="boot"),
        "spec.instancetype.name",
    ),
    BadVm(
        "K78 kind and inference",
        sized(kind="VirtualMachineInstancetype", inferFromVolume="boot"),
        "spec.instancetype.kind",
    ),
    BadVm(
        "K78 inference from no volume",
        sized(inferFromVolume="lost"),
        "spec.instancetype.inferFromVolume",
    ),
    BadVm(
        "K78 unknown failure policy",
        sized(inferFromVolume="boot", inferFromVolumeFailurePolicy="Perhaps"),
        "spec.instancetype.inferFromVolumeFailurePolicy",
    ),
    BadVm("K78 no name of a preference", {"spec.preference": {}}, "spec.preference"),
    BadVm(
        "K78 unknown kind of preference",
        {"spec.preference": {"name": "a", "kind": "VirtualMachineInstancetype"}},
        "spec.preference.kind",
    ),
    BadVm(
        "K78 preference by name and inference",
        {"spec.preference": {"name": "a", "inferFromVolume": "boot"}},
        "spec.preference.name",
    ),
    BadVm(
        "K78 preference by kind and inference",
        {"spec.preference": {"kind": "VirtualMachinePreference", "inferFromVolume": "boot"}},
        "spec.preference.kind",
    ),
    BadVm(
        "K78 preference from no volume",
        {"spec.preference": {"inferFromVolume": "lost"}},
        "spec.preference.inferFromVolume",
    ),
)
DATA_VOLUME: Final = (
    BadVm(
        "K75 not referenced",
        {DVT: [data_volume()]},
        DVT,
        ours=f"{DVT}[0]",
        cause="FieldValueRequired",
    ),
    BadVm(
        "K75 no name",
        disks({"metadata": {}, "spec": {"pvc": {}, "source": {"blank": {}}}}),
        f"{DVT}[0].metadata.name",
    ),
    BadVm("K75 neither pvc nor storage", disks(data_volume(storage=None)), f"{DVT}[0].spec"),
    BadVm("K75 pvc and storage", disks(data_volume(pvc={})), f"{DVT}[0].spec"),
    BadVm("K75 no source", disks(data_volume(source=None)), f"{DVT}[0].spec"),
    BadVm(
        "K75 source and sourceRef",
        disks(data_volume(sourceRef={"kind": "DataSource", "name": "a"})),
        f"{DVT}[0].spec",
    ),
    BadVm("K75 an empty source", disks(data_volume(source={})), f"{DVT}[0].spec.source"),
    BadVm(
        "K75 two sources",
        disks(data_volume(source={"blank": {}, "http": {"url": "http://example.com/a"}})),
        f"{DVT}[0].spec.source",
    ),
    BadVm(
        "K75 twice the same name",
        disks(data_volume(), data_volume()),
        DVT,
        ours=f"{DVT}[1].metadata.name",
        cause="FieldValueDuplicate",
    ),
    BadVm(
        "K75 of another namespace",
        disks({**data_volume(), "metadata": {"name": "root", "namespace": "other"}}),
        f"{DVT}[0].metadata.namespace",
        schema=False,
    ),
)
BAD_VMS: Final = (*STRATEGY, *TEMPLATE, *MATCHER, *DATA_VOLUME)

BAD_REPLICA_SETS: Final = (
    BadReplicaSet("K81 other labels", {"spec.selector.matchLabels.app": "db"}, "spec.selector"),
    BadReplicaSet("K81 no labels", {"spec.template.metadata": GONE}, "spec.selector"),
    BadReplicaSet("K81 an empty selector", {"spec.selector": {}}, "spec.selector"),
    BadReplicaSet("no selector", {"spec.selector": GONE}, "spec.selector"),
    *(
        BadReplicaSet(
            f"K81 an expression {operator}",
            {"spec.selector.matchExpressions": [{"key": key, "operator": operator, **values}]},
            "spec.selector",
        )
        for key, operator, values in (
            ("app", "In", {"values": ["db"]}),
            ("app", "NotIn", {"values": ["db", "web"]}),
            ("tier", "Exists", {}),
            ("app", "DoesNotExist", {}),
        )
    ),
    BadReplicaSet("no template", {"spec.template": GONE}, "spec.template"),
    BadReplicaSet("negative replicas", {"spec.replicas": -1}, "spec.replicas"),
    BadReplicaSet("K1 no memory", {f"{D}.memory": GONE}, f"{D}.memory.guest"),
    BadReplicaSet(
        "K72 a reserved label",
        {"spec.template.metadata.labels": {"app": "web", "kubevirt.io": "virt-launcher"}},
        "spec.template.metadata.labels",
        ours="spec.template.metadata.labels[kubevirt.io]",
    ),
)

# Not refused, though one might expect it.
ACCEPTED_VMS: Final[Mapping[str, Mapping[str, object]]] = {
    "the good VM itself": {},
    "running": {"spec.runStrategy": GONE, "spec.running": True},
    "running false": {"spec.runStrategy": GONE, "spec.running": False},
    **{
        f"runStrategy {strategy}": {"spec.runStrategy": strategy}
        for strategy in ("Always", "Manual", "RerunOnFailure", "Once", "WaitAsReceiver")
    },
    "metadata as Go writes it": {"spec.template.metadata.creationTimestamp": None},
    "no metadata": {"spec.template.metadata": GONE},
    "null as metadata": {"spec.template.metadata": None},
    "an instancetype": SIZED,
    "kinds in lower case, in the plural": {
        **sized(name="a", kind="virtualmachineinstancetypes"),
        "spec.preference": {"name": "b", "kind": "VirtualMachineClusterPreference"},
    },
    "an instancetype in a revision": sized(name="a", revisionName="vm-a-v1beta1-1"),
    "an inferred instancetype": sized(inferFromVolume="boot"),
    "an inferred instancetype with a fallback": {
        "spec.instancetype": {
            "inferFromVolume": "boot",
            "inferFromVolumeFailurePolicy": "Ignore",
        }
    },
    "what an instancetype may fill in": {
        **SIZED,
        f"{D}.cpu": {
            "dedicatedCpuPlacement": True,
            "isolateEmulatorThread": True,
            "numa": {"guestMappingPassthrough": {}},
            "realtime": {},
        },
        f"{D}.ioThreadsPolicy": "supplementalPool",
    },
    "what a preference may fill in": {
        **PREFERRED,
        f"{D}.devices.interfaces.0": {"name": "default"},
        f"{D}.devices.disks.0.disk": {"pciAddress": "0000:01:00.0"},
        f"{D}.firmware": {"bootloader": {"efi": {}}},
    },
    "a DataVolume": disks(data_volume()),
    "a DataVolume as a claim": {
        DVT: [data_volume()],
        f"{D}.devices.disks.2": {"name": "root", "disk": {}},
        f"{T}.volumes.2": {"name": "root", "persistentVolumeClaim": {"claimName": "root"}},
    },
    "a DataVolume as old manifests have it": disks(
        {
            "apiVersion": "cdi.kubevirt.io/v1alpha1",
            "kind": "DataVolume",
            "metadata": {"name": "root", "creationTimestamp": None},
            "spec": {
                "pvc": {"accessModes": ["ReadWriteOnce"], "volumeMode": "Block"},
                "source": {"registry": {"url": "docker://example.com/a"}},
                "contentType": "kubevirt",
            },
            "status": {},
        }
    ),
    "a DataVolume of a DataSource": disks(
        data_volume(source=None, sourceRef={"kind": "DataSource", "name": "a"})
    ),
    "a DataVolume that another fills": disks(
        data_volume(
            source=None,
            storage={"dataSourceRef": {"apiGroup": "example.com", "kind": "A", "name": "a"}},
        )
    ),
}
ACCEPTED_REPLICA_SETS: Final[Mapping[str, Mapping[str, object]]] = {
    "the good replica set itself": {},
    "no replicas": {"spec.replicas": GONE},
    "zero replicas": {"spec.replicas": 0},
    "expressions": {
        "spec.selector": {
            "matchExpressions": [
                {"key": "app", "operator": "In", "values": ["web", "db"]},
                {"key": "app", "operator": "Exists"},
                {"key": "tier", "operator": "NotIn", "values": ["back"]},
                {"key": "tier", "operator": "DoesNotExist"},
            ]
        }
    },
}
