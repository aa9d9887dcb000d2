"""Firmware: its identity in SMBIOS, the boot loader, and direct kernel boot."""

from typing import Annotated

from api.meta import PRINTABLE, ApiStruct, ShortText, limits
from api.volume import Image, ImagePath, PullPolicy

KernelArgs = Annotated[
    str, limits(title="text without control characters", pattern=PRINTABLE, maxLength=2048)
]


class BIOS(ApiStruct, frozen=True):
    """SeaBIOS."""

    use_serial: bool | None = None
    """The BIOS writes to the serial console."""


class EFI(ApiStruct, frozen=True):
    """UEFI."""

    secure_boot: bool | None = None
    """Only signed boot loaders run; true by default; needs the SMM feature."""
    persistent: bool | None = None
    """Its variables survive the VM's stop."""


class Bootloader(ApiStruct, frozen=True):
    """The boot loader; at most one of bios and efi."""

    bios: BIOS | None = None
    """SeaBIOS (the default on amd64)."""
    efi: EFI | None = None
    """UEFI."""


class KernelBootContainer(ApiStruct, frozen=True):
    """A container image with a kernel."""

    image: Image
    """The container image."""
    image_pull_secret: ShortText | None = None
    """Name of a Secret of this namespace with the registry's credentials."""
    image_pull_policy: PullPolicy | None = None
    """Always for :latest or an untagged image, else IfNotPresent."""
    kernel_path: ImagePath | None = None
    """Absolute path of the kernel within the image."""
    initrd_path: ImagePath | None = None
    """Absolute path of the initial RAM disk within the image."""


class KernelBoot(ApiStruct, frozen=True):
    """Boot a kernel directly, without a boot loader."""

    kernel_args: KernelArgs | None = None
    """The kernel's command line, at most 2048 bytes (what x86's boot protocol has room for)."""
    container: KernelBootContainer | None = None
    """The container image with the kernel."""


class ACPI(ApiStruct, frozen=True):
    """ACPI tables from secrets."""

    slic_name_ref: ShortText | None = None
    """Name of a secret volume with the SLIC table."""
    msdm_name_ref: ShortText | None = None
    """Name of a secret volume with the MSDM table."""


class Firmware(ApiStruct, frozen=True):
    """Firmware of the machine."""

    uuid: (
        Annotated[
            str,
            limits(
                title="a UUID",
                pattern=r"^[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}$",
                maxLength=36,
            ),
        ]
        | None
    ) = None
    """UUID that the guest reads in SMBIOS; the VirtualMachineInstance's own by default."""
    serial: ShortText | None = None
    """Serial number that the guest reads in SMBIOS."""
    bootloader: Bootloader | None = None
    """BIOS or UEFI."""
    kernel_boot: KernelBoot | None = None
    """Boot a kernel directly."""
    acpi: ACPI | None = None
    """ACPI tables from secrets."""
