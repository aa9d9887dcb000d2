"""Which Authorization headers have a token, and which have none."""

import base64

import pytest

from cockpit_login.credential import TOKEN_BYTES, parse_token
from cockpit_login.refusal import Refusal


def build_basic(text: str) -> str:
    return f"Basic {base64.b64encode(text.encode()).decode()}"


@pytest.mark.parametrize(
    "header",
    [
        "Bearer abc.DEF-1_2~3+4/5==",
        "bearer   abc.DEF-1_2~3+4/5==  ",
        build_basic("anybody:abc.DEF-1_2~3+4/5=="),
        build_basic(":abc.DEF-1_2~3+4/5=="),
        build_basic("anybody:abc.DEF-1_2~3+4/5==\0ssh-host key"),
        build_basic("anybody: abc.DEF-1_2~3+4/5== \n"),
    ],
)
def test_a_token_is_found_in_either_scheme(header: str) -> None:
    assert parse_token(header) == "abc.DEF-1_2~3+4/5=="


@pytest.mark.parametrize(
    "header",
    [
        "",
        "Bearer",
        "Bearer ",
        "Negotiate abc",
        "Basic !!!",
        "Basic /w==",
        build_basic("no colon"),
        build_basic("anybody:"),
        build_basic("anybody:two words"),
        build_basic("anybody:line\r\nX-Remote-User: root"),
        "Bearer abc\r\nImpersonate-User: root",
        "Bearer a\0b",
        "Bearer täst",
    ],
)
def test_what_is_no_token_is_never_sent_on(header: str) -> None:
    with pytest.raises(Refusal) as refused:
        parse_token(header)
    assert refused.value.problem == "authentication-failed"


def test_a_huge_credential_is_refused_without_looking_at_it() -> None:
    assert parse_token("Bearer " + "a" * TOKEN_BYTES)
    with pytest.raises(Refusal, match="too long"):
        parse_token("Bearer " + "a" * (TOKEN_BYTES + 1))


def test_a_refusal_never_repeats_what_was_sent() -> None:
    with pytest.raises(Refusal) as refused:
        parse_token("Bearer top secret")
    assert "secret" not in str(refused.value)
