"""Stands for kube-apiserver: it must refuse, stall and misbehave on demand, and tell what it got.

The real one is asked in tests/e2e and tests/ui.
"""

import asyncio
import json
import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import WSMsgType, web

from tests.authority import Authority

Json = dict[str, Any]  # decoded JSON
REVIEW = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
PODS = "/api/v1/namespaces/ns/pods"
STUCK_SECONDS = 0.5


@dataclass
class Seen:
    """One request that came."""

    method: str
    path: str
    query: str
    headers: dict[str, str]
    user: str
    body: bytes = b""


@dataclass
class Spoken:
    """What is answered at one path, as it is."""

    pieces: list[bytes]
    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: {"Content-Type": "application/json"})
    breaks: bool = False  # the connection, behind the last piece


@dataclass
class ApiServer:
    """Knows some tokens, and the certificates of one authority."""

    clients: Authority
    tokens: dict[str, str] = field(default_factory=dict)  # user by token
    believe: Callable[[str], str] = lambda _token: ""  # the user of a token that is not listed
    requests: list[Seen] = field(default_factory=list)
    spoken: dict[str, Spoken] = field(default_factory=dict)  # by path
    events: asyncio.Queue[bytes | None] = field(default_factory=asyncio.Queue)
    watching: asyncio.Event = field(default_factory=asyncio.Event)
    left: asyncio.Event = field(default_factory=asyncio.Event)  # the client of a stream has gone
    sent: int = 0  # bytes of /api/v1/flood that were taken
    stuck: asyncio.Event = field(default_factory=asyncio.Event)  # for a while none was taken
    port: int = 0
    context: ssl.SSLContext = field(init=False)

    def build_context(self, material_path: str) -> ssl.SSLContext:
        """Return a context that asks for client certificates, as kube-apiserver does."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(material_path)
        context.verify_mode = ssl.CERT_OPTIONAL
        context.load_verify_locations(cadata=self.clients.certificate.decode())
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        self.context = context
        return context

    def find_user(self, request: web.Request) -> str:
        certificate = request.get_extra_info("peercert")
        if certificate:
            names = [value for part in certificate["subject"] for _, value in part]
            return str(names[0])
        scheme, _, token = request.headers.get("Authorization", "").partition(" ")
        return (self.tokens.get(token) or self.believe(token)) if scheme == "Bearer" else ""

    async def handle(self, request: web.Request) -> web.StreamResponse:
        user = self.find_user(request)
        query = request.raw_path.partition("?")[2]
        path = request.raw_path.partition("?")[0]
        seen = Seen(request.method, path, query, dict(request.headers), user)
        self.requests.append(seen)
        if not user:
            return _status(401, "Unauthorized", "Unauthorized")
        if request.headers.get("Upgrade", "").lower() == "websocket":
            return await self._echo(request, path)
        seen.body = await request.read()
        if path == REVIEW:
            return await self._review(request, user)
        if "watch=1" in query:
            return await self._watch(request)
        return await self._answer(request, path)

    async def _review(self, request: web.Request, user: str) -> web.StreamResponse:
        """Tell who asks, in pieces, as of somebody with hundreds of groups."""
        response = web.StreamResponse(status=201, headers={"Content-Type": "application/json"})
        await response.prepare(request)
        body = json.dumps({"status": {"userInfo": {"username": user}}}).encode()
        for piece in (body[:20], body[20:]):
            await response.write(piece)
            for _ in range(20):  # the other end is in this loop: it reads what has come so far
                await asyncio.sleep(0)
        await response.write_eof()
        return response

    async def _answer(self, request: web.Request, path: str) -> web.StreamResponse:
        if path in self.spoken:
            return await self._speak(request, self.spoken[path])
        match path:
            case "/api/v1/namespaces/closed/pods":
                return _status(403, "Forbidden", "pods is forbidden: no rule says so")
            case "/api/v1/page":
                script = "<script>alert(1)</script>"
                headers = {"Set-Cookie": "a=b", "Access-Control-Allow-Origin": "*"}
                return web.Response(text=script, content_type="text/html", headers=headers)
            case "/api/v1/moved":
                raise web.HTTPFound("http://169.254.169.254/latest")
            case "/api/v1/flood":
                return await self._flood(request)
            case "/api/v1/broken":
                return await self._break(request)
            case "/openapi/v3":
                headers = {"Cache-Control": "public, immutable", "ETag": '"7"'}
                return web.json_response({}, headers=headers)
            case "/apis/subresources.kubevirt.io/v1/namespaces/ns/virtualmachines/a/start":
                return web.Response(status=401, text="user cannot start\n")
        return web.json_response({"kind": "PodList", "items": []})

    async def _speak(self, request: web.Request, spoken: Spoken) -> web.StreamResponse:
        response = web.StreamResponse(status=spoken.status, headers=spoken.headers)
        await response.prepare(request)
        for piece in spoken.pieces:
            await response.write(piece)
        if spoken.breaks:
            assert request.transport is not None
            request.transport.abort()
        return response

    async def _watch(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/json"})
        await response.prepare(request)
        self.watching.set()
        try:
            while (event := await self.events.get()) is not None:
                await response.write(event)
        except asyncio.CancelledError:
            self.left.set()
            raise
        return response

    async def _flood(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "application/octet-stream"})
        await response.prepare(request)
        self.watching.set()
        loop = asyncio.get_running_loop()
        try:
            while True:
                timer = loop.call_later(STUCK_SECONDS, self.stuck.set)
                try:
                    await response.write(b"x" * 65536)
                finally:
                    timer.cancel()
                self.sent += 65536
        except (asyncio.CancelledError, ConnectionError):
            self.left.set()
            raise

    async def _break(self, request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Length": "1000"})
        await response.prepare(request)
        await response.write(b"half")
        assert request.transport is not None
        request.transport.abort()
        return response

    async def _echo(self, request: web.Request, path: str) -> web.StreamResponse:
        if path.endswith("/denied"):
            return web.Response(status=401, text="user cannot\n")
        if path.endswith("/forbidden"):
            return _status(403, "Forbidden", "no")
        websocket = web.WebSocketResponse(protocols=("plain.kubevirt.io",))
        await websocket.prepare(request)
        async for message in websocket:
            if message.data == "bye":
                await websocket.close(code=4001, message=b"so long")
            elif message.type is WSMsgType.TEXT:
                await websocket.send_str(message.data)
            else:
                await websocket.send_bytes(message.data)
        self.left.set()
        return websocket


def _status(code: int, reason: str, message: str) -> web.Response:
    body: Json = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    body |= {"message": message, "reason": reason, "code": code}
    return web.Response(
        status=code, body=json.dumps(body).encode(), content_type="application/json"
    )
