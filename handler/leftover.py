"""Removes the directories of launchers whose pods are gone."""

import asyncio
import logging
import shutil
import time
from collections.abc import Collection
from pathlib import Path
from typing import Final

from handler.launcher_socket import is_pod_uid

log = logging.getLogger(__name__)

# A pod that is not in a list was not there when the list was asked for. So what is older than the
# list by this much has no pod; what is younger may be of a pod that the list is too old for.
CERTAIN_SECONDS: Final = 60.0


async def remove_directory(root: Path, pod_uid: str) -> None:
    """Remove one directory, without following any link in it, in a thread: it may be full."""
    if is_pod_uid(pod_uid):
        await asyncio.to_thread(shutil.rmtree, root / pod_uid, ignore_errors=True)


async def remove_leftovers(root: Path, pod_uids: Collection[str]) -> None:
    """Remove what is older than a list of pods taken just now, and of none of them."""
    for name in await asyncio.to_thread(list_old, root):
        if name not in pod_uids:
            log.info("removing what a pod left behind", extra={"pod": name})
            await remove_directory(root, name)


def list_old(root: Path) -> list[str]:
    """Return the names of pods' directories that are not new."""
    limit = time.time() - CERTAIN_SECONDS
    return [
        path.name
        for path in root.iterdir()
        if is_pod_uid(path.name) and path.lstat().st_ctime < limit
    ]
