"""Runs one VM from its launch document to its end."""

import asyncio
import importlib
import logging
import os
import signal
import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final

from api.names import (
    PATH_CAPABILITIES_CACHE,
    PATH_LAUNCHER_DIR,
    PATH_LAUNCHER_SOCKET,
    PATH_SERIAL_DOOR,
    PATH_SERIAL_SOCKET,
    PATH_TERMINATION_MESSAGE,
    PATH_VNC_SOCKET,
    QEMU_GID,
    QEMU_UID,
    Reason,
)
from api.problem import Problem
from api.stop import ExitCode
from launcher import state
from launcher.capability import CapabilityCache, name_generation
from launcher.control import Control
from launcher.dhcp_server import DhcpServer
from launcher.hypervisor import Hypervisor
from launcher.life import Life
from launcher.message import encode_stop
from launcher.place import CAPABILITIES_DIR, QEMU_LOG_DIR, SERIAL_PIPE, VNC_DIR
from launcher.preparation import Preparation, decode_preparation
from launcher.process import WatchedProcess, read_output
from launcher.serial import SerialConsole
from launcher.spawn import Child
from launcher.stopping import Stopping
from launcher.trim import trim_memory

_LOG: Final = logging.getLogger(__name__)
_DEFAULT_GRACE_SECONDS: Final = 30
# How long libvirt has to say why qemu ended. It mostly does at once; on a busy node a second was
# little, and a guest that powered off would be said to have crashed.
_EXPLANATION_SECONDS: Final = 5.0
_WATCHER_SECONDS: Final = 1.0  # how long an early end waits for a handler to see it
_DRAIN_SECONDS: Final = 0.5
_TRIM_AFTER_SECONDS: Final = 3.0
_LAST_WORDS_BYTES: Final = 2048
_QEMU: Final = Path("/usr/bin/qemu-system-x86_64")
_DRIVER: Final = Path("/usr/lib/x86_64-linux-gnu/libvirt/connection-driver/libvirt_driver_qemu.so")


class Supervisor:
    """The launcher's life: start, wait, stop."""

    def __init__(self) -> None:
        self.life = Life()
        self._console = SerialConsole()
        self._hypervisor = Hypervisor(self.life.emit)
        self._control = Control(self.life, self._hypervisor, self._console.count_viewers)
        self._started = asyncio.Event()
        self._serving: asyncio.Task[None] | None = None
        self._qemu: WatchedProcess | None = None
        self._server: Any = None  # a grpc.aio.Server, whose module is imported late
        self._grace_seconds: float = _DEFAULT_GRACE_SECONDS
        self._name = ""
        self._stopping = Stopping(
            self.life, started=self._started, press=self._press, kill=self._kill_qemu
        )

    async def run(self, preparation: Child) -> int:
        """Start the domain, wait for its end, say how it was; return the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self.shut_down, None)
        start = loop.create_task(self._start(preparation))
        over = loop.create_task(self.life.over.wait())
        await asyncio.wait({start, over}, return_when=asyncio.FIRST_COMPLETED)
        if start.done():
            start.result()  # a bug in the start ends the launcher, and is told by its traceback
        await over
        stop = self.life.state.stop
        assert stop is not None
        _LOG.info("domain ended", extra={"cause": stop.cause, "why": stop.message})
        write_message(encode_stop(stop))
        await asyncio.gather(self._console.drain(_DRAIN_SECONDS), self._say_goodbye())
        self._console.close()
        return ExitCode[stop.cause.name]

    def shut_down(self, grace_seconds: float | None) -> None:
        """Power the guest off; kill it when the grace has passed."""
        self._stopping.request(self._grace_seconds if grace_seconds is None else grace_seconds)

    def kill(self, message: str) -> None:
        """End the guest at once."""
        self._stopping.kill(message)

    async def _start(self, child: Child) -> None:
        try:
            make_directories()
            await self._console.listen(SERIAL_PIPE, PATH_SERIAL_SOCKET, PATH_SERIAL_DOOR)
            await self._hypervisor.open()
            self.life.reach("libvirt")
            self._serving = asyncio.get_running_loop().create_task(self._serve())
            self._serving.add_done_callback(report_failure)
            await self._create(decode_preparation(await read_output(child)))
        except Problem as problem:
            _LOG.error("the start failed", extra={"reason": problem.slug, "why": problem.message})
            self.life.emit(state.StartFailed(problem.slug, problem.message))
        except OSError as error:
            message = f"{error.filename or 'the launcher'}: {error.strerror or error}"
            _LOG.error("the start failed", extra={"why": message})
            self.life.emit(state.StartFailed(Reason.START_FAILED, message))

    async def _create(self, preparation: Preparation) -> None:
        self._name, self._grace_seconds = preparation.name, preparation.grace_seconds
        self._control.begin(preparation)
        for name, moment in preparation.stages:
            self.life.emit(state.StageReached(name, moment))
        self.life.emit(state.Prepared(preparation.accelerator, preparation.nics))
        if self.life.state.stop_requested:
            self.kill("the guest was stopped before it started")
            return
        cache = CapabilityCache(
            Path(PATH_CAPABILITIES_CACHE)
            / name_generation(preparation.accelerator, _QEMU, _DRIVER),
            Path(CAPABILITIES_DIR),
            os.environ.get("POD_UID", str(os.getpid())),
        )
        cache.fetch()
        _LOG.debug("domain document", extra={"xml": preparation.xml})
        pid = await self._hypervisor.create(preparation.xml, paused=preparation.start_paused)
        self.life.reach("create")
        self._qemu = WatchedProcess(pid, self._note_exit)
        self.life.emit(state.Started(pid, preparation.start_paused))
        self._started.set()
        self._console.release()
        _LOG.info("domain started", extra={"qemu_pid": pid, "milliseconds": self.life.lap_times()})
        if preparation.dhcp_arguments:
            DhcpServer(preparation.dhcp_arguments).start()
        try:
            link_vnc(Path(VNC_DIR) / "vnc")
        except OSError as error:  # the guest runs, and qemu may have gone meanwhile
            _LOG.error("nobody can see the screen", extra={"error": error.strerror})
        cache.publish()
        if self._serving is not None:  # trimming drops pages of what a thread is just loading
            await asyncio.wait([self._serving])
        asyncio.get_running_loop().call_later(_TRIM_AFTER_SECONDS, trim_memory)

    async def _serve(self) -> None:
        """Listen for the handler; grpc is imported beside the start, not before it."""
        loop = asyncio.get_running_loop()
        importer = ThreadPoolExecutor(1, "import")
        service = await loop.run_in_executor(importer, importlib.import_module, "launcher.service")
        importer.shutdown(wait=False)
        self._server = await service.serve(PATH_LAUNCHER_SOCKET, self.life, self, self._control)
        self.life.reach("service")

    async def _say_goodbye(self) -> None:
        """Let the handler see the last state: its streams end by themselves."""
        if self._server is None:
            return
        if not self.life.watched.is_set():
            await asyncio.wait(
                [asyncio.ensure_future(self.life.watched.wait())], timeout=_WATCHER_SECONDS
            )
        await self._server.stop(_WATCHER_SECONDS)

    async def _press(self) -> None:
        if self.life.state.pause_cause is state.PauseCause.USER:
            await self._hypervisor.resume()  # a paused guest hears nothing
        await self._hypervisor.press_power_button()

    def _kill_qemu(self) -> bool:
        """Kill qemu; return False when there is none."""
        if self._qemu is None:
            return False
        self._qemu.kill()
        return True

    def _note_exit(self) -> None:
        self.life.emit(state.QemuExited(read_last_words(self._name)))
        # when libvirt knows more, it says so in a moment
        asyncio.get_running_loop().call_later(
            _EXPLANATION_SECONDS, self.life.emit, state.DomainStopped()
        )


def report_failure(task: "asyncio.Task[None]") -> None:
    """Tell of a service that did not start; the guest does not need it."""
    if not task.cancelled() and (error := task.exception()):
        _LOG.error("the launcher has no service", exc_info=error)


def make_directories() -> None:
    """Make what qemu's user needs: its socket directories, and a way to them."""
    os.chmod(PATH_LAUNCHER_DIR, 0o711)  # noqa: PTH101, S103 - a way through, nothing to read
    Path(VNC_DIR).mkdir(mode=0o700, exist_ok=True)
    os.chown(VNC_DIR, QEMU_UID, QEMU_GID)


def link_vnc(made: Path, name: str = PATH_VNC_SOCKET) -> None:
    """Show qemu's VNC socket under a name where qemu cannot write, for root alone.

    The handler connects as root without any capability: root has to own the socket. What qemu
    may have put in its place is no socket of its user, and is not shown.
    """
    if not made.is_socket():
        return
    os.link(made, name, follow_symlinks=False)
    found = os.lstat(name)  # now nobody can exchange it
    if not stat.S_ISSOCK(found.st_mode) or found.st_uid != QEMU_UID:
        os.unlink(name)  # noqa: PTH108 - a name, as everywhere here
        _LOG.error("the VNC socket is not what qemu made")
        return
    os.chmod(name, 0o600)  # noqa: PTH101
    os.chown(name, 0, 0)


def write_message(message: bytes) -> None:
    """Leave the termination message for the kubelet."""
    try:
        Path(PATH_TERMINATION_MESSAGE).write_bytes(message)
    except OSError as error:
        _LOG.warning("no termination message was left", extra={"error": error.strerror})


def read_last_words(name: str) -> str:
    """Return the last line that qemu wrote to its log, when it is a complaint."""
    path = Path(QEMU_LOG_DIR) / f"{name}.log"
    if not name or not path.is_file():
        return ""
    tail = path.read_bytes()[-_LAST_WORDS_BYTES:].decode(errors="replace").strip()
    last = tail.splitlines()[-1] if tail else ""
    return last.partition("qemu-system-")[2].partition(": ")[2][:300]
