"""Bad disks and volumes."""

from typing import Final

from tests.integration.bad_vmi import DISK, IMAGE, NIC, VOL, BadVmi, S, disk, seed, volume

STORAGE: Final = (
    BadVmi(
        "K26 B14 two disks of a name",
        {f"{DISK}.1": {"name": "boot", "disk": {}}},
        f"{DISK}[1]",
        f"{DISK}[1].name",
        cause="FieldValueDuplicate",
    ),
    BadVmi("K27 disk and CD-ROM at once", disk(disk={}, cdrom={}), f"{DISK}[0]"),
    BadVmi(
        "K28 B13 disk without a volume",
        {f"{DISK}.2": {"name": "none", "disk": {}}},
        DISK,
        f"{DISK}[2].name",
    ),
    BadVmi(
        "K30 B23 bus ide",
        disk(disk={"bus": "ide"}),
        f"{DISK}[0].disk.bus",
        cause="FieldValueNotSupported",
    ),
    BadVmi("K31 B23 CD-ROM on virtio", disk(cdrom={"bus": "virtio"}), f"{DISK}[0].cdrom.bus"),
    BadVmi(
        "K31 read-only sata", disk(disk={"bus": "sata", "readonly": True}), f"{DISK}[0].disk.bus"
    ),
    BadVmi("B23 lun on virtio", disk(lun={"bus": "virtio"}), f"{DISK}[0].lun.bus"),
    BadVmi("K32 B24 boot order 0", disk(bootOrder=0), f"{DISK}[0].bootOrder"),
    BadVmi("B24 boot order -1", disk(bootOrder=-1), f"{DISK}[0].bootOrder"),
    BadVmi(
        "K32 B24 boot order twice",
        {f"{DISK}.0.bootOrder": 1, f"{NIC}.0.bootOrder": 1},
        DISK,
        f"{NIC}[0].bootOrder",
    ),
    BadVmi("K33 serial with blanks", disk(serial="a b"), f"{DISK}[0].serial"),
    BadVmi("K33 long serial", disk(serial="a" * 257), f"{DISK}[0].serial"),
    BadVmi("B32 serial with qemu's syntax", disk(serial="a,file=/etc/shadow"), f"{DISK}[0].serial"),
    BadVmi(
        "K34 PCI address on sata",
        disk(disk={"bus": "sata", "pciAddress": "0000:81:01.0"}),
        f"{DISK}[0].disk.pciAddress",
    ),
    BadVmi(
        "K34 malformed PCI address",
        disk(disk={"bus": "virtio", "pciAddress": "81:01.0"}),
        f"{DISK}[0].disk.pciAddress",
    ),
    BadVmi("K35 cache", disk(cache="unsafe"), f"{DISK}[0].cache", cause="FieldValueNotSupported"),
    BadVmi("K35 io", disk(io="io_uring"), f"{DISK}[0].io", cause="FieldValueNotSupported"),
    BadVmi(
        "K35 error policy",
        disk(errorPolicy="retry"),
        f"{DISK}[0].errorPolicy",
        cause="FieldValueNotSupported",
    ),
    BadVmi(
        "K36 block of 1000",
        disk(blockSize={"custom": {"logical": 1000, "physical": 4096}}),
        f"{DISK}[0].blockSize.custom.logical",
        cause="FieldValueNotSupported",
    ),
    BadVmi(
        "K36 logical block above the physical",
        disk(disk={"bus": "virtio"}, blockSize={"custom": {"logical": 4096, "physical": 512}}),
        f"{DISK}[0].blockSize.custom.logical",
    ),
    BadVmi(
        "K36 B23 blocks of 4096 on sata",
        disk(disk={"bus": "sata"}, blockSize={"custom": {"logical": 4096, "physical": 4096}}),
        f"{DISK}[0].blockSize.custom.logical",
    ),
    BadVmi(
        "K36 custom and matchVolume",
        disk(blockSize={"custom": {"logical": 512, "physical": 512}, "matchVolume": {}}),
        f"{DISK}[0].blockSize",
    ),
    BadVmi(
        "K37 I/O thread on sata", disk(disk={"bus": "sata"}, dedicatedIOThread=True), f"{DISK}[0]"
    ),
    BadVmi("K38 lun of a containerDisk", disk(lun={"bus": "scsi"}), DISK, f"{DISK}[0].lun"),
    BadVmi(
        "K39 B17 two sources",
        volume(containerDisk=IMAGE, emptyDisk={"capacity": "1Gi"}),
        f"{VOL}[0]",
    ),
    BadVmi("K39 B17 no source", volume(), f"{VOL}[0]"),
    BadVmi(
        "K40 B14 two volumes of a name",
        {f"{VOL}.2": {"name": "boot", "containerDisk": IMAGE}},
        f"{VOL}[2]",
        f"{VOL}[2].name",
        cause="FieldValueDuplicate",
    ),
    BadVmi(
        "K40 name of a volume",
        {f"{VOL}.2": {"name": "Big_Disk", "containerDisk": IMAGE}},
        f"{VOL}[2].name",
    ),
    BadVmi("K41 B22 empty cloud-init", seed(), f"{VOL}[1].cloudInitNoCloud"),
    BadVmi(
        "K41 B22 two kinds of user data",
        seed(userData="a", userDataBase64="YQ=="),
        f"{VOL}[1].cloudInitNoCloud",
    ),
    BadVmi(
        "K41 B22 much user data",
        seed(userData="a" * 2049),
        f"{VOL}[1].cloudInitNoCloud.userData",
    ),
    BadVmi(
        "K41 much user data in few characters",
        seed(userData="\u00e4" * 1025),
        f"{VOL}[1].cloudInitNoCloud.userData",
    ),
    BadVmi(
        "K41 B22 no base64",
        seed(userDataBase64="%%%"),
        f"{VOL}[1].cloudInitNoCloud.userDataBase64",
    ),
    BadVmi(
        "K41 half of base64",
        seed(userDataBase64="YQ"),
        f"{VOL}[1].cloudInitNoCloud.userDataBase64",
    ),
    BadVmi(
        "K41 much base64",
        seed(networkDataBase64="QUFB" * 683),
        f"{VOL}[1].cloudInitNoCloud.networkDataBase64",
    ),
    BadVmi(
        "K42 dataVolume without a name",
        volume(dataVolume={}),
        f"{VOL}[0].dataVolume.name",
        cause="FieldValueRequired",
    ),
    BadVmi(
        "K43 B20 hostDisk without its gate",
        volume(hostDisk={"path": "/data/disk.img", "type": "Disk"}),
        f"{VOL}[0]",
        schema=False,
    ),
    BadVmi(
        "K43 hostDisk without a path",
        volume(hostDisk={"type": "Disk"}),
        f"{VOL}[0].hostDisk.path",
        cause="FieldValueRequired",
    ),
    BadVmi(
        "K43 hostDisk of a strange type",
        volume(hostDisk={"path": "/data/disk.img", "type": "Folder"}),
        f"{VOL}[0].hostDisk.type",
        cause="FieldValueNotSupported",
    ),
    BadVmi(
        "K43 size of a disk that exists",
        volume(hostDisk={"path": "/data/disk.img", "type": "Disk", "capacity": "1Gi"}),
        f"{VOL}[0].hostDisk.capacity",
    ),
    BadVmi(
        "B20 hostDisk with a step upwards",
        volume(hostDisk={"path": "/data/../etc/shadow", "type": "Disk"}),
        f"{VOL}[0].hostDisk.path",
    ),
    BadVmi("K44 configMap without a name", volume(configMap={}), f"{VOL}[0].configMap.name"),
    BadVmi("K44 secret without a name", volume(secret={}), f"{VOL}[0].secret.secretName"),
    BadVmi(
        "K44 serviceAccount without a name",
        volume(serviceAccount={}),
        f"{VOL}[0].serviceAccount.serviceAccountName",
    ),
    BadVmi(
        "K45 two service accounts",
        {
            f"{VOL}.2": {"name": "a", "serviceAccount": {"serviceAccountName": "x"}},
            f"{VOL}.3": {"name": "b", "serviceAccount": {"serviceAccountName": "x"}},
        },
        VOL,
    ),
    BadVmi(
        "K46 B18 relative path in an image",
        volume(containerDisk={**IMAGE, "path": "../disk.img"}),
        f"{VOL}[0].containerDisk.path",
    ),
    BadVmi(
        "K46 B18 root of an image",
        volume(containerDisk={**IMAGE, "path": "/"}),
        f"{VOL}[0].containerDisk.path",
    ),
    BadVmi(
        "B18 root of an image, in disguise",
        volume(containerDisk={**IMAGE, "path": "/./"}),
        f"{VOL}[0].containerDisk.path",
    ),
    BadVmi(
        "B18 step upwards in an image",
        volume(containerDisk={**IMAGE, "path": "/a/../b"}),
        f"{VOL}[0].containerDisk.path",
    ),
    BadVmi(
        "B18 NUL in a path",
        volume(containerDisk={**IMAGE, "path": "/a\x00b"}),
        f"{VOL}[0].containerDisk.path",
    ),
    BadVmi(
        "B18 endless path",
        volume(containerDisk={**IMAGE, "path": "/" + "a" * 5000}),
        f"{VOL}[0].containerDisk.path",
    ),
    BadVmi("B19 empty image", volume(containerDisk={"image": ""}), f"{VOL}[0].containerDisk.image"),
    BadVmi(
        "B19 image that is a file",
        volume(containerDisk={"image": "file:///disk.img"}),
        f"{VOL}[0].containerDisk.image",
    ),
    BadVmi(
        "B19 malformed image",
        volume(containerDisk={"image": "UPPER/Case:tag:tag"}),
        f"{VOL}[0].containerDisk.image",
    ),
    BadVmi(
        "pull policy",
        volume(containerDisk={**IMAGE, "imagePullPolicy": "Sometimes"}),
        f"{VOL}[0].containerDisk.imagePullPolicy",
        cause="FieldValueNotSupported",
    ),
    BadVmi(
        "claim without a name",
        volume(persistentVolumeClaim={"claimName": ""}),
        f"{VOL}[0].persistentVolumeClaim.claimName",
    ),
    BadVmi(
        "A09 claim of another namespace",
        volume(persistentVolumeClaim={"claimName": "other/claim"}),
        f"{VOL}[0].persistentVolumeClaim.claimName",
    ),
    BadVmi(
        "emptyDisk of nothing",
        volume(emptyDisk={"capacity": "0"}),
        f"{VOL}[0].emptyDisk.capacity",
    ),
    BadVmi(
        "B16 300 disks",
        {DISK: [{"name": f"d{number}"} for number in range(300)]},
        DISK,
        cause="FieldValueTooMany",
    ),
    BadVmi(
        "K73 two service accounts that differ",
        {
            f"{S}.serviceAccountName": "one",
            f"{VOL}.2": {"name": "a", "serviceAccount": {"serviceAccountName": "other"}},
        },
        f"{S}.serviceAccountName",
    ),
)
