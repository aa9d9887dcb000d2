"""What a guest says of itself cannot grow without bound, and stays printable."""

import math

import msgspec
import pytest

from api.guest import GuestAgentInfo, GuestLoad
from handler.guest import (
    MAX_COMMANDS,
    MAX_DISKS,
    MAX_FILESYSTEMS,
    MAX_USERS,
    read_guest_info,
)
from protos.virtpod.launcher.v1 import launcher_pb2 as pb

EVIL = "\x1b]0;title\x07" + "a" * 100_000


def test_what_an_agent_tells_is_taken_over() -> None:
    info = read_guest_info(
        pb.GuestInfo(
            agent_version="10.0.2",
            commands=[pb.GuestCommand(name="guest-ping", enabled=True)],
            hostname="vm",
            system=pb.GuestSystem(id="debian", kernel_release="6.12", machine="x86_64"),
            timezone="CET, 3600",
            users=[pb.GuestUser(name="jane", domain="corp", login_time=12.5)],
            filesystems=[
                pb.GuestFilesystem(
                    name="vda1",
                    mount_point="/",
                    type="ext4",
                    used_bytes=1,
                    total_bytes=2,
                    disks=[pb.GuestDisk(serial="s", bus_type="virtio")],
                )
            ],
            freeze_status="thawed",
            load=[0.25, 0.5, 1.0],
        )
    )
    assert (info.guest_agent_version, info.hostname, info.timezone) == ("10.0.2", "vm", "CET, 3600")
    assert (info.os.id, info.os.kernel_release, info.os.machine) == ("debian", "6.12", "x86_64")
    assert info.os.name is None
    assert [(item.name, item.enabled) for item in info.supported_commands] == [("guest-ping", True)]
    user, filesystem = info.user_list[0], info.fs_info.disks[0]
    assert (user.user_name, user.domain, user.login_time) == ("jane", "corp", 12.5)
    assert (filesystem.disk_name, filesystem.mount_point) == ("vda1", "/")
    assert (filesystem.used_bytes, filesystem.total_bytes) == (1, 2)
    assert (filesystem.disk[0].serial, filesystem.disk[0].bus_type) == ("s", "virtio")
    assert (info.fs_freeze_status, info.load) == ("thawed", GuestLoad(0.25, 0.5, 1.0))


def test_an_agent_that_says_nothing_makes_an_empty_answer() -> None:
    info = read_guest_info(pb.GuestInfo())
    assert info.fs_info.disks == ()
    assert info.load is None


def build_flood() -> pb.GuestInfo:
    disk = pb.GuestDisk(serial=EVIL, bus_type=EVIL)
    filesystem = pb.GuestFilesystem(
        name=EVIL,
        mount_point=EVIL,
        type=EVIL,
        used_bytes=2**64 - 1,
        total_bytes=2**64 - 1,
        disks=[disk] * 50,
    )
    fields = ("id", "name", "pretty_name", "version", "version_id", "kernel_release", "machine")
    return pb.GuestInfo(
        agent_version=EVIL,
        commands=[pb.GuestCommand(name=EVIL)] * 1000,
        hostname=EVIL,
        system=pb.GuestSystem(**dict.fromkeys(fields, EVIL)),
        timezone=EVIL,
        users=[pb.GuestUser(name=EVIL, domain=EVIL, login_time=math.inf)] * 500,
        filesystems=[filesystem] * 200,
        freeze_status=EVIL,
        load=[1.0] * 100,
    )


def test_a_flood_is_cut_to_bounds() -> None:
    info = read_guest_info(build_flood())
    assert len(info.supported_commands) == MAX_COMMANDS
    assert len(info.user_list) == MAX_USERS
    assert len(info.fs_info.disks) == MAX_FILESYSTEMS
    assert {len(item.disk) for item in info.fs_info.disks} == {MAX_DISKS}
    assert info.fs_info.disks[0].used_bytes == 2**63 - 1
    assert (info.fs_freeze_status, info.load) == ("", None)
    text = msgspec.json.encode(info)
    assert len(text) < 512 * 1024
    assert b"\\u001b" not in text
    assert b"\x07" not in text
    assert msgspec.json.decode(text, type=GuestAgentInfo) == info


@pytest.mark.parametrize("time", [math.nan, math.inf, -math.inf, -1.0])
def test_a_time_that_is_none_becomes_zero(time: float) -> None:
    info = read_guest_info(pb.GuestInfo(users=[pb.GuestUser(name="a", login_time=time)]))
    assert info.user_list[0].login_time == 0.0


@pytest.mark.parametrize("load", [[], [1.0], [1.0, 2.0], [1.0, 2.0, math.nan], [-1.0, 0.0, 0.0]])
def test_a_load_that_is_none_is_left_out(load: list[float]) -> None:
    assert read_guest_info(pb.GuestInfo(load=load)).load is None
