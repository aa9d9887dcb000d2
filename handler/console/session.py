"""One open session, from its token's redemption to the audit line of its end."""

import logging
import socket
import struct
import time
from collections.abc import Callable
from typing import Final

from handler.console.bell import Bell, Ending
from handler.console.desk import Slot
from handler.console.patience import Line, Patience
from handler.console.pump import Pump
from handler.console.websocket import WebSocket

DISPLACED: Final = Ending(4001, "Displaced", "someone asked for this console alone")
STOPPING: Final = Ending(1001, "NodeStopping", "the node's console server restarts")
_INFO_BYTES: Final = 60
_UNACKED_AT: Final = 24  # in the kernel's struct tcp_info
_LAST_ACK_AT: Final = 56
log = logging.getLogger(__name__)


class Session:
    """What one user has with one console; ``end`` may be called from any thread."""

    def __init__(
        self,
        slot: Slot,
        connection: socket.socket,
        address: str,
        patience: Patience,
        on_close: Callable[["Session"], None],
    ) -> None:
        self.slot = slot
        self.bell = Bell()
        self._connection = connection
        self._address = address
        self._patience = patience
        self._target: socket.socket | None = None
        self._pump: Pump | None = None
        self._ending = Ending(1006, "UpgradeFailed", "the websocket was not made")
        self._began = time.monotonic()
        self._on_close = on_close

    @property
    def kind(self) -> str:
        return self.slot.request.kind.value

    @property
    def bytes_out(self) -> int:
        """Bytes of the console so far."""
        return self._pump.bytes_out if self._pump else 0

    @property
    def bytes_in(self) -> int:
        """Bytes of the user so far."""
        return self._pump.bytes_in if self._pump else 0

    def attach(self, target: socket.socket) -> None:
        """Take the launcher's socket; the session exists for the audit from here on."""
        self._target = target
        log.info("session opened", extra=self._describe())

    def run(self, websocket: WebSocket) -> None:
        """Carry bytes until it is over."""
        assert self._target is not None
        self._pump = Pump(websocket, self._target, self.bell, self._patience)
        self._ending = self._pump.run()

    def end(self, ending: Ending) -> None:
        """Have it end soon."""
        self.bell.ring(ending)

    def observe(self) -> Line:
        """Read how its connection fares."""
        info = self._connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO_BYTES)
        (unacked,) = struct.unpack_from("=I", info, _UNACKED_AT)
        (silent,) = struct.unpack_from("=I", info, _LAST_ACK_AT)
        blocked = self._pump.blocked_since if self._pump else None
        return Line(blocked, unacked, silent / 1000)

    def close(self) -> None:
        """Free what it holds, and say how it was."""
        if self._target is not None:
            self._target.close()
            seconds = round(time.monotonic() - self._began, 3)
            facts = {"seconds": seconds, "code": self._ending.code, "reason": self._ending.reason}
            traffic = {"bytes_to_user": self.bytes_out, "bytes_to_guest": self.bytes_in}
            log.info("session closed", extra=self._describe() | facts | traffic)
        self.bell.close()
        self._on_close(self)

    def _describe(self) -> dict[str, object]:
        request = self.slot.request
        return {
            "user": request.user,
            "namespace": request.namespace,
            "vm": request.name,
            "pod": request.pod_uid,
            "kind": request.kind.value,
            "exclusive": request.exclusive,
            "gateway": self._address,
        }
