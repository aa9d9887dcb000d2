"""Waiting for what other processes do."""

import threading
import time
from collections.abc import Callable


def wait_until(is_so: Callable[[], bool], seconds: float = 60) -> None:
    """Wait for what other processes do, of which nothing tells."""
    deadline = time.monotonic() + seconds
    pause = threading.Event()
    while not is_so():
        assert time.monotonic() < deadline
        pause.wait(0.02)
