"""Durations as Go writes them; pure."""

import math
import re
from decimal import Decimal
from typing import Final

from gateway.refusal import Refused

_UNITS: Final = {
    "ns": Decimal("1e-9"),
    "us": Decimal("1e-6"),
    "µs": Decimal("1e-6"),
    "ms": Decimal("1e-3"),
    "s": Decimal(1),
    "m": Decimal(60),
    "h": Decimal(3600),
}
_PART: Final = re.compile(r"([0-9]{1,9}(?:\.[0-9]{0,9})?)(ns|us|µs|ms|s|m|h)", re.ASCII)
_MOST_SECONDS: Final = 24 * 3600


def parse_seconds(text: str, field: str) -> int:
    """Return the whole seconds of a duration such as 5m or 1h30m, rounded up; at most a day."""
    parts = _PART.findall(text)
    if text != "0" and (not parts or "".join(map("".join, parts)) != text):
        raise Refused(400, f"{field}: {text[:50]!r} is no duration such as 5m or 1h30m")
    seconds = sum((Decimal(number) * _UNITS[unit] for number, unit in parts), Decimal())
    if seconds > _MOST_SECONDS:
        raise Refused(400, f"{field}: {text[:50]!r} is more than a day")
    return math.ceil(seconds)
