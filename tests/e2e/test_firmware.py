"""What a machine boots with and from: UEFI, secure boot, a disk on USB."""

from tests.e2e.guests import DEBIAN, TINY, build_bare_vmi, build_container_disk, build_vmi
from tests.e2e.observer import Json
from tests.e2e.vm import MakeVm

UEFI_MEMORY = "256Mi"  # what Debian's kernel takes to unpack itself beside the firmware
FIRMWARE_SECONDS = 300
KERNEL_SECONDS = 480


def build_firmware(*, secure: bool, **efi: object) -> Json:
    """Return the fields of a domain that boots by UEFI."""
    bootloader = {"efi": {"secureBoot": secure, **efi}}
    features = {"features": {"smm": {"enabled": True}}} if secure else {}
    return {"firmware": {"bootloader": bootloader}, **features}


def test_a_disk_boots_by_uefi(vm: MakeVm) -> None:
    domain = {**build_firmware(secure=False), "chassis": {"asset": "shelf 7"}}
    made = vm(build_vmi("uefi", memory=UEFI_MEMORY, domain=domain))
    with made.log_in(FIRMWARE_SECONDS) as console:
        assert console.run("ls /sys/firmware/efi/fw_platform_size")
        # the disk is there for its system too, not only for the firmware
        assert console.run("ls /sys/class/block").split() == ["vda", "vda1"]
        assert console.run("cat /sys/class/dmi/id/chassis_asset_tag").strip() == "shelf 7"


def test_a_kernel_without_a_disk_boots_by_uefi(vm: MakeVm) -> None:
    manifest = build_vmi("uefi-kernel", memory=UEFI_MEMORY, domain=build_firmware(secure=False))
    manifest["spec"]["domain"]["devices"]["disks"] = []
    manifest["spec"]["volumes"] = []
    manifest["spec"]["domain"]["firmware"]["kernelBoot"] = {
        "kernelArgs": "console=ttyS0 mitigations=off no_timer_check",
        "container": {
            "image": TINY,
            "imagePullPolicy": "IfNotPresent",
            "kernelPath": "/boot/vmlinuz",
            "initrdPath": "/boot/initrd",
        },
    }
    with vm(manifest).log_in(FIRMWARE_SECONDS) as console:
        assert console.run("ls /sys/firmware/efi/fw_platform_size")


def test_secure_boot_refuses_what_nobody_signed(vm: MakeVm) -> None:
    domain = build_firmware(secure=True)
    made = vm(build_vmi("unsigned", domain=domain, terminationGracePeriodSeconds=0))
    with made.logs() as console:
        console.expect(r"failed to load Boot\d+ .*: Access Denied", FIRMWARE_SECONDS)


def test_secure_boot_runs_a_signed_system(vm: MakeVm) -> None:
    manifest = build_vmi("signed", memory="1Gi", image=DEBIAN, domain=build_firmware(secure=True))
    made = vm({**manifest, "spec": {**manifest["spec"], "terminationGracePeriodSeconds": 0}})
    with made.logs() as console:
        console.expect("secureboot: Secure boot enabled", KERNEL_SECONDS)
        console.expect(r"Welcome to .*Debian", KERNEL_SECONDS)  # its disk is found and mounted


def test_uefi_that_remembers_is_refused_with_its_reason(vm: MakeVm) -> None:
    manifest = build_bare_vmi("remembers")
    manifest["spec"]["domain"] |= build_firmware(secure=False, persistent=True)
    made = vm(manifest)
    condition = made.until_condition("Unsupported", "True", "FieldNotSupported")
    assert "spec.domain.firmware.bootloader.efi.persistent as true" in condition["message"]
    assert not made.pod_uids()


def test_a_disk_on_usb_boots_and_is_seen_on_usb(vm: MakeVm) -> None:
    disks = [
        {"name": "boot", "disk": {"bus": "usb"}, "serial": "stick"},
        {"name": "more", "disk": {"bus": "usb"}},
    ]
    volumes = [build_container_disk(), {"name": "more", "emptyDisk": {"capacity": "48Mi"}}]
    made = vm(build_vmi("on-usb", devices={"disks": disks}, volumes=volumes))
    with made.log_in() as console:
        # the kernel's log tells of both disks, sooner or later: USB devices come one by one
        console.run("grep -m 2 'Attached SCSI disk' /dev/kmsg", 120)
        for name in ("sda", "sdb"):
            assert "/usb" in console.run(f"readlink -f /sys/class/block/{name}")
        sizes = {
            console.run(f"cat /sys/class/block/{name}/size").strip() for name in ("sda", "sdb")
        }
        assert str(48 * 1024 * 1024 // 512) in sizes
        assert "stick" in console.run("cat /sys/bus/usb/devices/*/serial")
