"""A gateway's websockets with real TLS on every hop, and what they work with."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from typing import Any

import msgspec
from aiohttp import ClientSession, ClientWebSocketResponse, TCPConnector, web

from api.config import KubeVirtConfiguration
from api.door import ROLE_GATEWAY, ROLE_HANDLER, SESSION_PATH, SESSION_PORT, SessionGrant
from api.vmi import VirtualMachineInstance
from daemon.tls import ClientTls, ServerTls
from gateway.answer import answer_refusal
from gateway.call import Backend, Call, GuestPod, Handlers
from gateway.refusal import Refused, refuse_absent
from gateway.route import VMI, find_routes
from gateway.session import Sessions
from gateway.stream.assembly import build_handlers
from gateway.stream.liveness import Timing
from gateway.stream.registry import Limits
from gateway.user import User
from kube.client import Client
from tests.authority import Authority

POD_UID = "0c8a4a7e-35ec-4d6b-a52c-5f0b1d2c3e4f"
ROOT = "/apis/subresources.kubevirt.io/v1/namespaces/ns"
VMI_ROOT = f"{ROOT}/virtualmachineinstances/vm1"
QUICK = Timing(look=0.05, ping=0.1, answer=0.4, slow=0.5, review=0.2)
_addresses = count(1)  # nodes listen at one port: each test's at an address of its own


def make_vmi(**status: object) -> VirtualMachineInstance:
    """Make a VMI that runs on node1, with the guest at 127.0.0.1."""
    told = {"phase": "Running", "nodeName": "node1", "interfaces": [{"ipAddress": "127.0.0.1"}]}
    content = {
        "metadata": {"name": "vm1", "namespace": "ns", "uid": "u1"},
        "spec": {"domain": {"devices": {}}},
        "status": told | status,
    }
    return msgspec.convert(content, VirtualMachineInstance)


@dataclass
class Machines:
    """The one VMI of a test, in its pod."""

    vmi: VirtualMachineInstance = field(default_factory=make_vmi)
    pod: GuestPod = field(default_factory=lambda: GuestPod(POD_UID, ("127.0.0.1",)))

    async def read_vmi(self, namespace: str, name: str) -> VirtualMachineInstance:
        if (namespace, name) != ("ns", "vm1"):
            raise refuse_absent(VMI, name)
        return self.vmi

    async def read_pod(self, vmi: VirtualMachineInstance) -> GuestPod:
        return self.pod


@dataclass
class Nodes:
    """The address of the one node."""

    address: str
    tls: ClientTls = field(default_factory=ClientTls)

    def find_address(self, node: str) -> str:
        assert node == "node1"
        return self.address


Talk = Callable[[web.WebSocketResponse], Awaitable[None]]


class Node:
    """Stands for the handler's `console`, since here a node must misbehave on demand.

    What the real one does is tested with it: test_node.py.
    """

    def __init__(self, talk: Talk, refusal: tuple[int, object] | None = None) -> None:
        self._talk = talk
        self._refusal = refusal
        self.asked: list[dict[str, Any]] = []
        self.connections: set[object] = set()

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        self.connections.add(request.transport)
        if request.path == SESSION_PATH:
            assert request.method == "POST"
            self.asked.append(await request.json())
            if self._refusal is not None:
                return web.json_response(self._refusal[1], status=self._refusal[0])
            return web.Response(body=msgspec.json.encode(SessionGrant("ab" * 16)))
        assert request.query["token"] == "ab" * 16
        websocket = web.WebSocketResponse(protocols=("binary",), compress=False, autoping=False)
        await websocket.prepare(request)
        await self._talk(websocket)
        return websocket


@dataclass
class Door:
    """A gateway that listens, and a client of it."""

    client: ClientSession
    base: str
    handlers: Handlers
    sessions: Sessions
    machines: Machines
    nodes: Nodes
    node: Node
    allowed: list[object]  # answers to reviews, the last one stays: True, False or an exception
    reviews: list[object] = field(default_factory=list)  # what was answered
    user: User = field(default_factory=lambda: User("jane"))

    def connect(self, path: str, **more: Any) -> Any:
        """Return the context of a websocket."""
        return self.client.ws_connect(self.base + path, **more)

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        found = find_routes(request.raw_path.partition("?")[0])
        assert found is not None
        routes, target = found
        route = routes["GET"]

        async def is_still_allowed() -> bool:
            answer = self.allowed.pop(0) if len(self.allowed) > 1 else self.allowed[0]
            self.reviews.append(answer)
            if isinstance(answer, Exception):
                raise answer
            return bool(answer)

        call = Call(request, route, target, self.user, b"", is_still_allowed)
        try:
            return await self.handlers[route.key](call)
        except Refused as refused:
            return answer_refusal(refused)


@asynccontextmanager
async def listen(
    handle: Callable[[web.BaseRequest], Awaitable[web.StreamResponse]],
    tls: ServerTls,
    address: str = "127.0.0.1",
    port: int = 0,
) -> AsyncIterator[int]:
    """Serve; yields the port."""
    runner = web.ServerRunner(web.Server(handle), access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        site = web.TCPSite(runner, address, port, ssl_context=tls.context)
        await site.start()
        yield runner.addresses[0][1]
    finally:
        await runner.cleanup()


@asynccontextmanager
async def open_door(
    talk: Talk | None = None,
    *,
    refusal: tuple[int, object] | None = None,
    timing: Timing | None = None,
    limits: Limits | None = None,
) -> AsyncIterator[Door]:
    """Start a node that speaks ``talk``, a gateway before it, and a client."""
    authority = Authority()
    node = Node(talk or echo, refusal)
    nodes = Nodes(f"127.44.0.{next(_addresses)}")
    node_tls = ServerTls(client_certificates="required")
    node_tls.renew(authority.issue(ROLE_HANDLER))
    nodes.tls.renew(authority.issue(ROLE_GATEWAY))
    async with (
        listen(node.handle, node_tls, nodes.address, SESSION_PORT),
        open_gateway(nodes, node, timing, limits) as door,
    ):
        yield door


@asynccontextmanager
async def open_gateway(
    nodes: Nodes, node: Node, timing: Timing | None = None, limits: Limits | None = None
) -> AsyncIterator[Door]:
    """Start a gateway and a client of it."""
    authority = Authority()
    gateway_tls = ServerTls(client_certificates="optional")
    gateway_tls.renew(authority.issue("localhost"))
    trust = ClientTls()
    trust.renew(authority.issue("front-proxy"))
    machines, sessions = Machines(), Sessions()
    backend = Backend(_no_client(), nodes, machines, sessions, KubeVirtConfiguration)
    handlers = build_handlers(backend, limits, timing)
    connector = TCPConnector(ssl=trust.context, limit=0)
    async with ClientSession(connector=connector) as client:
        door = Door(client, "", handlers, sessions, machines, nodes, node, [True])
        async with listen(door.handle, gateway_tls) as port:
            door.base = f"https://localhost:{port}"
            yield door
            await sessions.close(5)


async def echo(websocket: web.WebSocketResponse) -> None:
    """Send back what comes, and answer pings."""
    async for message in websocket:
        if message.type is web.WSMsgType.BINARY:
            await websocket.send_bytes(message.data)
        elif message.type is web.WSMsgType.PING:
            await websocket.pong(message.data)


async def read_close(websocket: ClientWebSocketResponse[Any]) -> tuple[int | None, str]:
    """Return the code and the reason of the close frame that comes next, over what data comes."""
    while True:
        message = await websocket.receive(timeout=60)
        if message.type is web.WSMsgType.CLOSE:
            return message.data, message.extra or ""
        if message.type in {web.WSMsgType.CLOSED, web.WSMsgType.ERROR}:
            return websocket.close_code, ""


async def wait_until(true: Callable[[], bool], seconds: float = 30.0) -> None:
    """Wait for what no event tells of."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


def _no_client() -> Client:
    """Return nothing that could be used: consoles ask the API server for nothing themselves."""
    return None  # type: ignore[return-value]
