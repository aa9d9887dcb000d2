"""What Prometheus reads of the console server."""

import threading
from collections import Counter as CountOf
from collections.abc import Iterable, Sequence
from typing import Final

from prometheus_client import Counter
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily

from api.door import SessionKind
from handler.console.session import Session

REFUSALS: Final = Counter(
    "virtpod_console_refusals", "Requests that were refused, by reason", ["reason"]
)
DROPPED: Final = Counter(
    "virtpod_console_connections_dropped", "Connections that got no thread, by reason", ["reason"]
)
_DIRECTIONS: Final = ("to_user", "to_guest")


class Tally:
    """Counts sessions; those that are open are asked when Prometheus asks."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._opened: CountOf[str] = CountOf()
        self._bytes: CountOf[tuple[str, str]] = CountOf()  # of sessions that ended
        self._sessions: set[Session] = set()

    def add(self, session: Session) -> None:
        """Count a session that opened."""
        with self._lock:
            self._opened[session.kind] += 1
            self._sessions.add(session)

    def remove(self, session: Session) -> None:
        """Keep the bytes of a session that ended; one that never opened is fine."""
        with self._lock:
            if session in self._sessions:
                self._sessions.remove(session)
                self._bytes.update(_count_bytes((session,)))

    def count_open(self) -> int:
        """Return how many sessions there are."""
        return len(self._sessions)

    def collect(self) -> Iterable[GaugeMetricFamily | CounterMetricFamily]:
        with self._lock:
            sessions, opened = tuple(self._sessions), self._opened.copy()
            traffic = self._bytes + _count_bytes(sessions)
        active = GaugeMetricFamily(
            "virtpod_console_sessions", "Sessions that are open", labels=("kind",)
        )
        total = CounterMetricFamily(
            "virtpod_console_sessions_opened", "Sessions that were opened", labels=("kind",)
        )
        carried = CounterMetricFamily(
            "virtpod_console_bytes", "Bytes that were carried", labels=("kind", "direction")
        )
        for kind in SessionKind:
            active.add_metric((kind,), sum(session.kind == kind for session in sessions))
            total.add_metric((kind,), opened[kind])
            for direction in _DIRECTIONS:
                carried.add_metric((kind, direction), traffic[kind, direction])
        return active, total, carried


def _count_bytes(sessions: Sequence[Session]) -> CountOf[tuple[str, str]]:
    counted: CountOf[tuple[str, str]] = CountOf()
    for session in sessions:
        counted[session.kind, "to_user"] += session.bytes_out
        counted[session.kind, "to_guest"] += session.bytes_in
    return counted
