"""All bad VMIs, those that are not even readable, and what is accepted all the same."""

from collections.abc import Mapping
from typing import Final

from tests.integration.bad_details import DETAILS
from tests.integration.bad_disks import STORAGE
from tests.integration.bad_machines import MACHINE
from tests.integration.bad_networks import NETWORK
from tests.integration.bad_pods import POD
from tests.integration.bad_resources import RESOURCES
from tests.integration.bad_vmi import DISK, GONE, IMAGE, NET, NIC, VOL, BadVmi, D, S, seed, volume

BAD_VMIS: Final = (*RESOURCES, *MACHINE, *STORAGE, *NETWORK, *POD, *DETAILS)

# What the API server refuses before it looks at values: it never reaches validation of ours.
UNREADABLE: Final = (
    BadVmi("B02 unknown field", {f"{D}.cpu.core": 1}, "", code=400, reason="BadRequest"),
    BadVmi("B02 unknown field at the top", {"spek": {}}, "", code=400, reason="BadRequest"),
    BadVmi("B01 no spec", {S: GONE}, S),
    BadVmi("B04 name in upper case", {"metadata.name": "Upper"}, "metadata.name"),
    BadVmi("B04 endless name", {"metadata.name": "a" * 254}, "metadata.name"),
    BadVmi("B03 disks are no list", {DISK: {}}, DISK, cause="FieldValueTypeInvalid"),
    BadVmi("B03 guest is a list", {f"{D}.memory.guest": []}, f"{D}.memory.guest"),
    BadVmi(
        "B47 another version", {"apiVersion": "kubevirt.io/v0"}, "", code=400, reason="BadRequest"
    ),
    BadVmi("B47 another kind", {"kind": "Pod"}, "kind"),
)

# Not refused, though one might expect it.
ACCEPTED: Final[Mapping[str, Mapping[str, object]]] = {
    "the good VMI itself": {},
    "B15 no disks at all": {DISK: GONE, VOL: GONE},
    "no devices at all": {f"{D}.devices": GONE, NET: GONE},
    "K29 a volume without a disk: one is attached": {
        f"{VOL}.2": {"name": "more", "emptyDisk": {"capacity": "1Gi"}}
    },
    "no networks and no interfaces: the default ones are attached": {NIC: GONE, NET: GONE},
    "memory in bytes": {f"{D}.memory.guest": 134217728},
    "memory only as a request": {
        f"{D}.memory": GONE,
        f"{D}.resources": {"requests": {"memory": "1024M"}},
    },
    "B18 path that ends in a slash": volume(containerDisk={**IMAGE, "path": "/disks/a.img/"}),
    "an image by digest": volume(
        containerDisk={"image": f"registry.example:5000/a/b_c:v1.0@sha256:{'a' * 64}"}
    ),
    "B32 kernel arguments with metacharacters": {
        f"{D}.firmware": {
            "kernelBoot": {
                "kernelArgs": "a=<b> & 'c' \"d\",file=/etc/shadow",
                "container": {**IMAGE, "kernelPath": "/boot/vmlinuz"},
            }
        }
    },
    "2048 bytes of user data in base64": seed(userDataBase64="QUFB" * 682 + "QUE="),
    "an empty CD-ROM drive": {f"{DISK}.2": {"name": "drive", "cdrom": {}}},
    "B40 a nodeSelector that fits nothing": {f"{S}.nodeSelector": {"no": "where"}},
    "all kinds of affinity": {
        f"{S}.affinity.nodeAffinity.requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [
                {
                    "matchExpressions": [
                        {"key": "a", "operator": "Gt", "values": ["-5"]},
                        {"key": "b", "operator": "Exists"},
                        {"key": "c", "operator": "NotIn", "values": ["d"]},
                    ]
                }
            ]
        },
        f"{S}.dnsConfig": {"nameservers": ["fd00::1", "10.0.0.1"], "searches": ["a.example"]},
    },
    "a toleration of everything": {f"{S}.tolerations": [{"operator": "Exists"}]},
    "no grace period": {f"{S}.terminationGracePeriodSeconds": 0},
    "a long name": {"metadata.name": "a" * 253},
}
