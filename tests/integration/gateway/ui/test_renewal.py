"""Sessions that live on with their issuer's next token, each of which is asked for once."""

import asyncio
import secrets
import time

import pytest

from tests.integration.gateway.ui.issuer import Issuer, begin, come_back
from tests.integration.gateway.ui.server import PODS
from tests.integration.gateway.ui.world import Answer, Browser, Json, World

RENEW = "/ui/session/renew"


@pytest.fixture
async def browser(world: World, issuer: Issuer, monkeypatch: pytest.MonkeyPatch) -> Browser:
    """Return a browser whose session may be renewed, and at once."""
    monkeypatch.setattr("gateway.ui.session._RENEW_SHARE", 1.0)
    return await log_in(world, issuer)


async def log_in(world: World, issuer: Issuer) -> Browser:
    issuer.refresh = "r"
    opened = world.open_browser()
    world.server.believe = lambda token: "erin" if token == issuer.gave else ""
    state = await begin(opened, issuer)
    assert (await come_back(opened, f"code=good&state={state}")).code == 303
    return opened


async def renew(browser: Browser, **headers: str | None) -> Answer:
    return await browser.call("POST", RENEW, headers=headers)


def pass_time(monkeypatch: pytest.MonkeyPatch, seconds: float) -> None:
    later = time.time() + seconds
    monkeypatch.setattr(time, "time", lambda: later)


def count_renewals(issuer: Issuer) -> int:
    return sum(form["grant_type"] == "refresh_token" for form in issuer.forms)


async def test_the_next_token_carries_the_session_on(
    world: World, issuer: Issuer, browser: Browser
) -> None:
    first = issuer.gave
    answer = await renew(browser)
    assert (answer.code, answer.json["user"], answer.json["renews"]) == (200, "erin", True)
    assert 200 <= answer.json["seconds"] <= 300
    assert "SameSite=Strict" in answer.cookie
    assert issuer.gave != first
    assert (await browser.call("GET", f"/k8s{PODS}")).code == 200
    assert world.server.requests[-1].user == "erin"
    assert (await renew(browser)).code == 200  # with the next one that renews
    assert [form.get("refresh_token") for form in issuer.forms] == [None, "r+", "r++"]


async def test_of_many_who_ask_one_is_asked_for(issuer: Issuer, browser: Browser) -> None:
    issuer.hold = asyncio.Event()
    asked = [asyncio.create_task(renew(browser)) for _ in range(5)]
    await issuer.reached.wait()
    issuer.hold.set()
    answers = await asyncio.gather(*asked)
    assert [answer.code for answer in answers] == [200] * 5
    assert count_renewals(issuer) == 1


async def test_an_answer_that_was_lost_is_given_again(issuer: Issuer, browser: Browser) -> None:
    before = dict(browser.cookies)
    issuer.hold = asyncio.Event()
    asked = asyncio.create_task(renew(browser))
    await issuer.reached.wait()
    asked.cancel()  # the browser goes away, and its connection with it
    await asyncio.wait([asked])
    issuer.hold.set()
    browser.cookies = before
    assert (await renew(browser)).code == 200
    assert count_renewals(issuer) == 1
    assert (await browser.call("GET", f"/k8s{PODS}")).code == 200


async def test_nobody_renews_what_is_not_due(world: World, issuer: Issuer) -> None:
    browser = await log_in(world, issuer)
    answer = await renew(browser)
    assert (answer.code, answer.cookie, answer.json["renews"]) == (200, "", True)
    assert count_renewals(issuer) == 0


async def test_without_what_renews_it_a_session_is_as_long_as_its_token(
    world: World, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = world.open_browser()
    world.server.believe = lambda token: "erin" if token == issuer.gave else ""
    state = await begin(browser, issuer)
    await come_back(browser, f"code=good&state={state}")
    assert (await renew(browser)).json["renews"] is False
    pass_time(monkeypatch, 301)
    assert (await renew(browser)).code == 401
    assert count_renewals(issuer) == 0


async def test_a_session_that_slept_is_told_to_be_renewed_and_is(
    issuer: Issuer, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    pass_time(monkeypatch, 3600)
    for path in (f"/k8s{PODS}", "/ui/session"):
        answer = await browser.call("GET", path)
        assert (answer.code, answer.cookie) == (401, "")  # and nothing takes the cookie away
    assert answer.json["renews"] is True
    assert (await renew(browser)).code == 200
    assert (await browser.call("GET", f"/k8s{PODS}")).code == 200


async def test_no_renewal_outlives_idle_time_or_the_day(
    issuer: Issuer, browser: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    issuer.life = 25 * 3600
    day = await renew(browser)
    assert (day.json["renews"], day.json["seconds"] <= 24 * 3600) == (False, True)
    pass_time(monkeypatch, 9 * 3600)
    assert (await renew(browser)).code == 401


@pytest.mark.parametrize(
    "claims",
    [
        {"sub": "mallory"},
        {"nonce": "another"},
        {"aud": "another"},
        {"iss": "https://x"},
        {"exp": 1},
    ],
)
async def test_a_next_token_that_is_another_is_not_taken(
    issuer: Issuer, browser: Browser, claims: Json
) -> None:
    held = dict(browser.cookies)
    issuer.claims = claims
    answer = await renew(browser)
    assert (answer.code, answer.cookie) == (403, "")
    assert browser.cookies == held


async def test_a_next_token_needs_no_nonce(issuer: Issuer, browser: Browser) -> None:
    issuer.claims = {"nonce": None}
    assert (await renew(browser)).code == 200


async def test_an_issuer_that_says_no_is_not_asked_again(issuer: Issuer, browser: Browser) -> None:
    issuer.refresh = None
    for _ in range(2):
        answer = await renew(browser)
        assert (answer.code, b"invalid_grant" in answer.body) == (403, True)
    assert count_renewals(issuer) == 1
    assert (await browser.call("GET", f"/k8s{PODS}")).code == 200  # until the token's end


async def test_an_issuer_that_is_broken_is_asked_again(issuer: Issuer, browser: Browser) -> None:
    issuer.down = True
    assert (await renew(browser)).code == 502
    issuer.down = False
    assert (await renew(browser)).code == 200


async def test_who_logged_out_is_renewed_no_more(issuer: Issuer, browser: Browser) -> None:
    held = dict(browser.cookies)
    issuer.hold = asyncio.Event()
    asked = asyncio.create_task(renew(browser))
    await issuer.reached.wait()
    assert (await browser.call("POST", "/ui/logout")).code == 204
    issuer.hold.set()
    answer = await asked
    assert (answer.code, answer.cookie) == (401, "")
    browser.cookies = held
    assert (await renew(browser)).code == 401


async def test_what_renews_is_left_out_where_it_does_not_fit(
    world: World, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.ui.session._RENEW_SHARE", 1.0)
    issuer.refresh = secrets.token_urlsafe(3000)
    browser = world.open_browser()
    world.server.believe = lambda token: "erin" if token == issuer.gave else ""
    state = await begin(browser, issuer)
    assert (await come_back(browser, f"code=good&state={state}")).code == 303
    assert (await browser.call("GET", "/ui/session")).json["renews"] is False


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://elsewhere"}, {"Origin": None}, {"X-Requested-With": None}]
)
async def test_other_pages_cannot_have_it_renewed(
    issuer: Issuer, browser: Browser, headers: dict[str, str | None]
) -> None:
    assert (await renew(browser, **headers)).code == 403
    assert count_renewals(issuer) == 0


async def test_without_a_session_there_is_nothing_to_renew(world: World, issuer: Issuer) -> None:
    assert (await renew(world.open_browser())).code == 401
    assert not issuer.forms
