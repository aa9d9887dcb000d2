"""When a session is given up: its peer answers no more, or takes nothing; pure.

Two nets find a peer whose cable was pulled. While nothing is under way, the kernel probes the
connection (keepalive). While something is, the kernel would repeat it for 15 minutes, so the age
of the last acknowledgement decides. TCP_USER_TIMEOUT would decide sooner, but would also take a
reader who pauses for one who is gone.
"""

from dataclasses import dataclass
from typing import Final

KEEPALIVE_IDLE_SECONDS: Final = 10
KEEPALIVE_INTERVAL_SECONDS: Final = 5
KEEPALIVE_PROBES: Final = 3
SWEEP_SECONDS: Final = 5.0
SILENT_SECONDS: Final = 20.0
STUCK_SECONDS: Final = 60.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long what is borne; seconds."""

    silent: float = SILENT_SECONDS  # sent, and nothing is acknowledged
    stuck: float = STUCK_SECONDS  # not a byte more is taken
    sweep: float = SWEEP_SECONDS
    handshake: float = 10.0  # TLS
    hurried: float = 1.0  # TLS with an address that is new, when others wait
    request: float = 10.0  # from one byte of a request to the next
    idle: float = 60.0  # a connection without a session
    close: float = 2.0  # for the last bytes and the peer's own close
    keepalive_idle: int = KEEPALIVE_IDLE_SECONDS
    keepalive_interval: int = KEEPALIVE_INTERVAL_SECONDS


@dataclass(frozen=True, slots=True)
class Line:
    """The state of one session's connection."""

    blocked_since: float | None  # since when no byte was taken, when there are some to take
    unacked: int  # segments under way
    silent_seconds: float  # since the peer's last acknowledgement


def judge(line: Line, now: float, patience: Patience) -> str | None:
    """Return why a session is to be cut, or nothing."""
    if line.unacked and line.silent_seconds >= patience.silent:
        return "PeerSilent"
    if line.blocked_since is not None and now - line.blocked_since >= patience.stuck:
        return "ReaderStuck"
    return None
