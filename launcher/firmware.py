"""Plans UEFI: which build of it runs, and where its variables live.

libvirt is told every path. Left to choose by itself, it would follow descriptions of firmware
that it finds on disk.
"""

from typing import Final

from api.firmware import Bootloader
from api.names import PATH_SCRATCH
from api.problem import Problem
from launcher.domain import Uefi

VARIABLES: Final = f"{PATH_SCRATCH}/uefi.fd"  # no volume's file has this suffix
_DIRECTORY: Final = "/usr/share/OVMF"  # of Debian's package ovmf


def plan_uefi(bootloader: Bootloader | None) -> Uefi | None:
    """Return the firmware of a VM that boots by UEFI, None for one that does not."""
    efi = bootloader.efi if bootloader else None
    if efi is None:
        return None
    if efi.persistent:
        raise Problem(
            "FieldNotSupported", "domain.firmware.bootloader.efi.persistent is not supported yet"
        )
    if efi.secure_boot is False:
        return _name_uefi("OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd", secure=False)
    # these variables trust Microsoft's keys, and so what distributions have signed with them
    return _name_uefi("OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.ms.fd", secure=True)


def _name_uefi(code: str, template: str, *, secure: bool) -> Uefi:
    return Uefi(f"{_DIRECTORY}/{code}", VARIABLES, f"{_DIRECTORY}/{template}", secure)
