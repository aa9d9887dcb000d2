"""Events on objects: what a user should know, repetitions counted, never in the way."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from api.problem import Problem
from kube.client import ApiError, Client
from kube.object import BareObject
from kube.resource import EVENTS

log = logging.getLogger(__name__)

QUEUE_EVENTS: Final = 1000
# One alone falls behind when a thousand VMs start at once: each has two events, and a start is a
# handful of requests that as many workers make.
_POSTERS: Final = 4
# What was last said so long ago is a new event.
QUIET_SECONDS: Final = 600.0
# A warning again so soon is a retry that says the same once more.
RETRY_SECONDS: Final = 10.0
# So many repetitions are written as they come, further ones once in a while.
PROMPT_REPEATS: Final = 20
REPEAT_SECONDS: Final = 60.0
# What may work next time is tried again after these pauses: a busy server must not make us silent.
PAUSES_SECONDS: Final = (0.5, 2.0, 8.0)
_REMEMBERED: Final = 4096
_MESSAGE_BYTES: Final = 1024


@dataclass(frozen=True, slots=True)
class Reference:
    """The object that an event is about."""

    api_version: str
    kind: str
    namespace: str  # empty for objects without one; their events live in "default"
    name: str
    uid: str


EventType = Literal["Normal", "Warning"]


@dataclass(slots=True)
class _Said:
    """An event, and how often it was said."""

    about: Reference
    type_: EventType
    reason: str
    message: str
    first: str
    said_at: float  # by the recorder's clock, as the next two
    counted_at: float
    written_at: float
    last: str = ""
    count: int = 1
    name: str = ""  # of the object; empty: there is none yet
    asked_name: str = ""  # of one that was asked for, and whose answer did not come
    queued: bool = False

    @property
    def namespace(self) -> str:
        return self.about.namespace or "default"


class EventRecorder:
    """Posts events in the background; the same words on the same object are one that counts."""

    def __init__(
        self,
        client: Client,
        component: str,
        host: str = "",
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._client = client
        self._component = component
        self._host = host
        self._clock = clock
        self._posts: asyncio.Queue[_Said] = asyncio.Queue(QUEUE_EVENTS)
        self._said: OrderedDict[tuple[str, str, str], _Said] = OrderedDict()
        self.dropped = 0

    def emit(self, about: Reference, type_: EventType, reason: str, message: str) -> None:
        """Queue an event; never waits, never fails."""
        fingerprint = (about.uid, reason, message)
        now, stamp = self._clock(), _stamp()
        said = self._said.get(fingerprint)
        if said is None or now - said.said_at >= QUIET_SECONDS:
            said = _Said(about, type_, reason, message, stamp, now, now, now, last=stamp)
            self._said[fingerprint] = said
        else:
            said.said_at = now
            if type_ == "Warning" and now - said.counted_at < RETRY_SECONDS:
                return
            said.count, said.last, said.counted_at = said.count + 1, stamp, now
        self._said.move_to_end(fingerprint)
        if len(self._said) > _REMEMBERED:
            self._said.popitem(last=False)
        self._queue(said)

    async def run(self) -> None:
        """Post what was queued, a few at a time, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(_POSTERS):
                group.create_task(self._post_off())

    async def flush(self, seconds: float) -> None:
        """Wait a moment for what is queued, before the process ends."""
        try:
            async with asyncio.timeout(seconds):
                await self._posts.join()
        except TimeoutError:
            self.dropped += self._posts.qsize()

    def _queue(self, said: _Said) -> None:
        rare = self._clock() - said.written_at >= REPEAT_SECONDS
        if said.queued or not (said.count <= PROMPT_REPEATS or rare):
            return
        try:
            self._posts.put_nowait(said)
        except asyncio.QueueFull:
            self.dropped += 1
        else:
            said.queued = True

    async def _post_off(self) -> None:
        while True:
            said = await self._posts.get()
            count = said.count
            try:
                await self._insist(said)
            except Problem as problem:
                # A namespace that is going away refuses events; nothing depends on one.
                log.info("event not posted", extra={"error": problem.message})
            finally:
                said.queued, said.written_at = False, self._clock()
                if said.count > count:  # it was said again meanwhile
                    self._queue(said)
                self._posts.task_done()

    async def _insist(self, said: _Said) -> None:
        """Write the event; what may work next time is tried a few times."""
        for pause in PAUSES_SECONDS:
            try:
                await self._write(said)
            except Problem as problem:
                if not problem.retryable:
                    raise
            else:
                return
            await asyncio.sleep(pause)
        await self._write(said)

    async def _write(self, said: _Said) -> None:
        """Create the event, or raise its count; the server forgets events after a while."""
        if said.name:
            try:
                await self._client.patch(
                    EVENTS,
                    said.namespace,
                    said.name,
                    {"count": said.count, "lastTimestamp": said.last},
                    BareObject,
                )
            except ApiError as error:
                if not error.not_found:
                    raise
            else:
                return
        said.asked_name = said.asked_name or _invent_name(said.about)
        try:
            await self._client.create(EVENTS, said.namespace, self._build(said), BareObject)
        except ApiError as error:
            if not error.already_exists:  # else it was made at once, and only the answer was lost
                raise
        said.name, said.asked_name = said.asked_name, ""

    def _build(self, said: _Said) -> dict[str, object]:
        about = said.about
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": said.asked_name, "namespace": said.namespace},
            "involvedObject": {
                "apiVersion": about.api_version,
                "kind": about.kind,
                "namespace": about.namespace,
                "name": about.name,
                "uid": about.uid,
            },
            "type": said.type_,
            "reason": said.reason,
            "message": said.message.encode()[:_MESSAGE_BYTES].decode(errors="ignore"),
            "source": {"component": self._component} | ({"host": self._host} if self._host else {}),
            "reportingComponent": self._component,
            "reportingInstance": self._host,
            "firstTimestamp": said.first,
            "lastTimestamp": said.last,
            "count": said.count,
        }


def _invent_name(about: Reference) -> str:
    """Return a new name, a DNS subdomain; objects' names may fill all 253 characters."""
    suffix = f".{time.time_ns():x}"
    # each part of a subdomain ends with a letter or a digit
    return about.name[: 253 - len(suffix)].rstrip("-.") + suffix


def _stamp() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
