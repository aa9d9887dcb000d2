"""Who is gone is found within 30 s; who only pauses is borne for a minute."""

import pytest

from handler.console.patience import KEEPALIVE_PROBES, Line, Patience, judge

PATIENCE = Patience()


def test_a_pulled_cable_is_found_within_30_seconds() -> None:
    probed = PATIENCE.keepalive_idle + KEEPALIVE_PROBES * PATIENCE.keepalive_interval
    assert probed <= 30
    assert PATIENCE.silent + PATIENCE.sweep <= 30


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (Line(None, 0, 0.0), None),
        (Line(None, 0, 3600.0), None),  # idle: the kernel asks
        (Line(None, 1, 19.9), None),
        (Line(None, 1, 20.0), "PeerSilent"),
        (Line(1000.0, 0, 50.0), None),  # its window is shut, and the kernel asks now and then
        (Line(941.0, 0, 0.0), None),
        (Line(940.0, 0, 0.0), "ReaderStuck"),
        (Line(940.0, 3, 21.0), "PeerSilent"),
    ],
)
def test_verdicts(line: Line, reason: str | None) -> None:
    assert judge(line, 1000.0, PATIENCE) == reason
