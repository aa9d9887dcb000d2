"""Kubernetes quantities: text such as 1.5Gi or 100m, read exactly."""

import re
from fractions import Fraction
from typing import Final

from api.problem import Problem

MAX_BYTES: Final = 2**63 - 1  # what Kubernetes itself can count

_NUMBER = re.compile(
    r"(?P<number>[+-]?(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+))"
    r"(?P<suffix>[KMGTPE]i|[numkMGTPE]|[eE][+-]?[0-9]{1,3}|)"
)
_LONGEST: Final = 64
_SCALES: Final = {
    "": Fraction(1),
    **{suffix: Fraction(1, 1000**n) for n, suffix in enumerate("mun", start=1)},
    **{suffix: Fraction(1000**n) for n, suffix in enumerate("kMGTPE", start=1)},
    **{f"{suffix}i": Fraction(1024**n) for n, suffix in enumerate("KMGTPE", start=1)},
}


def parse_quantity(quantity: str | int) -> Fraction:
    """Return the exact value; raises Problem when the text is no quantity."""
    text = str(quantity)
    match = _NUMBER.fullmatch(text) if len(text) <= _LONGEST else None
    if match is None:
        raise Problem(
            "QuantityInvalid", f"{text[:_LONGEST]!r} is not a quantity such as 512Mi, 2 or 100m"
        )
    number, suffix = match["number"], match["suffix"]
    if suffix in _SCALES:
        return Fraction(number) * _SCALES[suffix]
    return Fraction(number + suffix)


def parse_bytes(quantity: str | int) -> int:
    """Return bytes, rounded up; raises Problem when negative or beyond 2^63-1."""
    size = -(-parse_quantity(quantity) // 1)
    if not 0 <= size <= MAX_BYTES:
        raise Problem("QuantityInvalid", f"{quantity} is not between 0 and 2^63-1 bytes")
    return size


def parse_millicores(quantity: str | int) -> int:
    """Return thousandths of a CPU, rounded up; raises Problem when negative or beyond 2^63-1."""
    cores = -(-parse_quantity(quantity) * 1000 // 1)
    if not 0 <= cores <= MAX_BYTES:
        raise Problem("QuantityInvalid", f"{quantity} is not a number of CPUs")
    return cores


def format_bytes(size_bytes: int) -> str:
    """Return the canonical text: the largest binary suffix that divides evenly."""
    suffixes = ("", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei")
    step = 0
    while size_bytes and size_bytes % 1024 == 0 and step < len(suffixes) - 1:
        size_bytes //= 1024
        step += 1
    return f"{size_bytes}{suffixes[step]}"
