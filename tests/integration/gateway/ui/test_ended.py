"""Logging out is final, at every replica, also when the API server is away meanwhile."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace

import aiohttp
import pytest

from api.names import CONFIG_UI_ENDED
from gateway.main import Gateway, Options
from gateway.ui import ended
from gateway.ui.cookie import SESSION, read_session
from kube.client import Client
from tests.integration.gateway.ui.server import PODS
from tests.integration.gateway.ui.world import Browser, World
from tests.integration.gateway.world import HOST

CLOSED = {aiohttp.WSMsgType.CLOSE, aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}


@asynccontextmanager
async def run_replica(world: World) -> AsyncIterator[World]:
    """Run another gateway in the same cluster until the block is left."""
    options = Options("kubevirt", HOST, 0, 0, 0, 0.0, "", "INFO")
    gateway = Gateway(Client(world.api), options, world.gateway.door._place)
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(gateway.run(stop))
        port = await gateway.door.listening
        known = (gateway._trust.ready, gateway.door.ready, gateway.door._ended.ready)
        await asyncio.gather(*(each.wait() for each in known))
        try:
            yield replace(world, gateway=gateway, port=port, stop=stop)
        finally:
            stop.set()


def move(browser: Browser, world: World) -> Browser:
    """Return a browser with the same cookies that is served by another replica."""
    return replace(browser, port=world.port, cookies=dict(browser.cookies))


async def wait_for_401(browser: Browser) -> None:
    """Wait until a replica knows; the cookie stays, as that of a thief would."""
    kept = dict(browser.cookies)
    async with asyncio.timeout(60):
        while (await browser.call("GET", f"/k8s{PODS}")).code != 401:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    browser.cookies = kept


def read_data(world: World) -> dict[str, str]:
    found = world.api.find("configmaps", CONFIG_UI_ENDED, "kubevirt")
    assert found is not None
    data: dict[str, str] = found.get("data") or {}
    return data


def read_id(world: World, browser: Browser) -> bytes:
    held = read_session(world.gateway.door._seal, browser.cookies[SESSION], time.time())
    assert held is not None
    return held.id


async def test_who_logged_out_at_one_replica_has_at_the_other(world: World) -> None:
    browser = await world.log_in()
    async with run_replica(world) as second:
        thief = move(browser, second)
        other = await second.log_in()
        async with thief.open("/k8s/api/v1/echo") as websocket:
            assert (await browser.call("POST", "/ui/logout")).code == 204
            async with asyncio.timeout(60):
                assert (await websocket.receive()).type in CLOSED
        await wait_for_401(thief)
        assert (await thief.call("GET", "/ui/session")).code == 401
        assert (await other.call("GET", f"/k8s{PODS}")).code == 200
    async with run_replica(world) as third:  # that was not there when it happened
        assert (await move(thief, third).call("GET", f"/k8s{PODS}")).code == 401


async def test_what_is_told_opens_nothing_and_names_nobody(world: World) -> None:
    browser = await world.log_in()
    name = read_id(world, browser).hex()
    await browser.call("POST", "/ui/logout")
    assert set(read_data(world)) == {name}
    assert time.time() < int(read_data(world)[name]) <= time.time() + 24 * 3600


async def test_a_log_out_while_the_api_server_is_away_is_told_when_it_is_back(
    world: World, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(ended, "TELL_SECONDS", 0.1)
    monkeypatch.setattr(ended, "_AGAIN_SECONDS", (0.05, 0.1))
    caplog.set_level(logging.WARNING)
    browser = await world.log_in()
    kept = dict(browser.cookies)
    async with run_replica(world) as second:
        thief = move(browser, second)
        world.api.down = True
        assert (await browser.call("POST", "/ui/logout")).code == 204
        assert not browser.cookies[SESSION]
        browser.cookies = kept
        assert (await browser.call("GET", f"/k8s{PODS}")).code == 401  # known here at once
        assert not read_data(world)
        assert "log-out not told to the other replicas yet" in caplog.text
        world.api.down = False
        await wait_for_401(thief)


async def test_without_the_config_map_the_replica_that_was_asked_knows(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ended, "TELL_SECONDS", 0.1)
    world.api.remove("configmaps", CONFIG_UI_ENDED, "kubevirt")
    browser = await world.log_in()
    kept = dict(browser.cookies)
    assert (await browser.call("POST", "/ui/logout")).code == 204
    browser.cookies = kept
    assert (await browser.call("GET", f"/k8s{PODS}")).code == 401


async def test_what_is_over_goes_with_the_next_write_and_nonsense_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ended, "_PAUSE_SECONDS", 0.0)
    soon, late = str(int(time.time()) - 5), str(int(time.time()) + 5000)
    data = {"aa" * 12: soon, "bb" * 12: late, "nonsense": "x"}
    world.api.change("configmaps", CONFIG_UI_ENDED, {"data": data}, "kubevirt")
    known = world.gateway.door._ended
    async with asyncio.timeout(60):
        while b"\xbb" * 12 not in known:  # noqa: ASYNC110 - no event tells
            await asyncio.sleep(0)
    browser = await world.log_in()
    name = read_id(world, browser).hex()
    assert (await browser.call("POST", "/ui/logout")).code == 204
    assert set(read_data(world)) == {name, "bb" * 12}


async def test_many_log_outs_are_few_writes(world: World) -> None:
    browsers = [await world.log_in() for _ in range(20)]
    before, began = len(world.api.writes), time.monotonic()
    answers = await asyncio.gather(*(each.call("POST", "/ui/logout") for each in browsers))
    assert {each.code for each in answers} == {204}
    assert len(read_data(world)) == 20
    seconds = time.monotonic() - began
    assert len(world.api.writes) - before <= seconds / ended._PAUSE_SECONDS + 2


async def test_until_it_is_known_who_logged_out_nobody_is_taken_for_logged_in(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    browser = await world.log_in()
    monkeypatch.setattr(world.gateway.door._ended, "ready", asyncio.Event())
    for path in (f"/k8s{PODS}", "/ui/session"):
        answer = await browser.call("GET", path)
        assert (answer.code, answer.headers["Retry-After"]) == (503, "1")
    assert browser.cookies[SESSION]


async def test_one_user_who_logs_out_often_has_no_others_log_out_forgotten(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ended, "_PAUSE_SECONDS", 0.0)
    monkeypatch.setattr(ended, "MOST_EACH", 2)
    monkeypatch.setattr(ended, "MOST", 4)
    world.server.believe = lambda token: token.partition("-")[0]
    other = await world.log_in("bob-token")
    name = read_id(world, other).hex()
    kept = dict(other.cookies)
    assert (await other.call("POST", "/ui/logout")).code == 204
    for number in range(10):
        loud = await world.log_in(f"mallory-{number}")
        assert (await loud.call("POST", "/ui/logout")).code == 204
    assert name in read_data(world)
    assert len(read_data(world)) == 3
    other.cookies = kept
    assert (await other.call("GET", f"/k8s{PODS}")).code == 401
