"""All sessions of the node: grants them, opens them, cuts them."""

import logging
import secrets
import socket
import threading
import time
from pathlib import Path
from typing import Final

from api.door import TOKEN_BITS, SessionRequest
from handler.console.bell import Ending
from handler.console.desk import Caps, Desk, Refused, Slot
from handler.console.metric import REFUSALS, Tally
from handler.console.patience import Patience, judge
from handler.console.session import DISPLACED, STOPPING, Session
from handler.console.target import check_target, connect_target

_GIVEN_UP: Final = {
    reason: Ending(1006, reason, text, is_abrupt=True)
    for reason, text in (
        ("PeerSilent", "the gateway does not answer"),
        ("ReaderStuck", "the reader took nothing for too long"),
    )
}
log = logging.getLogger(__name__)


class Door:
    """Safe to call from the threads of all connections."""

    def __init__(self, launchers: Path, caps: Caps, patience: Patience) -> None:
        self._launchers = launchers
        self._patience = patience
        self._lock = threading.Lock()
        self._desk = Desk(caps, lambda: secrets.token_hex(TOKEN_BITS // 8))
        self._sessions: dict[Slot, Session] = {}
        self._is_stopping = False
        self.tally = Tally()

    @property
    def open_sessions(self) -> int:
        """How many sessions there are."""
        return len(self._sessions)

    @property
    def taken_slots(self) -> int:
        """How many sessions there are, and tokens that may become one."""
        return self._desk.total

    def grant(self, request: SessionRequest) -> str:
        """Return a token for a console that is there, or raise Refused."""
        try:
            check_target(self._launchers, request)
            with self._lock:
                self._check_stopping()
                return self._desk.grant(request, time.monotonic())
        except Refused as refused:
            REFUSALS.labels(refused.slug).inc()
            raise

    def open_session(self, token: str, connection: socket.socket, address: str) -> Session:
        """Return a connected session; its ``close`` frees the slot. Raises Refused."""
        try:
            session = self._redeem(token, connection, address)
            try:
                session.attach(connect_target(self._launchers, session.slot.request))
            except Refused:
                session.close()
                raise
        except Refused as refused:
            REFUSALS.labels(refused.slug).inc()
            raise
        self._displace(session)
        self.tally.add(session)
        return session

    def sweep(self, now: float) -> None:
        """Free expired tokens, and cut the sessions whose peer is gone or stuck."""
        with self._lock:
            self._desk.purge(now)
            sessions = tuple(self._sessions.values())
        for session in sessions:
            try:
                reason = judge(session.observe(), now, self._patience)
            except OSError:
                continue  # it has just ended
            if reason is not None:
                session.end(_GIVEN_UP[reason])

    def stop(self) -> None:
        """Grant nothing more, and have all sessions end."""
        with self._lock:
            self._is_stopping = True
            sessions = tuple(self._sessions.values())
        for session in sessions:
            session.end(STOPPING)

    def _redeem(self, token: str, connection: socket.socket, address: str) -> Session:
        with self._lock:
            self._check_stopping()
            slot = self._desk.redeem(token, time.monotonic())
            try:
                session = Session(slot, connection, address, self._patience, self._release)
            except OSError as error:
                self._desk.release(slot)
                text = "this node can open no more connections"
                raise Refused(503, "NodeExhausted", text) from error
            self._sessions[slot] = session
            return session

    def _displace(self, session: Session) -> None:
        with self._lock:
            rivals = [
                self._sessions[slot]
                for slot in self._desk.list_rivals(session.slot)
                if slot in self._sessions
            ]
        for rival in rivals:
            rival.end(DISPLACED)

    def _release(self, session: Session) -> None:
        with self._lock:
            self._desk.release(session.slot)
            self._sessions.pop(session.slot, None)
        self.tally.remove(session)

    def _check_stopping(self) -> None:
        if self._is_stopping:
            raise Refused(503, "NodeStopping", STOPPING.text)
