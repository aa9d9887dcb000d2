"""What a guest's agent answers, as the protocol has it, and small."""

import math
from collections.abc import Mapping
from typing import Final

from launcher import answer
from launcher.answer import NAME_BYTES, Answers, as_object, list_commands, list_items, read_text
from protos.virtpod.launcher.v1 import launcher_pb2 as pb

INFO_BYTES: Final = 48 * 1024
_USERS: Final = 32
_FILESYSTEMS: Final = 64
_DISKS: Final = 4
_TEXT_BYTES: Final = 128
_FREEZE_WORDS: Final = frozenset({"frozen", "thawed"})


def build_guest_info(answers: Answers) -> pb.GuestInfo:
    """Return all that was answered, in less than 48 KiB: file systems give way first."""
    load = as_object(answers.get(answer.LOAD))
    status = answers.get(answer.STATUS)
    commands = list_commands(answers.get(answer.INFO))
    disks = list_items(answers.get(answer.FILESYSTEMS), _FILESYSTEMS)
    info = pb.GuestInfo(
        agent_version=read_text(as_object(answers.get(answer.INFO)).get("version"), NAME_BYTES),
        commands=[pb.GuestCommand(name=name, enabled=on) for name, on in commands.items()],
        hostname=_text(as_object(answers.get(answer.HOSTNAME)).get("host-name")),
        system=_read_system(answers.get(answer.SYSTEM)),
        timezone=_read_timezone(answers.get(answer.TIMEZONE)),
        users=[_read_user(item) for item in list_items(answers.get(answer.USERS), _USERS)],
        filesystems=[_read_filesystem(item) for item in disks],
        freeze_status=status if isinstance(status, str) and status in _FREEZE_WORDS else "",
        load=[_number(load.get(f"load{minutes}m")) for minutes in (1, 5, 15)] if load else [],
    )
    _shrink(info)
    return info


def _shrink(info: pb.GuestInfo) -> None:
    while info.ByteSize() >= INFO_BYTES and info.filesystems:
        del info.filesystems[len(info.filesystems) // 2 :]


def _read_system(told: object) -> pb.GuestSystem:
    fields = as_object(told)
    system = pb.GuestSystem()
    for name in system.DESCRIPTOR.fields_by_name:
        setattr(system, name, _text(fields.get(name.replace("_", "-"))))
    return system


def _read_timezone(told: object) -> str:
    fields = as_object(told)
    zone = read_text(fields.get("zone"), NAME_BYTES)
    offset = fields.get("offset")
    return f"{zone}, {offset}" if type(offset) is int and abs(offset) < 10**6 else zone


def _read_user(item: Mapping[str, object]) -> pb.GuestUser:
    return pb.GuestUser(
        name=read_text(item.get("user"), NAME_BYTES),
        domain=read_text(item.get("domain"), NAME_BYTES),
        login_time=_number(item.get("login-time")),
    )


def _read_filesystem(item: Mapping[str, object]) -> pb.GuestFilesystem:
    return pb.GuestFilesystem(
        name=read_text(item.get("name"), NAME_BYTES),
        mount_point=_text(item.get("mountpoint")),
        type=read_text(item.get("type"), NAME_BYTES),
        used_bytes=_size(item.get("used-bytes")),
        total_bytes=_size(item.get("total-bytes")),
        disks=[
            pb.GuestDisk(
                serial=read_text(disk.get("serial"), NAME_BYTES),
                bus_type=read_text(disk.get("bus-type"), NAME_BYTES),
            )
            for disk in list_items(item.get("disk"), _DISKS)
        ],
    )


def _text(value: object) -> str:
    return read_text(value, _TEXT_BYTES)


def _number(value: object) -> float:
    if type(value) is int:
        return float(value) if abs(value) < 2**63 else 0.0
    return value if isinstance(value, float) and math.isfinite(value) else 0.0


def _size(value: object) -> int:
    return value if type(value) is int and 0 <= value < 2**63 else 0
