"""What agents tell has KubeVirt's field names, and what it always sends is always there."""

from typing import Any

import msgspec

from api.guest import (
    GuestAgentCommand,
    GuestAgentInfo,
    GuestFilesystem,
    GuestFilesystemDisk,
    GuestLoad,
    GuestUser,
    build_agent_info,
    build_filesystem_list,
    build_user_list,
)
from api.status import VirtualMachineInstanceGuestOSInfo

FILESYSTEM = GuestFilesystem(
    disk_name="vda1",
    mount_point="/",
    file_system_type="ext4",
    used_bytes=0,
    total_bytes=2,
    disk=(GuestFilesystemDisk("virtio", "s1"),),
)
USER = GuestUser("jane", "corp", 1.5)


def read(answer: msgspec.Struct) -> Any:  # JSON
    return msgspec.json.decode(msgspec.json.encode(answer))


def build_info() -> GuestAgentInfo:
    return build_agent_info(
        system=VirtualMachineInstanceGuestOSInfo(
            id="debian",
            name="Debian GNU/Linux",
            pretty_name="Debian GNU/Linux 13",
            version="13 (trixie)",
            version_id="13",
            kernel_release="6.12.1",
            kernel_version="#1 SMP",
            machine="x86_64",
        ),
        filesystems=(FILESYSTEM,),
        agent_version="10.0.2",
        commands=(GuestAgentCommand("guest-ping", enabled=True), GuestAgentCommand("guest-exec")),
        hostname="vm",
        timezone="UTC, 0",
        users=(USER,),
        freeze_status="thawed",
        load=GuestLoad(0.0, 0.5, 1.0),
    )


def build_empty() -> GuestAgentInfo:
    return build_agent_info(
        system=VirtualMachineInstanceGuestOSInfo(),
        filesystems=(),
        agent_version="",
        commands=(),
        hostname="",
        timezone="",
        users=(),
        freeze_status="",
        load=None,
    )


def test_agent_info_is_spelled_as_clients_read_it() -> None:
    assert read(build_info()) == {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstanceGuestAgentInfo",
        "guestAgentVersion": "10.0.2",
        "supportedCommands": [{"name": "guest-ping", "enabled": True}, {"name": "guest-exec"}],
        "hostname": "vm",
        "os": {
            "id": "debian",
            "name": "Debian GNU/Linux",
            "prettyName": "Debian GNU/Linux 13",
            "version": "13 (trixie)",
            "versionId": "13",
            "kernelRelease": "6.12.1",
            "kernelVersion": "#1 SMP",
            "machine": "x86_64",
        },
        "timezone": "UTC, 0",
        "userList": [{"userName": "jane", "domain": "corp", "loginTime": 1.5}],
        "fsInfo": {
            "disks": [
                {
                    "diskName": "vda1",
                    "mountPoint": "/",
                    "fileSystemType": "ext4",
                    "usedBytes": 0,
                    "totalBytes": 2,
                    "disk": [{"serial": "s1", "busType": "virtio"}],
                }
            ]
        },
        "fsFreezeStatus": "thawed",
        "load": {"load1m": 0.0, "load5m": 0.5, "load15m": 1.0},
    }


def test_an_agent_that_tells_nothing_makes_a_whole_answer() -> None:
    assert read(build_empty()) == {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstanceGuestAgentInfo",
        "os": {},
        "fsInfo": {"disks": []},
    }


def test_agent_info_survives_the_way_to_the_gateway() -> None:
    for info in (build_info(), build_empty()):
        assert msgspec.json.decode(msgspec.json.encode(info), type=GuestAgentInfo) == info


def test_lists_are_lists_even_when_empty() -> None:
    assert read(build_user_list(build_info())) == {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstanceGuestOSUserList",
        "metadata": {},
        "items": [{"userName": "jane", "domain": "corp", "loginTime": 1.5}],
    }
    filesystems = read(build_filesystem_list(build_info()))
    assert filesystems["kind"] == "VirtualMachineInstanceFileSystemList"
    assert filesystems["items"] == read(build_info())["fsInfo"]["disks"]
    assert read(build_user_list(build_empty()))["items"] == []
    assert read(build_filesystem_list(build_empty()))["items"] == []
