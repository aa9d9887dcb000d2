"""The launcher's end of a session: its socket, opened as handler.launcher_socket says."""

import errno
import os
import socket
from pathlib import Path
from typing import Final

from api.door import SessionRequest
from api.problem import Problem
from handler.console.desk import Refused
from handler.launcher_socket import open_socket

CONNECT_SECONDS: Final = 2.0
_LACKING: Final = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS}


def find_target(launchers: Path, request: SessionRequest) -> int:
    """Return an O_PATH descriptor of the socket that is asked for, or raise Refused."""
    try:
        return open_socket(launchers, request.pod_uid, request.kind.value)
    except Problem as problem:
        raise Refused(404, problem.slug, problem.message) from problem
    except OSError as error:
        raise _translate(error) from error


def check_target(launchers: Path, request: SessionRequest) -> None:
    """Raise Refused unless there is a socket."""
    os.close(find_target(launchers, request))


def connect_target(launchers: Path, request: SessionRequest) -> socket.socket:
    """Connect to the launcher, or raise Refused. The socket does not block."""
    found = find_target(launchers, request)
    try:
        target = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        try:
            target.settimeout(CONNECT_SECONDS)
            target.connect(f"/proc/self/fd/{found}")
        except OSError:
            target.close()
            raise
    except OSError as error:
        raise _translate(error) from error
    finally:
        os.close(found)
    target.setblocking(False)
    return target


def _translate(error: OSError) -> Refused:
    if error.errno in _LACKING:
        return Refused(503, "NodeExhausted", "this node can open no more connections")
    if error.errno in {errno.ENOENT, errno.ELOOP, errno.ENOTDIR}:
        return Refused(404, "SocketMissing", "there is no such console")
    if isinstance(error, TimeoutError):
        return Refused(504, "LauncherUnresponsive", "the VM's launcher does not answer")
    return Refused(502, "LauncherUnreachable", f"cannot reach the VM's launcher: {error.strerror}")
