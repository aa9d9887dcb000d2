"""Events on objects: what a user should know, at most once in a while, never in the way."""

import asyncio
import logging
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final, Literal

from api.problem import Problem
from kube.client import Client
from kube.object import BareObject
from kube.resource import EVENTS

log = logging.getLogger(__name__)

QUEUE_EVENTS: Final = 1000
# One alone falls behind when a thousand VMs start at once: each has two events, and a start is a
# handful of requests that as many workers make.
_POSTERS: Final = 4
QUIET_SECONDS: Final = 600.0
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


class EventRecorder:
    """Posts events in the background; one POST per object, reason and message in ten minutes."""

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
        self._posts: asyncio.Queue[tuple[str, dict[str, object]]] = asyncio.Queue(QUEUE_EVENTS)
        self._seen: OrderedDict[tuple[str, str, str], float] = OrderedDict()
        self.dropped = 0

    def emit(self, about: Reference, type_: EventType, reason: str, message: str) -> None:
        """Queue an event; never waits, never fails."""
        fingerprint = (about.uid, reason, message)
        now = self._clock()
        said_at = self._seen.get(fingerprint)
        if said_at is not None and now - said_at < QUIET_SECONDS:
            return
        self._seen[fingerprint] = now
        self._seen.move_to_end(fingerprint)
        if len(self._seen) > _REMEMBERED:
            self._seen.popitem(last=False)
        namespace = about.namespace or "default"
        try:
            self._posts.put_nowait(
                (namespace, self._build(about, namespace, type_, reason, message))
            )
        except asyncio.QueueFull:
            self.dropped += 1

    async def run(self) -> None:
        """Post what was queued, a few at a time, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for _ in range(_POSTERS):
                group.create_task(self._post_off())

    async def _post_off(self) -> None:
        while True:
            namespace, body = await self._posts.get()
            try:
                await self._client.create(EVENTS, namespace, body, BareObject)
            except Problem as problem:
                # A namespace that is going away refuses events; nothing depends on one.
                log.info("event not posted", extra={"error": problem.message})
            finally:
                self._posts.task_done()

    async def flush(self, seconds: float) -> None:
        """Wait a moment for what is queued, before the process ends."""
        try:
            async with asyncio.timeout(seconds):
                await self._posts.join()
        except TimeoutError:
            self.dropped += self._posts.qsize()

    def _build(
        self, about: Reference, namespace: str, type_: EventType, reason: str, message: str
    ) -> dict[str, object]:
        now = datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        # The name has to be new and a DNS subdomain; objects' names may fill all 253 characters.
        suffix = f".{time.time_ns():x}"
        return {
            "apiVersion": "v1",
            "kind": "Event",
            "metadata": {"name": about.name[: 253 - len(suffix)] + suffix, "namespace": namespace},
            "involvedObject": {
                "apiVersion": about.api_version,
                "kind": about.kind,
                "namespace": about.namespace,
                "name": about.name,
                "uid": about.uid,
            },
            "type": type_,
            "reason": reason,
            "message": message.encode()[:_MESSAGE_BYTES].decode(errors="ignore"),
            "source": {"component": self._component} | ({"host": self._host} if self._host else {}),
            "reportingComponent": self._component,
            "reportingInstance": self._host,
            "firstTimestamp": now,
            "lastTimestamp": now,
            "count": 1,
        }
