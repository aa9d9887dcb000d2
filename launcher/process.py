"""Watches processes: what they print, and by pidfd when they end; kills quickly."""

import asyncio
import contextlib
import os
import signal
from collections.abc import Callable

from launcher.spawn import Child, reap


async def read_output(child: Child) -> bytes:
    """Return all that a program printed, once it has ended."""
    loop = asyncio.get_running_loop()
    output = bytearray()
    ended: asyncio.Future[None] = loop.create_future()

    def take() -> None:
        data = os.read(child.output, 65536)
        output.extend(data)
        if not data:
            loop.remove_reader(child.output)
            ended.set_result(None)

    loop.add_reader(child.output, take)
    await ended
    os.close(child.output)
    reap(child.pid)
    return bytes(output)


class WatchedProcess:
    """A process, perhaps no child of ours, held by its pidfd; one that is gone is told of soon."""

    def __init__(self, pid: int, on_exit: Callable[[], None]) -> None:
        """``pid`` is 0 when the process was gone before anybody read its number."""
        self.pid = pid
        self._descriptor = _open_process(pid)
        self._on_exit = on_exit
        loop = asyncio.get_running_loop()
        if self._descriptor < 0:
            loop.call_soon(on_exit)
        else:
            loop.add_reader(self._descriptor, self._note_exit)

    def kill(self) -> None:
        """Send SIGKILL; libvirt's own way polls for a second and more."""
        if self._descriptor >= 0:
            with contextlib.suppress(ProcessLookupError):  # it has just ended
                signal.pidfd_send_signal(self._descriptor, signal.SIGKILL)

    def _note_exit(self) -> None:
        asyncio.get_running_loop().remove_reader(self._descriptor)
        os.close(self._descriptor)
        self._descriptor = -1
        self._on_exit()


def _open_process(pid: int) -> int:
    with contextlib.suppress(ProcessLookupError):
        return os.pidfd_open(pid) if pid else -1
    return -1
