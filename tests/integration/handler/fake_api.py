"""An API server in memory: as much of it as the handler asks for."""

import asyncio
import json
from collections.abc import AsyncGenerator, Mapping
from typing import Any

from kube.transport import Response

VMIS = "/apis/kubevirt.io/v1/namespaces/ns/virtualmachineinstances/"
PODS = "/api/v1/namespaces/ns/pods/"


class FakeApi:
    """Objects by path; every request is written down, and may be made to fail."""

    def __init__(self) -> None:
        self.objects: dict[str, dict[str, Any]] = {}
        self.requests: list[tuple[str, str]] = []
        self.failures: list[int] = []  # codes that the next writes are answered with
        self._version = 10
        self._changed = asyncio.Condition()
        self._events: list[tuple[str, str, dict[str, Any]]] = []

    @property
    def own_requests(self) -> list[tuple[str, str]]:
        """Return everything but lists and watches."""
        return [(verb, path) for verb, path in self.requests if verb != "WATCH"]

    def put(self, path: str, item: dict[str, Any]) -> None:
        """Create or replace an object, as its watchers see it."""
        self._version += 1
        item["metadata"]["resourceVersion"] = str(self._version)
        kind = "MODIFIED" if path in self.objects else "ADDED"
        self.objects[path] = item
        self._publish(kind, path, item)

    def remove(self, path: str) -> None:
        self._version += 1
        item = self.objects.pop(path)
        item["metadata"]["resourceVersion"] = str(self._version)
        self._publish("DELETED", path, item)

    def _publish(self, kind: str, path: str, item: dict[str, Any]) -> None:
        self._events.append((kind, path, json.loads(json.dumps(item))))
        self._wake = asyncio.get_running_loop().create_task(self._notify())

    async def _notify(self) -> None:
        async with self._changed:
            self._changed.notify_all()

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
        if method == "GET" and not path.startswith((VMIS, PODS)):
            self.requests.append(("WATCH", path))
            return self._list(path)
        self.requests.append((method, path))
        if method == "GET":
            return self._answer(self.objects.get(path))
        content = json.loads(body or b"[]")
        if self.failures:
            return self._refuse(self.failures.pop(0))
        if method == "POST":
            return self._answer({"metadata": {"name": "x"}})
        return self._patch(path, content)

    def _list(self, path: str) -> Response:
        plural = path.rpartition("/")[2]
        items = [item for key, item in self.objects.items() if f"/{plural}/" in key]
        whole = {"metadata": {"resourceVersion": str(self._version)}, "items": items}
        return Response(200, json.dumps(whole).encode(), {})

    def _patch(self, path: str, operations: list[dict[str, Any]]) -> Response:
        key = path.removesuffix("/status")
        item = self.objects.get(key)
        if item is None:
            return self._refuse(404)
        test, *adds = operations
        if (test["op"], test["path"]) != ("test", "/metadata/uid"):
            return self._refuse(400)
        if test["value"] != item["metadata"]["uid"]:
            return self._refuse(422)
        fresh = json.loads(json.dumps(item))
        for operation in adds:
            fresh["status"][operation["path"].removeprefix("/status/")] = operation["value"]
        fresh["status"] = {
            name: value for name, value in fresh["status"].items() if value is not None
        }
        self.put(key, fresh)
        return self._answer(fresh)

    def _answer(self, item: dict[str, Any] | None) -> Response:
        return Response(200, json.dumps(item).encode(), {}) if item else self._refuse(404)

    def _refuse(self, code: int) -> Response:
        status = {"code": code, "reason": "Test", "message": f"refused with {code}"}
        return Response(code, json.dumps(status).encode(), {})

    async def stream(self, path: str, query: Mapping[str, str]) -> AsyncGenerator[bytes, None]:
        self.requests.append(("WATCH", path))
        plural = path.rpartition("/")[2]
        place = 0
        start = int(query["resourceVersion"])
        while True:
            while place < len(self._events):
                kind, key, item = self._events[place]
                place += 1
                fresh = int(item["metadata"]["resourceVersion"]) > start
                if f"/{plural}/" in key and fresh:
                    yield json.dumps({"type": kind, "object": item}).encode()
            async with self._changed:
                if place == len(self._events):
                    await self._changed.wait()

    async def close(self) -> None:
        return
