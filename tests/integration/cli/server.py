"""An API server of a few objects and subresources, behind which stands a test.

A stand-in, because what is tested here is what the command line makes of answers that a real one
gives seldom or never when a test wants them: errors of every code, states that change at a given
moment, a console that falls silent. kubectl and `kubectl proxy` are the real ones.
"""

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

Json = dict[str, Any]  # Any: any object
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

RESOURCES = {
    "virtualmachines": "VirtualMachine",
    "virtualmachineinstances": "VirtualMachineInstance",
    "virtualmachineinstancereplicasets": "VirtualMachineInstanceReplicaSet",
}
SUBRESOURCES = "/apis/subresources.kubevirt.io/v1"
OBJECTS = "/apis/kubevirt.io/v1/namespaces/{namespace}/{resource}"


@dataclass(frozen=True, slots=True)
class Call:
    """A request as it came in."""

    method: str
    path: str
    query: str
    body: str


@dataclass(slots=True)
class Server:
    """What the server knows, and what it was asked."""

    url: str = ""
    calls: list[Call] = field(default_factory=list)
    objects: dict[str, Json] = field(default_factory=dict)  # by path
    handlers: dict[str, Handler] = field(default_factory=dict)  # by path, before all else
    loop: asyncio.AbstractEventLoop | None = None
    watchers: list[asyncio.Queue[Json]] = field(default_factory=list)

    def put(self, resource: str, name: str, namespace: str = "default", **fields: object) -> None:
        """Make or change an object; watches are told."""
        path = f"{OBJECTS.format(namespace=namespace, resource=resource)}/{name}"
        known = self.objects.get(path)
        metadata = {"name": name, "namespace": namespace, "uid": f"uid-of-{name}"}
        item = {
            "apiVersion": "kubevirt.io/v1",
            "kind": RESOURCES[resource],
            "metadata": metadata,
            **fields,
        }
        self.objects[path] = item
        self._tell({"type": "ADDED" if known is None else "MODIFIED", "object": item})

    def delete(self, resource: str, name: str, namespace: str = "default") -> None:
        path = f"{OBJECTS.format(namespace=namespace, resource=resource)}/{name}"
        self._tell({"type": "DELETED", "object": self.objects.pop(path)})

    def answer(self, path: str, code: int, body: object = "") -> None:
        """Answer a path with a code, and with a text or an object."""

        async def handle(_: web.Request) -> web.StreamResponse:
            if isinstance(body, str):
                return web.Response(status=code, text=body)
            return web.json_response(body, status=code)

        self.handlers[path] = handle

    def refuse(self, path: str, code: int, reason: str, message: str) -> None:
        """Answer a path with a Status."""
        status = {"kind": "Status", "apiVersion": "v1", "status": "Failure"}
        self.answer(path, code, {**status, "code": code, "reason": reason, "message": message})

    def find_calls(self, method: str) -> list[Call]:
        return [call for call in self.calls if call.method == method]

    def _tell(self, event: Json) -> None:
        for queue in self.watchers:
            assert self.loop is not None
            self.loop.call_soon_threadsafe(queue.put_nowait, event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        body = await request.text()
        self.calls.append(Call(request.method, request.path, request.query_string, body))
        if handler := self.handlers.get(request.path):
            return await handler(request)
        if request.query.get("watch"):
            return await self._watch(request)
        if "fieldSelector" in request.query:
            return self._list(request)
        found = DISCOVERY.get(request.path) or self.objects.get(request.path)
        if found is not None:
            return web.json_response(found)
        if request.method == "POST":
            return web.json_response(json.loads(body), status=201)
        resource, _, name = request.path.rpartition("/")
        return web.json_response(
            {
                "kind": "Status",
                "apiVersion": "v1",
                "status": "Failure",
                "reason": "NotFound",
                "code": 404,
                "message": f'{resource.rpartition("/")[2]} "{name}" not found',
                "details": {"name": name},
            },
            status=404,
        )

    def _list(self, request: web.Request) -> web.Response:
        name = request.query["fieldSelector"].removeprefix("metadata.name=")
        found = self.objects.get(f"{request.path}/{name}")
        items = [] if found is None else [found]
        return web.json_response({"metadata": {"resourceVersion": "1"}, "items": items})

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        name = request.query["fieldSelector"].removeprefix("metadata.name=")
        response = web.StreamResponse()
        await response.prepare(request)
        queue: asyncio.Queue[Json] = asyncio.Queue()
        self.watchers.append(queue)
        known = self.objects.get(f"{request.path}/{name}")
        if known is not None:
            queue.put_nowait({"type": "ADDED", "object": known})
        try:
            async with asyncio.timeout(float(request.query["timeoutSeconds"])):
                while True:
                    event = await queue.get()
                    await response.write(json.dumps(event).encode() + b"\n")
        except TimeoutError:
            pass
        finally:
            self.watchers.remove(queue)
        return response


def run_server(server: Server) -> Callable[[], None]:
    """Serve in a thread; return what ends it."""
    started: Future[str] = Future()
    stop = asyncio.Event()

    async def serve() -> None:
        server.loop = asyncio.get_running_loop()
        app = web.Application(client_max_size=1 << 24)
        app.router.add_route("*", "/{path:.*}", server.handle)
        runner = web.AppRunner(app, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        started.set_result(f"http://127.0.0.1:{runner.addresses[0][1]}")
        await stop.wait()
        await runner.cleanup()

    thread = threading.Thread(target=lambda: asyncio.run(serve()))
    thread.start()
    server.url = started.result(60)

    def end() -> None:
        assert server.loop is not None
        server.loop.call_soon_threadsafe(stop.set)
        thread.join(60)

    return end


def _group(name: str) -> Json:
    version = {"groupVersion": f"{name}/v1", "version": "v1"}
    return {"name": name, "versions": [version], "preferredVersion": version}


DISCOVERY: dict[str, Json] = {
    "/api": {"kind": "APIVersions", "versions": ["v1"]},
    "/apis": {
        "kind": "APIGroupList",
        "apiVersion": "v1",
        "groups": [_group("kubevirt.io")],
    },
    "/api/v1": {
        "kind": "APIResourceList",
        "groupVersion": "v1",
        "resources": [
            {"name": name, "singularName": "", "namespaced": True, "kind": kind, "verbs": ["get"]}
            for name, kind in (("services", "Service"), ("pods", "Pod"))
        ],
    },
    "/apis/kubevirt.io/v1": {
        "kind": "APIResourceList",
        "groupVersion": "kubevirt.io/v1",
        "resources": [
            {"name": name, "singularName": "", "namespaced": True, "kind": kind, "verbs": ["get"]}
            for name, kind in RESOURCES.items()
        ],
    },
}
