"""The informer: a list, then a watch, and every way in which they end."""

import asyncio
import contextlib
import json
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping

import pytest

from kube import informer as module
from kube.client import Client, decode
from kube.informer import Informer, open_single
from kube.object import BareObject
from kube.resource import PODS
from kube.transport import Response
from tests.unit.controller.fake_api import FakeApi


@pytest.fixture(autouse=True)
def no_waiting(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_BACKOFF_BASE_SECONDS", 0.0)


class Fixture:
    """An informer on a fake API server, and what it told."""

    def __init__(self, api: FakeApi) -> None:
        self.api = api
        self.informer = Informer(Client(api), PODS, BareObject, label_selector="kind=vm")
        self.told: list[tuple[str, str]] = []
        self.informer.on_change(self._hear)

    def _hear(self, old: BareObject | None, new: BareObject | None) -> None:
        item = new or old
        assert item is not None
        word = "added" if old is None else "gone" if new is None else "changed"
        self.told.append((word, item.metadata.name))

    async def settle(self) -> None:
        for _ in range(50):
            await asyncio.sleep(0)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait for what comes after pauses, of which nothing tells."""
        async with asyncio.timeout(30):
            while not is_so():  # noqa: ASYNC110
                await asyncio.sleep(0)

    def names(self) -> set[str]:
        return {item.metadata.name for item in self.informer}

    def put(self, name: str, **labels: str) -> None:
        meta = {"name": name, "labels": labels or {"kind": "vm"}}
        self.api.put("pods", {"metadata": meta, "spec": {}})

    @contextlib.asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        task = asyncio.create_task(self.informer.run())
        await self.settle()
        try:
            yield
        finally:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


@pytest.fixture
def fixture() -> Fixture:
    return Fixture(FakeApi())


async def test_what_is_there_is_listed_and_told(fixture: Fixture) -> None:
    fixture.put("a")
    fixture.put("other", kind="else")
    async with fixture.running():
        assert fixture.informer.synced.is_set()
        assert fixture.told == [("added", "a")]
        assert fixture.informer.get("ns", "a") is not None


async def test_a_long_list_is_read_page_by_page(
    fixture: Fixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "PAGE_ITEMS", 2)
    for number in range(5):
        fixture.put(f"pod-{number}")
    async with fixture.running():
        assert len(fixture.informer) == 5
        assert fixture.api.requests == 3


async def test_changes_are_watched(fixture: Fixture) -> None:
    async with fixture.running():
        fixture.put("a")
        await fixture.settle()
        fixture.api.change("pods", "a", {"spec": {"nodeName": "n"}})
        await fixture.settle()
        fixture.api.remove("pods", "a")
        await fixture.settle()
        assert fixture.told == [("added", "a"), ("changed", "a"), ("gone", "a")]
        assert len(fixture.informer) == 0


async def test_after_410_the_difference_is_told(fixture: Fixture) -> None:
    fixture.put("stays")
    fixture.put("goes")
    async with fixture.running():
        fixture.told.clear()
        fixture.api.frozen = {"pods"}
        fixture.api.remove("pods", "goes")
        fixture.put("comes")
        fixture.api.oldest = fixture.api.version
        line = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}}
        fixture.api.lines.append(json.dumps(line).encode())
        fixture.api.thaw()
        await fixture.until(lambda: len(fixture.told) >= 2)
        assert sorted(fixture.told) == [("added", "comes"), ("gone", "goes")]
        assert fixture.names() == {"stays", "comes"}


async def test_a_watch_that_is_refused_as_too_old_is_listed_anew(fixture: Fixture) -> None:
    async with fixture.running():
        fixture.api.oldest = 10_000
        fixture.put("a")
        fixture.api.break_streams()
        await fixture.until(lambda: fixture.names() == {"a"})


async def test_bookmarks_move_the_start_of_the_next_watch(fixture: Fixture) -> None:
    async with fixture.running():
        line = {"type": "BOOKMARK", "object": {"metadata": {"resourceVersion": "777"}}}
        fixture.api.lines.append(json.dumps(line).encode())
        fixture.api.break_streams()
        await fixture.until(lambda: fixture.api.watched_from[-1] == 777)
        assert fixture.api.requests == 1  # no second list


async def test_an_object_that_does_not_fit_blinds_nobody(fixture: Fixture) -> None:
    fixture.put("a")
    async with fixture.running():
        meta = {"name": "bad", "labels": {"kind": "vm"}, "finalizers": "none"}
        fixture.api.put("pods", {"metadata": meta, "spec": {}})
        fixture.put("b")
        await fixture.settle()
        assert fixture.names() == {"a", "b"}


async def test_our_own_write_is_known_before_the_watch_tells(fixture: Fixture) -> None:
    async with fixture.running():
        fixture.api.frozen = {"pods"}
        fixture.put("a")
        written = fixture.api.find("pods", "a")
        fixture.informer.learn(decode(json.dumps(written).encode(), BareObject))
        assert fixture.names() == {"a"}
        fixture.api.thaw()
        await fixture.settle()
        assert fixture.names() == {"a"}


async def test_our_own_write_is_told_although_a_new_list_shows_what_is_known(
    fixture: Fixture,
) -> None:
    async with fixture.running():
        fixture.api.frozen = {"pods"}
        fixture.put("a")
        written = fixture.api.find("pods", "a")
        fixture.informer.learn(decode(json.dumps(written).encode(), BareObject))
        for lists in (2, 3):
            fixture.api.oldest = fixture.api.version
            line = {"type": "ERROR", "object": {"kind": "Status", "code": 410, "reason": "Expired"}}
            fixture.api.lines.append(json.dumps(line).encode())
            fixture.api.thaw()
            await fixture.until(lambda lists=lists: fixture.api.requests == lists)  # type: ignore[misc]
            await fixture.settle()
        assert fixture.told == [("changed", "a")]


async def test_an_echo_from_before_our_own_write_changes_nothing(fixture: Fixture) -> None:
    fixture.put("a")
    async with fixture.running():
        fixture.api.frozen = {"pods"}
        fixture.api.remove("pods", "a")
        fixture.put("a")
        written = fixture.api.find("pods", "a")
        assert written is not None
        fixture.informer.learn(decode(json.dumps(written).encode(), BareObject))
        fixture.api.thaw()
        await fixture.settle()
        known = fixture.informer.get("ns", "a")
        assert known is not None
        assert known.metadata.uid == written["metadata"]["uid"]


async def test_an_answer_older_than_the_watch_raises_no_ghost(fixture: Fixture) -> None:
    async with fixture.running():
        fixture.put("a")
        written = fixture.api.find("pods", "a")
        fixture.api.remove("pods", "a")
        await fixture.settle()
        fixture.informer.learn(decode(json.dumps(written).encode(), BareObject))
        assert fixture.names() == set()


class Deaf(FakeApi):
    """Its watches end at once and say nothing."""

    streams = 0

    async def stream(self, path: str, query: Mapping[str, str]) -> AsyncGenerator[bytes]:
        self.streams += 1
        nothing: tuple[bytes, ...] = ()
        for line in nothing:
            yield line


async def test_a_watch_that_ends_at_once_is_not_opened_in_a_hot_loop(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_BACKOFF_BASE_SECONDS", 1.0)
    api = Deaf()
    async with Fixture(api).running():
        assert api.streams <= 2


class Broken(FakeApi):
    """Answers with an error page of a proxy."""

    failures = 2

    async def request(self, *args: object, **kwargs: object) -> Response:
        if self.failures:
            self.failures -= 1
            return Response(502, b"<html>bad gateway", {"Retry-After": "soon"})
        return await super().request(*args, **kwargs)  # type: ignore[arg-type] # passed on


async def test_a_server_in_trouble_is_asked_again() -> None:
    fixture = Fixture(Broken())
    fixture.put("a")
    async with fixture.running():
        await fixture.until(lambda: fixture.names() == {"a"})


class Optional(Fixture):
    """An informer of a kind that the server may not have."""

    def __init__(self, api: FakeApi) -> None:
        super().__init__(api)
        self.informer = Informer(Client(api), PODS, BareObject, optional=True)
        self.informer.on_change(self._hear)
        self.served: list[bool] = []
        self.informer.on_serve(lambda: self.served.append(self.informer.served))


async def test_a_kind_that_is_not_served_has_no_objects_and_is_told_once(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(module, "_UNSERVED_SECONDS", (0.0, 0.0))
    caplog.set_level("INFO")
    fixture = Optional(FakeApi(unserved={"pods"}))
    async with fixture.running():
        assert fixture.informer.synced.is_set()
        assert not fixture.informer.served
        assert fixture.served == [False]
        assert fixture.api.requests > 2
        said = [record.message for record in caplog.records]
        assert said == ["kind is not served"]


async def test_a_kind_that_is_not_served_is_looked_for_slowly() -> None:
    fixture = Optional(FakeApi(unserved={"pods"}))
    async with fixture.running():
        assert fixture.api.requests == 1


async def test_a_kind_that_comes_goes_and_comes_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_UNSERVED_SECONDS", (0.0, 0.0))
    fixture = Optional(FakeApi(unserved={"pods"}))
    fixture.put("a")
    async with fixture.running():
        fixture.api.unserved.clear()
        await fixture.settle()
        assert fixture.names() == {"a"}
        fixture.api.unserved.add("pods")
        fixture.api.break_streams()
        await fixture.until(lambda: fixture.names() == set())
        fixture.api.unserved.clear()
        await fixture.settle()
        assert fixture.told == [("added", "a"), ("gone", "a"), ("added", "a")]
        assert fixture.served == [False, True, False, True]


async def test_what_was_written_before_the_kind_went_is_forgotten(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "_UNSERVED_SECONDS", (0.0, 0.0))
    fixture = Optional(FakeApi())
    async with fixture.running():
        fixture.api.frozen = {"pods"}
        fixture.put("a")
        written = fixture.api.find("pods", "a")
        fixture.informer.learn(decode(json.dumps(written).encode(), BareObject))
        fixture.api.unserved.add("pods")
        fixture.api.break_streams()
        await fixture.until(lambda: fixture.names() == set())


async def test_a_kind_that_has_to_be_there_is_waited_for(fixture: Fixture) -> None:
    fixture.api.unserved = {"pods"}
    fixture.put("a")
    async with fixture.running():
        assert not fixture.informer.synced.is_set()
        fixture.api.unserved.clear()
        await fixture.until(lambda: fixture.names() == {"a"})


@pytest.mark.parametrize("namespace", ["ns", None])
async def test_a_single_object_is_all_that_its_informer_knows(
    fixture: Fixture, namespace: str | None
) -> None:
    fixture.informer = open_single(Client(fixture.api), PODS, BareObject, "a", namespace)
    fixture.informer.on_change(fixture._hear)
    fixture.put("other")
    async with fixture.running():
        assert fixture.informer.synced.is_set()  # also when it is not there
        fixture.put("a")
        fixture.put("another")
        await fixture.settle()
        fixture.api.change("pods", "a", {"spec": {"nodeName": "n"}})
        fixture.api.remove("pods", "other")
        await fixture.settle()
        fixture.api.remove("pods", "a")
        await fixture.settle()
        assert fixture.told == [("added", "a"), ("changed", "a"), ("gone", "a")]


async def test_a_single_object_is_one_of_its_namespace(fixture: Fixture) -> None:
    fixture.informer = open_single(Client(fixture.api), PODS, BareObject, "a", "ns")
    fixture.api.put("pods", {"metadata": {"name": "a"}, "spec": {}}, "elsewhere")
    async with fixture.running():
        assert fixture.informer.synced.is_set()
        assert len(fixture.informer) == 0


async def test_a_single_object_is_listed_before_it_is_watched(fixture: Fixture) -> None:
    fixture.informer = open_single(Client(fixture.api), PODS, BareObject, "a", "ns")
    fixture.put("a")
    async with fixture.running():
        assert fixture.names() == {"a"}
        assert fixture.api.requests == 1
        assert fixture.api.watched_from == [fixture.api.version]
