"""What decisions on every kind have in common."""

from dataclasses import dataclass
from typing import Final, Literal

# Decide again with what an action has just brought to light.
AT_ONCE: Final = 0.0

EventType = Literal["Normal", "Warning"]


@dataclass(frozen=True, slots=True)
class Emit:
    """Tell the user by an event."""

    type: EventType
    reason: str
    message: str


@dataclass(frozen=True, slots=True)
class RemoveFinalizer:
    """Let the object go."""
