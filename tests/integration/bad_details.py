"""What the references' tables leave out: every rule has at least one row somewhere."""

from typing import Final

from tests.integration.bad_vmi import DISK as DISKS
from tests.integration.bad_vmi import NET, NIC, VOL, BadVmi, D, Manifest, S, V, nic, seed, volume

IMAGE: Final = {"image": "localhost/virtpod/tiny:latest"}
SECRET: Final = {"secret": {"secretName": "keys"}}


def hyperv(**fields: object) -> Manifest:
    return {f"{D}.features": {"hyperv": fields}}


def config_drive(**source: object) -> Manifest:
    return {f"{VOL}.1": {"name": "seed", "cloudInitConfigDrive": source}}


def credential(**fields: object) -> Manifest:
    return {f"{S}.accessCredentials": [fields]}


def spread(**fields: object) -> Manifest:
    terms = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
    return {f"{S}.topologySpreadConstraints": [{**terms, **fields}]}


OFF: Final = {"enabled": False}
HYPERV: Final = f"{D}.features.hyperv"
CONFIG_DRIVE: Final = f"{VOL}[1].cloudInitConfigDrive"
NO_CLOUD: Final = f"{VOL}[1].cloudInitNoCloud"
LONG_BASE64: Final = "QUFB" * 683
REQUIRED: Final = "FieldValueRequired"

MACHINE_DETAILS: Final = (
    BadVmi(
        "negative cpu limit",
        {f"{D}.resources": {"limits": {"cpu": "-1"}}},
        f"{D}.resources.limits[cpu]",
        f"{D}.resources.limits.cpu",
    ),
    BadVmi(
        "maxGuest below guest",
        {f"{D}.memory": {"guest": "1Gi", "maxGuest": "512Mi"}},
        f"{D}.memory.maxGuest",
    ),
    BadVmi(
        "initrd outside of its image",
        {f"{D}.firmware": {"kernelBoot": {"container": {**IMAGE, "initrdPath": "/../x"}}}},
        f"{D}.firmware.kernelBoot.container.initrdPath",
    ),
    BadVmi(
        "2052 bytes of arguments in few characters",
        {
            f"{D}.firmware": {
                "kernelBoot": {
                    "kernelArgs": "\u00e4" * 1026,
                    "container": {**IMAGE, "kernelPath": "/vmlinuz"},
                }
            }
        },
        f"{D}.firmware.kernelBoot.kernelArgs",
    ),
    BadVmi(
        "two kinds of launch security",
        {f"{D}.launchSecurity": {"snp": {}, "tdx": {}}},
        f"{D}.launchSecurity",
    ),
    BadVmi(
        "some enlightenments and all",
        {f"{D}.features": {"hyperv": {}, "hypervPassthrough": {}}},
        f"{D}.features",
    ),
    BadVmi(
        "two watchdogs in one",
        {f"{V}.watchdog": {"name": "w", "i6300esb": {}, "diag288": {}}},
        f"{V}.watchdog",
    ),
    BadVmi(
        "GPU by plugin and by claim",
        {f"{V}.gpus": [{"name": "g", "deviceName": "a/b", "claimName": "c"}]},
        f"{V}.gpus[0]",
    ),
    BadVmi("GPU by nothing", {f"{V}.gpus": [{"name": "g"}]}, f"{V}.gpus[0]", cause=REQUIRED),
    BadVmi(
        "host device by plugin and by claim",
        {f"{V}.hostDevices": [{"name": "h", "deviceName": "a/b", "claimName": "c"}]},
        f"{V}.hostDevices[0]",
    ),
    BadVmi(
        "host device by nothing",
        {f"{V}.hostDevices": [{"name": "h"}]},
        f"{V}.hostDevices[0]",
        cause=REQUIRED,
    ),
    BadVmi("evmcs without vapic", hyperv(evmcs={}, vapic=OFF), f"{HYPERV}.evmcs"),
    BadVmi("timers without synic", hyperv(synictimer={}, synic=OFF), f"{HYPERV}.synictimer"),
    BadVmi("timers without vpindex", hyperv(synictimer={}, vpindex=OFF), f"{HYPERV}.synictimer"),
    BadVmi("ipi without vpindex", hyperv(ipi={}, vpindex=OFF), f"{HYPERV}.ipi"),
    BadVmi("flush without vpindex", hyperv(tlbflush={}, vpindex=OFF), f"{HYPERV}.tlbflush"),
)

STORAGE_DETAILS: Final = (
    BadVmi(
        "discards that are no multiple",
        {
            f"{DISKS}.0": {
                "name": "boot",
                "blockSize": {
                    "custom": {"logical": 4096, "physical": 4096, "discardGranularity": 512}
                },
            }
        },
        f"{DISKS}[0].blockSize.custom.discardGranularity",
    ),
    BadVmi(
        "filesystem without a volume",
        {f"{V}.filesystems": [{"name": "none", "virtiofs": {}}]},
        f"{V}.filesystems",
        f"{V}.filesystems[0].name",
    ),
    BadVmi(
        "overlay on nothing",
        volume(ephemeral={}),
        f"{VOL}[0].ephemeral.persistentVolumeClaim",
        cause=REQUIRED,
    ),
    BadVmi(
        "answers from two places",
        volume(sysprep={"configMap": {"name": "a"}, "secret": {"name": "b"}}),
        f"{VOL}[0].sysprep",
    ),
    BadVmi(
        "file of two facts",
        volume(
            downwardAPI={
                "fields": [
                    {
                        "path": "a",
                        "fieldRef": {"fieldPath": "metadata.name"},
                        "resourceFieldRef": {"resource": "limits.cpu"},
                    }
                ]
            }
        ),
        f"{VOL}[0].downwardAPI.fields[0]",
    ),
    BadVmi(
        "file outside of its volume",
        volume(
            downwardAPI={"fields": [{"path": "../a", "fieldRef": {"fieldPath": "metadata.name"}}]}
        ),
        f"{VOL}[0].downwardAPI.fields[0].path",
    ),
    BadVmi(
        "container's path with a step upwards",
        volume(containerPath={"path": "/a/../b"}),
        f"{VOL}[0].containerPath.path",
    ),
    BadVmi("two kinds of network data", seed(networkData="a", networkDataBase64="YQ=="), NO_CLOUD),
    BadVmi(
        "much user data in base64", seed(userDataBase64=LONG_BASE64), f"{NO_CLOUD}.userDataBase64"
    ),
    BadVmi("much network data", seed(networkData="\u00e4" * 1025), f"{NO_CLOUD}.networkData"),
    BadVmi("half of network data", seed(networkDataBase64="YQ"), f"{NO_CLOUD}.networkDataBase64"),
    BadVmi("empty config drive", config_drive(), CONFIG_DRIVE),
    BadVmi(
        "config drive with two kinds of user data",
        config_drive(userData="a", secretRef={"name": "b"}),
        CONFIG_DRIVE,
    ),
    BadVmi(
        "config drive with two kinds of network data",
        config_drive(networkData="a", networkDataSecretRef={"name": "b"}),
        CONFIG_DRIVE,
    ),
    BadVmi(
        "config drive with much user data",
        config_drive(userData="\u00e4" * 1025),
        f"{CONFIG_DRIVE}.userData",
    ),
    BadVmi(
        "config drive with half of user data",
        config_drive(userDataBase64="YQ"),
        f"{CONFIG_DRIVE}.userDataBase64",
    ),
    BadVmi(
        "config drive with much user data in base64",
        config_drive(userDataBase64=LONG_BASE64),
        f"{CONFIG_DRIVE}.userDataBase64",
    ),
    BadVmi(
        "config drive with much network data",
        config_drive(networkData="\u00e4" * 1025),
        f"{CONFIG_DRIVE}.networkData",
    ),
    BadVmi(
        "config drive with half of network data",
        config_drive(networkDataBase64="YQ"),
        f"{CONFIG_DRIVE}.networkDataBase64",
    ),
    BadVmi(
        "config drive with much network data in base64",
        config_drive(networkDataBase64=LONG_BASE64),
        f"{CONFIG_DRIVE}.networkDataBase64",
    ),
)

NETWORK_DETAILS: Final = (
    BadVmi(
        "ranges of ports on a bridge",
        nic(bridge={}, portRanges=[{"start": 1, "end": 2}]),
        f"{NIC}[0].portRanges",
    ),
    BadVmi(
        "guest's IPv6 network is no IPv6",
        {f"{NET}.0.pod": {"vmIPv6NetworkCIDR": "10.0.2.0/24"}},
        f"{NET}[0].pod.vmIPv6NetworkCIDR",
    ),
    BadVmi(
        "guest's network with a mask",
        {f"{NET}.0.pod": {"vmNetworkCIDR": "10.0.2.0/255.255.255.0"}},
        f"{NET}[0].pod.vmNetworkCIDR",
    ),
    BadVmi(
        "IPv6 time server",
        nic(masquerade={}, dhcpOptions={"ntpServers": ["fd00::1"]}),
        f"{NIC}[0].dhcpOptions.ntpServers",
    ),
    BadVmi(
        "guest's network is too small",
        {f"{NET}.0.pod": {"vmNetworkCIDR": "10.0.2.0/31"}},
        f"{NET}[0].pod.vmNetworkCIDR",
    ),
)

NEAR: Final = "podAffinity.requiredDuringSchedulingIgnoredDuringExecution"
AWAY: Final = "nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution"
POD_DETAILS: Final = (
    BadVmi(
        "selector of Exists with values",
        {
            f"{S}.affinity.{NEAR}": [
                {
                    "topologyKey": "zone",
                    "labelSelector": {
                        "matchExpressions": [{"key": "a", "operator": "Exists", "values": ["b"]}]
                    },
                }
            ]
        },
        f"{S}.affinity.{NEAR}[0].labelSelector.matchExpressions[0].values",
    ),
    BadVmi(
        "node affinity of more than a word",
        {
            f"{S}.affinity.{AWAY}": {
                "nodeSelectorTerms": [
                    {"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["b"]}]}
                ]
            }
        },
        f"{S}.affinity.{AWAY}.nodeSelectorTerms[0].matchExpressions[0].values",
    ),
    BadVmi(
        "name server with a zone",
        {f"{S}.dnsConfig": {"nameservers": ["fe80::1%eth0"]}},
        f"{S}.dnsConfig.nameservers",
    ),
    BadVmi(
        "toleration without a key",
        {f"{S}.tolerations": [{"value": "a"}]},
        f"{S}.tolerations[0].operator",
    ),
    BadVmi(
        "toleration for a while, of NoSchedule",
        {f"{S}.tolerations": [{"key": "a", "effect": "NoSchedule", "tolerationSeconds": 5}]},
        f"{S}.tolerations[0].effect",
    ),
    BadVmi(
        "places of a spread that is not enforced",
        spread(minDomains=2),
        f"{S}.topologySpreadConstraints[0].minDomains",
    ),
    BadVmi(
        "resource claim of two kinds",
        {
            f"{S}.resourceClaims": [
                {"name": "c", "resourceClaimName": "a", "resourceClaimTemplateName": "b"}
            ]
        },
        f"{S}.resourceClaims[0]",
    ),
    BadVmi(
        "liveness that must succeed twice",
        {f"{S}.livenessProbe": {"guestAgentPing": {}, "successThreshold": 2}},
        f"{S}.livenessProbe.successThreshold",
    ),
    BadVmi(
        "long search domains",
        {f"{S}.dnsConfig": {"searches": ["a" * 200, "b" * 200]}},
        f"{S}.dnsConfig.searches",
    ),
    BadVmi(
        "credentials from nowhere",
        credential(
            sshPublicKey={"source": {}, "propagationMethod": {"qemuGuestAgent": {"users": ["a"]}}}
        ),
        f"{S}.accessCredentials[0].sshPublicKey.source",
    ),
    BadVmi(
        "credentials by no way",
        credential(sshPublicKey={"source": SECRET, "propagationMethod": {}}),
        f"{S}.accessCredentials[0].sshPublicKey.propagationMethod",
    ),
    BadVmi(
        "credentials by noCloud without its volume",
        {
            f"{VOL}.1": {"name": "seed", "emptyDisk": {"capacity": "1Gi"}},
            **credential(sshPublicKey={"source": SECRET, "propagationMethod": {"noCloud": {}}}),
        },
        f"{S}.accessCredentials",
        f"{S}.accessCredentials[0].sshPublicKey.propagationMethod",
    ),
    BadVmi(
        "passwords by no way",
        credential(userPassword={"source": SECRET, "propagationMethod": {}}),
        f"{S}.accessCredentials[0].userPassword.propagationMethod",
    ),
)

DETAILS: Final = (*MACHINE_DETAILS, *STORAGE_DETAILS, *NETWORK_DETAILS, *POD_DETAILS)
