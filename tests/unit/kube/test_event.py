"""Events: posted once, never in the way."""

import asyncio
import contextlib
import re
from typing import Any

import pytest

from api.problem import Problem
from kube.client import Client
from kube.event import (
    PROMPT_REPEATS,
    QUEUE_EVENTS,
    QUIET_SECONDS,
    REPEAT_SECONDS,
    RETRY_SECONDS,
    EventRecorder,
    Reference,
)
from kube.transport import Response
from tests.unit.controller.fake_api import FakeApi, Json

VM = Reference("kubevirt.io/v1", "VirtualMachineInstance", "ns", "vm", "uid-1")


class Clock:
    """Seconds that only the test lets pass."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


async def post(api: FakeApi, recorder: EventRecorder) -> list[Json]:
    """Post what is queued; return all events."""
    task = asyncio.create_task(recorder.run())
    await recorder.flush(1)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    return [item for (plural, _, _), item in api.objects.items() if plural == "events"]


async def test_an_event_names_its_object_and_its_source() -> None:
    api = FakeApi()
    recorder = EventRecorder(Client(api), "virt-handler", "node1")
    recorder.emit(VM, "Normal", "Started", "the guest was started")
    (event,) = await post(api, recorder)
    assert event["involvedObject"]["uid"] == "uid-1"
    assert event["source"] == {"component": "virt-handler", "host": "node1"}
    assert (event["type"], event["reason"], event["count"]) == ("Normal", "Started", 1)


async def test_the_same_words_are_posted_once_in_a_while() -> None:
    api, clock = FakeApi(), Clock()
    recorder = EventRecorder(Client(api), "virt-handler", clock=clock)
    for _ in range(3):
        recorder.emit(VM, "Warning", "SyncFailed", "no")
    assert len(await post(api, recorder)) == 1
    clock.now = QUIET_SECONDS + 1
    recorder.emit(VM, "Warning", "SyncFailed", "no")
    recorder.emit(VM, "Warning", "SyncFailed", "other words")
    assert len(await post(api, recorder)) == 3


async def test_what_happens_again_raises_the_count() -> None:
    api, clock = FakeApi(), Clock()
    recorder = EventRecorder(Client(api), "virt-controller", clock=clock)
    for _ in range(3):
        recorder.emit(VM, "Normal", "SuccessfulCreate", "created it")
        (event,) = await post(api, recorder)
        clock.now += 1
    assert event["count"] == 3
    assert event["lastTimestamp"] >= event["firstTimestamp"]
    recorder.emit(VM, "Warning", "SyncFailed", "no")
    clock.now += RETRY_SECONDS
    recorder.emit(VM, "Warning", "SyncFailed", "no")
    _, warning = await post(api, recorder)
    assert warning["count"] == 2


async def test_an_event_that_the_server_forgot_is_posted_anew() -> None:
    api = FakeApi()
    recorder = EventRecorder(Client(api), "virt-controller")
    recorder.emit(VM, "Normal", "SuccessfulCreate", "created it")
    (event,) = await post(api, recorder)
    api.remove("events", event["metadata"]["name"])
    recorder.emit(VM, "Normal", "SuccessfulCreate", "created it")
    (again,) = await post(api, recorder)
    assert (again["count"], again["metadata"]["name"] != event["metadata"]["name"]) == (2, True)


async def test_many_repetitions_are_written_once_in_a_while() -> None:
    api, clock = FakeApi(), Clock()
    recorder = EventRecorder(Client(api), "virt-controller", clock=clock)
    for _ in range(PROMPT_REPEATS + 10):
        recorder.emit(VM, "Normal", "SuccessfulCreate", "created it")
        await post(api, recorder)
    assert api.requests == PROMPT_REPEATS
    clock.now += REPEAT_SECONDS
    recorder.emit(VM, "Normal", "SuccessfulCreate", "created it")
    (event,) = await post(api, recorder)
    assert event["count"] == PROMPT_REPEATS + 11


class Slow(Client):
    """A client whose server takes its time; it counts how many requests are under way."""

    under_way, most = 0, 0

    async def create(self, *args: Any, **kwargs: Any) -> Any:  # Any: passed on as they come
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        await asyncio.sleep(0)
        self.under_way -= 1
        return await super().create(*args, **kwargs)


async def test_a_few_are_posted_at_a_time() -> None:
    api = FakeApi()
    client = Slow(api)
    recorder = EventRecorder(client, "virt-handler")
    for number in range(20):
        recorder.emit(VM, "Normal", "Started", str(number))
    assert len(await post(api, recorder)) == 20
    assert 1 < client.most < 20


async def test_a_flood_is_cut_and_counted() -> None:
    recorder = EventRecorder(Client(FakeApi()), "virt-handler")
    for number in range(QUEUE_EVENTS + 5):
        recorder.emit(VM, "Normal", "Flood", str(number))
    assert recorder.dropped == 5


async def test_long_names_and_messages_are_cut_to_what_kubernetes_takes() -> None:
    api = FakeApi()
    recorder = EventRecorder(Client(api), "virt-handler")
    long = Reference("kubevirt.io/v1", "VirtualMachineInstance", "ns", "x" * 253, "uid")
    recorder.emit(long, "Normal", "Long", "ü" * 2000)
    (event,) = await post(api, recorder)
    assert len(event["metadata"]["name"]) <= 253
    assert len(event["message"].encode()) <= 1024
    assert set(event["message"]) == {"ü"}


@pytest.mark.parametrize("end", ["-", ".", "-." * 60])
async def test_a_name_is_not_cut_at_what_no_name_ends_with(end: str) -> None:
    api = FakeApi()
    recorder = EventRecorder(Client(api), "virt-handler")
    name = ("x" * 200 + end * 60)[:252] + "x"
    recorder.emit(
        Reference("kubevirt.io/v1", "VirtualMachineInstance", "ns", name, "uid"),
        "Normal",
        "Long",
        "",
    )
    (event,) = await post(api, recorder)
    assert re.fullmatch(r"x{200}\.[0-9a-f]+", event["metadata"]["name"])


async def test_a_server_that_refuses_events_stops_nothing() -> None:
    class Refusing(FakeApi):
        def _create(self, plural: str, namespace: str, item: Json) -> tuple[int, Json]:
            return 403, {"code": 403, "reason": "Forbidden", "message": "being terminated"}

    api = Refusing()
    recorder = EventRecorder(Client(api), "virt-handler")
    recorder.emit(VM, "Normal", "Started", "one")
    recorder.emit(VM, "Normal", "Started", "two")
    assert await post(api, recorder) == []


class Busy(FakeApi):
    """An API server that has no time for the first requests."""

    busy_for = 0

    def _create(self, plural: str, namespace: str, item: Json) -> tuple[int, Json]:
        if self.busy_for:
            self.busy_for -= 1
            return 429, {"code": 429, "reason": "TooManyRequests", "message": "later"}
        return super()._create(plural, namespace, item)


async def test_a_server_that_is_busy_is_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kube.event.PAUSES_SECONDS", (0.0, 0.0))
    api = Busy()
    recorder = EventRecorder(Client(api), "virt-controller")
    api.busy_for = 2
    recorder.emit(VM, "Normal", "SuccessfulCreate", "created it")
    (event,) = await post(api, recorder)
    assert event["count"] == 1
    api.busy_for = 3
    recorder.emit(VM, "Normal", "SuccessfulDelete", "deleted it")
    assert len(await post(api, recorder)) == 1
    assert api.busy_for == 0


class Forgetful(FakeApi):
    """An API server whose first answer is lost on its way."""

    answers = 0

    async def request(self, *args: Any, **kwargs: Any) -> Response:  # Any: passed on as they come
        answer = await super().request(*args, **kwargs)
        self.answers += 1
        if self.answers == 1:
            raise Problem("ApiTimeout", "the answer never came", retryable=True)
        return answer


async def test_an_event_whose_answer_was_lost_is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("kube.event.PAUSES_SECONDS", (0.0,))
    api = Forgetful()
    recorder = EventRecorder(Client(api), "virt-controller")
    recorder.emit(VM, "Normal", "SuccessfulCreate", "created it")
    assert len(await post(api, recorder)) == 1
    recorder.emit(VM, "Normal", "SuccessfulCreate", "created it")
    (event,) = await post(api, recorder)
    assert (event["count"], api.answers) == (2, 3)
