"""What a guest's agent says, bounded and cleaned: the guest is trusted even less than qemu."""

import math
from typing import Final

from api.guest import (
    GuestAgentCommand,
    GuestAgentInfo,
    GuestFilesystem,
    GuestFilesystemDisk,
    GuestLoad,
    GuestUser,
    build_agent_info,
)
from api.status import VirtualMachineInstanceGuestOSInfo
from handler.domain import clean_text
from protos.virtpod.launcher.v1 import launcher_pb2 as pb

MAX_COMMANDS: Final = 256
MAX_USERS: Final = 64
MAX_FILESYSTEMS: Final = 128
MAX_DISKS: Final = 16
MAX_NAME: Final = 64
MAX_TEXT: Final = 256
_MAX_BYTES: Final = 2**63 - 1  # clients read signed numbers
_FREEZE_WORDS: Final = frozenset({"frozen", "thawed"})


def read_guest_info(message: pb.GuestInfo) -> GuestAgentInfo:
    """Take over what is well-formed; the rest is dropped or cut."""
    freeze = message.freeze_status
    return build_agent_info(
        system=_read_system(message.system),
        filesystems=tuple(map(_read_filesystem, message.filesystems[:MAX_FILESYSTEMS])),
        agent_version=clean_text(message.agent_version, MAX_NAME),
        commands=tuple(
            GuestAgentCommand(clean_text(item.name, MAX_NAME), item.enabled)
            for item in message.commands[:MAX_COMMANDS]
        ),
        hostname=clean_text(message.hostname, MAX_TEXT),
        timezone=clean_text(message.timezone, MAX_NAME),
        users=tuple(map(_read_user, message.users[:MAX_USERS])),
        freeze_status=freeze if freeze in _FREEZE_WORDS else "",
        load=_read_load(message),
    )


def _read_system(message: pb.GuestSystem) -> VirtualMachineInstanceGuestOSInfo:
    def tell(text: str) -> str | None:
        return clean_text(text, MAX_TEXT) or None

    return VirtualMachineInstanceGuestOSInfo(
        id=tell(message.id),
        name=tell(message.name),
        pretty_name=tell(message.pretty_name),
        version=tell(message.version),
        version_id=tell(message.version_id),
        kernel_release=tell(message.kernel_release),
        kernel_version=tell(message.kernel_version),
        machine=tell(message.machine),
    )


def _read_user(message: pb.GuestUser) -> GuestUser:
    # JSON has no word for what is no number.
    time = message.login_time if math.isfinite(message.login_time) else 0.0
    return GuestUser(
        clean_text(message.name, MAX_TEXT), clean_text(message.domain, MAX_TEXT), max(0.0, time)
    )


def _read_filesystem(message: pb.GuestFilesystem) -> GuestFilesystem:
    return GuestFilesystem(
        disk_name=clean_text(message.name, MAX_TEXT),
        mount_point=clean_text(message.mount_point, MAX_TEXT),
        file_system_type=clean_text(message.type, MAX_NAME),
        used_bytes=min(message.used_bytes, _MAX_BYTES),
        total_bytes=min(message.total_bytes, _MAX_BYTES),
        disk=tuple(
            GuestFilesystemDisk(
                clean_text(disk.bus_type, MAX_NAME), clean_text(disk.serial, MAX_NAME)
            )
            for disk in message.disks[:MAX_DISKS]
        ),
    )


def _read_load(message: pb.GuestInfo) -> GuestLoad | None:
    load = message.load[:4]
    if len(load) != 3 or not all(math.isfinite(item) and item >= 0 for item in load):
        return None
    return GuestLoad(*load)
