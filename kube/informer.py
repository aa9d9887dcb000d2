"""A cache of one kind, kept true by list and watch.

The cache is typed and small: each object is decoded into the struct that its user declared, so
only the fields in use are kept. It can lag behind the server, never lie about the order: decide
on it, and let the server's preconditions (uid, resourceVersion, names) refuse what was decided on
an old view.

How it goes on after trouble: a watch that ends is opened again from the last resourceVersion,
which bookmarks keep young on a quiet kind; 410 Gone means a new list, and the difference to the
cache is told as changes, deletions included; everything else waits with jittered back-off, so
that a herd of components does not return to a restarted API server all at once.

An optional kind is one that other software brings. While the server answers 404, there are none
of it, ``served`` is False, and the server is asked again at a slow pace.
"""

import asyncio
import logging
import random
from collections.abc import AsyncGenerator, Callable, Iterator
from contextlib import aclosing
from typing import Generic

import msgspec

from api.problem import Problem
from kube.client import ApiError, Client, decode
from kube.object import Key, KubeT, ListMeta, RawEvent, Tag, key_of
from kube.resource import Resource

log = logging.getLogger(__name__)

PAGE_ITEMS = 500
WATCH_SECONDS = (240, 360)
_BACKOFF_BASE_SECONDS = 0.2
_BACKOFF_MAX_SECONDS = 30.0
_UNSERVED_SECONDS = (30.0, 45.0)


class _Bookmark(msgspec.Struct, frozen=True):
    metadata: ListMeta


class Informer(Generic[KubeT]):
    """All objects of a kind (that match the selectors), and who wants to hear of changes."""

    def __init__(
        self,
        client: Client,
        resource: Resource,
        type_: type[KubeT],
        *,
        namespace: str | None = None,
        label_selector: str = "",
        field_selector: str = "",
        optional: bool = False,
    ) -> None:
        self.synced = asyncio.Event()
        self.served = False  # as far as is known; of no use for kinds that are always there
        self.resource = resource
        self._client = client
        self._type = type_
        self._namespace = namespace
        self._label_selector = label_selector
        self._field_selector = field_selector
        self._optional = optional
        self._items: dict[Key, KubeT] = {}
        self._version = 0  # how far the list and the watch have told us
        self._untold: set[Key] = set()  # learned, and not yet told to the listeners
        self._listeners: list[Callable[[KubeT | None, KubeT | None], None]] = []
        self._serve_listeners: list[Callable[[], None]] = []

    def on_change(self, listener: Callable[[KubeT | None, KubeT | None], None]) -> None:
        """Call ``listener(old, new)`` for every change; old is None when it is new to us."""
        self._listeners.append(listener)

    def on_serve(self, listener: Callable[[], None]) -> None:
        """Call ``listener()`` when the server begins or ceases to serve the kind."""
        self._serve_listeners.append(listener)

    def get(self, namespace: str, name: str) -> KubeT | None:
        """Return the object as last seen."""
        return self._items.get(Key(namespace, name))

    def learn(self, item: KubeT) -> None:
        """Take a write's answer in before the watch tells of it, so that we read our own writes.

        What the watch has passed already is left out: the object may be gone again. Versions of
        one kind are ordered (Kubernetes 1.35 promises it).
        """
        if int(item.metadata.resource_version) > self._version:
            key = key_of(item)
            self._items[key] = item
            self._untold.add(key)

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[KubeT]:
        return iter(self._items.values())

    async def run(self) -> None:
        """List and watch until cancelled."""
        failures = 0
        version = ""
        while True:
            try:
                if not version:
                    version = await self._list()
                    self._know_served(served=True)
                async with aclosing(self._watch(version)) as events:
                    async for event in events:
                        version = self._take(event) or version
                        failures = 0
            except ApiError as error:
                failures += 1
                if error.not_found and self._optional:
                    version = ""
                    await self._wait_until_served()
                elif error.gone:
                    version = ""
                    await self._wait(failures, "listing anew", None)
                else:
                    await self._wait(failures, "watch refused", error)
            except Problem as error:
                failures += 1
                await self._wait(failures, "watch interrupted", error)
            else:
                # A watch that ends without a word may do so at once, again and again.
                failures += 1
                if failures > 1:
                    await self._wait(failures, "watch ended", None)

    async def _wait_until_served(self) -> None:
        """Forget what was known, and let a while pass."""
        before, self._items = self._items, {}
        self._untold.clear()
        for old in before.values():
            self._tell(old, None)
        if self.served or not self.synced.is_set():
            log.info("kind is not served", extra={"kind": str(self.resource)})
        self._know_served(served=False)
        await asyncio.sleep(random.uniform(*_UNSERVED_SECONDS))  # noqa: S311 - jitter

    def _know_served(self, *, served: bool) -> None:
        news = self.served != served or not self.synced.is_set()
        self.served = served
        self.synced.set()
        if news:
            for listener in self._serve_listeners:
                listener()

    async def _list(self) -> str:
        """Read every page, then tell the difference to what was known."""
        found: dict[Key, KubeT] = {}
        continue_ = ""
        while True:
            page = await self._client.list(
                self.resource,
                msgspec.Raw,
                namespace=self._namespace,
                label_selector=self._label_selector,
                field_selector=self._field_selector,
                limit=PAGE_ITEMS,
                continue_=continue_,
            )
            for raw in page.items:
                item = self._decode(raw)
                if item is not None:
                    found[key_of(item)] = item
            continue_ = page.continue_
            if not continue_:
                break
        self._version = int(page.resource_version)
        self._replace(found)
        return page.resource_version

    def _replace(self, found: dict[Key, KubeT]) -> None:
        """Tell the difference between what was known and what is there."""
        before = self._items
        learned = {key: item for key, item in before.items() if self._is_ahead(item)}
        self._items = found | learned
        for key, item in found.items():
            old = before.get(key)
            known = "" if old is None or key in self._untold else old.metadata.resource_version
            if known != item.metadata.resource_version:
                self._tell(old, item)
        for key, old in before.items():
            if key not in self._items:
                self._tell(old, None)
        self._untold &= learned.keys()

    def _is_ahead(self, item: KubeT) -> bool:
        """True for what was learned from a write and not yet told by the watch."""
        return int(item.metadata.resource_version) > self._version

    def _watch(self, version: str) -> AsyncGenerator[RawEvent]:
        return self._client.watch(
            self.resource,
            version,
            random.randint(*WATCH_SECONDS),  # noqa: S311 - spreads reconnects, guards nothing
            namespace=self._namespace,
            label_selector=self._label_selector,
            field_selector=self._field_selector,
        )

    def _take(self, event: RawEvent) -> str:
        """Apply one event and return the moment it stands for."""
        if event.type == "BOOKMARK":
            version = decode(event.object, _Bookmark).metadata.resource_version
            self._version = int(version)
            return version
        tag = decode(event.object, Tag)
        key, version = key_of(tag), tag.metadata.resource_version
        self._version = int(version)
        old = self._items.get(key)
        if old is not None and self._is_ahead(old):
            return version  # an echo of the time before our own write
        self._untold.discard(key)
        if event.type == "DELETED":
            if self._items.pop(key, None) is not None:
                self._tell(old, None)
        elif (item := self._decode(event.object)) is not None:
            self._items[key] = item
            self._tell(old, item)
        return version

    def _decode(self, raw: msgspec.Raw) -> KubeT | None:
        """Read an object; one that does not fit our types must not blind us to all others."""
        try:
            return decode(raw, self._type)
        except Problem as problem:
            extra = {"kind": str(self.resource), "error": problem.message}
            extra["object"] = str(key_of(decode(raw, Tag)))
            log.warning("object left out, it does not fit its type", extra=extra)
            return None

    def _tell(self, old: KubeT | None, new: KubeT | None) -> None:
        for listener in self._listeners:
            listener(old, new)

    async def _wait(self, failures: int, what: str, error: Problem | None) -> None:
        """Wait longer and longer; with jitter, so that no herd returns at once."""
        limit = min(_BACKOFF_MAX_SECONDS, _BACKOFF_BASE_SECONDS * 2.0 ** min(failures, 10))
        at_least = error.retry_after_seconds if isinstance(error, ApiError) else 0.0
        seconds = max(at_least, limit * random.uniform(0.5, 1.0))  # noqa: S311 - jitter
        extra: dict[str, object] = {"kind": str(self.resource), "seconds": round(seconds, 2)}
        if error is None:
            log.debug(what, extra=extra)
        else:
            log.warning(what, extra=extra | {"error": error.message})
        await asyncio.sleep(seconds)


def open_single(
    client: Client, resource: Resource, type_: type[KubeT], name: str, namespace: str | None = None
) -> Informer[KubeT]:
    """Return an informer of one object: list and watch of that name are all the rights it needs."""
    selector = f"metadata.name={name}"
    return Informer(client, resource, type_, namespace=namespace, field_selector=selector)
