"""How often something may be done: a burst at once, then a steady rate."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Budget:
    """A token bucket that says how long to wait instead of refusing."""

    burst: float
    per_second: float
    clock: Callable[[], float] = time.monotonic
    _left: float = field(init=False)
    _filled_at: float = field(init=False)

    def __post_init__(self) -> None:
        self._left = self.burst
        self._filled_at = self.clock()

    def count_wait(self) -> float:
        """Return the seconds until the next one is allowed."""
        now = self.clock()
        refill = (now - self._filled_at) * self.per_second
        self._left = min(self.burst, self._left + refill)
        self._filled_at = now
        return max(0.0, (1 - self._left) / self.per_second)

    def spend(self) -> float:
        """Take one; returns the seconds to wait before the next."""
        self.count_wait()
        self._left -= 1
        return max(0.0, -self._left / self.per_second)
