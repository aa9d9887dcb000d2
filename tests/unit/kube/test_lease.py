"""Leader election: one leader, a quick heir, and no write after the lease."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest

from kube import lease as module
from kube.client import Client
from kube.lease import DEADLINE_SECONDS, DURATION_SECONDS, Election, LeaseLostError
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


@contextlib.asynccontextmanager
async def waiting(election: Election) -> AsyncIterator[asyncio.Task[None]]:
    task = asyncio.create_task(election.acquire())
    await asyncio.sleep(0.01)
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
        await asyncio.sleep(0.01)
        assert api.requests == before  # it does not poll
        await first.release()
        await asyncio.wait_for(task, 1)
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
        await asyncio.wait_for(task, 1)
        assert holder(api) == "two"


async def test_a_lease_that_nobody_renews_for_long_is_taken_at_once(
    api: FakeApi, clock: Clock
) -> None:
    await stand(api, clock, "one").acquire()
    past = {"spec": {"renewTime": "2020-01-01T00:00:00.000000Z"}}
    api.change("leases", "virt-controller", past, "kubevirt")
    await asyncio.wait_for(stand(api, clock, "two").acquire(), 1)
    assert holder(api) == "two"


async def test_a_restarted_container_takes_its_own_lease_up_again_at_once(
    api: FakeApi, clock: Clock
) -> None:
    await stand(api, clock, "one").acquire()
    await asyncio.wait_for(stand(api, clock, "one").acquire(), 1)
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
    await asyncio.sleep(0.02)
    clock.now += DEADLINE_SECONDS - 1
    await asyncio.sleep(0.02)
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
        await asyncio.wait_for(election.keep(), 1)
    assert holder(api) == "two"
