"""Quantities are read exactly."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.problem import Problem
from api.quantity import (
    MAX_BYTES,
    format_bytes,
    parse_bytes,
    parse_millicores,
    parse_quantity,
)


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0", 0),
        (7, 7),
        ("128Mi", 128 << 20),
        ("1.5Gi", 1536 << 20),
        ("128M", 128_000_000),
        ("1k", 1000),
        ("1e3", 1000),
        ("12E2", 1200),
        ("1E", 10**18),
        ("7Ei", 7 << 60),
        (".5Ki", 512),
        ("5.", 5),
        ("+5", 5),
        ("100m", 1),  # a tenth of a byte is a byte
        ("9223372036854775807", MAX_BYTES),
    ],
)
def test_bytes_are_exact_and_rounded_up(text: str | int, size: int) -> None:
    assert parse_bytes(text) == size


@pytest.mark.parametrize(
    ("text", "millicores"), [("100m", 100), (2, 2000), ("0.25", 250), ("1500u", 2), ("1n", 1)]
)
def test_cpus_are_counted_in_thousandths(text: str | int, millicores: int) -> None:
    assert parse_millicores(text) == millicores


@pytest.mark.parametrize(
    "text", ["", " 1", "1 Gi", "Gi", "1GiB", "1e", "--1", "1K", "0x10", "1" * 65, "1\n", "\uff11Gi"]
)
def test_what_is_no_quantity_is_a_problem_in_words(text: str) -> None:
    with pytest.raises(Problem, match="is not a quantity such as"):
        parse_quantity(text)


@pytest.mark.parametrize("text", ["-1", "8Ei", "9223372036854775808", "1e999"])
def test_bytes_beyond_what_kubernetes_counts_are_a_problem(text: str) -> None:
    with pytest.raises(Problem, match="not between 0 and"):
        parse_bytes(text)


@pytest.mark.parametrize("text", ["-1m", "1E"])
def test_cpus_beyond_what_kubernetes_counts_are_a_problem(text: str) -> None:
    with pytest.raises(Problem, match="not a number of CPUs"):
        parse_millicores(text)


@given(st.integers(min_value=0, max_value=MAX_BYTES))
def test_canonical_text_reads_back(size: int) -> None:
    assert parse_bytes(format_bytes(size)) == size


def test_canonical_text_has_the_largest_even_suffix() -> None:
    assert [format_bytes(size) for size in (0, 1000, 1024, 1536 << 20, 1 << 60)] == [
        "0",
        "1000",
        "1Ki",
        "1536Mi",
        "1Ei",
    ]


@given(st.decimals(min_value=-(10**9), max_value=10**9, places=6))
def test_decimals_are_never_rounded(number: object) -> None:
    assert parse_quantity(f"{number:f}") == Fraction(f"{number:f}")
