"""Bad instancetypes and preferences, and what is accepted all the same."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from tests.integration.bad_vmi import GONE, BadVmi, Manifest, change

GOOD_INSTANCETYPE: Final[Manifest] = {
    "apiVersion": "instancetype.kubevirt.io/v1beta1",
    "kind": "VirtualMachineInstancetype",
    "metadata": {"name": "bad", "namespace": "default"},
    "spec": {"cpu": {"guest": 2}, "memory": {"guest": "1Gi"}},
}
GOOD_PREFERENCE: Final[Manifest] = {
    "apiVersion": "instancetype.kubevirt.io/v1beta1",
    "kind": "VirtualMachinePreference",
    "metadata": {"name": "bad", "namespace": "default"},
    "spec": {},
}


@dataclass(frozen=True)
class BadInstancetype(BadVmi):
    """A bad instancetype."""

    @property
    def manifest(self) -> Manifest:
        """The good instancetype with the changes."""
        return change(GOOD_INSTANCETYPE, self.changes)


@dataclass(frozen=True)
class BadPreference(BadVmi):
    """A bad preference."""

    @property
    def manifest(self) -> Manifest:
        """The good preference with the changes."""
        return change(GOOD_PREFERENCE, self.changes)


C: Final = "spec.cpu"
M: Final = "spec.memory"
REQUIRED: Final = "FieldValueRequired"
UNKNOWN: Final = "FieldValueNotSupported"
DEDICATED: Final = {"guest": 2, "dedicatedCPUPlacement": True}
MAPPING: Final[Manifest] = {"guestMappingPassthrough": {}}

BAD_INSTANCETYPES: Final = (
    BadInstancetype("no vCPUs", {f"{C}.guest": 0}, f"{C}.guest"),
    BadInstancetype("too many vCPUs", {f"{C}.guest": 513}, f"{C}.guest"),
    BadInstancetype("a model in XML", {f"{C}.model": "<x>"}, f"{C}.model"),
    BadInstancetype("no sockets at most", {f"{C}.maxSockets": 0}, f"{C}.maxSockets"),
    BadInstancetype(
        "K15 an emulator thread apart from shared CPUs",
        {f"{C}.isolateEmulatorThread": True},
        f"{C}.isolateEmulatorThread",
    ),
    BadInstancetype(
        "K16 NUMA of shared CPUs",
        {f"{C}.numa": MAPPING, f"{M}.hugepages": {"pageSize": "2Mi"}},
        f"{C}.numa.guestMappingPassthrough",
    ),
    BadInstancetype(
        "K16 NUMA without hugepages",
        {C: {**DEDICATED, "numa": MAPPING}},
        f"{C}.numa.guestMappingPassthrough",
    ),
    BadInstancetype("K17 realtime on shared CPUs", {f"{C}.realtime": {}}, f"{C}.numa"),
    BadInstancetype(
        "K17 realtime on shared CPUs, its other half",
        {f"{C}.realtime": {}},
        f"{C}.dedicatedCPUPlacement",
    ),
    BadInstancetype("K02 negative memory", {f"{M}.guest": "-1Gi"}, f"{M}.guest"),
    BadInstancetype("no memory", {f"{M}.guest": "0"}, f"{M}.guest"),
    BadInstancetype("too much memory", {f"{M}.guest": "65Ti"}, f"{M}.guest"),
    BadInstancetype("memory that is no quantity", {f"{M}.guest": "1Gb"}, f"{M}.guest"),
    BadInstancetype("less memory at most", {f"{M}.maxGuest": "512Mi"}, f"{M}.maxGuest"),
    BadInstancetype(
        "an overcommit of 101 %", {f"{M}.overcommitPercent": 101}, f"{M}.overcommitPercent"
    ),
    BadInstancetype(
        "a negative overcommit", {f"{M}.overcommitPercent": -1}, f"{M}.overcommitPercent"
    ),
    BadInstancetype(
        "K07 unknown size of hugepages",
        {f"{M}.hugepages": {"pageSize": "3Gi"}},
        f"{M}.hugepages.pageSize",
        cause=UNKNOWN,
    ),
    BadInstancetype(
        "K08 memory that does not fill its hugepages",
        {M: {"guest": "1536Mi", "hugepages": {"pageSize": "1Gi"}}},
        f"{M}.guest",
    ),
    BadInstancetype(
        "K67 unknown policy of I/O threads",
        {"spec.ioThreadsPolicy": "some"},
        "spec.ioThreadsPolicy",
        cause=UNKNOWN,
    ),
    BadInstancetype(
        "K67 a pool of no size",
        {"spec.ioThreadsPolicy": "supplementalPool"},
        "spec.ioThreads.supplementalPoolThreadCount",
        cause=REQUIRED,
    ),
    BadInstancetype(
        "two kinds of encryption",
        {"spec.launchSecurity": {"sev": {}, "tdx": {}}},
        "spec.launchSecurity",
    ),
    BadInstancetype("a GPU of no kind", {"spec.gpus": [{"name": "gpu"}]}, "spec.gpus[0]"),
    BadInstancetype(
        "a label that is none",
        {"spec.nodeSelector": {"zone": "a b"}},
        "spec.nodeSelector.zone",
        ours="spec.nodeSelector[zone]",
    ),
)
# What is not even read: the API server alone refuses these.
UNREADABLE: Final = (
    BadInstancetype("no cpu", {C: GONE}, C, cause=REQUIRED),
    BadInstancetype("no memory at all", {M: GONE}, M, cause=REQUIRED),
    BadInstancetype("no guest CPUs", {C: {}}, f"{C}.guest", cause=REQUIRED),
    BadInstancetype("no guest memory", {M: {}}, f"{M}.guest", cause=REQUIRED),
    BadInstancetype("no spec", {"spec": GONE}, "spec", cause=REQUIRED),
    BadPreference("a preference without a spec", {"spec": GONE}, "spec", cause=REQUIRED),
    BadInstancetype("an unknown field", {"spec.disk": {}}, "", code=400, reason="BadRequest"),
    BadPreference("an unknown wish", {"spec.cpu": {"x": 1}}, "", code=400, reason="BadRequest"),
)

P: Final = "spec.cpu"
V: Final = "spec.devices"
BAD_PREFERENCES: Final = (
    BadPreference(
        "unknown topology",
        {f"{P}.preferredCPUTopology": "round"},
        f"{P}.preferredCPUTopology",
        cause=UNKNOWN,
    ),
    BadPreference(
        "spread across nothing",
        {f"{P}.spreadOptions": {"across": "Threads"}},
        f"{P}.spreadOptions.across",
        cause=UNKNOWN,
    ),
    BadPreference(
        "spread by none", {f"{P}.spreadOptions": {"ratio": 0}}, f"{P}.spreadOptions.ratio"
    ),
    BadPreference(
        "three threads a core",
        {f"{P}.spreadOptions": {"across": "CoresThreads", "ratio": 3}},
        f"{P}.spreadOptions.ratio",
    ),
    BadPreference(
        "K19 unknown policy of a CPU feature",
        {f"{P}.preferredCPUFeatures": [{"name": "vmx", "policy": "on"}]},
        f"{P}.preferredCPUFeatures[0].policy",
        cause=UNKNOWN,
    ),
    BadPreference(
        "two times at once",
        {"spec.clock.preferredClockOffset": {"utc": {}, "timezone": "Europe/Berlin"}},
        "spec.clock.preferredClockOffset",
    ),
    BadPreference(
        "K30 a bus of the past",
        {f"{V}.preferredDiskBus": "ide"},
        f"{V}.preferredDiskBus",
        cause=UNKNOWN,
    ),
    BadPreference(
        "K35 unknown cache",
        {f"{V}.preferredDiskCache": "foo"},
        f"{V}.preferredDiskCache",
        cause=UNKNOWN,
    ),
    BadPreference(
        "K36 block size of two minds",
        {
            f"{V}.preferredDiskBlockSize": {
                "custom": {"logical": 512, "physical": 512},
                "matchVolume": {},
            }
        },
        f"{V}.preferredDiskBlockSize",
    ),
    BadPreference(
        "K55 unknown model",
        {f"{V}.preferredInterfaceModel": "e1001"},
        f"{V}.preferredInterfaceModel",
        cause=UNKNOWN,
    ),
    BadPreference(
        "K66 unknown input",
        {f"{V}.preferredInputType": "mouse"},
        f"{V}.preferredInputType",
        cause=UNKNOWN,
    ),
    BadPreference(
        "K25 too few spins",
        {"spec.features.preferredHyperv": {"spinlocks": {"spinlocks": 100}}},
        "spec.features.preferredHyperv.spinlocks.spinlocks",
    ),
    BadPreference(
        "K21 EFI and BIOS",
        {"spec.firmware": {"preferredUseBios": True, "preferredEfi": {}}},
        "spec.firmware.preferredUseBios",
    ),
    BadPreference(
        "K21 EFI and BIOS, by its old name",
        {"spec.firmware": {"preferredUseBios": True, "preferredUseEfi": True}},
        "spec.firmware.preferredUseBios",
    ),
    BadPreference(
        "unknown architecture",
        {"spec.preferredArchitecture": "vax"},
        "spec.preferredArchitecture",
        cause=UNKNOWN,
    ),
    BadPreference(
        "K61 a subdomain in upper case",
        {"spec.preferredSubdomain": "A_b"},
        "spec.preferredSubdomain",
    ),
    BadPreference(
        "no time at all",
        {"spec.preferredTerminationGracePeriodSeconds": -1},
        "spec.preferredTerminationGracePeriodSeconds",
    ),
    BadPreference(
        "requires no vCPUs",
        {"spec.requirements": {"cpu": {"guest": 0}}},
        "spec.requirements.cpu.guest",
    ),
    BadPreference(
        "requires no memory",
        {"spec.requirements": {"memory": {"guest": "0"}}},
        "spec.requirements.memory.guest",
    ),
)

ACCEPTED_INSTANCETYPES: Final[Mapping[str, Mapping[str, object]]] = {
    "the good one itself": {},
    "memory in bytes": {f"{M}.guest": 1073741824},
    "overcommitted altogether": {f"{M}.overcommitPercent": 100},
    "all that dedicated CPUs can have": {
        C: {**DEDICATED, "isolateEmulatorThread": True, "numa": MAPPING, "realtime": {"mask": "0"}},
        f"{M}.hugepages": {"pageSize": "1Gi"},
    },
    "a pool of I/O threads": {
        "spec.ioThreadsPolicy": "supplementalPool",
        "spec.ioThreads": {"supplementalPoolThreadCount": 2},
    },
}
ACCEPTED_PREFERENCES: Final[Mapping[str, Mapping[str, object]]] = {
    "no wish at all": {},
    "the old word for a topology": {f"{P}.preferredCPUTopology": "preferSpread"},
    "the old ratio": {"spec.preferSpreadSocketToCoreRatio": 4},
    "the old words for UEFI": {
        "spec.firmware": {"preferredUseEfi": True, "preferredUseSecureBoot": True}
    },
    "BIOS not wanted, and UEFI": {"spec.firmware": {"preferredUseBios": False, "preferredEfi": {}}},
    "spread over threads": {
        P: {"preferredCPUTopology": "spread", "spreadOptions": {"across": "CoresThreads"}}
    },
}
