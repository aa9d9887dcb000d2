"""When the keys that seal the pages' sessions are made and dropped; pure.

A session lives for a day at most, so a key is of use for a day after its successor came. Each
replica of the gateway begins to use a key some minutes after it was made (gateway/ui/seal.py):
by then all of them have it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from typing import Final

RENEW_SECONDS: Final = 7 * 24 * 3600
# The longest session, and an hour for those minutes and for clocks that differ.
LINGER_SECONDS: Final = 25 * 3600
MAX_WAIT_SECONDS: Final = 3600.0


@dataclass(frozen=True, slots=True)
class KeyPlan:
    """What to do with the keys, each named by the second it was made."""

    adds: bool
    drops: tuple[int, ...]
    look_again: float  # in seconds

    @property
    def changes(self) -> bool:
        return self.adds or bool(self.drops)


def plan_keys(held: Mapping[int, bytes], now: float) -> KeyPlan:
    """Return what is to be done now, and when to look again."""
    made = sorted(held)
    adds = not made or now - made[-1] >= RENEW_SECONDS
    successors = pairwise(made)
    drops = tuple(old for old, new in successors if now - new >= LINGER_SECONDS)
    waits = [made[-1] + RENEW_SECONDS - now] if made and not adds else []
    waits += [new + LINGER_SECONDS - now for new in made[len(drops) + 1 :]]
    return KeyPlan(adds, drops, min([MAX_WAIT_SECONDS, *waits]))
