"""Ends a session from another thread."""

import os
import threading
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Ending:
    """How a session ended: websocket close code, CamelCase reason, a sentence for the user."""

    code: int
    reason: str
    text: str
    is_abrupt: bool = False  # without a word: the peer would not hear it


class Bell:
    """Wakes the thread that waits for ``fileno``; the first ending holds."""

    def __init__(self) -> None:
        self._descriptor = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._lock = threading.Lock()
        self._is_open = True
        self.ending: Ending | None = None

    def fileno(self) -> int:
        return self._descriptor

    def ring(self, ending: Ending) -> None:
        """Say how to end; an abrupt ending overrules one that takes its time."""
        with self._lock:
            if self._is_open and (self.ending is None or ending.is_abrupt):
                self.ending = ending
                os.eventfd_write(self._descriptor, 1)

    def close(self) -> None:
        """Free the descriptor; ringing does nothing from then on."""
        with self._lock:
            if self._is_open:
                self._is_open = False
                os.close(self._descriptor)
