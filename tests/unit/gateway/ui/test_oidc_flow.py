"""The code flow's messages."""

from urllib.parse import parse_qs, urlsplit

import pytest

from gateway.refusal import Refused
from gateway.ui.oidc_flow import (
    Flow,
    Provider,
    build_redirect,
    build_refresh_request,
    build_revocation,
    build_token_request,
    check_next,
    check_provider,
    check_token,
)
from gateway.ui.session import TOKEN_CHARACTERS, clean_token, read_expiry
from gateway.ui.setting import Issuer
from tests.integration.gateway.ui.world import Json, spell_token

NOW = 1_700_000_000
ISSUER = Issuer("https://id", "me")
PROVIDER = Provider("https://id", "https://id/auth?x=1", "https://id/token")
# RFC 7636, appendix B
FLOW = Flow(
    "state", "nonce", "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk", "https://a/b", "https://id", 0
)
GOOD = {"iss": "https://id", "aud": ["x", "me"], "nonce": "nonce", "exp": NOW + 1}


def test_the_redirect_has_a_challenge_and_no_verifier() -> None:
    url = build_redirect(ISSUER, PROVIDER, FLOW)
    query = {name: value for name, (value,) in parse_qs(urlsplit(url).query).items()}
    assert query["code_challenge"] == "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert (query["x"], query["state"], query["nonce"]) == ("1", "state", "nonce")
    assert FLOW.verifier not in url


def test_what_the_issuer_is_to_ask_for_is_said_only_where_it_is_set() -> None:
    assert "prompt" not in build_redirect(ISSUER, PROVIDER, FLOW)
    asking = Issuer("https://id", "me", prompt="consent login")
    assert "prompt=consent+login" in build_redirect(asking, PROVIDER, FLOW)


def test_a_refresh_names_the_client_as_the_first_request_does() -> None:
    public = build_refresh_request(ISSUER, PROVIDER, "r")
    form = {"grant_type": "refresh_token", "refresh_token": "r"}
    assert (public.form, public.basic) == (form | {"client_id": "me"}, None)
    secret = build_refresh_request(Issuer("https://id", "me", "secret"), PROVIDER, "r")
    assert (secret.form, secret.basic) == (form, ("me", "secret"))


def test_who_has_a_token_taken_back_proves_itself_as_who_got_it() -> None:
    form = {"token": "r", "token_type_hint": "refresh_token"}
    public = build_revocation(ISSUER, PROVIDER, "r")
    assert (public.form, public.basic) == (form | {"client_id": "me"}, None)
    secret = build_revocation(Issuer("https://id", "me", "secret"), PROVIDER, "r")
    assert (secret.form, secret.basic) == (form, ("me", "secret"))


def test_a_client_proves_itself_as_the_issuer_wants_it() -> None:
    assert build_token_request(ISSUER, PROVIDER, FLOW, "c").form["client_id"] == "me"
    secret = Issuer("https://id", "me", "secret")
    basic = build_token_request(secret, PROVIDER, FLOW, "c")
    assert (basic.basic, "client_secret" in basic.form) == (("me", "secret"), False)
    other = Provider("https://id", "https://id/a", "https://id/t", ("client_secret_post",))
    post = build_token_request(secret, other, FLOW, "c")
    assert (post.basic, post.form["client_secret"]) == (None, "secret")


@pytest.mark.parametrize(
    "provider",
    [
        Provider("https://other", "https://id/a", "https://id/t"),
        Provider("https://id", "http://id/a", "https://id/t"),
        Provider("https://id", "https://id/a", "file:///etc/passwd"),
    ],
)
def test_an_issuer_without_tls_or_of_another_name_is_refused(provider: Provider) -> None:
    with pytest.raises(Refused):
        check_provider(ISSUER, provider)


def test_a_token_for_us_is_taken() -> None:
    check_provider(ISSUER, PROVIDER)
    check_token(ISSUER, FLOW, spell_token(GOOD), NOW)


@pytest.mark.parametrize(
    "token",
    [
        "",
        "a.b",
        "a.%.c",
        "a.e30.c",
        spell_token(GOOD | {"iss": "https://other"}),
        spell_token(GOOD | {"aud": "x"}),
        spell_token(GOOD | {"nonce": ""}),
        spell_token(GOOD | {"exp": NOW - 100}),
    ],
)
def test_other_tokens_are_not(token: str) -> None:
    with pytest.raises(Refused) as refused:
        check_token(ISSUER, FLOW, token, NOW)
    assert refused.value.code == 401


def test_tokens_are_cleaned_as_people_paste_them() -> None:
    assert clean_token("  Bearer abc\n") == "abc"
    for wrong in (" ", "two words", "x" * (TOKEN_CHARACTERS + 1)):
        with pytest.raises(Refused):
            clean_token(wrong)
    assert read_expiry(spell_token({"exp": 5})) == 5
    assert read_expiry("opaque") is None


@pytest.mark.parametrize("nonce", ["nonce", ""])
def test_a_next_token_of_the_same_user_is_taken(nonce: str) -> None:
    before = spell_token(GOOD | {"sub": "a", "exp": NOW - 1000})
    check_next(ISSUER, before, spell_token(GOOD | {"sub": "a", "nonce": nonce}), NOW)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ({}, {"sub": "b"}),
        ({}, {"nonce": "other"}),
        ({}, {"aud": "x"}),
        ({}, {"exp": NOW - 100}),
        ({"iss": "https://other"}, {}),
    ],
)
def test_another_next_token_is_not(before: Json, after: Json) -> None:
    former, token = (spell_token(GOOD | {"sub": "a"} | each) for each in (before, after))
    with pytest.raises(Refused) as refused:
        check_next(ISSUER, former, token, NOW)
    assert refused.value.code == 401
