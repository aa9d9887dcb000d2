"""The container of sessions: makes their places, then starts a login at each knock at its door."""

import socket
import struct
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Final, NoReturn

from cockpit_login.account import FIRST_UID, Places

_BACKLOG: Final = 16
_PEER: Final = struct.Struct("iII")  # struct ucred: pid, uid, gid


def serve(places: Places, door: Path, friend: int, command: Sequence[str]) -> NoReturn:
    """Start the command for each connection of the user whose uid is ``friend``."""
    prepare_places(places)
    with open_door(door) as listener:
        running: list[subprocess.Popen[bytes]] = []
        while True:
            running = [each for each in running if each.poll() is None]
            if (started := answer_knock(listener, friend, command)) is not None:
                running.append(started)


def prepare_places(places: Places) -> None:
    """Make the folders of sessions; what an earlier start has left there stays locked or goes."""
    for folder, mode in ((places.locks, 0o700), (places.homes, 0o1733)):
        folder.parent.chmod(0o711)
        folder.mkdir(exist_ok=True)
        folder.chmod(mode)
    places.passwd.parent.chmod(0o755)
    places.passwd.unlink(missing_ok=True)
    uids = range(FIRST_UID, FIRST_UID + places.sessions)
    groups = "".join(f"session-{uid}:x:{uid}:\n" for uid in uids)
    places.passwd.with_name("group").write_text(groups)


def open_door(path: Path) -> socket.socket:
    """Listen at a socket that nobody else can put another in the place of."""
    path.parent.chmod(0o755)
    path.unlink(missing_ok=True)  # of an earlier start
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(str(path))
    # Sessions are in this container, too: who knocks is asked of the kernel, not of the mode.
    path.chmod(0o666)
    listener.listen(_BACKLOG)
    return listener


def answer_knock(
    listener: socket.socket, friend: int, command: Sequence[str]
) -> subprocess.Popen[bytes] | None:
    """Wait for a connection; return what was started for it, if it is the friend's."""
    visitor, _ = listener.accept()
    with visitor:
        if read_uid(visitor) != friend:
            return None
        pipe = visitor.fileno()
        try:
            return subprocess.Popen(command, stdin=pipe, stdout=pipe)
        except OSError as error:  # of other sessions nobody has to end for it
            print(f"no login can be started: {error}", file=sys.stderr, flush=True)
            return None


def read_uid(visitor: socket.socket) -> int:
    """Return whose process is at the other end of a connection."""
    peer = visitor.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _PEER.size)
    _, uid, _ = _PEER.unpack(peer)
    return int(uid)
