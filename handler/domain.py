"""What a launcher says of its domain, bounded and cleaned: nothing of it is taken on trust."""

import ipaddress
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from api.termination import StopCause, Termination
from protos.virtpod.launcher.v1 import launcher_pb2

MAX_INTERFACES: Final = 64
MAX_ADDRESSES: Final = 16
MAX_NAME: Final = 64
MAX_MESSAGE: Final = 1024
_MAC: Final = re.compile(r"[0-9a-f]{2}(:[0-9a-f]{2}){5}")
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]+")


class DomainPhase(StrEnum):
    """Where the domain is in its life; UNKNOWN is what a newer launcher may say."""

    UNKNOWN = "UNKNOWN"
    PREPARING = "PREPARING"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    SHUTTING_DOWN = "SHUTTING_DOWN"
    STOPPED = "STOPPED"


@dataclass(frozen=True, slots=True)
class GuestInterface:
    """One network interface of the guest."""

    name: str
    mac: str = ""
    ip_addresses: tuple[str, ...] = ()
    interface_name: str = ""
    pod_interface_name: str = ""
    info_source: str = ""
    link_state: str = ""


@dataclass(frozen=True, slots=True)
class DomainState:
    """All that a status is made of."""

    phase: DomainPhase
    phase_time: datetime | None = None
    sequence: int = 0
    stop: Termination | None = None  # set exactly when the phase is STOPPED
    paused_by_error: bool = False
    emulated: bool = False
    interfaces: tuple[GuestInterface, ...] = ()
    agent_connected: bool = False
    message: str = ""


_PHASES: Final[dict[int, DomainPhase]] = {
    launcher_pb2.DOMAIN_PHASE_PREPARING: DomainPhase.PREPARING,
    launcher_pb2.DOMAIN_PHASE_RUNNING: DomainPhase.RUNNING,
    launcher_pb2.DOMAIN_PHASE_PAUSED: DomainPhase.PAUSED,
    launcher_pb2.DOMAIN_PHASE_SHUTTING_DOWN: DomainPhase.SHUTTING_DOWN,
    launcher_pb2.DOMAIN_PHASE_STOPPED: DomainPhase.STOPPED,
}
_CAUSES: Final[dict[int, StopCause]] = {
    launcher_pb2.STOP_CAUSE_GUEST_SHUTDOWN: StopCause.GUEST_SHUTDOWN,
    launcher_pb2.STOP_CAUSE_GUEST_CRASHED: StopCause.GUEST_CRASHED,
    launcher_pb2.STOP_CAUSE_QEMU_CRASHED: StopCause.QEMU_CRASHED,
    launcher_pb2.STOP_CAUSE_KILLED: StopCause.KILLED,
    launcher_pb2.STOP_CAUSE_START_FAILED: StopCause.START_FAILED,
}


def read_state(message: launcher_pb2.DomainState) -> DomainState:
    """Take over what is well-formed; the rest is dropped or cut."""
    phase = _PHASES.get(message.phase, DomainPhase.UNKNOWN)
    return DomainState(
        phase=phase,
        phase_time=_read_time(message),
        sequence=message.sequence,
        stop=_read_stop(message) if phase is DomainPhase.STOPPED else None,
        paused_by_error=message.pause_cause == launcher_pb2.PAUSE_CAUSE_IO_ERROR,
        emulated=message.accelerator == launcher_pb2.ACCELERATOR_TCG,
        interfaces=tuple(map(_read_interface, message.interfaces[:MAX_INTERFACES])),
        agent_connected=message.agent_connected,
        message=clean_text(message.message, MAX_MESSAGE),
    )


def _read_time(message: launcher_pb2.DomainState) -> datetime | None:
    """Return the phase's time; absent or outside of what a datetime can hold is none."""
    if not message.HasField("phase_time"):
        return None
    try:
        return message.phase_time.ToDatetime(UTC)
    except (ValueError, OverflowError):
        return None


def _read_stop(message: launcher_pb2.DomainState) -> Termination:
    # A cause that is not said, or that we do not know yet, is no clean end.
    cause = _CAUSES.get(message.stop_cause, StopCause.QEMU_CRASHED)
    text = clean_text(message.message, MAX_MESSAGE)
    return Termination(cause, clean_text(message.reason, MAX_NAME), text, message.stop_requested)


def _read_interface(message: launcher_pb2.GuestInterface) -> GuestInterface:
    mac = message.mac.lower()
    return GuestInterface(
        name=clean_text(message.name, MAX_NAME),
        mac=mac if _MAC.fullmatch(mac) else "",
        ip_addresses=tuple(_list_addresses(message.ip_addresses[:MAX_ADDRESSES])),
        interface_name=clean_text(message.interface_name, MAX_NAME),
        pod_interface_name=clean_text(message.pod_interface_name, MAX_NAME),
        info_source=clean_text(message.info_source, MAX_NAME),
        link_state=message.link_state if message.link_state in {"up", "down"} else "",
    )


def _list_addresses(texts: Iterable[str]) -> Iterable[str]:
    for text in texts:
        try:
            address = ipaddress.ip_address(text)
        except ValueError:
            continue
        # A zone index is free text and means nothing outside of the guest.
        yield str(address).partition("%")[0]


def clean_text(text: str, limit: int) -> str:
    """Return one printable line of at most ``limit`` characters."""
    return _CONTROL.sub(" ", text[: 4 * limit]).strip()[:limit]
