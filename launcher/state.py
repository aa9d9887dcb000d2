"""The life of the domain as a pure state machine: events in, the whole state out."""

from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from api.names import Reason
from api.stop import StopCause
from launcher.preparation import Nic


class DomainPhase(StrEnum):
    """Where the domain is in its life; named as the protocol names it."""

    PREPARING = "PREPARING"
    RUNNING = "RUNNING"
    PAUSED = "PAUSED"
    SHUTTING_DOWN = "SHUTTING_DOWN"
    STOPPED = "STOPPED"


class PauseCause(StrEnum):
    """Why the vCPUs are paused."""

    UNSPECIFIED = "UNSPECIFIED"
    USER = "USER"
    IO_ERROR = "IO_ERROR"


@dataclass(frozen=True, slots=True)
class StageReached:
    """A named moment of the start."""

    name: str
    time: float


@dataclass(frozen=True, slots=True)
class Prepared:
    """Disks and network are there."""

    accelerator: str
    nics: tuple[Nic, ...]


@dataclass(frozen=True, slots=True)
class Started:
    """qemu runs the guest, or holds it paused."""

    qemu_pid: int
    paused: bool


@dataclass(frozen=True, slots=True)
class StartFailed:
    """It never ran."""

    slug: str
    message: str


@dataclass(frozen=True, slots=True)
class StopRequested:
    """SIGTERM, or the handler's call."""


@dataclass(frozen=True, slots=True)
class KillSent:
    """qemu was sent SIGKILL by us."""

    message: str


@dataclass(frozen=True, slots=True)
class Paused:
    """The vCPUs stopped."""

    cause: PauseCause


@dataclass(frozen=True, slots=True)
class Resumed:
    """The vCPUs run again."""


@dataclass(frozen=True, slots=True)
class GuestShutDown:
    """The guest powered itself off; qemu is about to end."""


@dataclass(frozen=True, slots=True)
class GuestCrashed:
    """The guest panicked, or the vCPUs hit an error that nobody can continue from."""

    message: str


@dataclass(frozen=True, slots=True)
class DomainStopped:
    """libvirt says that the domain is over."""


@dataclass(frozen=True, slots=True)
class QemuExited:
    """The process is gone; ``last_words`` is the end of its log."""

    last_words: str = ""


@dataclass(frozen=True, slots=True)
class AgentChanged:
    """The guest agent's channel was opened or closed by the guest."""

    connected: bool


@dataclass(frozen=True, slots=True)
class Stop:
    """How it ended; what api.termination.Termination reads."""

    cause: StopCause
    reason: str  # CamelCase
    message: str  # one sentence
    requested: bool  # SIGTERM or ShutdownDomain came first


Event = (
    StageReached
    | Prepared
    | Started
    | StartFailed
    | StopRequested
    | KillSent
    | Paused
    | Resumed
    | GuestShutDown
    | GuestCrashed
    | DomainStopped
    | QemuExited
    | AgentChanged
)


@dataclass(frozen=True, slots=True)
class State:
    """Everything that is known of the domain."""

    sequence: int = 1
    phase: DomainPhase = DomainPhase.PREPARING
    phase_time: float = 0.0
    stop: Stop | None = None  # set exactly when STOPPED
    stop_requested: bool = False
    pause_cause: PauseCause = PauseCause.UNSPECIFIED
    accelerator: str = ""
    nics: tuple[Nic, ...] = ()
    stages: tuple[StageReached, ...] = ()
    agent_connected: bool = False
    qemu_pid: int = 0
    # how it is going to end, as far as that is known
    shut_down: bool = False
    kill_message: str = ""
    crash_message: str = ""
    qemu_exited: bool = False
    last_words: str = ""

    @property
    def is_over(self) -> bool:
        """Say whether this is the last state."""
        return self.phase is DomainPhase.STOPPED

    @property
    def is_paused(self) -> bool:
        """Say whether the vCPUs stand still, also in a guest that is to be shut down."""
        return self.pause_cause is not PauseCause.UNSPECIFIED


_ALIVE: Final = {DomainPhase.RUNNING, DomainPhase.PAUSED, DomainPhase.SHUTTING_DOWN}


def advance(state: State, event: Event, now: float) -> State:
    """Return the state after an event; the same object when nothing changed."""
    if state.is_over:
        return state
    following = _apply(state, event)
    if following == state:
        return state
    phase_time = state.phase_time if following.phase is state.phase else now
    return replace(following, sequence=state.sequence + 1, phase_time=phase_time)


def _apply(state: State, event: Event) -> State:  # noqa: C901, PLR0911, PLR0912 - one line an event
    match event:
        case StageReached():
            return replace(state, stages=(*state.stages, event))
        case Prepared():
            return replace(state, accelerator=event.accelerator, nics=event.nics)
        case Started():
            return _start(state, event)
        case StartFailed():
            return _stop(state, StopCause.START_FAILED, event.slug, event.message)
        case StopRequested():
            phase = DomainPhase.SHUTTING_DOWN if state.phase in _ALIVE else state.phase
            return replace(state, stop_requested=True, phase=phase)
        case KillSent():
            return replace(state, kill_message=state.kill_message or event.message)
        case Paused():
            return _pause(state, event.cause)
        case Resumed():
            running = state.phase is DomainPhase.PAUSED
            phase = DomainPhase.RUNNING if running else state.phase
            return replace(state, phase=phase, pause_cause=PauseCause.UNSPECIFIED)
        case GuestShutDown():
            phase = DomainPhase.SHUTTING_DOWN if state.phase in _ALIVE else state.phase
            return replace(state, shut_down=True, phase=phase)
        case GuestCrashed():
            return replace(state, crash_message=event.message)
        case DomainStopped():
            return _conclude(state) if state.qemu_exited else state
        case QemuExited():
            exited = replace(state, qemu_exited=True, last_words=event.last_words)
            return _conclude(exited) if is_cause_known(exited) else exited
        case AgentChanged():
            return replace(state, agent_connected=event.connected)


def is_cause_known(state: State) -> bool:
    """Say whether qemu's end needs no further explanation from libvirt."""
    return bool(state.shut_down or state.kill_message or state.crash_message)


def _start(state: State, event: Started) -> State:
    phase = DomainPhase.PAUSED if event.paused else DomainPhase.RUNNING
    return replace(
        state,
        phase=DomainPhase.SHUTTING_DOWN if state.stop_requested else phase,
        pause_cause=PauseCause.USER if event.paused else PauseCause.UNSPECIFIED,
        qemu_pid=event.qemu_pid,
    )


def _pause(state: State, cause: PauseCause) -> State:
    """Note a pause, also one that a stop overtook: a guest that stands still hears no button."""
    if state.phase not in _ALIVE:
        return state
    stopping = state.phase is DomainPhase.SHUTTING_DOWN
    phase = state.phase if stopping else DomainPhase.PAUSED
    return replace(state, phase=phase, pause_cause=cause)


def _conclude(state: State) -> State:
    """End with the best explanation; what the guest said itself comes first."""
    if state.crash_message:
        return _stop(state, StopCause.GUEST_CRASHED, Reason.GUEST_CRASHED, state.crash_message)
    if state.shut_down:
        return _stop(
            state, StopCause.GUEST_SHUTDOWN, Reason.GUEST_SHUTDOWN, "the guest powered off"
        )
    if state.kill_message:
        return _stop(state, StopCause.KILLED, Reason.KILLED, state.kill_message)
    detail = f": {state.last_words}" if state.last_words else ""
    return _stop(
        state, StopCause.QEMU_CRASHED, Reason.QEMU_CRASHED, f"qemu ended unexpectedly{detail}"
    )


def _stop(state: State, cause: StopCause, reason: str, message: str) -> State:
    return replace(
        state,
        phase=DomainPhase.STOPPED,
        stop=Stop(cause, str(reason), message, requested=state.stop_requested),
        pause_cause=PauseCause.UNSPECIFIED,
        agent_connected=False,
    )
