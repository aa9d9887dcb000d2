"""Sealing: who has no key learns and changes nothing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.refusal import Refused
from gateway.ui import cookie
from gateway.ui.seal import YOUNG_SECONDS, Seal
from gateway.ui.session import IDLE_SECONDS, WHOLE_SECONDS, Credentials, Session, begin

NOW = 1_700_000_000
SEAL = Seal()
SEAL.renew({NOW - 10_000: b"a" * 32})


@given(st.binary(max_size=4000), st.text(max_size=20))
def test_what_was_sealed_is_opened(content: bytes, purpose: str) -> None:
    text = SEAL.seal(purpose, content, NOW)
    assert SEAL.open(purpose, text) == content
    assert SEAL.open(purpose + "x", text) is None


@given(st.text(max_size=200))
def test_anything_else_is_nothing(text: str) -> None:
    assert SEAL.open("session", text) is None


@given(st.integers(0, 10_000), st.integers(1, 255))
def test_one_bit_that_is_another_is_enough(place: int, change: int) -> None:
    text = bytearray(SEAL.seal("s", b"content", NOW).encode())
    place %= len(text) - 1  # of the last character some bits say nothing
    text[place] ^= change
    assert SEAL.open("s", text.decode("latin-1")) is None


def test_the_same_content_is_never_sealed_the_same() -> None:
    assert SEAL.seal("s", b"x", NOW) != SEAL.seal("s", b"x", NOW)


def test_a_key_is_used_once_every_replica_has_it() -> None:
    new, old = Seal(), Seal()
    old.renew({100: b"o" * 32})
    new.renew({100: b"o" * 32, NOW: b"n" * 32})
    assert old.open("s", new.seal("s", b"x", NOW + YOUNG_SECONDS - 1)) == b"x"
    assert old.open("s", new.seal("s", b"x", NOW + YOUNG_SECONDS)) is None
    assert new.open("s", old.seal("s", b"x", NOW)) == b"x"


def test_the_first_key_is_used_at_once() -> None:
    seal = Seal()
    with pytest.raises(Refused) as refused:
        seal.seal("s", b"", NOW)
    assert refused.value.code == 503
    seal.renew({NOW: b"n" * 32})
    assert seal.open("s", seal.seal("s", b"x", NOW)) == b"x"


def test_a_session_ends_when_it_is_not_used_and_after_a_day_anyway() -> None:
    held = begin(
        id_=b"1", user="a", namespace="", credentials=Credentials("t"), expires=None, now=NOW
    )
    assert not held.is_over(NOW + IDLE_SECONDS - 1)
    assert held.is_over(NOW + IDLE_SECONDS)
    used = held
    for hour in range(1, 25):
        assert not used.is_over(NOW + hour * 3600 - 1)
        used = used.touch(NOW + hour * 3600)
    assert used.is_over(NOW + WHOLE_SECONDS)
    assert (held.is_stale(NOW), held.is_stale(NOW + 600)) == (False, True)


def test_a_session_ends_with_its_token() -> None:
    held = begin(
        id_=b"1",
        user="system:serviceaccount:team:bot",
        namespace="",
        credentials=Credentials("t"),
        expires=NOW + 60.5,
        now=NOW,
    )
    assert held.ends == NOW + 60
    assert held.namespace == "team"
    assert "Max-Age=60" in cookie.write_session(SEAL, held, NOW)


def test_a_cookie_of_another_version_is_no_session() -> None:
    text = SEAL.seal("session", b"\x91\x01", NOW)
    assert cookie.read_session(SEAL, text, NOW) is None


def test_no_secret_is_shown_by_mistake() -> None:
    held = Session(b"1", "a", "ns", NOW, NOW, Credentials("secret", (b"c",), b"secret"))
    assert "secret" not in repr(held)
