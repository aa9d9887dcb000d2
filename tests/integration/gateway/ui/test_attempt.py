"""How often somebody may try to log in (A17): guesses are few, and nobody is in another's way."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from gateway.ui import limit
from tests.integration.gateway.ui.server import PODS, REVIEW
from tests.integration.gateway.ui.world import Browser, World, spell_kubeconfig


async def guess(browser: Browser, times: int, codes: Counter[int], mark: str) -> None:
    """Try tokens one after the other, over one connection."""
    async with browser.connect() as session:
        for number in range(times):
            async with session.post(
                f"{browser.origin}/ui/login",
                data=b'{"token":"guess-%s-%d"}' % (mark.encode(), number),
                headers=browser.build_headers("POST", {}),
                server_hostname="virt-api",
            ) as answer:
                codes[answer.status] += 1


@asynccontextmanager
async def guessing(browser: Browser, at_once: int) -> AsyncIterator[Counter[int]]:
    """Guess all the time while the block runs."""
    codes: Counter[int] = Counter()
    tasks = [
        asyncio.create_task(guess(browser, 1_000_000, codes, str(number)))
        for number in range(at_once)
    ]
    try:
        async with asyncio.timeout(300):
            while codes.total() < limit.LANE_TURNS:  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.01)
        yield codes
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_who_has_the_address_of_one_who_fails_all_the_time_gets_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # A turn takes as long as this process needs for it.
    monkeypatch.setattr(limit, "WAIT_SECONDS", 50.0)
    browser = world.open_browser()
    async with guessing(browser, limit.LANE_TURNS + 2):
        assert (await browser.log_in()).code == 200


async def test_who_was_let_in_before_does_not_wait_for_a_flood(world: World) -> None:
    browser = await world.log_in()
    async with guessing(browser, 60) as codes:
        async with asyncio.timeout(300):
            while not codes[429]:  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.01)
        other = world.open_browser("127.0.0.2")
        for each in (browser, other, browser, other):
            assert (await each.log_in()).code == 200
        assert (await browser.call("GET", f"/k8s{PODS}")).code == 200


async def test_a_flood_of_guesses_costs_the_cluster_few_questions(world: World) -> None:
    browser = world.open_browser()
    began = time.monotonic()
    async with guessing(browser, 60) as codes:
        async with asyncio.timeout(300):
            while codes[429] < 60 or not codes[401]:  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(0.05)
    seconds = time.monotonic() - began
    assert set(codes) == {401, 429}
    asked = [each for each in world.server.requests if each.path == REVIEW]
    assert len(asked) <= limit.LANE_TURNS * (seconds / limit.FAILED_SECONDS + 1)


async def test_the_same_a_thousand_times_is_one_question(world: World) -> None:
    browser = world.open_browser()
    codes: Counter[int] = Counter()
    began = time.monotonic()
    async with browser.connect() as session:
        for _ in range(1000):
            async with session.post(
                f"{browser.origin}/ui/login",
                data=b'{"token":"wrong"}',
                headers=browser.build_headers("POST", {}),
                server_hostname="virt-api",
            ) as answer:
                codes[answer.status] += 1
    assert codes == {401: 1000}
    # one more each time that it was forgotten
    most = (time.monotonic() - began) / limit.REFUSED_SECONDS + 1
    assert len(world.server.requests) <= most


async def test_what_was_refused_is_let_in_when_it_is_good(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = world.open_browser()
    assert (await browser.log_in("later")).code == 401
    world.server.tokens["later"] = "bob"
    refused = await browser.log_in("later")
    assert (refused.code, refused.json["reason"]) == (401, "Unauthorized")
    monkeypatch.setattr(world.gateway.door._desk._refused, "_ends", {})
    assert (await browser.log_in("later")).code == 200


async def test_what_was_let_in_is_asked_about_each_time(world: World) -> None:
    browser = await world.log_in()
    world.server.tokens.clear()
    assert (await browser.log_in()).code == 401


async def test_who_waits_for_too_long_is_told_when_to_come_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limit, "FAILED_SECONDS", 60.0)
    monkeypatch.setattr(limit, "WAIT_SECONDS", 0.1)
    browser = world.open_browser()
    for number in range(limit.LANE_TURNS):
        bad = spell_kubeconfig({"username": f"me{number}"})
        assert (await browser.log_in_with(bad)).code == 400
    refused = await browser.log_in()
    assert (refused.code, refused.json["reason"]) == (429, "TooManyRequests")
    assert int(refused.headers["Retry-After"]) >= 0
    assert (await world.open_browser("127.0.0.2").log_in()).code == 200


async def test_who_logs_in_rightly_is_never_slowed_down(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limit, "FAILED_SECONDS", 3600.0)
    for number in range(limit.LANE_TURNS * 2):
        world.server.tokens[f"t{number}"] = "bob"  # each for the first time
        await world.log_in(f"t{number}")
