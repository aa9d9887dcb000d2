"""Times, as Kubernetes writes them: RFC 3339 in UTC, cut to whole seconds."""

from datetime import UTC, datetime, timedelta


def read_clock() -> datetime:
    """Return the time of now."""
    return datetime.now(UTC)


def format_time(moment: datetime) -> str:
    """Write a time as Kubernetes does."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def parse_time(text: str | None) -> datetime | None:
    """Read a time of Kubernetes'; what is none is None."""
    try:
        return datetime.fromisoformat(text) if text else None
    except ValueError:
        return None


def seconds_left(since: str | None, wait_seconds: float, now: datetime) -> float:
    """Return how much of a wait is left; clocks that disagree must not make it longer."""
    if parse_time(since) is None:
        return 0.0
    passed = seconds_since(since, now)
    return wait_seconds - passed if 0 <= passed < wait_seconds else 0.0


def seconds_since(since: str | None, now: datetime) -> float:
    """Return how long ago a time was, less than 0 if it is to come; 0 for no time."""
    start = parse_time(since)
    return 0.0 if start is None else (now - start) / timedelta(seconds=1)
