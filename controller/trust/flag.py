"""The command line's say in how long certificates live."""

import argparse
from typing import Final

from controller.trust.seen import Intervals

_DEFAULTS: Final = Intervals()
_MAX_SECONDS: Final = 10 * _DEFAULTS.authority_seconds


def add_interval_flags(parser: argparse.ArgumentParser) -> None:
    """Add the flags."""
    for name, default, text in (
        ("certificate", _DEFAULTS.certificate_seconds, "life of a certificate"),
        ("authority", _DEFAULTS.authority_seconds, "life of the authority that signs them"),
        ("authority-overlap", _DEFAULTS.overlap_seconds, "from its being known to its signing"),
    ):
        parser.add_argument(f"--{name}-seconds", type=float, default=default, help=text)


def read_intervals(parsed: dict[str, object]) -> Intervals:
    """Take the flags' values out of what was parsed."""
    names = ("certificate_seconds", "authority_seconds", "authority_overlap_seconds")
    values = (parsed.pop(name) for name in names)
    return Intervals(*(float(str(value)) for value in values))


def find_interval_fault(intervals: Intervals) -> str:
    """Return why the intervals do not go together; empty when they do."""
    if not 1 <= intervals.certificate_seconds <= intervals.authority_seconds:
        return "--certificate-seconds must be at least 1, and at most --authority-seconds"
    if intervals.authority_seconds > _MAX_SECONDS:
        return "--authority-seconds must be at most ten years"
    if not 0 <= 3 * intervals.overlap_seconds < intervals.authority_seconds:
        return "--authority-overlap-seconds must be less than a third of --authority-seconds"
    return ""
