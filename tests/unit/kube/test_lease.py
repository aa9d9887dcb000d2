"""Leader election: one leader, a quick heir, and no write after the lease."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from kube import lease as module
from kube.client import Client
from kube.lease import (
    ATTEMPT_SECONDS,
    DEADLINE_SECONDS,
    DURATION_SECONDS,
    RENEW_SECONDS,
    RETRY_SECONDS,
    Election,
    LeaseLostError,
)
from kube.transport import Response
from tests.unit.controller.fake_api import FakeApi, Json


class Clock:
    """Seconds that only the test lets pass."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def api() -> FakeApi:
    return FakeApi()


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "RETRY_SECONDS", 0.001)
    monkeypatch.setattr(module, "RENEW_SECONDS", 0.001)


def stand(api: FakeApi, clock: Clock, identity: str) -> Election:
    return Election(Client(api), "kubevirt", "virt-controller", identity, clock=clock)


def holder(api: FakeApi) -> object:
    lease: Json | None = api.find("leases", "virt-controller", "kubevirt")
    assert lease is not None
    return lease["spec"]["holderIdentity"]


async def settle() -> None:
    """Let everybody do what waits for no time to pass."""
    for _ in range(50):
        await asyncio.sleep(0)


async def until(is_so: Callable[[], bool]) -> None:
    """Wait for what comes after pauses, of which nothing tells."""
    async with asyncio.timeout(30):
        while not is_so():  # noqa: ASYNC110
            await asyncio.sleep(0)


@contextlib.asynccontextmanager
async def waiting(election: Election) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(election.acquire())
    await settle()
    try:
        yield task
    finally:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task


async def test_the_first_candidate_leads(api: FakeApi, clock: Clock) -> None:
    election = stand(api, clock, "one")
    with pytest.raises(LeaseLostError):
        election.check()
    await election.acquire()
    election.check()
    assert holder(api) == "one"


async def test_the_second_waits_and_inherits_at_once_when_the_lease_is_released(
    api: FakeApi, clock: Clock
) -> None:
    first, second = stand(api, clock, "one"), stand(api, clock, "two")
    await first.acquire()
    async with waiting(second) as task:
        assert not task.done()
        before = api.requests
        await asyncio.sleep(0.01)  # ten times what would be a pause between two looks
        assert api.requests == before  # it does not poll
        await first.release()
        await asyncio.wait_for(task, 30)
        assert holder(api) == "two"
    with pytest.raises(LeaseLostError):
        first.check()


async def test_the_second_inherits_when_the_first_falls_silent(api: FakeApi, clock: Clock) -> None:
    first, second = stand(api, clock, "one"), stand(api, clock, "two")
    await first.acquire()
    await first.acquire()
    async with waiting(second) as task:
        clock.now += DURATION_SECONDS + 1
        second._changed.set()
        await asyncio.wait_for(task, 30)
        assert holder(api) == "two"


async def test_a_lease_that_nobody_renews_for_long_is_taken_at_once(
    api: FakeApi, clock: Clock
) -> None:
    await stand(api, clock, "one").acquire()
    past = {"spec": {"renewTime": "2020-01-01T00:00:00.000000Z"}}
    api.change("leases", "virt-controller", past, "kubevirt")
    await asyncio.wait_for(stand(api, clock, "two").acquire(), 30)
    assert holder(api) == "two"


async def test_a_restarted_container_takes_its_own_lease_up_again_at_once(
    api: FakeApi, clock: Clock
) -> None:
    await stand(api, clock, "one").acquire()
    await asyncio.wait_for(stand(api, clock, "one").acquire(), 30)
    assert holder(api) == "one"


async def test_a_leader_that_was_asleep_writes_nothing_more(api: FakeApi, clock: Clock) -> None:
    election = stand(api, clock, "one")
    await election.acquire()
    client = Client(api)
    client.fence = election.check
    clock.now += DEADLINE_SECONDS + 1
    from kube.resource import PODS

    with pytest.raises(LeaseLostError):
        await client.delete(PODS, "ns", "vm")


async def test_a_leader_keeps_its_lease_while_it_can_write(api: FakeApi, clock: Clock) -> None:
    election = stand(api, clock, "one")
    await election.acquire()
    task = asyncio.create_task(election.keep())
    for _ in range(2):
        clock.now += DEADLINE_SECONDS - 1
        await until(lambda: election._renewed_at == clock.now)
    clock.now += DEADLINE_SECONDS - 1
    election.check()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


async def test_a_leader_that_finds_another_name_in_the_lease_ends(
    api: FakeApi, clock: Clock
) -> None:
    election = stand(api, clock, "one")
    await election.acquire()
    api.change("leases", "virt-controller", {"spec": {"holderIdentity": "two"}}, "kubevirt")
    with pytest.raises(LeaseLostError):
        await asyncio.wait_for(election.keep(), 30)
    assert holder(api) == "two"


class SlowApi(FakeApi):
    """An API server that takes writes, and whose answers may be long in coming."""

    hangs = 0
    unheard = 0  # so many writes take effect before they hang
    silent = 0  # so many reads hang

    async def request(self, *args: Any, **kwargs: Any) -> Response:  # Any: the transport's
        writes = args[0] != "GET"
        if writes and self.unheard:
            self.unheard -= 1
            await super().request(*args, **kwargs)
            await asyncio.Event().wait()
        if not writes and self.silent:
            self.silent -= 1
            await asyncio.Event().wait()
        if writes and self.hangs:
            self.hangs -= 1
            await asyncio.Event().wait()
        return await super().request(*args, **kwargs)


@pytest.fixture
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "ATTEMPT_SECONDS", 0.01)


def test_there_is_time_for_three_attempts_before_the_deadline() -> None:
    assert RENEW_SECONDS + 2 * (ATTEMPT_SECONDS + RETRY_SECONDS) < DEADLINE_SECONDS
    assert DEADLINE_SECONDS + ATTEMPT_SECONDS < DURATION_SECONDS


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(("hangs", "unheard"), [(2, 0), (0, 1)])
async def test_a_renewal_that_hangs_is_given_up_and_made_again(
    clock: Clock, hangs: int, unheard: int
) -> None:
    api = SlowApi()
    election = stand(api, clock, "one")
    await election.acquire()
    task = asyncio.create_task(election.keep())
    clock.now += DEADLINE_SECONDS - 1
    api.hangs, api.unheard = hangs, unheard
    await until(lambda: election._renewed_at == clock.now)
    assert (api.hangs, api.unheard) == (0, 0)
    clock.now += DEADLINE_SECONDS - 1
    election.check()
    assert not task.done()
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task


@pytest.mark.usefixtures("hurried")
async def test_a_renewal_whose_answer_came_too_late_counts_from_when_it_began(clock: Clock) -> None:
    api = SlowApi()
    election = stand(api, clock, "one")
    await election.acquire()
    clock.now += 5
    api.unheard, began = 1, clock.now
    assert not await election._try()
    clock.now += ATTEMPT_SECONDS + RETRY_SECONDS
    written = len(api.writes)
    assert await election._try()
    assert (len(api.writes), election._renewed_at) == (written, began)


@pytest.mark.usefixtures("hurried")
async def test_a_late_renewal_does_not_outlast_somebody_elses(clock: Clock) -> None:
    api = SlowApi()
    election = stand(api, clock, "one")
    await election.acquire()
    api.unheard = 1
    assert not await election._try()
    api.change("leases", "virt-controller", {"spec": {"holderIdentity": "two"}}, "kubevirt")
    assert not await election._try()
    assert not election.is_leader


@pytest.mark.usefixtures("hurried")
async def test_a_look_at_who_wrote_does_not_use_up_the_time_of_the_next_attempt(
    clock: Clock,
) -> None:
    api = SlowApi()
    election = stand(api, clock, "one")
    await election.acquire()
    api.change("leases", "virt-controller", {"metadata": {"labels": {"a": "b"}}}, "kubevirt")
    api.silent = 1
    assert not await asyncio.wait_for(election._try(), 30)
    assert not await election._try()
    assert await election._try()


async def test_a_lease_is_released_although_its_last_renewal_was_not_heard_of(
    clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = SlowApi()
    election = stand(api, clock, "one")
    await election.acquire()
    api.unheard = 1
    with monkeypatch.context() as hurried:
        hurried.setattr(module, "ATTEMPT_SECONDS", 0.01)
        assert not await election._try()
    await election.release()
    assert holder(api) == ""


@pytest.mark.usefixtures("hurried")
async def test_a_release_waits_for_no_answer(clock: Clock) -> None:
    api = SlowApi()
    election = stand(api, clock, "one")
    await election.acquire()
    api.hangs = 1
    await asyncio.wait_for(election.release(), 30)
    assert not election.is_leader
