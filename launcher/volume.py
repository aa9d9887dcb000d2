"""Opens the files of volumes: beneath their volume, through no link, and pinned to a path.

The content of a volume belongs to the user and may change under our hands. A file is opened
once, looked at by its descriptor, and bound to a path of our own that qemu then opens: no
later change of names in the volume can lead qemu elsewhere.
"""

import contextlib
import ctypes
import errno
import os
import stat
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from api.names import (
    PATH_BLOCK_VOLUMES,
    PATH_KERNEL_BOOT,
    PATH_VOLUMES,
    QEMU_GID,
    QEMU_UID,
)
from api.problem import Problem
from api.volume import Volume
from launcher.disk import Image, count_claim_disk_bytes
from launcher.place import IMAGES_DIR
from launcher.qcow2 import HEADER_BYTES, read_header

CONTAINER_DISK_DIR: Final = "disk"
CLAIM_FILE: Final = "disk.img"
_SYS_OPENAT2: Final = 437
_RESOLVE_NO_MAGICLINKS: Final = 0x02
_RESOLVE_NO_SYMLINKS: Final = 0x04
_RESOLVE_BENEATH: Final = 0x08
_MS_BIND: Final = 4096

_libc = ctypes.CDLL(None, use_errno=True)


class _OpenHow(ctypes.Structure):
    _fields_ = (
        ("flags", ctypes.c_uint64),
        ("mode", ctypes.c_uint64),
        ("resolve", ctypes.c_uint64),
    )


def open_beneath(root: str, path: str, flags: int = os.O_RDONLY, mode: int = 0) -> int:
    """Open a path within ``root``; a way out of it, or a link, is refused."""
    how = _OpenHow(
        flags | os.O_CLOEXEC | os.O_NONBLOCK,  # a FIFO must not keep us waiting
        mode,
        _RESOLVE_BENEATH | _RESOLVE_NO_SYMLINKS | _RESOLVE_NO_MAGICLINKS,
    )
    directory = os.open(root, os.O_PATH | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        number = _libc.syscall(
            _SYS_OPENAT2,
            directory,
            os.fsencode(path.lstrip("/")),
            ctypes.byref(how),
            ctypes.sizeof(how),
        )
    finally:
        os.close(directory)
    if number < 0:
        code = ctypes.get_errno()
        raise OSError(code, os.strerror(code), path)
    return int(number)


def find_images(
    volumes: tuple[Volume, ...],
    block_volumes: tuple[str, ...],
    claim_bytes: Mapping[str, int],
    *,
    root: str = PATH_VOLUMES,
) -> dict[str, Image]:
    """Return the image of each volume that brings one; make the disk of a claim without one."""
    images: dict[str, Image] = {}
    for volume in volumes:
        if volume.name in block_volumes:
            images[volume.name] = _take_device(volume.name)
        elif volume.container_disk:
            images[volume.name] = _find_container_disk(
                f"{root}/{volume.name}", volume.name, volume.container_disk.path
            )
        elif volume.claim:
            readonly = volume.claim.read_only
            directory = f"{root}/{volume.name}"
            if not os.path.lexists(f"{directory}/{CLAIM_FILE}"):
                size = None if readonly else claim_bytes.get(volume.name)
                _make_claim_file(directory, volume.name, size, readonly=readonly)
            images[volume.name] = _find_claim_file(directory, volume.name, readonly=readonly)
    return images


def find_kernel(path: str, name: str, *, root: str = PATH_KERNEL_BOOT) -> str:
    """Return where qemu finds a file of the kernelBoot image."""
    descriptor = _open_file(root, path, "the kernelBoot image")
    with _closing(descriptor):
        _require_readable(descriptor, f"{path} of the kernelBoot image")
        return _pin(descriptor, name)


def _find_container_disk(root: str, name: str, path: str | None) -> Image:
    where = f"the image of volume {name}"
    descriptor = _open_file(root, path or _find_only_file(root, where), where)
    with _closing(descriptor):
        _require_readable(descriptor, f"the disk in {where}")
        header = read_header(os.pread(descriptor, HEADER_BYTES, 0))
        size = header.size_bytes if header else os.fstat(descriptor).st_size
        return Image(
            "file",
            _pin(descriptor, name),
            "qcow2" if header else "raw",
            size,
            direct_io=_can_go_direct(descriptor),
        )


def _find_only_file(root: str, where: str) -> str:
    try:
        directory = open_beneath(root, CONTAINER_DISK_DIR, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        raise Problem(
            "DiskImageMissing", f"{where} has no directory /{CONTAINER_DISK_DIR}"
        ) from error
    with _closing(directory):
        names = sorted(os.listdir(directory))  # noqa: PTH208 - of a descriptor
    if len(names) != 1:
        raise Problem(
            "DiskImageMissing",
            f"{where} must have exactly one file in /{CONTAINER_DISK_DIR}, it has {len(names)}",
        )
    return f"{CONTAINER_DISK_DIR}/{names[0]}"


def _make_claim_file(root: str, name: str, claim_bytes: int | None, *, readonly: bool) -> None:
    """Make the disk of a claim that has none yet; one that comes to be meanwhile is let be."""
    missing = f"{CLAIM_FILE} of the claim of volume {name} is missing"
    if readonly:
        raise Problem("DiskImageMissing", f"{missing}, and a read-only claim gets none")
    if not claim_bytes:
        raise Problem("DiskImageMissing", f"{missing}, and the claim's size is not known")
    try:
        room = os.statvfs(root)
        size = count_claim_disk_bytes(claim_bytes, room.f_bavail * room.f_frsize)
        if not size:
            raise Problem("DiskImageMissing", f"{missing}, and there is no room for one")
        _create_for_qemu(root, size)
    except FileExistsError:
        return
    except OSError as error:
        reason = (error.strerror or "").lower()
        raise Problem("DiskImageMissing", f"{missing}, and cannot be made: {reason}") from error


def _create_for_qemu(root: str, size_bytes: int) -> None:
    """Make a sparse file of qemu's; what bears the name already is not touched."""
    descriptor = open_beneath(root, CLAIM_FILE, os.O_RDWR | os.O_CREAT | os.O_EXCL, 0o600)
    with _closing(descriptor):
        try:
            os.ftruncate(descriptor, size_bytes)
            os.fchown(descriptor, QEMU_UID, QEMU_GID)
            os.fchmod(descriptor, 0o660)  # as it is, whatever the umask
        except OSError:
            Path(root, CLAIM_FILE).unlink(missing_ok=True)  # no half-made disk stays
            raise


def _find_claim_file(root: str, name: str, *, readonly: bool) -> Image:
    where = f"the claim of volume {name}"
    descriptor = _open_file(root, CLAIM_FILE, where)
    with _closing(descriptor):
        status = os.fstat(descriptor)
        if status.st_nlink != 1:
            raise Problem("ImagePathEscape", f"{CLAIM_FILE} of {where} has more than one name")
        if not readonly and not _is_allowed(status, 0o6):
            os.fchown(descriptor, QEMU_UID, QEMU_GID)
        return Image(
            "file",
            _pin(descriptor, name),
            "raw",  # a header that a guest wrote there means nothing
            status.st_size,
            direct_io=_can_go_direct(descriptor),
        )


def _take_device(name: str) -> Image:
    device = Path(PATH_BLOCK_VOLUMES) / name
    if not stat.S_ISBLK(device.lstat().st_mode):
        raise Problem("DiskImageMissing", f"volume {name} is no block device")
    os.chown(device, QEMU_UID, QEMU_GID, follow_symlinks=False)  # the pod's node, not the host's
    return Image("block", str(device), "raw", 0, direct_io=True)


def _open_file(root: str, path: str, where: str) -> int:
    try:
        descriptor = open_beneath(root, path)
    except OSError as error:
        if error.errno in {errno.ELOOP, errno.EXDEV}:
            raise Problem(
                "ImagePathEscape", f"{path} of {where} is a link, or leads out of it"
            ) from error
        reason = (error.strerror or "").lower()
        raise Problem(
            "DiskImageMissing", f"{path} of {where} cannot be opened: {reason}"
        ) from error
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise Problem("DiskImageMissing", f"{path} of {where} is not a regular file")
    return descriptor


def _require_readable(descriptor: int, what: str) -> None:
    if not _is_allowed(os.fstat(descriptor), 0o4):
        raise Problem("DiskImageMissing", f"{what} is not readable by user {QEMU_UID}")


def _is_allowed(status: os.stat_result, bits: int) -> bool:
    """Say whether qemu's user may do this to a file."""
    if status.st_uid == QEMU_UID:
        return status.st_mode >> 6 & bits == bits
    shift = 3 if status.st_gid == QEMU_GID else 0
    return status.st_mode >> shift & bits == bits


def _can_go_direct(descriptor: int) -> bool:
    with contextlib.suppress(OSError):
        os.close(os.open(f"/proc/self/fd/{descriptor}", os.O_RDONLY | os.O_DIRECT))
        return True
    return False


def _pin(descriptor: int, name: str) -> str:
    """Bind an open file to a path of our own."""
    target = Path(IMAGES_DIR) / name
    target.parent.mkdir(parents=True, exist_ok=True)
    target.touch()
    source = os.fsencode(f"/proc/self/fd/{descriptor}")
    if _libc.mount(source, os.fsencode(target), None, _MS_BIND, None) != 0:
        reason = os.strerror(ctypes.get_errno()).lower()
        raise Problem("DiskImageMissing", f"the image of volume {name} cannot be bound: {reason}")
    return str(target)


@contextlib.contextmanager
def _closing(descriptor: int) -> Iterator[None]:
    try:
        yield
    finally:
        os.close(descriptor)
