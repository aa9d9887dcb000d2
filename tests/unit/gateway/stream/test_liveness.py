"""When peers are pinged, given up, and left alone."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.stream.liveness import Link, Timing, Verdict, judge

TIMING = Timing(look=3, ping=10, answer=10, slow=24)


def walk(link: Link, seconds: int) -> list[tuple[int, Verdict]]:
    """Look at a link as the registry does; return what is to be done, and when."""
    told: list[tuple[int, Verdict]] = []
    for now in range(0, seconds, int(TIMING.look)):
        verdict = judge(link, now, TIMING)
        if verdict is Verdict.PING:
            link.pinged_at = now
        if verdict is not Verdict.FINE:
            told.append((now, verdict))
        if verdict in {Verdict.SILENT, Verdict.SLOW}:
            break
    return told


def test_a_peer_that_says_nothing_is_pinged_once_and_given_up_within_the_promise() -> None:
    assert walk(Link(0), 60) == [(12, Verdict.PING), (24, Verdict.SILENT)]


@given(heard=st.floats(0, 20), look=st.floats(0, 3))
def test_a_peer_is_given_up_within_27_seconds_of_its_last_word(heard: float, look: float) -> None:
    link, now = Link(heard), look
    while judge(link, now, TIMING) is not Verdict.SILENT:
        if judge(link, now, TIMING) is Verdict.PING:
            link.pinged_at = now
        now += TIMING.look
    assert 20 < now - heard <= 27


def test_a_peer_that_answers_is_pinged_again_and_again() -> None:
    link = Link(0)
    for now in (10, 21, 32):
        assert judge(link, now, TIMING) is Verdict.PING
        link.pinged_at = now
        link.hear(now + 0.1)
        assert judge(link, now + 9, TIMING) is Verdict.FINE


def test_a_peer_that_we_do_not_listen_to_is_not_judged() -> None:
    assert walk(Link(0, deaf=True), 600) == []


def test_a_peer_that_takes_nothing_is_cut_unless_it_may_take_its_time() -> None:
    assert walk(Link(0, sending_since=0), 60) == [(27, Verdict.SLOW)]
    assert walk(Link(0, sending_since=0, patient=True), 600) == []


@pytest.mark.parametrize(("seconds", "verdict"), [(0.001, Verdict.SILENT), (5, Verdict.FINE)])
def test_a_peer_that_had_to_be_waited_for_lives(seconds: float, verdict: Verdict) -> None:
    link = Link(0, pinged_at=10)
    link.begin_to_send(20)
    link.end_to_send(20 + seconds)
    assert judge(link, 25, TIMING) is verdict


def test_sending_that_never_began_ends_without_harm() -> None:
    link = Link(7)
    link.end_to_send(9)
    assert link == Link(7)
