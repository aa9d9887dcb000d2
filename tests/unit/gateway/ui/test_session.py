"""How long a session lasts, and when it may be renewed."""

import pytest

from gateway.ui.session import (
    IDLE_SECONDS,
    RENEW_SECONDS,
    TOUCH_SECONDS,
    WHOLE_SECONDS,
    Credentials,
    Session,
    begin,
    read_issuer,
    renew,
)
from tests.integration.gateway.ui.world import spell_token

NOW = 1_700_000_000


def start(life: float | None, refresh: str = "") -> Session:
    return begin(
        id_=b"id",
        user="a",
        namespace="",
        credentials=Credentials("t"),
        expires=None if life is None else NOW + life,
        now=NOW,
        refresh=refresh,
    )


@pytest.mark.parametrize(("life", "until"), [(None, WHOLE_SECONDS), (600, 600), (1e9, 86400)])
def test_a_session_ends_with_its_token_or_after_a_day(life: float | None, until: int) -> None:
    session = start(life)
    assert session.until == session.stays == NOW + until
    assert session.kept == session.ends
    assert not session.renews
    assert not session.is_due(NOW + until)


def test_one_that_can_be_renewed_is_kept_for_that_until_nobody_used_it_for_long() -> None:
    session = start(600, "r")
    assert (session.ends, session.kept) == (NOW + 600, NOW + IDLE_SECONDS)
    assert session.stays == NOW + WHOLE_SECONDS
    assert session.is_over(NOW + 600)
    assert session.is_due(NOW + 601)


@pytest.mark.parametrize(("life", "early"), [(3600, RENEW_SECONDS), (300, 180)])
def test_it_may_be_renewed_some_minutes_before_its_end_or_in_the_second_half(
    life: int, early: int
) -> None:
    session = start(life, "r")
    assert not session.is_due(NOW + life - early - 1)
    assert session.is_due(NOW + life - early)


def test_it_is_not_renewed_beyond_its_day() -> None:
    session = renew(start(600, "r"), "t2", "", NOW + 1e9, NOW + 300)
    assert (session.until, session.renews) == (NOW + WHOLE_SECONDS, False)


@pytest.mark.parametrize(("given", "held"), [("", "r"), ("r2", "r2")])
def test_what_renews_it_next_is_the_new_one_if_there_is_one(given: str, held: str) -> None:
    before = start(600, "r")
    session = renew(before, "t2", given, NOW + 900, NOW + 300)
    assert (session.refresh, session.credentials.token) == (held, "t2")
    assert (session.until, session.since, session.id) == (NOW + 900, NOW + 300, before.id)


def test_a_cookie_never_says_that_it_was_used_when_it_may_be_renewed_meanwhile() -> None:
    session = start(3600, "r")
    assert not session.is_stale(NOW + TOUCH_SECONDS - 1)
    assert session.is_stale(NOW + TOUCH_SECONDS)
    assert session.is_stale(NOW + 3600 - RENEW_SECONDS - 121)
    assert not session.is_stale(NOW + 3600 - RENEW_SECONDS - 120)
    assert start(3600).is_stale(NOW + 3599)


def test_a_token_says_who_it_is_of() -> None:
    assert read_issuer(spell_token({"iss": "https://id"})) == "https://id"
    assert read_issuer("plain") == ""
