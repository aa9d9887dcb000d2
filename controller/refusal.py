"""What was refused: said, and tried again less and less often."""

import random
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

BASE_SECONDS: Final = 4.0
MAX_SECONDS: Final = 60.0
_DOUBLINGS: Final = 10


@dataclass(frozen=True, slots=True)
class Refusal:
    """Something that the controller wanted was not taken."""

    reason: str  # a names.Reason
    message: str
    retry_at: datetime
    pod_uid: str = ""  # the pod that its node did not take; empty when the API server refused


def plan_refusal(
    reason: str,
    message: str,
    now: datetime,
    earlier: int,
    *,
    max_seconds: float = MAX_SECONDS,
    pod_uid: str = "",
) -> Refusal:
    """Return a refusal with its retry, after so many earlier ones in a row."""
    limit = min(max_seconds, BASE_SECONDS * 2.0 ** min(earlier, _DOUBLINGS))
    wait = limit * random.uniform(0.75, 1.0)  # noqa: S311 - jitter
    return Refusal(reason, message, now + timedelta(seconds=wait), pod_uid)
