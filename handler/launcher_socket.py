"""Opens what a launcher put into its pod's directory: a socket, through no link, or nothing.

The launcher's pod is not trusted: it may swap what lies there at any time. So the name is looked
up once, as an O_PATH descriptor, which neither follows a link nor starts a device or a pipe; what
it is gets checked on the descriptor, and whoever connects does so through the descriptor.
"""

import os
import re
import stat
from pathlib import Path
from typing import Final

from api.problem import Problem

_UID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")


def is_pod_uid(name: str) -> bool:
    """Tell whether a directory's name can be a pod's UID."""
    return _UID.fullmatch(name) is not None


def open_socket(root: Path, pod_uid: str, name: str) -> int:
    """Return an O_PATH descriptor of a pod's socket; raises Problem or OSError for all else.

    ``name`` is ours and has no slash. /proc/self/fd/DESCRIPTOR leads to the inode that was
    checked, whatever is renamed meanwhile.
    """
    if not is_pod_uid(pod_uid):
        raise Problem("PodUidInvalid", f"{pod_uid!r} is no pod UID")
    directory = os.open(root / pod_uid, os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        found = os.open(name, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    finally:
        os.close(directory)
    if not stat.S_ISSOCK(os.fstat(found).st_mode):
        os.close(found)
        raise Problem("NotASocket", "what the launcher calls its socket is none", pod_uid=pod_uid)
    return found
