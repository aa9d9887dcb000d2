"""The whole gateway behind real TLS, before an API server in memory and a node that is made up."""

import asyncio
import json
import ssl
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from itertools import count
from typing import Any

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from api.door import ROLE_GATEWAY, ROLE_HANDLER, VERB_PORT
from api.names import SECRET_API_CERTIFICATE
from daemon.tls import ClientTls, Material, ServerTls
from gateway.main import Gateway, Options
from kube.client import Client
from tests.authority import Authority
from tests.integration.gateway.api import GatewayApi, encode_secret

HOST = "127.0.0.1"
PROXY = "front-proxy-client"
ROOT = "/apis/subresources.kubevirt.io/v1"
OF_NAMESPACE = f"{ROOT}/namespaces/ns"
OF_VM = f"{OF_NAMESPACE}/virtualmachines/vm1"
OF_VMI = f"{OF_NAMESPACE}/virtualmachineinstances/vm1"
DEADLINE = aiohttp.ClientTimeout(total=60)
_addresses = count(1)  # nodes listen at one port: each test's at an address of its own
Json = dict[str, Any]  # decoded JSON


@dataclass(frozen=True)
class Answer:
    """What came back."""

    code: int
    body: bytes
    headers: CIMultiDict[str]

    @property
    def json(self) -> Json:
        found: Json = json.loads(self.body)
        return found

    @property
    def status(self) -> tuple[int, str, str]:
        """Code, reason and message of a Status, which is checked to be one."""
        assert self.headers["Content-Type"].startswith("application/json")
        status = self.json
        assert (status["kind"], status["apiVersion"]) == ("Status", "v1")
        assert (status["status"], status["code"]) == ("Failure", self.code)
        return self.code, status["reason"], status["message"]


@dataclass
class Node:
    """Stands for virt-handler, since here a node must refuse and hang on demand.

    The real one has tests of its own, tests/integration/handler/test_verb_server.py.
    """

    address: str
    tls: ServerTls
    code: int = 200
    body: bytes = b""
    hangs: bool = False
    release: asyncio.Event = field(default_factory=asyncio.Event)  # of what hangs
    reached: asyncio.Event = field(default_factory=asyncio.Event)
    asked: list[tuple[str, Json]] = field(default_factory=list)

    async def answer(self, request: web.Request) -> web.Response:
        self.asked.append((request.path, await request.json()))
        self.reached.set()
        if self.hangs:
            await self.release.wait()
        return web.Response(status=self.code, body=self.body)


@dataclass
class World:
    """Everything that a test changes or looks at."""

    api: GatewayApi
    node: Node
    front: Authority  # of front proxies
    own: Authority  # of virtpod's components
    port: int
    stop: asyncio.Event

    async def call(
        self,
        method: str,
        path: str,
        body: bytes | Json = b"",
        *,
        user: str | None = "alice",
        headers: Sequence[tuple[str, str]] = (),
        certificate: Material | None = None,
        anonymous: bool = False,
    ) -> Answer:
        """Send one request, as the front proxy does for ``user`` unless told otherwise."""
        shown = None if anonymous else (certificate or self.front.issue(PROXY))
        sent = [("X-Remote-User", user)] if user is not None else []
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        connector = aiohttp.TCPConnector(ssl=self.build_context(shown))
        async with (
            aiohttp.ClientSession(connector=connector, timeout=DEADLINE) as session,
            session.request(
                method,
                URL(f"https://{HOST}:{self.port}{path}", encoded=True),
                data=BytesIO(data) if data else None,
                headers=[*sent, *headers],
                server_hostname=ROLE_GATEWAY,
                skip_auto_headers=("Content-Type", "Accept"),
            ) as answer,
        ):
            return Answer(answer.status, await answer.read(), CIMultiDict(answer.headers))

    async def get(self, path: str, **more: Any) -> Answer:
        return await self.call("GET", path, **more)

    async def put(self, path: str, body: bytes | Json = b"", **more: Any) -> Answer:
        return await self.call("PUT", path, body, **more)

    def build_context(self, shown: Material | None) -> ssl.SSLContext:
        """Return a client's context that believes the gateway and shows a certificate or none."""
        if shown is None:
            return ssl.create_default_context(cadata=self.own.certificate.decode())
        tls = ClientTls()
        tls.renew(Material(shown.certificate, shown.key, self.own.certificate))
        return tls.context


def put_front_proxy(api: GatewayApi, authority: bytes, names: Sequence[str] = (PROXY,)) -> None:
    data = {
        "requestheader-client-ca-file": authority.decode(),
        "requestheader-allowed-names": json.dumps(names),
        "requestheader-username-headers": '["X-Remote-User"]',
        "requestheader-group-headers": '["X-Remote-Group"]',
        "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
        "requestheader-uid-headers": '["X-Remote-Uid"]',
    }
    name = "extension-apiserver-authentication"
    if api.find("configmaps", name, "kube-system") is None:
        api.put("configmaps", {"metadata": {"name": name}, "data": data}, "kube-system")
    else:
        api.change("configmaps", name, {"data": data}, "kube-system")


def put_certificate(api: GatewayApi, material: Material) -> None:
    data = encode_secret(
        **{
            "tls.crt": material.certificate,
            "tls.key": material.key,
            "ca.crt": material.authorities,
        }
    )
    if api.find("secrets", SECRET_API_CERTIFICATE, "kubevirt") is None:
        item = {"metadata": {"name": SECRET_API_CERTIFICATE}, "data": data}
        api.put("secrets", item, "kubevirt")
    else:
        api.change("secrets", SECRET_API_CERTIFICATE, {"data": data}, "kubevirt")


def put_handler(api: GatewayApi, address: str, name: str = "virt-handler-1") -> None:
    labels = {"kubevirt.io": "virt-handler"}
    pod = {"metadata": {"name": name, "labels": labels}, "spec": {"nodeName": "node1"}}
    api.put("pods", {**pod, "status": {"podIP": address}}, "kubevirt")


@asynccontextmanager
async def serve_node(own: Authority) -> AsyncIterator[Node]:
    tls = ServerTls(client_certificates="required")
    tls.renew(own.issue(ROLE_HANDLER))
    number = next(_addresses)
    node = Node(f"127.0.{64 + number // 250}.{1 + number % 250}", tls)
    app = web.Application()
    app.router.add_post("/{path:.*}", node.answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, node.address, VERB_PORT, ssl_context=tls.context).start()
        yield node
    finally:
        await runner.cleanup()


@asynccontextmanager
async def run_world(drain_seconds: float = 0.0) -> AsyncIterator[World]:
    """Run a gateway until the block is left; what it needs to know is there before it starts."""
    own, front = Authority("kubevirt.io"), Authority("front-proxy-ca")
    api = GatewayApi()
    put_front_proxy(api, front.certificate)
    put_certificate(api, own.issue(ROLE_GATEWAY))
    async with serve_node(own) as node:
        put_handler(api, node.address)
        options = Options("kubevirt", HOST, 0, 0, 0, drain_seconds, "", "INFO")
        gateway = Gateway(Client(api), options)
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(gateway.run(stop))
            port = await gateway.listening
            world = World(api, node, front, own, port, stop)
            await asyncio.gather(gateway._trust.ready.wait(), gateway._front_proxy.ready.wait())
            await gateway._directory.informer.synced.wait()
            await gateway._config.informer.synced.wait()
            try:
                yield world
            finally:
                stop.set()
