"""libvirt in this process: a thread for its calls, one for the guest's agent, one for events.

What asks the agent waits for the guest: it must not keep the other calls waiting.
"""

import asyncio
import contextlib
import logging
import os
import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from json import dumps, loads
from pathlib import Path
from typing import Any, Final, TypeVar

import libvirt
import libvirt_qemu

from api.names import QEMU_GID, QEMU_UID
from api.problem import Problem
from launcher import state
from launcher.place import LIBVIRT_ROOT, PID_DIR
from launcher.refusal import explain_agent_refusal, explain_refusal
from launcher.screenshot import Canvas

_T = TypeVar("_T")
_LOG: Final = logging.getLogger(__name__)
_SYNC_SECONDS: Final = 5  # an agent that does not even greet is silent
_FD_SET: Final = 107_000  # a number that libvirt, which counts from 0, does not come to
_STATISTICS: Final = (
    libvirt.VIR_DOMAIN_STATS_CPU_TOTAL
    | libvirt.VIR_DOMAIN_STATS_BALLOON
    | libvirt.VIR_DOMAIN_STATS_VCPU
    | libvirt.VIR_DOMAIN_STATS_INTERFACE
    | libvirt.VIR_DOMAIN_STATS_BLOCK
)
# Everything that a daemon for many tenants would do, and a pod already did.
_QEMU_CONF: Final = f"""\
user = "+{QEMU_UID}"
group = "+{QEMU_GID}"
dynamic_ownership = 0
remember_owner = 0
cgroup_controllers = []
security_driver = "none"
namespaces = []
stdio_handler = "file"
seccomp_sandbox = 1
"""


class Hypervisor:
    """The embedded driver and its one domain."""

    def __init__(self, emit: Callable[[state.Event], None]) -> None:
        self._loop = asyncio.get_running_loop()
        self._emit = emit
        self._calls = ThreadPoolExecutor(1, "libvirt")
        self._agent_calls = ThreadPoolExecutor(1, "libvirt-agent")
        # libvirt's bindings are untyped, hence Any.
        self._connection: Any = None
        self._domain: Any = None

    async def open(self) -> None:
        """Start the driver."""
        await self._call(self._open)

    async def create(self, xml: str, *, paused: bool) -> int:
        """Start the domain; return qemu's pid, 0 when it has ended already."""
        return await self._call(self._create, xml, paused)

    async def press_power_button(self) -> None:
        """Ask the guest to power off."""
        flag = libvirt.VIR_DOMAIN_SHUTDOWN_ACPI_POWER_BTN
        await self._call(lambda: self._domain.shutdownFlags(flag))

    async def pause(self) -> None:
        """Stop the vCPUs."""
        await self._call(self._domain.suspend)

    async def resume(self) -> None:
        """Let the vCPUs run."""
        await self._call(self._domain.resume)

    async def reset(self) -> None:
        """Press the reset button."""
        await self._call(self._domain.reset)

    async def reboot_by_button(self) -> None:
        """Ask the guest to power off; when it has, libvirt resets the machine and tells nobody.

        libvirt forgets that again when the button is pressed for a real end.
        """
        flag = libvirt.VIR_DOMAIN_REBOOT_ACPI_POWER_BTN
        await self._call(lambda: self._domain.reboot(flag))

    async def reboot_by_agent(self) -> None:
        """Have the agent restart the guest; returns when it did, at most a minute later."""
        flag = libvirt.VIR_DOMAIN_REBOOT_GUEST_AGENT
        await self._call_agent(lambda: self._domain.reboot(flag))

    async def ask_agent(self, command: str, seconds: int) -> str:
        """Send the agent a command in JSON; return its answer within so many seconds."""
        return str(
            await self._call_agent(
                lambda: libvirt_qemu.qemuAgentCommand(self._domain, command, seconds, 0)
            )
        )

    async def move_cursor(self) -> None:
        """Move the pointer a little and back, for a screen that went dark."""
        for step in (1, -1):
            events = [{"type": "rel", "data": {"axis": axis, "value": step}} for axis in "xy"]
            with contextlib.suppress(Problem):  # there may be no pointer
                await self._call(self._run_monitor, "input-send-event", {"events": events})

    async def draw_screen(self, canvas: Canvas) -> None:
        """Have qemu draw the screen as PNG."""
        await self._call(self._draw, canvas)

    async def read_statistics(self) -> Mapping[str, object]:
        """Return what libvirt counts of the domain, under libvirt's names."""
        return await self._call(self._read_statistics)

    async def poll_memory(self, seconds: int) -> None:
        """Have the guest's balloon driver tell how its memory is used, so often; 0: no more.

        Raises Problem where there is no balloon.
        """
        flag = libvirt.VIR_DOMAIN_AFFECT_LIVE
        await self._call(lambda: self._domain.setMemoryStatsPeriod(seconds, flag))

    async def list_vnc_clients(self) -> list[object]:
        """Return qemu's description of each viewer of the screen."""
        answer = await self._call(self._run_monitor, "query-vnc", {})
        clients = answer.get("clients") if isinstance(answer, dict) else None
        return clients if isinstance(clients, list) else []

    async def _call_agent(self, function: Callable[[], _T]) -> _T:
        try:
            return await self._loop.run_in_executor(self._agent_calls, function)
        except (libvirt.libvirtError, UnicodeError) as error:
            raise explain_agent_refusal(str(error)) from error

    async def _call(self, function: Callable[..., _T], *args: object) -> _T:
        try:
            return await self._loop.run_in_executor(self._calls, function, *args)
        except libvirt.libvirtError as error:
            raise explain_refusal(str(error.get_error_message() or error)) from error

    def _open(self) -> None:
        write_configuration(Path(LIBVIRT_ROOT))
        libvirt.registerErrorHandler(lambda _context, _error: None, None)
        libvirt.virEventRegisterDefaultImpl()
        threading.Thread(target=_run_events, name="libvirt-events", daemon=True).start()
        self._connection = libvirt.open(f"qemu:///embed?root={LIBVIRT_ROOT}")
        for kind, callback in (
            (libvirt.VIR_DOMAIN_EVENT_ID_LIFECYCLE, self._on_lifecycle),
            (libvirt.VIR_DOMAIN_EVENT_ID_AGENT_LIFECYCLE, self._on_agent),
        ):
            self._connection.domainEventRegisterAny(None, kind, callback, None)

    def _create(self, xml: str, paused: bool) -> int:
        flags = libvirt.VIR_DOMAIN_START_PAUSED if paused else 0
        self._domain = self._connection.createXML(xml, flags)
        # A guest may end before this line is reached: it was started nevertheless.
        try:
            self._domain.agentSetResponseTimeout(_SYNC_SECONDS, 0)
        except libvirt.libvirtError as error:
            _LOG.warning("the agent has no deadline", extra={"why": str(error)})
        try:
            return int((Path(PID_DIR) / f"{self._domain.name()}.pid").read_text())
        except FileNotFoundError:
            return 0

    def _draw(self, canvas: Canvas) -> None:
        file = canvas.open_for_qemu()
        try:
            self._run_monitor("add-fd", {"fdset-id": _FD_SET}, (file,))
            try:
                drawing = {"filename": f"/dev/fdset/{_FD_SET}", "format": "png"}
                self._run_monitor("screendump", drawing)
            finally:
                self._run_monitor("remove-fd", {"fdset-id": _FD_SET})
        finally:
            os.close(file)

    def _read_statistics(self) -> Mapping[str, object]:
        ((_, counted),) = self._connection.domainListGetStats([self._domain], _STATISTICS, 0)
        return dict(counted)

    def _run_monitor(
        self, command: str, arguments: Mapping[str, object], files: tuple[int, ...] = ()
    ) -> object:
        """Run one of qemu's own commands, for what libvirt has no call; return its answer."""
        text = dumps({"execute": command, "arguments": arguments})
        answer, _ = libvirt_qemu.qemuMonitorCommandWithFiles(self._domain, text, list(files), 0)
        told = loads(answer)
        if error := told.get("error"):
            raise Problem("LibvirtFailed", f"{command}: {str(error.get('desc'))[:300]}")
        return told.get("return")

    def _on_lifecycle(
        self, _connection: object, _domain: object, kind: int, detail: int, _opaque: object
    ) -> None:
        _LOG.debug("libvirt told of its domain", extra={"kind": kind, "detail": detail})
        event = read_lifecycle(kind, detail)
        if event is not None:
            self._loop.call_soon_threadsafe(self._emit, event)

    def _on_agent(
        self, _connection: object, _domain: object, agent: int, _reason: int, _opaque: object
    ) -> None:
        connected = agent == libvirt.VIR_CONNECT_DOMAIN_EVENT_AGENT_LIFECYCLE_STATE_CONNECTED
        self._loop.call_soon_threadsafe(self._emit, state.AgentChanged(connected))


def read_lifecycle(kind: int, detail: int) -> state.Event | None:
    """Translate libvirt's lifecycle event."""
    match kind:
        case libvirt.VIR_DOMAIN_EVENT_SUSPENDED:
            failed = detail == libvirt.VIR_DOMAIN_EVENT_SUSPENDED_IOERROR
            return state.Paused(state.PauseCause.IO_ERROR if failed else state.PauseCause.USER)
        case libvirt.VIR_DOMAIN_EVENT_RESUMED:
            return state.Resumed()
        case libvirt.VIR_DOMAIN_EVENT_SHUTDOWN:
            # SIGTERM to qemu from elsewhere is told as a shutdown too, by the host
            by_host = detail == libvirt.VIR_DOMAIN_EVENT_SHUTDOWN_HOST
            return None if by_host else state.GuestShutDown()
        case libvirt.VIR_DOMAIN_EVENT_CRASHED:
            return state.GuestCrashed("the guest crashed")
        case libvirt.VIR_DOMAIN_EVENT_STOPPED:
            return state.DomainStopped()
    return None


def write_configuration(root: Path) -> None:
    """Write the driver's settings where an embedded driver reads them."""
    (root / "etc").mkdir(parents=True, exist_ok=True)
    (root / "etc" / "qemu.conf").write_text(_QEMU_CONF)


def _run_events() -> None:
    while True:
        if libvirt.virEventRunDefaultImpl() < 0:
            _LOG.error("libvirt's event loop failed")
            os.abort()
