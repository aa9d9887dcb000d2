"""How a session ends: the code and reason that the client is told, and the cause for the audit."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

# What RFC 6455 lets a peer send; 1004-1006 and 1015 are for programs alone.
_SENDABLE: Final = frozenset({1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011})
_OWN_CODES: Final = range(3000, 5000)
_MAX_REASON_BYTES: Final = 123  # a control frame has 125, two of them are the code


class Cause(StrEnum):
    """Who or what ended a session."""

    GUEST = "GuestClosed"
    CLIENT = "ClientClosed"
    CLIENT_LOST = "ClientLost"
    CLIENT_SILENT = "ClientSilent"
    CLIENT_SLOW = "ClientSlow"
    CLIENT_WRONG = "ProtocolError"
    NODE = "NodeClosed"
    NODE_LOST = "NodeLost"
    REVOKED = "RightRevoked"
    IDLE = "Idle"
    SHUTDOWN = "Shutdown"
    FAULT = "InternalError"


@dataclass(frozen=True, slots=True)
class Ending:
    """What becomes the close frame, and the word for the audit."""

    code: int
    reason: str
    cause: Cause

    @property
    def payload(self) -> bytes:
        """Return the reason as the close frame carries it: UTF-8 within its bound."""
        return self.reason.encode()[:_MAX_REASON_BYTES].decode(errors="ignore").encode()


class Ended(Exception):  # noqa: N818 - no error: sessions end
    """Raised where a session comes to its end."""

    def __init__(self, ending: Ending) -> None:
        super().__init__(ending.reason)
        self.ending = ending


GUEST_CLOSED: Final = Ending(1000, "", Cause.GUEST)
CLIENT_CLOSED: Final = Ending(1000, "", Cause.CLIENT)
CLIENT_LOST: Final = Ending(1001, "the connection was lost", Cause.CLIENT_LOST)
CLIENT_SILENT: Final = Ending(1001, "no answer to a ping", Cause.CLIENT_SILENT)
CLIENT_SLOW: Final = Ending(1008, "too slow: nothing was read for a while", Cause.CLIENT_SLOW)
TEXT_FRAME: Final = Ending(1003, "send binary frames, text has no meaning", Cause.CLIENT_WRONG)
NODE_LOST: Final = Ending(1011, "the connection to the VM's node was lost", Cause.NODE_LOST)
REVOKED: Final = Ending(1008, "the right to this was revoked", Cause.REVOKED)
IDLE: Final = Ending(1000, "nothing was sent for a while", Cause.IDLE)
SHUTDOWN: Final = Ending(1001, "this server stops", Cause.SHUTDOWN)
FAULT: Final = Ending(1011, "internal error", Cause.FAULT)


def read_node_close(code: int | None, reason: str) -> Ending:
    """Return what the client is told when the node closes; ``code`` 0 is a close without one."""
    if code in (0, 1000):
        return GUEST_CLOSED
    if code is None or not (code in _SENDABLE or code in _OWN_CODES):
        return NODE_LOST
    return Ending(code, reason, Cause.NODE)


def read_client_close(code: int | None) -> Ending:
    """Return the end that a client made, whose code is 1006 when it went without a word."""
    return CLIENT_LOST if code in (None, 1006) else CLIENT_CLOSED
