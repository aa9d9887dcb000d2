"""What an agent answers, honest or not, as the protocol has it."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from launcher.answer import ANSWER_CHARACTERS, FACTS, INFO, decode_answer, list_commands
from launcher.guest import INFO_BYTES, build_guest_info
from protos.virtpod.launcher.v1 import launcher_pb2 as pb

HONEST: dict[str, object] = {
    "guest-info": {
        "version": "10.0.0",
        "supported_commands": [
            {"name": "guest-ping", "enabled": True, "success-response": True},
            {"name": "guest-exec", "enabled": False, "success-response": True},
        ],
    },
    "guest-get-osinfo": {
        "id": "debian",
        "name": "Debian GNU/Linux",
        "pretty-name": "Debian GNU/Linux 13 (trixie)",
        "version": "13 (trixie)",
        "version-id": "13",
        "kernel-release": "6.12.0-1-amd64",
        "kernel-version": "#1 SMP",
        "machine": "x86_64",
    },
    "guest-get-host-name": {"host-name": "web-1"},
    "guest-get-timezone": {"zone": "CET", "offset": 3600},
    "guest-fsfreeze-status": "thawed",
    "guest-get-users": [{"user": "root", "login-time": 1795000000.5}],
    "guest-get-fsinfo": [
        {
            "name": "vda1",
            "mountpoint": "/",
            "type": "ext4",
            "used-bytes": 1000,
            "total-bytes": 3000,
            "disk": [{"serial": "S1", "bus-type": "virtio", "bus": 0}],
        }
    ],
    "guest-get-load": {"load1m": 0.5, "load5m": 0.25, "load15m": 0},
}


def test_an_honest_answer_is_told_whole() -> None:
    assert build_guest_info(HONEST) == pb.GuestInfo(
        agent_version="10.0.0",
        commands=[
            pb.GuestCommand(name="guest-ping", enabled=True),
            pb.GuestCommand(name="guest-exec", enabled=False),
        ],
        hostname="web-1",
        system=pb.GuestSystem(
            id="debian",
            name="Debian GNU/Linux",
            pretty_name="Debian GNU/Linux 13 (trixie)",
            version="13 (trixie)",
            version_id="13",
            kernel_release="6.12.0-1-amd64",
            kernel_version="#1 SMP",
            machine="x86_64",
        ),
        timezone="CET, 3600",
        users=[pb.GuestUser(name="root", login_time=1795000000.5)],
        filesystems=[
            pb.GuestFilesystem(
                name="vda1",
                mount_point="/",
                type="ext4",
                used_bytes=1000,
                total_bytes=3000,
                disks=[pb.GuestDisk(serial="S1", bus_type="virtio")],
            )
        ],
        freeze_status="thawed",
        load=[0.5, 0.25, 0.0],
    )


def test_no_answer_tells_nothing() -> None:
    assert build_guest_info({}) == pb.GuestInfo(system=pb.GuestSystem())


def test_many_and_long_answers_are_cut() -> None:
    long = "ü" * 10_000
    disk = {"serial": long, "bus-type": long}
    filesystem = {"name": long, "mountpoint": long, "type": long, "disk": [disk] * 100}
    command = {"name": long, "enabled": True}
    info = build_guest_info(
        {
            "guest-info": {
                "version": long,
                "supported_commands": [{**command, "name": f"{n}{long}"} for n in range(10_000)],
            },
            "guest-get-osinfo": dict.fromkeys(HONEST["guest-get-osinfo"], long),  # type: ignore[call-overload]
            "guest-get-host-name": {"host-name": long},
            "guest-get-timezone": {"zone": long, "offset": 10**4000},
            "guest-get-users": [{"user": long, "domain": long, "login-time": 1e308}] * 10_000,
            "guest-get-fsinfo": [filesystem] * 10_000,
            "guest-get-load": {"load1m": 10**4000},
        }
    )
    assert info.ByteSize() < INFO_BYTES
    assert len(info.hostname.encode()) == 128
    assert info.load[0] == 0.0
    assert info.commands
    assert info.users
    assert info.filesystems


def test_control_characters_and_half_characters_do_not_pass() -> None:
    info = build_guest_info({"guest-get-host-name": {"host-name": "a\x1b]0;b\x07\ud800c\0\n"}})
    assert info.hostname == "a ]0;b c"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[1]",
        "[" * 10_000,
        '{"return": ' + '"x' * ANSWER_CHARACTERS,
        json.dumps({"return": ["x"] * ANSWER_CHARACTERS}),
    ],
)
def test_what_is_no_answer_is_none(text: str) -> None:
    assert decode_answer(text) is None


FIELDS = [
    "version", "supported_commands", "name", "enabled", "host-name", "zone", "offset", "user",
    "login-time", "mountpoint", "disk", "serial", "used-bytes", "load1m",
]  # fmt: skip
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5)
LIKELY = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([INFO, *FACTS]), LIKELY))
def test_no_answer_at_all_breaks_the_reading(answers: dict[str, object]) -> None:
    info = build_guest_info(answers)
    assert info.ByteSize() < INFO_BYTES
    assert pb.GuestInfo.FromString(info.SerializeToString()) is not None


def test_a_command_that_is_off_is_known_as_such() -> None:
    assert list_commands(HONEST["guest-info"]) == {"guest-ping": True, "guest-exec": False}
