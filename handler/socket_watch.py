"""Notices launchers' sockets the moment they appear, by inotify."""

import asyncio
import logging
import os
from pathlib import Path
from typing import Final

from asyncinotify import Event, Inotify, Mask, Watch

from handler.channel import SOCKET_NAME
from handler.launcher_socket import is_pod_uid

log = logging.getLogger(__name__)

_DIRECTORY: Final = Mask.CREATE | Mask.MOVED_TO | Mask.ONLYDIR | Mask.DONT_FOLLOW


class SocketWatch:
    """Watches the launchers' directory, and in it the directories of expected pods only.

    A watch is always set before the look, so that what appears in between is seen twice rather
    than never.
    """

    def __init__(self, root: Path) -> None:
        self._root = root
        self._inotify = Inotify()
        self._appeared: dict[str, asyncio.Event] = {}
        self._watches: dict[str, Watch] = {}
        self._root_watch = self._inotify.add_watch(root, _DIRECTORY)

    def expect(self, pod_uid: str) -> None:
        """Begin to look for a pod's socket."""
        if is_pod_uid(pod_uid) and pod_uid not in self._appeared:
            self._appeared[pod_uid] = asyncio.Event()
            self._look(pod_uid)

    def forget(self, pod_uid: str) -> None:
        """Stop looking."""
        self._appeared.pop(pod_uid, None)
        self._stop_watching(pod_uid)

    async def wait(self, pod_uid: str) -> None:
        """Wait until something stands where the pod's socket belongs."""
        appeared = self._appeared[pod_uid]
        appeared.clear()
        self._look(pod_uid)
        await appeared.wait()

    async def run(self) -> None:
        """Follow the directories until cancelled."""
        with self._inotify:
            async for event in self._inotify:
                self._take(event)

    def _take(self, event: Event) -> None:
        if event.mask & Mask.Q_OVERFLOW:
            log.warning("inotify queue overflowed, looking everywhere")
            for pod_uid in self._appeared:
                self._look(pod_uid)
        elif event.watch is self._root_watch:
            if str(event.name) in self._appeared:
                self._look(str(event.name))
        elif str(event.name) == SOCKET_NAME:
            watches = self._watches.items()
            for pod_uid in [uid for uid, watch in watches if watch is event.watch]:
                self._look(pod_uid)

    def _look(self, pod_uid: str) -> None:
        """Watch the pod's directory if there is one, then see whether the socket is there."""
        path = self._root / pod_uid
        try:
            self._watches[pod_uid] = self._inotify.add_watch(path, _DIRECTORY)
        except OSError:
            return  # not there yet: the watch on the root will tell
        if os.path.lexists(path / SOCKET_NAME):
            self._appeared[pod_uid].set()
            # What else a launcher makes in its directory shall not cost us anything.
            self._stop_watching(pod_uid)

    def _stop_watching(self, pod_uid: str) -> None:
        watch = self._watches.pop(pod_uid, None)
        if watch is None:
            return
        try:
            self._inotify.rm_watch(watch)
        except OSError:
            log.debug("watch ended with its directory", extra={"path": str(watch.path)})
