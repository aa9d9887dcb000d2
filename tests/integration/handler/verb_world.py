"""A verb server on real TLS, a launcher on a real socket behind it, and the gateway's side."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from api.door import ROLE_GATEWAY, ROLE_HANDLER, NodeVerb, build_verb_path
from daemon.tls import ClientTls
from daemon.trust import KEYS, Trust
from handler.verb import Guest
from handler.verb_server import VerbServer
from handler.verdict import Note
from kube.client import Client
from tests.authority import CLIENT, SERVER, Authority
from tests.integration.handler.fake_launcher import POD_UID, serve_launcher
from tests.integration.handler.verb_launcher import VerbLauncher
from tests.unit.controller.fake_api import FakeApi

UID = "7f9c2ba4-e88f-4a2d-9d1e-6b5a4c3d2e1f"
SECRET, NAMESPACE = "handler-certs", "kubevirt"
DEADLINE_SECONDS = 60.0


@dataclass
class Answer:
    """What the gateway gets."""

    status: int
    content_type: str
    body: bytes

    @property
    def json(self) -> Any:
        return msgspec.json.decode(self.body)

    @property
    def reason(self) -> str:
        return str(self.json["reason"])


@dataclass
class World:
    """A verb server, what it sees of VMIs, and what it says of them."""

    root: Path
    port: int = 0
    authority: Authority = field(default_factory=Authority)
    api: FakeApi = field(default_factory=FakeApi)
    launcher: VerbLauncher = field(default_factory=VerbLauncher)
    guest: Guest | None = field(default_factory=lambda: Guest(POD_UID, running=True))
    notes: list[Note] = field(default_factory=list)
    renewed: asyncio.Event = field(default_factory=asyncio.Event)

    def find(self, namespace: str, name: str, uid: str) -> Guest | None:
        return self.guest if (namespace, name, uid) == ("ns", "vm1", UID) else None

    def emit(self, namespace: str, name: str, uid: str, note: Note) -> None:
        assert (namespace, name, uid) == ("ns", "vm1", UID)
        self.notes.append(note)

    def renew(self) -> None:
        """Put a new certificate into the Secret; ``renewed`` is set when it was taken."""
        self.renewed.clear()
        material = self.authority.issue(ROLE_HANDLER, usages=(SERVER,))
        parts = (material.certificate, material.key, material.authorities)
        data = {key: base64.b64encode(part).decode() for key, part in zip(KEYS, parts, strict=True)}
        if self.api.find("secrets", SECRET, NAMESPACE) is None:
            meta = {"name": SECRET, "namespace": NAMESPACE}
            self.api.put("secrets", {"metadata": meta, "data": data}, NAMESPACE)
        else:
            self.api.change("secrets", SECRET, {"data": data}, NAMESPACE)

    def context(self, role: str = ROLE_GATEWAY) -> ssl.SSLContext:
        tls = ClientTls()
        tls.renew(self.authority.issue(role, usages=(CLIENT,)))
        return tls.context

    async def post(
        self, path: str, body: bytes, context: ssl.SSLContext, method: str = "POST"
    ) -> Answer:
        timeout = aiohttp.ClientTimeout(total=DEADLINE_SECONDS)
        async with (
            aiohttp.ClientSession(timeout=timeout) as session,
            session.request(
                method,
                f"https://127.0.0.1:{self.port}{path}",
                data=body,
                ssl=context,
                server_hostname=ROLE_HANDLER,
            ) as answer,
        ):
            return Answer(answer.status, answer.content_type, await answer.read())

    async def do(self, verb: NodeVerb, **fields: Any) -> Answer:
        body = msgspec.json.encode({"uid": UID, **fields})
        return await self.post(build_verb_path("ns", "vm1", verb), body, self.context())


@asynccontextmanager
async def serving(root: Path) -> AsyncIterator[World]:
    """Run a server on a port of its own, with the launcher behind it."""
    world = World(root)
    trust = Trust(Client(world.api), SECRET, NAMESPACE)
    server = VerbServer(root, trust, find_guest=world.find, emit=world.emit)
    trust.on_change(lambda _material: world.renewed.set())
    watching = asyncio.create_task(trust.run())
    try:
        world.renew()
        await asyncio.wait_for(trust.ready.wait(), DEADLINE_SECONDS)
        async with (
            serve_launcher(root, world.launcher),
            server.serve(0, "127.0.0.1") as world.port,
        ):
            yield world
    finally:
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
