"""The sessions of this process: how many there may be, who is still there, who still may."""

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final, TypeVar

from prometheus_client import Gauge

from gateway.refusal import Refused
from gateway.stream.ending import REVOKED, Ending
from gateway.stream.liveness import Timing
from gateway.stream.relay import Relay
from gateway.stream.subject import Kind, Subject

KeyT = TypeVar("KeyT")

log = logging.getLogger(__name__)

_REVIEW_DEADLINE_SECONDS: Final = 10.0
_REVIEWS_AT_ONCE: Final = 8
_LABELS: Final = ("namespace", "vmi")
_ACTIVE: Final = {
    Kind.CONSOLE: Gauge("kubevirt_console_active_connections", "Open serial consoles", _LABELS),
    Kind.VNC: Gauge("kubevirt_vnc_active_connections", "Open graphical consoles", _LABELS),
    Kind.PORT: Gauge("kubevirt_portforward_active_tunnels", "Open tunnels to ports", _LABELS),
}


@dataclass(frozen=True, slots=True)
class Limits:
    """How many sessions there may be at once, in this process."""

    of_vm: int = 128  # of one kind
    of_user: int = 256
    total: int = 1000


@dataclass(slots=True, eq=False)
class Session:
    """A session that runs."""

    subject: Subject
    relay: Relay
    is_still_allowed: Callable[[], Awaitable[bool]]
    reviewed_at: float


class Registry:
    """Counts sessions, and looks after them while there are any."""

    def __init__(self, limits: Limits, timing: Timing) -> None:
        self._limits = limits
        self._timing = timing
        self._of_vm: Counter[tuple[Kind, str, str]] = Counter()
        self._of_user: Counter[str] = Counter()
        self._sessions: set[Session] = set()
        self._tasks: list[asyncio.Task[None]] = []

    @contextmanager
    def admit(self, subject: Subject) -> Iterator[None]:
        """Hold a place for a session, or raise Refused: there are too many already."""
        vm = (subject.kind, subject.namespace, subject.name)
        user = subject.user.name
        if self._of_user.total() >= self._limits.total:
            raise Refused(503, "this server has too many sessions; try again later")
        if self._of_vm[vm] >= self._limits.of_vm:
            raise Refused(503, f"the VM has too many sessions of {subject.kind}")
        if self._of_user[user] >= self._limits.of_user:
            raise Refused(503, "you have too many sessions; close some")
        self._of_vm[vm] += 1
        self._of_user[user] += 1
        try:
            yield
        finally:
            _release(self._of_vm, vm)
            _release(self._of_user, user)

    async def run(
        self, subject: Subject, relay: Relay, is_still_allowed: Callable[[], Awaitable[bool]]
    ) -> Ending:
        """Run a session to its end, watched over, counted, and told of in the audit."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        session = Session(subject, relay, is_still_allowed, reviewed_at=began)
        log.info("session opened", extra=subject.fields)
        self._add(session)
        ending: Ending | None = None
        try:
            ending = await relay.run()
        finally:
            self._remove(session)
            fields = subject.fields | {
                "bytes_to_guest": relay.bytes_to_guest,
                "bytes_to_client": relay.bytes_to_client,
                "seconds": round(loop.time() - began, 3),
                "code": ending.code if ending else 1011,
                "cause": ending.cause if ending else "Cancelled",
            }
            log.info("session closed", extra=fields)
        return ending

    def _add(self, session: Session) -> None:
        self._sessions.add(session)
        self._tell(session.subject, 1)
        if not self._tasks:
            self._tasks = [
                asyncio.create_task(self._watch(self._look)),
                asyncio.create_task(self._watch(self._review)),
            ]

    def _remove(self, session: Session) -> None:
        self._sessions.discard(session)
        self._tell(session.subject, -1)
        if not self._sessions:
            for task in self._tasks:
                task.cancel()
            self._tasks = []

    def _tell(self, subject: Subject, change: int) -> None:
        labels = (subject.namespace, subject.name)
        gauge = _ACTIVE[subject.kind]
        gauge.labels(*labels).inc(change)
        # admit() still counts the one that leaves
        if change < 0 and self._of_vm[subject.kind, *labels] <= 1:
            gauge.remove(*labels)

    async def _watch(self, work: Callable[[], Awaitable[None]]) -> None:
        while True:
            await asyncio.sleep(self._timing.look)
            try:
                await work()
            except Exception:
                log.exception("cannot look after the sessions")

    async def _look(self) -> None:
        for session in list(self._sessions):
            await session.relay.look(self._timing)

    async def _review(self) -> None:
        """Ask again for each right that sessions live on, and end those that lost it."""
        now = asyncio.get_running_loop().time()
        rights: dict[object, list[Session]] = {}
        for session in self._sessions:
            rights.setdefault(session.subject.right, []).append(session)
        limit = asyncio.Semaphore(_REVIEWS_AT_ONCE)
        due = [
            group
            for group in rights.values()
            if min(each.reviewed_at for each in group) + self._timing.review <= now
        ]
        await asyncio.gather(*(self._review_group(group, now, limit) for group in due))

    async def _review_group(
        self, group: list[Session], now: float, limit: asyncio.Semaphore
    ) -> None:
        try:
            async with limit, asyncio.timeout(_REVIEW_DEADLINE_SECONDS):
                allowed = await group[0].is_still_allowed()
        except Exception as error:  # noqa: BLE001 - whatever it is, it says nothing of the right
            extra = group[0].subject.fields | {"error": str(error)}
            log.warning("cannot review a session's right, it stays", extra=extra)
            return
        for session in group:
            session.reviewed_at = now
            if not allowed:
                session.relay.end(REVOKED)


def _release(counter: Counter[KeyT], key: KeyT) -> None:
    counter[key] -= 1
    if not counter[key]:
        del counter[key]
