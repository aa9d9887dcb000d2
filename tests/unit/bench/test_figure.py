"""Figures are judged by their median and shown with their range."""

import pytest

from tests.bench.figure import Figure, fit_exponent, render_table, show


def test_a_goal_is_missed_by_the_median_not_by_one_sample() -> None:
    assert not Figure("a", "s", (0.1, 0.2, 9.0), goal=0.2).is_missed
    assert Figure("a", "s", (0.1, 0.3, 0.4), goal=0.2).is_missed


def test_a_figure_without_a_goal_misses_none() -> None:
    assert not Figure("a", "s", (9.0,)).is_missed


@pytest.mark.parametrize(
    ("value", "shown"),
    [(0, "0"), (0.01234, "0.0123"), (1.5, "1.50"), (98.7, "98.7"), (1234.5, "1,234")],
)
def test_numbers_have_three_digits_that_count(value: float, shown: str) -> None:
    assert show(value) == shown


def test_a_table_shows_goal_and_verdict() -> None:
    table = render_table("start", [Figure("Running", "s", (1.0, 2.0, 3.0), 1.5, 3.7)])
    row = table.splitlines()[4]
    assert [cell.strip() for cell in row.split("|")[1:-1]] == [
        "Running", "2.00 s", "1.00 to 3.00", "3", "≤ 1.50", "3.70", "**missed**",
    ]  # fmt: skip


def test_linear_cost_has_exponent_one_and_quadratic_two() -> None:
    assert fit_exponent([1, 10, 100], [3, 30, 300]) == pytest.approx(1)
    assert fit_exponent([1, 10, 100], [1, 100, 10_000]) == pytest.approx(2)
