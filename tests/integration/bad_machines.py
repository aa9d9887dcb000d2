"""Bad machines: firmware, features, devices other than disks and interfaces."""

from typing import Final

from tests.integration.bad_vmi import IMAGE, BadVmi, D, V

MACHINE: Final = (
    BadVmi(
        "K20 B11 machine type",
        {f"{D}.machine": {"type": "q36"}},
        f"{D}.machine.type",
        schema=False,
    ),
    BadVmi(
        "K20 machine type i440fx",
        {f"{D}.machine": {"type": "pc-i440fx-9.2"}},
        f"{D}.machine.type",
        schema=False,
    ),
    BadVmi(
        "K21 B33 EFI and BIOS",
        {f"{D}.firmware": {"bootloader": {"bios": {}, "efi": {"secureBoot": False}}}},
        f"{D}.firmware.bootloader",
    ),
    BadVmi(
        "K22 B33 secure boot without smm",
        {f"{D}.firmware": {"bootloader": {"efi": {}}}},
        f"{D}.firmware.bootloader.efi",
    ),
    BadVmi(
        "K22 B33 secure boot with smm off",
        {
            f"{D}.firmware": {"bootloader": {"efi": {"secureBoot": True}}},
            f"{D}.features": {"smm": {"enabled": False}},
        },
        f"{D}.firmware.bootloader.efi",
    ),
    BadVmi(
        "K23 B31 arguments without a kernel",
        {f"{D}.firmware": {"kernelBoot": {"kernelArgs": "quiet"}}},
        f"{D}.firmware.kernelBoot.kernelArgs",
    ),
    BadVmi(
        "K23 B31 kernelBoot without an image",
        {f"{D}.firmware": {"kernelBoot": {"container": {"kernelPath": "/vmlinuz"}}}},
        f"{D}.firmware.kernelBoot.container.image",
        cause="FieldValueRequired",
    ),
    BadVmi(
        "K23 kernelBoot without paths",
        {f"{D}.firmware": {"kernelBoot": {"container": IMAGE}}},
        f"{D}.firmware.kernelBoot.container",
    ),
    BadVmi(
        "B31 kernel outside of its image",
        {f"{D}.firmware": {"kernelBoot": {"container": {**IMAGE, "kernelPath": "/a/../../b"}}}},
        f"{D}.firmware.kernelBoot.container.kernelPath",
    ),
    BadVmi(
        "B31 10 kB of arguments",
        {
            f"{D}.firmware": {
                "kernelBoot": {
                    "kernelArgs": "a" * 10000,
                    "container": {**IMAGE, "kernelPath": "/vmlinuz"},
                }
            }
        },
        f"{D}.firmware.kernelBoot.kernelArgs",
    ),
    BadVmi(
        "B31 newline in arguments",
        {
            f"{D}.firmware": {
                "kernelBoot": {
                    "kernelArgs": "quiet\nsplash",
                    "container": {**IMAGE, "kernelPath": "/vmlinuz"},
                }
            }
        },
        f"{D}.firmware.kernelBoot.kernelArgs",
    ),
    BadVmi("K24 acpi without tables", {f"{D}.firmware": {"acpi": {}}}, f"{D}.firmware.acpi"),
    BadVmi(
        "K24 acpi of a volume that is no secret",
        {f"{D}.firmware": {"acpi": {"slicNameRef": "boot"}}},
        f"{D}.firmware.acpi",
        f"{D}.firmware.acpi.slicNameRef",
    ),
    BadVmi(
        "K25 few spinlocks",
        {f"{D}.features": {"hyperv": {"spinlocks": {"spinlocks": 100}}}},
        f"{D}.features.hyperv.spinlocks.spinlocks",
    ),
    BadVmi(
        "K25 long vendor",
        {f"{D}.features": {"hyperv": {"vendorid": {"vendorid": "thirteen13chr"}}}},
        f"{D}.features.hyperv.vendorid.vendorid",
    ),
    BadVmi(
        "K25 enlightenment without what it needs",
        {f"{D}.features": {"hyperv": {"synic": {}, "vpindex": {"enabled": False}}}},
        f"{D}.features.hyperv.synic",
    ),
    BadVmi(
        "UTC and a time zone",
        {f"{D}.clock": {"utc": {}, "timezone": "Europe/Berlin"}},
        f"{D}.clock",
    ),
    BadVmi("firmware UUID", {f"{D}.firmware": {"uuid": "not-a-uuid"}}, f"{D}.firmware.uuid"),
    BadVmi(
        "K67 policy of I/O threads",
        {f"{D}.ioThreadsPolicy": "many"},
        f"{D}.ioThreadsPolicy",
        cause="FieldValueNotSupported",
    ),
    BadVmi(
        "K67 pool of I/O threads without a number",
        {f"{D}.ioThreadsPolicy": "supplementalPool"},
        f"{D}.ioThreads.supplementalPoolThreadCount",
        cause="FieldValueRequired",
    ),
    BadVmi(
        "K66 input on ps2",
        {f"{V}.inputs": [{"name": "t", "type": "tablet", "bus": "ps2"}]},
        f"{V}.inputs[0].bus",
        cause="FieldValueNotSupported",
    ),
    BadVmi(
        "K66 a mouse",
        {f"{V}.inputs": [{"name": "t", "type": "mouse"}]},
        f"{V}.inputs[0].type",
        cause="FieldValueNotSupported",
    ),
    BadVmi(
        "K68 host device without its gate",
        {f"{V}.hostDevices": [{"name": "h", "deviceName": "vendor.example/card"}]},
        f"{V}.hostDevices",
        schema=False,
    ),
    BadVmi(
        "K68 GPU that is not permitted",
        {f"{V}.gpus": [{"name": "g", "deviceName": "vendor.example/gpu"}]},
        f"{V}.gpus[0].deviceName",
        schema=False,
    ),
    BadVmi(
        "K69 sound card",
        {f"{V}.sound": {"name": "s", "model": "gravis"}},
        f"{V}.sound.model",
        cause="FieldValueNotSupported",
    ),
    BadVmi(
        "K69 sound card without a name",
        {f"{V}.sound": {"model": "ich9"}},
        f"{V}.sound.name",
        cause="FieldValueRequired",
    ),
    BadVmi(
        "K70 watchdog of another architecture",
        {f"{V}.watchdog": {"name": "w", "diag288": {}}},
        f"{V}.watchdog",
        schema=False,
    ),
    BadVmi(
        "K70 video without graphics",
        {f"{V}.autoattachGraphicsDevice": False, f"{V}.video": {"type": "vga"}},
        f"{V}.video",
    ),
    BadVmi(
        "K70 panic device",
        {f"{V}.panicDevices": [{"model": "telegraph"}]},
        f"{V}.panicDevices[0].model",
        cause="FieldValueNotSupported",
    ),
)
