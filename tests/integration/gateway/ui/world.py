"""The pages' door behind real TLS, in front of an API server that is made up."""

import asyncio
import base64
import json
import ssl
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from types import MappingProxyType
from typing import Any

import aiohttp
from aiohttp import web
from multidict import CIMultiDict
from yarl import URL

from api.door import ROLE_GATEWAY
from api.names import CONFIG_UI_ENDED, SECRET_UI_CERTIFICATE, SECRET_UI_KEYS
from api.ui_key import spell_time
from daemon.tls import Material
from gateway.main import Gateway, Options
from gateway.ui.assembly import Place
from gateway.ui.cookie import SESSION
from kube.client import Client
from kube.config import Server
from tests.authority import Authority
from tests.integration.gateway.api import GatewayApi, encode_secret
from tests.integration.gateway.ui.server import ApiServer
from tests.integration.gateway.world import HOST, put_certificate, put_front_proxy

Json = dict[str, Any]  # decoded JSON
DEADLINE = aiohttp.ClientTimeout(total=60)
TOKEN = "alice-token-that-nobody-may-see"
FILES = {
    "index.html": "<!doctype html><script src=app-ABCDEFGH.js></script>",
    "app-ABCDEFGH.js": "console.log('plain')" * 50,
    "app-ABCDEFGH.js.br": "br form",
    "app-ABCDEFGH.js.gz": "gz form",
    "index.html.gz": "gz index",
    "notes.exe": "not served",
}


@dataclass
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
    def cookie(self) -> str:
        """The session's cookie as it was set; empty when none was."""
        for text in self.headers.getall("Set-Cookie", []):
            if text.startswith(f"{SESSION}="):
                return text
        return ""


@dataclass
class Browser:
    """Sends what a page of ours would; each header can be left out or be another."""

    port: int
    context: ssl.SSLContext
    address: str = HOST
    cookies: dict[str, str] = field(default_factory=dict)

    @property
    def origin(self) -> str:
        return f"https://{HOST}:{self.port}"

    async def call(
        self,
        method: str,
        path: str,
        body: bytes | Json | AsyncIterator[bytes] = b"",
        *,
        headers: Mapping[str, str | None] | None = None,
    ) -> Answer:
        """Send one request; a header that is None is left out."""
        data = json.dumps(body).encode() if isinstance(body, dict) else body
        async with (
            self.connect() as session,
            session.request(
                method,
                URL(self.origin + path, encoded=True),
                data=BytesIO(data) if isinstance(data, bytes) and data else data or None,
                headers=self.build_headers(method, headers or {}),
                server_hostname=ROLE_GATEWAY,
                allow_redirects=False,
            ) as answer,
        ):
            got = Answer(answer.status, await answer.read(), CIMultiDict(answer.headers))
        for text in got.headers.getall("Set-Cookie", []):
            name, _, value = text.partition(";")[0].partition("=")
            self.cookies[name] = value
        return got

    def build_headers(self, method: str, more: Mapping[str, str | None]) -> dict[str, str]:
        own: dict[str, str | None] = {"Accept": "application/json", "Accept-Encoding": "identity"}
        if method not in {"GET", "HEAD"}:
            own |= {"Origin": self.origin, "X-Requested-With": "virtpod"}
            own |= {"Content-Type": "application/json"}
        kept = [f"{name}={value}" for name, value in self.cookies.items() if value]
        own["Cookie"] = "; ".join(kept) or None
        return {name: value for name, value in {**own, **more}.items() if value is not None}

    def connect(self) -> aiohttp.ClientSession:
        connector = aiohttp.TCPConnector(ssl=self.context, local_addr=(self.address, 0))
        return aiohttp.ClientSession(
            connector=connector,
            timeout=DEADLINE,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
        )

    @asynccontextmanager
    async def open(
        self, path: str, *, protocols: tuple[str, ...] = (), **headers: str | None
    ) -> AsyncIterator[aiohttp.ClientWebSocketResponse[bool]]:
        """Open a websocket."""
        given = {name.replace("_", "-"): value for name, value in headers.items()}
        sent = self.build_headers("GET", {"Origin": self.origin, **given})
        async with (
            self.connect() as session,
            session.ws_connect(
                URL(self.origin + path, encoded=True),
                headers=sent,
                protocols=protocols,
                server_hostname=ROLE_GATEWAY,
            ) as websocket,
        ):
            yield websocket

    async def log_in(self, token: str = TOKEN) -> Answer:
        return await self.call("POST", "/ui/login", {"token": token})

    async def log_in_with(self, kubeconfig: str) -> Answer:
        return await self.call("POST", "/ui/login", {"kubeconfig": kubeconfig})


@dataclass
class World:
    """Everything that a test changes or looks at."""

    api: GatewayApi  # what the gateway's own client sees
    server: ApiServer  # what users' requests reach
    own: Authority
    users: Authority
    gateway: Gateway
    port: int
    stop: asyncio.Event

    def open_browser(self, address: str = HOST) -> Browser:
        context = ssl.create_default_context(cadata=self.own.certificate.decode())
        context.verify_flags &= ~ssl.VERIFY_X509_STRICT
        return Browser(self.port, context, address)

    async def log_in(self, token: str = TOKEN) -> Browser:
        browser = self.open_browser()
        answer = await browser.log_in(token)
        assert answer.code == 200, answer.body
        return browser


def put_keys(api: GatewayApi, keys: Mapping[int, bytes]) -> None:
    """Write the Secret with the keys, by when they were made."""
    data = encode_secret(**{spell_time(made): key for made, key in keys.items()})
    if api.find("secrets", SECRET_UI_KEYS, "kubevirt") is not None:
        api.remove("secrets", SECRET_UI_KEYS, "kubevirt")
    api.put("secrets", {"metadata": {"name": SECRET_UI_KEYS}, "data": data}, "kubevirt")


def put_certificate_of_pages(api: GatewayApi, material: Material) -> None:
    """Give the pages a certificate of their own, as an administrator does."""
    data = encode_secret(**{"tls.crt": material.certificate, "tls.key": material.key})
    if api.find("secrets", SECRET_UI_CERTIFICATE, "kubevirt") is not None:
        api.remove("secrets", SECRET_UI_CERTIFICATE, "kubevirt")
    item = {"metadata": {"name": SECRET_UI_CERTIFICATE}, "data": data}
    api.put("secrets", item, "kubevirt")


def spell_kubeconfig(user: Json, *, server: str = "https://elsewhere.example:6443") -> str:
    """Return a kubeconfig with one user."""
    return json.dumps(
        {
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "contexts": [{"name": "here", "context": {"user": "me", "namespace": "vms"}}],
            "clusters": [{"name": "c", "cluster": {"server": server}}],
            "users": [{"name": "me", "user": user}],
        }
    )


def spell_pair(material: Material) -> Json:
    """Return a certificate as a kubeconfig has it."""
    return {
        "client-certificate-data": base64.b64encode(material.certificate).decode(),
        "client-key-data": base64.b64encode(material.key).decode(),
    }


def spell_token(claims: Json) -> str:
    """Return a JSON Web Token that nobody signed."""

    def encode(part: Json) -> str:
        return base64.urlsafe_b64encode(json.dumps(part).encode()).rstrip(b"=").decode()

    return f"{encode({'alg': 'none'})}.{encode(claims)}.c2ln"


@asynccontextmanager
async def serve_api(folder: Path, own: Authority, users: Authority) -> AsyncIterator[ApiServer]:
    """Run the API server; its address is in ``port``."""
    material = own.issue("kube-apiserver")
    path = folder / "apiserver.pem"
    path.write_bytes(material.certificate + material.key)
    server = ApiServer(users, {TOKEN: "alice"})
    app = web.Application(client_max_size=64 << 20)
    app.router.add_route("*", "/{path:.*}", server.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1, handler_cancellation=True)
    await runner.setup()
    site = web.TCPSite(runner, HOST, 0, ssl_context=server.build_context(str(path)))
    try:
        await site.start()
        server.port = runner.addresses[0][1]
        yield server
    finally:
        await runner.cleanup()


def write_files(folder: Path, more: Mapping[str, str]) -> Path:
    """Write the pages' files."""
    pages = folder / "web"
    pages.mkdir()
    for name, text in {**FILES, **more}.items():
        (pages / name).write_text(text)
    return pages


@asynccontextmanager
async def run_world(
    folder: Path, *, pages: bool = True, files: Mapping[str, str] = MappingProxyType({})
) -> AsyncIterator[World]:
    """Run a gateway until the block is left; ``files`` are pages besides the usual."""
    own, users = Authority("kubevirt.io"), Authority("users")
    api = GatewayApi()
    put_front_proxy(api, Authority("front-proxy-ca").certificate)
    put_certificate(api, own.issue(ROLE_GATEWAY))
    put_keys(api, {int(time.time()) - 1000: b"k" * 32})
    api.put("configmaps", {"metadata": {"name": CONFIG_UI_ENDED}}, "kubevirt")
    ca_file = folder / "ca.crt"
    ca_file.write_bytes(own.certificate)
    async with serve_api(folder, own, users) as server:
        there = Server(f"https://{HOST}:{server.port}", str(ca_file), "kube-apiserver")
        place = Place(there, 0, write_files(folder, files) if pages else folder / "missing")
        options = Options("kubevirt", HOST, 0, 0, 0, 0.0, "", "INFO")
        gateway = Gateway(Client(api), options, place)
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as group:
            group.create_task(gateway.run(stop))
            port = await gateway.door.listening
            door = gateway.door
            known = (gateway._trust.ready, door.ready, door._ended.ready)
            await asyncio.gather(*(each.wait() for each in known))
            try:
                yield World(api, server, own, users, gateway, port, stop)
            finally:
                stop.set()
