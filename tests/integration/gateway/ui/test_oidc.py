"""Logging in at an OpenID Connect issuer: code flow with PKCE, state and nonce."""

import time
from pathlib import Path

import pytest

from gateway.ui.cookie import LOGIN, SESSION
from tests.integration.gateway.api import encode_secret
from tests.integration.gateway.ui.issuer import (
    SECRET,
    Issuer,
    begin,
    come_back,
    put_settings,
    serve_issuer,
)
from tests.integration.gateway.ui.server import PODS
from tests.integration.gateway.ui.world import Json, World


async def test_the_issuers_token_becomes_the_session(world: World, issuer: Issuer) -> None:
    browser = world.open_browser()
    told = (await browser.call("GET", "/ui/session")).json["oidc"]
    assert told == {"label": "Company login", "url": "ui/oidc/login"}
    state = await begin(browser, issuer)
    assert issuer.redirect == f"{browser.origin}/ui/oidc/callback"
    world.server.believe = lambda token: "erin" if token == issuer.gave else ""
    answer = await come_back(browser, f"code=good&state={state}")
    assert (answer.code, answer.headers["Location"]) == (303, "/")
    assert "SameSite=Strict" in answer.cookie
    assert not browser.cookies[LOGIN]
    assert (await browser.call("GET", f"/k8s{PODS}")).code == 200
    assert world.server.requests[-1].user == "erin"


async def test_the_way_back_is_open_to_the_browser_alone_that_went(
    world: World, issuer: Issuer
) -> None:
    browser, other = world.open_browser(), world.open_browser()
    state = await begin(browser, issuer)
    flow = browser.cookies[LOGIN]
    for who, query in (
        (other, f"code=good&state={state}"),
        (browser, "code=good&state=guess"),
        (browser, "code=good"),
        (browser, f"code=good&state={state}x"),
        (browser, f"code=good&state={state}&iss=https://another"),
    ):
        answer = await come_back(who, query)
        assert answer.code == 400
        assert not answer.cookie
    assert not issuer.forms
    other.cookies[SESSION] = flow  # and its cookie is no session
    assert (await other.call("GET", f"/k8s{PODS}")).code == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"nonce": "another"},
        {"aud": "another"},
        {"aud": ["a", "b"]},
        {"iss": "https://another"},
        {"exp": 1},
        {"exp": "soon"},
    ],
)
async def test_a_token_for_another_login_is_refused(
    world: World, issuer: Issuer, claims: Json
) -> None:
    world.server.believe = lambda _: "erin"
    issuer.claims = claims
    browser = world.open_browser()
    state = await begin(browser, issuer)
    answer = await come_back(browser, f"code=good&state={state}")
    assert answer.code == 401
    assert not answer.cookie
    assert not world.server.requests


async def test_a_token_that_the_cluster_refuses_is_no_login(world: World, issuer: Issuer) -> None:
    browser = world.open_browser()
    state = await begin(browser, issuer)
    answer = await come_back(browser, f"code=good&state={state}")
    assert answer.code == 401
    assert answer.headers["Content-Type"].startswith("text/html")
    assert not answer.cookie


async def test_what_the_issuer_says_is_shown_as_text(world: World, issuer: Issuer) -> None:
    browser = world.open_browser()
    state = await begin(browser, issuer)
    script = "%3Cscript%3Ealert(1)%3C/script%3E"
    answer = await come_back(browser, f"error=denied&error_description={script}&state={state}")
    assert answer.code == 401
    assert b"<script" not in answer.body
    assert b"&lt;script&gt;" in answer.body
    bad = await come_back(browser, f"code=bad&state={state}")
    assert (bad.code, b"invalid_grant" in bad.body) == (401, True)


async def test_a_client_with_a_secret_proves_itself(world: World, issuer: Issuer) -> None:
    issuer.secret = SECRET
    data = encode_secret(**{"oidc-client-secret": SECRET.encode()})
    world.api.put("secrets", {"metadata": {"name": "virt-ui"}, "data": data}, "kubevirt")
    settings = world.gateway.door._settings
    await settings._secret.synced.wait()
    browser = world.open_browser()
    while (held := settings.read().issuer) is None or not held.client_secret:
        await browser.call("GET", "/ui/session")
    world.server.believe = lambda token: "erin" if token == issuer.gave else ""
    state = await begin(browser, issuer)
    assert (await come_back(browser, f"code=good&state={state}")).code == 303
    assert "client_secret" not in issuer.forms[-1]


@pytest.mark.parametrize("lie", ["name", "endpoint"])
async def test_an_issuer_that_is_another_is_not_followed(
    world: World, issuer: Issuer, lie: str
) -> None:
    setattr(issuer, lie, "http://elsewhere.example/token")
    answer = await world.open_browser().call("GET", "/ui/oidc/login")
    assert answer.code == 502
    assert "Location" not in answer.headers


async def test_a_login_that_took_too_long_is_begun_anew(
    world: World, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = world.open_browser()
    state = await begin(browser, issuer)
    later = time.time() + 700
    monkeypatch.setattr("gateway.ui.oidc.time.time", lambda: later)
    assert (await come_back(browser, f"code=good&state={state}")).code == 400


async def test_without_an_issuer_there_is_no_such_login(world: World) -> None:
    assert (await world.open_browser().call("GET", "/ui/oidc/login")).code == 404


async def test_an_issuer_whose_certificate_nobody_vouches_for_is_not_asked(
    world: World, tmp_path: Path
) -> None:
    async with serve_issuer(tmp_path) as issuer:
        await put_settings(world, issuer, **{"oidc-ca": world.own.certificate.decode()})
        assert (await world.open_browser().call("GET", "/ui/oidc/login")).code == 503
