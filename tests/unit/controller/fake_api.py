"""An API server in memory: versions, preconditions, finalizers, graceful deletion, watches."""

import asyncio
import copy
import json
from collections.abc import AsyncGenerator, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from api.problem import Problem
from kube.transport import Response, StreamRefused

Json = dict[str, Any]  # decoded JSON
Address = tuple[str, str, str]  # plural, namespace, name

NOW = "2026-11-22T12:00:00Z"
_FINAL = {"Succeeded", "Failed"}


class CrashError(Exception):
    """The controller died right after this write; its answer was never read."""


@dataclass
class Change:
    """One event of a watch."""

    version: int
    plural: str
    type: str
    object: Json


@dataclass
class Write:
    """One write that took effect, for the tests to count."""

    verb: str
    plural: str
    subresource: str
    name: str


@dataclass
class FakeApi:
    """Implements kube.transport.Transport; one of its own for each test."""

    objects: dict[Address, Json] = field(default_factory=dict)
    changes: list[Change] = field(default_factory=list)
    writes: list[Write] = field(default_factory=list)
    requests: int = 0
    refuse: dict[str, str] = field(default_factory=dict)  # no new ones of this plural, and why
    refuse_patch: dict[str, str] = field(default_factory=dict)  # no changes of this plural
    keep: dict[str, str] = field(default_factory=dict)  # none of this plural can be deleted
    crash_after: int | None = None  # crash after so many more writes
    lose_after: int | None = None  # lose the answer of a write to come, which takes effect
    unserved: set[str] = field(default_factory=lambda: {"datavolumes"})  # kinds that are not there
    frozen: set[str] = field(default_factory=set)  # plurals whose watches tell nothing
    oldest: int = 0  # watches from before this version are told 410 Gone
    lines: list[bytes] = field(default_factory=list)  # said first by the next watch that wakes
    watched_from: list[int] = field(default_factory=list)
    _generation: int = 0  # of streams; those of an older one end
    version: int = 100
    clock: Callable[[], str] = lambda: NOW
    _uids: int = 0
    _news: asyncio.Event = field(default_factory=asyncio.Event)
    on_change: Callable[[Change], None] = lambda _change: None

    # What tests do to the world.

    def find(self, plural: str, name: str, namespace: str = "ns") -> Json | None:
        return self.objects.get((plural, namespace, name))

    def put(self, plural: str, item: Json, namespace: str = "ns") -> Json:
        """Create an object as somebody else."""
        status, body = self._create(plural, namespace, copy.deepcopy(item))
        assert status == 201, body
        return body

    def change(self, plural: str, name: str, patch: Json, namespace: str = "ns") -> Json:
        """Merge-patch an object as somebody else, status included."""
        item = copy.deepcopy(self.objects[plural, namespace, name])
        merge(item, patch)
        return self._store(plural, namespace, name, item)

    def remove(self, plural: str, name: str, namespace: str = "ns") -> None:
        """Make an object go away, whatever it says."""
        self._drop(plural, namespace, name)

    def delete(self, plural: str, name: str, namespace: str = "ns") -> None:
        """Delete an object as a user does."""
        status, body = self._delete(plural, namespace, name, {})
        assert status == 200, body

    def collect(self) -> None:
        """Be the garbage collector: delete what has lost all its owners, and what that owned."""
        while True:
            alive = {item["metadata"]["uid"] for item in self.objects.values()}
            lost = [
                address
                for address, item in self.objects.items()
                if (owners := item["metadata"].get("ownerReferences"))
                and not any(owner["uid"] in alive for owner in owners)
                and not item["metadata"].get("deletionTimestamp")
            ]
            if not lost:
                return
            for address in lost:
                self._delete(*address, {})

    def orphan(self, plural: str, name: str, namespace: str = "ns") -> None:
        """Be the garbage collector again: an object that is to leave its dependents behind."""
        uid = self.objects[plural, namespace, name]["metadata"]["uid"]
        for (kind, space, each), item in list(self.objects.items()):
            owners = item["metadata"].get("ownerReferences", [])
            left = [owner for owner in owners if owner["uid"] != uid]
            if left != owners:
                self.change(kind, each, {"metadata": {"ownerReferences": left}}, space)
        finalizers = list(self.objects[plural, namespace, name]["metadata"]["finalizers"])
        finalizers.remove("orphan")
        self._patch(plural, namespace, name, "", {"metadata": {"finalizers": finalizers}})

    def thaw(self) -> None:
        """Let the watches tell what they kept back."""
        self.frozen.clear()
        self._news.set()

    def break_streams(self) -> None:
        """End every watch without a word."""
        self._generation += 1
        self._news.set()

    # Transport.

    async def close(self) -> None:
        pass

    async def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, str],
        *,
        body: bytes | None,
        content_type: str,
        deadline_seconds: float,
    ) -> Response:
        await asyncio.sleep(0)
        self.requests += 1
        plural, namespace, name, subresource = split(path)
        content = json.loads(body) if body else {}
        before = self.version
        if plural in self.unserved:
            return Response(404, b"404 page not found", {})
        if method == "GET":
            status, answer = self._read(plural, namespace, name, query)
        elif method == "POST":
            status, answer = self._create(plural, namespace, content)
        elif method == "PATCH":
            assert content_type == "application/merge-patch+json"
            status, answer = self._patch(plural, namespace, name, subresource, content)
        else:
            status, answer = self._delete(plural, namespace, name, content)
        if self.version > before and plural != "events":
            self.writes.append(
                Write(method, plural, subresource, name or answer["metadata"]["name"])
            )
            self._count_down()
        return Response(status, json.dumps(answer).encode(), {})

    async def stream(self, path: str, query: Mapping[str, str]) -> AsyncGenerator[bytes]:
        plural, namespace, _, _ = split(path)
        if plural in self.unserved:
            raise StreamRefused(Response(404, b"404 page not found", {}))
        seen = int(query["resourceVersion"])
        self.watched_from.append(seen)
        generation = self._generation
        if seen < self.oldest:
            _, answer = refuse(410, "Expired", "too old resource version")
            raise StreamRefused(Response(410, json.dumps(answer).encode(), {}))
        while True:
            self._news.clear()
            while self.lines:
                yield self.lines.pop(0)
            if generation != self._generation:
                return
            if plural not in self.frozen:
                for change in [c for c in self.changes if c.version > seen]:
                    seen = change.version
                    here = namespace in {"", change.object["metadata"].get("namespace", "")}
                    if change.plural == plural and here and matches(change.object, query):
                        yield json.dumps({"type": change.type, "object": change.object}).encode()
            if self._news.is_set():
                continue
            await self._news.wait()

    # Verbs.

    def _read(
        self, plural: str, namespace: str, name: str, query: Mapping[str, str]
    ) -> tuple[int, Json]:
        if name:
            item = self.objects.get((plural, namespace, name))
            return (200, item) if item else refuse(404, "NotFound", f"{plural} {name} not found")
        found = [
            item
            for (kind, space, _), item in self.objects.items()
            if kind == plural and namespace in {"", space} and matches(item, query)
        ]
        start = int(query.get("continue", "0"))
        end = start + int(query.get("limit", len(found)) or len(found))
        meta = {"resourceVersion": str(self.version)}
        if end < len(found):
            meta["continue"] = str(end)
        return 200, {"metadata": meta, "items": found[start:end]}

    def _create(self, plural: str, namespace: str, item: Json) -> tuple[int, Json]:
        meta = item["metadata"]
        name = meta["name"]
        if (plural, namespace, name) in self.objects:
            return refuse(409, "AlreadyExists", f'{plural} "{name}" already exists')
        if plural in self.refuse:
            message = self.refuse[plural]
            if message.startswith("failed calling webhook"):
                return refuse(500, "InternalError", message)
            return refuse(403, "Forbidden", message)
        self._uids += 1
        meta |= {
            "uid": f"uid-{self._uids}",
            "namespace": namespace,
            "creationTimestamp": self.clock(),
        }
        meta["generation"] = 1
        if plural == "virtualmachineinstances":
            item.setdefault("status", {})
        if plural == "virtualmachines":
            item.setdefault("status", {}).setdefault("printableStatus", "Stopped")
        return 201, self._store(plural, namespace, name, item, "ADDED")

    def _patch(
        self, plural: str, namespace: str, name: str, subresource: str, patch: Json
    ) -> tuple[int, Json]:
        old = self.objects.get((plural, namespace, name))
        if old is None:
            return refuse(404, "NotFound", f"{plural} {name} not found")
        if plural in self.refuse_patch:
            return refuse(403, "Forbidden", self.refuse_patch[plural])
        for pinned in ("uid", "resourceVersion"):
            wanted = patch.get("metadata", {}).get(pinned)
            if wanted is not None and wanted != old["metadata"][pinned]:
                return refuse(409, "Conflict", f"{pinned} is {old['metadata'][pinned]}")
        new = copy.deepcopy(old)
        parts = {"status"} if subresource == "status" else {"metadata", "spec"}
        parts |= {"count", "lastTimestamp"} if plural == "events" else {"data"}
        merge(new, {key: value for key, value in patch.items() if key in parts})
        phase = old.get("status", {}).get("phase")
        if phase in _FINAL and new["status"].get("phase") != phase:
            return refuse(422, "Invalid", f"the phase {phase} is final")
        if new == old:
            return 200, old
        if new["metadata"].get("deletionTimestamp") and not new["metadata"].get("finalizers"):
            self._drop(plural, namespace, name)
            return 200, new
        return 200, self._store(plural, namespace, name, new)

    def _delete(self, plural: str, namespace: str, name: str, options: Json) -> tuple[int, Json]:
        item = self.objects.get((plural, namespace, name))
        if item is None:
            return refuse(404, "NotFound", f"{plural} {name} not found")
        uid = options.get("preconditions", {}).get("uid")
        if uid is not None and uid != item["metadata"]["uid"]:
            return refuse(409, "Conflict", "the UID in the precondition is another")
        version = options.get("preconditions", {}).get("resourceVersion")
        if version is not None and version != item["metadata"]["resourceVersion"]:
            return refuse(409, "Conflict", "the resourceVersion in the precondition is another")
        if plural in self.keep:
            return refuse(403, "Forbidden", self.keep[plural])
        graceful = plural == "pods" and item["spec"].get("nodeName")
        graceful = graceful and options.get("gracePeriodSeconds") != 0
        graceful = graceful and item.get("status", {}).get("phase") not in _FINAL
        if not graceful and not item["metadata"].get("finalizers"):
            self._drop(plural, namespace, name)
            return 200, item
        seconds = options.get("gracePeriodSeconds")
        before = item["metadata"].get("deletionGracePeriodSeconds")
        shorter = None not in {seconds, before} and seconds < before
        if item["metadata"].get("deletionTimestamp") and not shorter:
            return 200, item
        new = copy.deepcopy(item)
        new["metadata"].setdefault("deletionTimestamp", self.clock())
        if plural == "pods":
            own = item["spec"].get("terminationGracePeriodSeconds", 30)
            new["metadata"]["deletionGracePeriodSeconds"] = own if seconds is None else seconds
        return 200, self._store(plural, namespace, name, new)

    # The store.

    def _store(
        self, plural: str, namespace: str, name: str, item: Json, type_: str = "MODIFIED"
    ) -> Json:
        self.version += 1
        item["metadata"]["resourceVersion"] = str(self.version)
        old = self.objects.get((plural, namespace, name))
        if old is not None and old.get("spec") != item.get("spec"):
            item["metadata"]["generation"] += 1
        self.objects[plural, namespace, name] = item
        self._tell(plural, type_, item)
        return item

    def _drop(self, plural: str, namespace: str, name: str) -> None:
        item = copy.deepcopy(self.objects.pop((plural, namespace, name)))
        self.version += 1
        item["metadata"]["resourceVersion"] = str(self.version)
        self._tell(plural, "DELETED", item)

    def _tell(self, plural: str, type_: str, item: Json) -> None:
        change = Change(self.version, plural, type_, copy.deepcopy(item))
        self.changes.append(change)
        self._news.set()
        self.on_change(change)

    def _count_down(self) -> None:
        if self.crash_after is not None:
            self.crash_after -= 1
            if self.crash_after == 0:
                self.crash_after = None
                raise CrashError
        if self.lose_after is not None:
            self.lose_after -= 1
            if self.lose_after == 0:
                self.lose_after = None
                raise Problem("ApiTimeout", "the answer never came", retryable=True)


def split(path: str) -> tuple[str, str, str, str]:
    """Return plural, namespace, name and subresource of a URL's path."""
    parts = path.strip("/").split("/")
    parts = parts[2:] if parts[0] == "api" else parts[3:]
    namespace = ""
    if parts[0] == "namespaces" and len(parts) > 2:
        namespace, parts = parts[1], parts[2:]
    plural, name, subresource = (*parts, "", "")[:3]
    return plural, namespace, name, subresource


def refuse(code: int, reason: str, message: str) -> tuple[int, Json]:
    status = {"kind": "Status", "code": code, "reason": reason, "message": message}
    if "is being terminated" in message:
        status["details"] = {"causes": [{"reason": "NamespaceTerminating", "message": message}]}
    return code, status


def merge(target: Json, patch: Json) -> None:
    """Apply a JSON merge patch."""
    for key, value in patch.items():
        if value is None:
            target.pop(key, None)
        elif isinstance(value, dict):
            inner = target.setdefault(key, {})
            merge(inner, value)
        else:
            target[key] = value


def matches(item: Json, query: Mapping[str, str]) -> bool:
    """Check the one form of selector that is used: key=value,key=value."""
    selector = query.get("labelSelector", "")
    wanted = dict(each.split("=") for each in selector.split(",")) if selector else {}
    path, _, value = query.get("fieldSelector", "").partition("=")
    part, _, name = path.partition(".")
    if path and item.get(part, {}).get(name) != value:
        return False
    return bool(wanted.items() <= item["metadata"].get("labels", {}).items())
