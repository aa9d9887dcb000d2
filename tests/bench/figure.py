"""A measured figure, its goal, and how both are shown; pure."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """Raw samples of one quantity; its value is their median."""

    name: str
    unit: str
    samples: tuple[float, ...]
    goal: float | None = None  # not to be exceeded
    kubevirt: float | None = None  # what KubeVirt takes, where that is known
    note: str = ""
    least: float | None = None  # a goal that is to be reached

    @property
    def value(self) -> float:
        return statistics.median(self.samples)

    @property
    def is_missed(self) -> bool:
        is_over = self.goal is not None and self.value > self.goal
        return is_over or (self.least is not None and self.value < self.least)


def encode_figures(figures: Sequence[Figure]) -> list[dict[str, object]]:
    """Return figures as JSON-ready objects with every raw sample."""
    return [
        {**asdict(figure), "value": figure.value, "missed": figure.is_missed} for figure in figures
    ]


def render_table(title: str, figures: Sequence[Figure]) -> str:
    """Return a table in Markdown, which is readable as plain text too."""
    head = ("figure", "median", "range", "n", "goal", "KubeVirt", "")
    rows = [head, tuple("---" for _ in head), *(build_row(figure) for figure in figures)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(head))]
    lines = [
        "| " + " | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) + " |"
        for row in rows
    ]
    notes = [f"- {figure.name}: {figure.note}" for figure in figures if figure.note]
    return "\n".join([f"### {title}", "", *lines, "", *notes, ""])


def build_row(figure: Figure) -> tuple[str, ...]:
    """Return the cells of one figure."""
    low, high = min(figure.samples), max(figure.samples)
    goals = [f"≤ {show(figure.goal)}"] if figure.goal is not None else []
    goals += [f"≥ {show(figure.least)}"] if figure.least is not None else []
    verdict = "" if not goals else "**missed**" if figure.is_missed else "met"
    return (
        figure.name,
        f"{show(figure.value)} {figure.unit}",
        "" if low == high else f"{show(low)} to {show(high)}",
        str(len(figure.samples)),
        ", ".join(goals),
        "" if figure.kubevirt is None else show(figure.kubevirt),
        verdict,
    )


def show(value: float) -> str:
    """Return a number with three significant digits."""
    if value == 0:
        return "0"
    decimals = max(0, 2 - math.floor(math.log10(abs(value))))
    return f"{value:,.{decimals}f}"


def fit_exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """Return the slope of log(cost) over log(size): 1 is linear growth."""
    slope, _ = statistics.linear_regression(
        [math.log(size) for size in sizes], [math.log(cost) for cost in costs]
    )
    return slope
