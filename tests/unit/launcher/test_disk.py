"""Which image each disk shows, under which name, with which cache."""

import pytest

from api.device import Devices
from api.disk import CDRomTarget, Disk, DiskTarget, LunTarget
from api.domain import DomainSpec
from api.interface import Interface
from api.problem import Problem
from api.vmi import VirtualMachineInstanceSpec
from api.volume import (
    ContainerDiskSource,
    EmptyDiskSource,
    PersistentVolumeClaimSource,
    SecretVolumeSource,
    Volume,
)
from launcher.disk import (
    Image,
    choose_boot_orders,
    choose_cache,
    count_claim_disk_bytes,
    name_targets,
    plan_disks,
)

IMAGE = Image("file", "/run/virtpod/images/root", "qcow2", 1 << 30, direct_io=True)
CONTAINER_DISK = Volume("root", container_disk=ContainerDiskSource("image"))
CLAIM = Volume("root", persistent_volume_claim=PersistentVolumeClaimSource("claim"))


def spec(disk: Disk, volume: Volume) -> VirtualMachineInstanceSpec:
    return VirtualMachineInstanceSpec(
        domain=DomainSpec(devices=Devices(disks=(disk,))), volumes=(volume,)
    )


def virtio(name: str) -> Disk:
    return Disk(name, disk=DiskTarget("virtio"))


def test_a_container_disk_is_written_to_an_overlay() -> None:
    plan = plan_disks(spec(virtio("root"), CONTAINER_DISK), {"root": IMAGE})
    source = plan.disks[0].source
    assert source.path == "/var/lib/virtpod/root.qcow2"
    assert source.backing is not None
    assert source.backing.path == IMAGE.path
    assert [image.backing for image in plan.new_images] == [IMAGE]


@pytest.mark.parametrize(
    "disk",
    [Disk("root", cdrom=CDRomTarget("sata")), Disk("root", disk=DiskTarget("scsi", readonly=True))],
)
def test_a_container_disk_that_is_only_read_needs_no_overlay(disk: Disk) -> None:
    plan = plan_disks(spec(disk, CONTAINER_DISK), {"root": IMAGE})
    assert plan.disks[0].source.path == IMAGE.path
    assert plan.disks[0].readonly
    assert not plan.disks[0].discard
    assert not plan.new_images


def test_an_empty_disk_has_whole_sectors() -> None:
    volume = Volume("root", empty_disk=EmptyDiskSource("1000"))
    plan = plan_disks(spec(virtio("root"), volume), {})
    assert plan.new_images[0].size_bytes == 1024


def test_a_claim_is_written_as_it_is() -> None:
    plan = plan_disks(spec(virtio("root"), CLAIM), {"root": IMAGE})
    assert plan.disks[0].source.path == IMAGE.path
    assert plan.disks[0].cache == "none"


@pytest.mark.parametrize(
    ("claim_mib", "available_mib", "disk_mib"),
    [
        (1000, 4000, 945),  # the claim's size, less 5.5 %
        (64, 4000, 60),  # in whole MiB
        (1000, 200, 189),  # what the file system has, when that is less
        (1 << 40, 1 << 41, (1 << 40) * 945 // 1000),  # exact, however large
        (1, 4000, 0),
        (1000, 0, 0),
    ],
)
def test_a_new_disk_on_a_claim_leaves_room_for_the_file_system(
    claim_mib: int, available_mib: int, disk_mib: int
) -> None:
    assert count_claim_disk_bytes(claim_mib << 20, available_mib << 20) == disk_mib << 20


def test_a_read_only_claim_is_a_read_only_disk() -> None:
    claim = PersistentVolumeClaimSource("claim", read_only=True)
    volume = Volume("root", persistent_volume_claim=claim)
    assert plan_disks(spec(virtio("root"), volume), {"root": IMAGE}).disks[0].readonly


def test_a_lun_needs_a_block_device() -> None:
    with pytest.raises(Problem, match="block mode"):
        plan_disks(spec(Disk("root", lun=LunTarget("scsi")), CLAIM), {"root": IMAGE})


def test_a_source_that_is_not_built_is_named() -> None:
    volume = Volume("root", secret=SecretVolumeSource("s"))
    with pytest.raises(Problem, match="volume root is not supported"):
        plan_disks(spec(virtio("root"), volume), {})


def test_a_disk_without_its_volume_is_named() -> None:
    with pytest.raises(Problem, match="disk other shows no volume"):
        plan_disks(spec(virtio("other"), CLAIM), {})


def test_targets_count_per_bus_beyond_the_alphabet() -> None:
    disks = tuple(virtio(str(number)) for number in range(28))
    targets = name_targets((*disks, Disk("s", disk=DiskTarget("sata"))))
    assert (targets[0], targets[25], targets[26], targets[27]) == ("vda", "vdz", "vdaa", "vdab")
    assert targets[28] == "sda"


def test_without_any_boot_order_the_first_hard_disk_boots() -> None:
    disks = (Disk("seed", cdrom=CDRomTarget("sata")), virtio("root"))
    assert choose_boot_orders(Devices(disks=disks)) == {"root": 1}
    assert choose_boot_orders(Devices(disks=disks[:1])) == {"seed": 1}
    assert choose_boot_orders(Devices()) == {}


def test_any_boot_order_of_the_user_is_the_whole_order() -> None:
    network = Interface("default", boot_order=1)
    assert choose_boot_orders(Devices(disks=(virtio("root"),), interfaces=(network,))) == {}


@pytest.mark.parametrize(
    ("disk", "kept", "direct_io", "cache"),
    [
        (Disk("d", cache="writeback"), False, True, "writeback"),
        (Disk("d", io="native"), False, False, "none"),
        (Disk("d"), False, True, "unsafe"),
        (Disk("d"), True, True, "none"),
        (Disk("d"), True, False, "writethrough"),
    ],
)
def test_the_cache_loses_nothing_that_is_kept(
    disk: Disk, kept: bool, direct_io: bool, cache: str
) -> None:
    assert choose_cache(disk, kept=kept, direct_io=direct_io) == cache
