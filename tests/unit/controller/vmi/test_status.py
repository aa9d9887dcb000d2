"""Times of the status: waits that no clock can make longer."""

from datetime import UTC, datetime, timedelta

import pytest

from controller.clock import format_time, parse_time, seconds_left

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ago", "left"), [(0, 5.0), (2, 3.0), (5, 0.0), (100, 0.0), (-1, 0.0), (-3600, 0.0)]
)
def test_a_wait_ends_whatever_the_nodes_clock_says(ago: int, left: float) -> None:
    since = format_time(NOW - timedelta(seconds=ago))
    assert seconds_left(since, 5.0, NOW) == left


@pytest.mark.parametrize("text", [None, "", "yesterday", "2026-99-99T00:00:00Z"])
def test_a_time_that_is_none_makes_nobody_wait(text: str | None) -> None:
    assert parse_time(text) is None
    assert seconds_left(text, 5.0, NOW) == 0.0
