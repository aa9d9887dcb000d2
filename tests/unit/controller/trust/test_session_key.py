"""When the keys of sessions come and go."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.names import SECRET_UI_KEYS
from api.ui_key import read_keys, spell_time
from controller.trust.session_keeper import SessionKeeper
from controller.trust.session_key import (
    LINGER_SECONDS,
    MAX_WAIT_SECONDS,
    RENEW_SECONDS,
    plan_keys,
)
from kube.client import Client
from kube.object import Key
from tests.unit.controller.fake_api import FakeApi, Json

START = 1_700_000_000
DAY_SECONDS = 24 * 3600
KEY = b"k" * 32


def test_without_keys_one_is_made() -> None:
    plan = plan_keys({}, START)
    assert (plan.adds, plan.drops, plan.changes) == (True, (), True)


def test_a_young_key_is_left_alone() -> None:
    plan = plan_keys({START: KEY}, START + 60)
    assert not plan.changes
    assert plan.look_again == MAX_WAIT_SECONDS


def test_an_old_key_gets_a_successor_and_opens_sessions_as_long_as_one_can_live() -> None:
    now = START + RENEW_SECONDS
    assert plan_keys({START: KEY}, now).adds
    both = {START: KEY, now: KEY}
    assert not plan_keys(both, now + DAY_SECONDS).changes
    assert plan_keys(both, now + LINGER_SECONDS).drops == (START,)


def test_it_looks_again_when_something_is_due() -> None:
    both = {START: KEY, START + 100: KEY}
    assert plan_keys(both, START + 100 + LINGER_SECONDS - 7).look_again == 7
    assert plan_keys({START: KEY}, START + RENEW_SECONDS - 5).look_again == 5


@given(st.sets(st.integers(0, 40 * DAY_SECONDS), max_size=6), st.integers(0, 40 * DAY_SECONDS))
def test_what_was_done_need_not_be_done_again(made: set[int], now: int) -> None:
    plan = plan_keys(dict.fromkeys(made, KEY), now)
    after = (made - set(plan.drops)) | ({now} if plan.adds else set())
    again = plan_keys(dict.fromkeys(after, KEY), now)
    assert not again.changes
    assert after
    assert 0 < again.look_again <= MAX_WAIT_SECONDS
    # who was sealed a day ago at most is still let in
    assert all(any(new > old and now - new >= DAY_SECONDS for new in made) for old in plan.drops)


def test_what_is_no_key_is_left_out() -> None:
    data = {
        spell_time(START): KEY,
        "tls.key": KEY,
        "12": b"short",
        "99999999999": KEY,
        "\u0661": KEY,
    }
    assert read_keys(data) == {START: KEY}


class _Clock:
    now = datetime.fromtimestamp(START, UTC)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
async def town() -> AsyncIterator[tuple[FakeApi, _Clock, SessionKeeper]]:
    api, clock = FakeApi(), _Clock()
    keeper = SessionKeeper(Client(api), "kubevirt", clock=clock)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(keeper.informer.run()), group.create_task(keeper.run())]
        await _settle(api)
        yield api, clock, keeper
        for task in tasks:
            task.cancel()


async def _settle(api: FakeApi) -> None:
    """Wait until nothing has been asked of the API server for a while."""
    quiet, before = 0, -1
    while quiet < 40:
        quiet, before = (quiet + 1 if before == api.requests else 0), api.requests
        await asyncio.sleep(0)


def _find(api: FakeApi) -> Json:
    found = api.find("secrets", SECRET_UI_KEYS, "kubevirt")
    assert found is not None
    return found


async def test_the_secret_is_there_and_is_renewed(
    town: tuple[FakeApi, _Clock, SessionKeeper],
) -> None:
    api, clock, keeper = town
    assert list(_find(api)["data"]) == [spell_time(START)]
    assert _find(api)["type"] == "Opaque"
    clock.now += timedelta(seconds=RENEW_SECONDS)
    keeper.queue.add(Key("kubevirt", SECRET_UI_KEYS))
    await _settle(api)
    assert len(_find(api)["data"]) == 2
    clock.now += timedelta(seconds=LINGER_SECONDS)
    keeper.queue.add(Key("kubevirt", SECRET_UI_KEYS))
    await _settle(api)
    assert list(_find(api)["data"]) == [spell_time(START + RENEW_SECONDS)]


async def test_a_secret_that_somebody_deletes_comes_back(
    town: tuple[FakeApi, _Clock, SessionKeeper],
) -> None:
    api, _, _ = town
    api.remove("secrets", SECRET_UI_KEYS, "kubevirt")
    await _settle(api)
    assert len(_find(api)["data"]) == 1


async def test_a_write_that_fails_is_tried_again(
    town: tuple[FakeApi, _Clock, SessionKeeper],
) -> None:
    api, _, _ = town
    api.refuse["secrets"] = "not now"
    api.remove("secrets", SECRET_UI_KEYS, "kubevirt")
    await _settle(api)
    assert api.find("secrets", SECRET_UI_KEYS, "kubevirt") is None
    del api.refuse["secrets"]
    async with asyncio.timeout(60):
        while api.find("secrets", SECRET_UI_KEYS, "kubevirt") is None:  # noqa: ASYNC110
            await asyncio.sleep(0.01)  # the queue's back-off is in real time
