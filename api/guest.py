"""What a guest's agent tells, as subresources answer it: KubeVirt's three kinds of it.

Nothing of it is stored. What KubeVirt always sends has no default here: it is written when empty.
"""

from typing import Final

from api.meta import ApiStruct
from api.names import API_VERSION
from api.status import VirtualMachineInstanceGuestOSInfo

_INFO_KIND: Final = "VirtualMachineInstanceGuestAgentInfo"
_USERS_KIND: Final = "VirtualMachineInstanceGuestOSUserList"
_FILESYSTEMS_KIND: Final = "VirtualMachineInstanceFileSystemList"


class GuestAgentCommand(ApiStruct, frozen=True):
    """A command that the agent knows."""

    name: str
    """Its name."""
    enabled: bool = False
    """Whether the guest's administrator allows it."""


class GuestUser(ApiStruct, frozen=True):
    """Somebody who is logged in."""

    user_name: str
    """Name of the account."""
    domain: str = ""
    """Domain of the account, on Windows."""
    login_time: float = 0.0
    """When the session began, in seconds since 1970."""


class GuestFilesystemDisk(ApiStruct, frozen=True):
    """A disk that a file system is on."""

    bus_type: str
    """Bus of the disk."""
    serial: str = ""
    """Serial number of the disk."""


class GuestFilesystem(ApiStruct, frozen=True):
    """A mounted file system."""

    disk_name: str
    """Device inside the guest."""
    mount_point: str
    """Where it is mounted."""
    file_system_type: str
    """Such as ext4."""
    used_bytes: int
    """Space in use."""
    total_bytes: int
    """Space there is."""
    disk: tuple[GuestFilesystemDisk, ...] = ()
    """Disks below."""


class GuestFilesystemInfo(ApiStruct, frozen=True):
    """File systems of the guest."""

    disks: tuple[GuestFilesystem, ...]
    """One for each that is mounted."""


class GuestLoad(ApiStruct, frozen=True):
    """How many processes wanted to run."""

    load1m: float
    """Average of the last minute."""
    load5m: float
    """Average of the last 5 minutes."""
    load15m: float
    """Average of the last 15 minutes."""


class GuestAgentInfo(ApiStruct, frozen=True):
    """Everything that the agent tells."""

    api_version: str
    """kubevirt.io/v1."""
    kind: str
    """VirtualMachineInstanceGuestAgentInfo."""
    os: VirtualMachineInstanceGuestOSInfo
    """Operating system."""
    fs_info: GuestFilesystemInfo
    """File systems."""
    guest_agent_version: str = ""
    """Version of the agent."""
    supported_commands: tuple[GuestAgentCommand, ...] = ()
    """Commands of the agent."""
    hostname: str = ""
    """Name that the guest gives itself."""
    timezone: str = ""
    """Name of the time zone and its offset in seconds."""
    user_list: tuple[GuestUser, ...] = ()
    """Who is logged in."""
    fs_freeze_status: str = ""
    """frozen or thawed."""
    load: GuestLoad | None = None
    """Load averages."""


class ListMeta(ApiStruct, frozen=True):
    """Metadata of a list that is not stored: none."""


class GuestUserList(ApiStruct, frozen=True):
    """Who is logged in to the guest."""

    api_version: str
    """kubevirt.io/v1."""
    kind: str
    """VirtualMachineInstanceGuestOSUserList."""
    metadata: ListMeta
    """Empty."""
    items: tuple[GuestUser, ...]
    """One for each account."""


class GuestFilesystemList(ApiStruct, frozen=True):
    """File systems that are mounted in the guest."""

    api_version: str
    """kubevirt.io/v1."""
    kind: str
    """VirtualMachineInstanceFileSystemList."""
    metadata: ListMeta
    """Empty."""
    items: tuple[GuestFilesystem, ...]
    """One for each that is mounted."""


def build_agent_info(
    *,
    system: VirtualMachineInstanceGuestOSInfo,
    filesystems: tuple[GuestFilesystem, ...],
    agent_version: str,
    commands: tuple[GuestAgentCommand, ...],
    hostname: str,
    timezone: str,
    users: tuple[GuestUser, ...],
    freeze_status: str,
    load: GuestLoad | None,
) -> GuestAgentInfo:
    """Return the answer to ``guestosinfo``."""
    return GuestAgentInfo(
        api_version=API_VERSION,
        kind=_INFO_KIND,
        os=system,
        fs_info=GuestFilesystemInfo(filesystems),
        guest_agent_version=agent_version,
        supported_commands=commands,
        hostname=hostname,
        timezone=timezone,
        user_list=users,
        fs_freeze_status=freeze_status,
        load=load,
    )


def build_user_list(info: GuestAgentInfo) -> GuestUserList:
    """Return the answer to ``userlist``."""
    return GuestUserList(API_VERSION, _USERS_KIND, ListMeta(), info.user_list)


def build_filesystem_list(info: GuestAgentInfo) -> GuestFilesystemList:
    """Return the answer to ``filesystemlist``."""
    return GuestFilesystemList(API_VERSION, _FILESYSTEMS_KIND, ListMeta(), info.fs_info.disks)
