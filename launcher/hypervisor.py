"""libvirt in this process: one thread for its calls, one for its events."""

import asyncio
import logging
import os
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, Final, TypeVar

import libvirt

from api.names import QEMU_GID, QEMU_UID
from launcher import state
from launcher.place import LIBVIRT_ROOT, PID_DIR
from launcher.refusal import explain_refusal

_T = TypeVar("_T")
_LOG: Final = logging.getLogger(__name__)
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
        # libvirt's bindings are untyped, hence Any.
        self._connection: Any = None
        self._domain: Any = None

    async def open(self) -> None:
        """Start the driver."""
        await self._call(self._open)

    async def create(self, xml: str, *, paused: bool) -> int:
        """Start the domain; return qemu's pid."""
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
        pid_file = Path(PID_DIR) / f"{self._domain.name()}.pid"
        return int(pid_file.read_text())

    def _on_lifecycle(
        self, _connection: object, _domain: object, kind: int, detail: int, _opaque: object
    ) -> None:
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
