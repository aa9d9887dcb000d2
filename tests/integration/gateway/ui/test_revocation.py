"""Who logs out has the issuer take back what renews the session, and does not wait for it."""

import asyncio
import logging
from pathlib import Path

import pytest

from gateway.ui import revocation
from tests.integration.gateway.ui.issuer import CLIENT, Issuer, begin, come_back, serve_issuer
from tests.integration.gateway.ui.server import PODS
from tests.integration.gateway.ui.world import Browser, Json, World

SECONDS = 60.0
REFRESH = "refresh-token-that-nobody-may-see"
FAILED = "refresh token not revoked"


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(revocation, "REVOKE_SECONDS", SECONDS)


async def log_in(world: World, issuer: Issuer, refresh: str | None = REFRESH) -> Browser:
    """Log in; the session is renewed with ``refresh`` and a plus."""
    issuer.refresh = refresh
    browser = world.open_browser()
    world.server.believe = lambda token: "erin" if token == issuer.gave else ""
    state = await begin(browser, issuer)
    assert (await come_back(browser, f"code=good&state={state}")).code == 303
    return browser


async def log_out(browser: Browser) -> None:
    assert (await browser.call("POST", "/ui/logout")).code == 204


async def read_revoked(issuer: Issuer) -> Json:
    return await asyncio.wait_for(issuer.revoked.get(), SECONDS)


async def settle() -> None:
    """Wait until the gateway asks no issuer any more."""
    tasks = [
        task
        for task in asyncio.all_tasks()
        if getattr(task.get_coro(), "__qualname__", "") == "Revocations._revoke"
    ]
    if tasks:
        await asyncio.wait(tasks, timeout=SECONDS)


def list_failures(caplog: pytest.LogCaptureFixture) -> list[str]:
    assert REFRESH not in caplog.text
    return [vars(each)["error"] for each in caplog.records if each.message == FAILED]


async def test_the_issuer_takes_back_what_renews_the_session(
    world: World, issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    browser = await log_in(world, issuer)
    await log_out(browser)
    asked = {"token": f"{REFRESH}+", "token_type_hint": "refresh_token", "client_id": CLIENT}
    assert await read_revoked(issuer) == asked
    await settle()
    assert issuer.refresh is None
    assert not list_failures(caplog)


async def test_who_logs_out_does_not_wait_for_the_issuer(world: World, issuer: Issuer) -> None:
    browser = await log_in(world, issuer)
    kept = dict(browser.cookies)
    issuer.hold = asyncio.Event()
    await log_out(browser)
    await asyncio.wait_for(issuer.reached.wait(), SECONDS)
    browser.cookies = kept
    assert (await browser.call("GET", f"/k8s{PODS}")).code == 401  # it has ended here before
    await log_out(browser)  # and has nothing more to take back
    issuer.hold.set()
    await read_revoked(issuer)
    await settle()
    assert issuer.revoked.empty()


async def test_what_a_renewal_brought_that_was_under_way_is_taken_back(
    world: World, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.ui.session._RENEW_SHARE", 1.0)
    browser = await log_in(world, issuer)
    issuer.hold = asyncio.Event()
    asked = asyncio.create_task(browser.call("POST", "/ui/session/renew"))
    await asyncio.wait_for(issuer.reached.wait(), SECONDS)
    await log_out(browser)
    issuer.hold.set()
    assert (await asked).code == 401
    assert (await read_revoked(issuer))["token"] == f"{REFRESH}++"


async def test_who_logs_out_with_a_cookie_of_before_has_the_newest_taken_back(
    world: World, issuer: Issuer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.ui.session._RENEW_SHARE", 1.0)
    browser = await log_in(world, issuer)
    kept = dict(browser.cookies)
    for _ in range(2):
        assert (await browser.call("POST", "/ui/session/renew")).code == 200
    browser.cookies = kept
    await log_out(browser)
    assert (await read_revoked(issuer))["token"] == f"{REFRESH}+++"


@pytest.mark.parametrize("refresh", [REFRESH, None])
async def test_an_issuer_that_takes_nothing_back_or_gave_nothing_is_not_asked(
    world: World, issuer: Issuer, refresh: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    issuer.revocation = None if refresh else ""
    browser = await log_in(world, issuer, refresh)
    await log_out(browser)
    await settle()
    assert issuer.revoked.empty()
    assert not list_failures(caplog)


async def test_an_issuer_that_does_not_take_it_back_is_told_of_once(
    world: World, issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    first, second = await log_in(world, issuer), await log_in(world, issuer)
    issuer.down = True
    await log_out(first)
    await settle()
    issuer.down, issuer.secret = False, "that the gateway does not know"
    await log_out(second)
    await settle()
    answers = ["the OpenID Connect issuer answered 500", "the OpenID Connect issuer answered 401"]
    assert list_failures(caplog) == answers


async def test_what_renews_is_sent_over_tls_alone(
    world: World, issuer: Issuer, caplog: pytest.LogCaptureFixture
) -> None:
    issuer.revocation = issuer.url.replace("https", "http") + "/revoke"
    await log_out(await log_in(world, issuer))
    await settle()
    assert list_failures(caplog) == ["the OpenID Connect issuer has an endpoint without TLS"]
    assert issuer.revoked.empty()


async def test_an_issuer_that_is_slow_is_not_waited_for_long(
    world: World,
    issuer: Issuer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(revocation, "REVOKE_SECONDS", 0.2)
    browser = await log_in(world, issuer)
    issuer.hold = asyncio.Event()
    await log_out(browser)
    await settle()
    issuer.hold.set()
    assert list_failures(caplog) == ["the issuer did not answer within 0 s"]


async def test_many_who_log_out_while_the_issuer_hangs_are_not_all_kept(
    world: World,
    issuer: Issuer,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setattr(revocation, "MOST", 1)
    first, second = await log_in(world, issuer), await log_in(world, issuer)
    issuer.hold = asyncio.Event()
    await log_out(first)
    await log_out(second)
    issuer.hold.set()
    await read_revoked(issuer)
    await settle()
    assert issuer.revoked.empty()
    assert list_failures(caplog) == ["1 are being revoked already"]


async def test_another_issuer_is_not_told_what_the_first_one_gave(
    world: World, issuer: Issuer, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    browser = await log_in(world, issuer)
    async with serve_issuer(tmp_path) as other:
        data = {"oidc-issuer": other.url, "oidc-ca": other.authority.certificate.decode()}
        world.api.change("configmaps", "virt-ui", {"data": data}, "kubevirt")
        settings = world.gateway.door._settings
        while (held := settings.read().issuer) is None or held.url != other.url:  # noqa: ASYNC110
            await asyncio.sleep(0)
        await log_out(browser)
        await settle()
        assert other.revoked.empty()
    assert list_failures(caplog) == ["its issuer is not that of these pages any longer"]
