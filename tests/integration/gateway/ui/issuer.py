"""An OpenID Connect issuer that checks what it is asked and lies on demand."""

import asyncio
import base64
import hashlib
import ssl
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from aiohttp import web

from tests.authority import Authority
from tests.integration.gateway.ui.world import Answer, Browser, Json, World, spell_token
from tests.integration.gateway.world import HOST

CLIENT = "virtpod"
SECRET = "s3cret:with/ü"


@dataclass
class Issuer:
    """One login at a time."""

    authority: Authority
    port: int = 0
    secret: str = ""
    claims: Json = field(default_factory=dict)  # instead of what would be right
    name: str | None = None  # what it calls itself
    endpoint: str | None = None  # of tokens
    challenge: str = ""
    nonce: str = ""
    redirect: str = ""
    gave: str = ""
    refresh: str | None = None  # what the next token is given for, once; None: for nothing
    life: int = 300  # seconds that a token lives
    hold: asyncio.Event | None = None  # an answer waits for it
    reached: asyncio.Event = field(default_factory=asyncio.Event)  # somebody waits for that
    down: bool = False
    revocation: str | None = ""  # another endpoint than it has, or none at all
    revoked: asyncio.Queue[Json] = field(default_factory=asyncio.Queue)  # what it was asked
    forms: list[Json] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"https://localhost:{self.port}/realm"

    def follow(self, location: str) -> str:
        """Be the page that the browser is sent to; returns the state."""
        parts = urlsplit(location)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.url}/auth"
        query = {key: value for key, (value,) in parse_qs(parts.query).items()}
        assert query["response_type"] == "code"
        assert query["client_id"] == CLIENT
        assert query["code_challenge_method"] == "S256"
        assert "openid" in query["scope"].split()
        self.challenge, self.nonce = query["code_challenge"], query["nonce"]
        self.redirect = query["redirect_uri"]
        return query["state"]

    async def discover(self, _request: web.Request) -> web.Response:
        document = {
            "issuer": self.name or self.url,
            "authorization_endpoint": f"{self.url}/auth",
            "token_endpoint": self.endpoint or f"{self.url}/token",
        }
        if self.revocation is not None:
            document["revocation_endpoint"] = self.revocation or f"{self.url}/revoke"
        return web.json_response(document)

    async def give_token(self, request: web.Request) -> web.Response:
        form = dict(await request.post())
        self.forms.append(form)
        await self._wait()
        if self.down:
            return web.Response(status=500)
        if form["grant_type"] == "refresh_token":
            is_good = bool(self.refresh) and form["refresh_token"] == self.refresh
            return self._answer(is_good=is_good and self._knows_client(request, form))
        digest = hashlib.sha256(str(form["code_verifier"]).encode()).digest()
        proof = base64.urlsafe_b64encode(digest).rstrip(b"=").decode()
        known = form["code"] == "good" and form["redirect_uri"] == self.redirect
        is_good = known and proof == self.challenge and self._knows_client(request, form)
        return self._answer(is_good=is_good)

    async def revoke(self, request: web.Request) -> web.Response:
        form = dict(await request.post())
        await self._wait()
        self.revoked.put_nowait(form)
        if self.down:
            return web.Response(status=500)
        if not self._knows_client(request, form):
            return web.json_response({"error": "invalid_client"}, status=401)
        if form["token"] == self.refresh:
            self.refresh = None
        return web.Response()  # also for what it does not know (RFC 7009, 2.2)

    async def _wait(self) -> None:
        if self.hold is not None:
            self.reached.set()
            await self.hold.wait()

    def _answer(self, *, is_good: bool) -> web.Response:
        if not is_good:
            self.refresh = None  # who comes with a used one is a thief
            return web.json_response({"error": "invalid_grant"}, status=400)
        claims: Json = {"iss": self.url, "aud": CLIENT, "sub": "erin", "nonce": self.nonce}
        claims |= {"exp": time.time() + self.life, "jti": len(self.forms)} | self.claims
        self.gave = spell_token({name: each for name, each in claims.items() if each is not None})
        answer: Json = {"id_token": self.gave, "access_token": "x"}
        if self.refresh is not None:
            self.refresh = answer["refresh_token"] = f"{self.refresh}+"
        return web.json_response(answer)

    def _knows_client(self, request: web.Request, form: Json) -> bool:
        if not self.secret:
            return bool(form.get("client_id") == CLIENT)
        expected = base64.b64encode(f"{CLIENT}:s3cret%3Awith%2F%C3%BC".encode()).decode()
        return request.headers.get("Authorization") == f"Basic {expected}"


@asynccontextmanager
async def serve_issuer(folder: Path) -> AsyncIterator[Issuer]:
    """Run an issuer with an authority of its own."""
    issuer = Issuer(Authority("issuers"))
    material = issuer.authority.issue("localhost")
    path = folder / "issuer.pem"
    path.write_bytes(material.certificate + material.key)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    app = web.Application()
    app.router.add_get("/realm/.well-known/openid-configuration", issuer.discover)
    app.router.add_post("/realm/token", issuer.give_token)
    app.router.add_post("/realm/revoke", issuer.revoke)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, HOST, 0, ssl_context=context).start()
        issuer.port = runner.addresses[0][1]
        yield issuer
    finally:
        await runner.cleanup()


async def put_settings(world: World, issuer: Issuer, **more: str) -> None:
    """Set what an administrator sets."""
    data = {
        "oidc-issuer": issuer.url,
        "oidc-client-id": CLIENT,
        "oidc-label": "Company login",
        "oidc-ca": issuer.authority.certificate.decode(),
        "oidc-scopes": "groups email",
        **more,
    }
    world.api.put("configmaps", {"metadata": {"name": "virt-ui"}, "data": data}, "kubevirt")
    browser = world.open_browser()
    while (await browser.call("GET", "/ui/session")).json["oidc"] is None:
        pass


async def begin(browser: Browser, issuer: Issuer) -> str:
    """Go off to the issuer; returns the state."""
    answer = await browser.call("GET", "/ui/oidc/login")
    assert answer.code == 302, answer.body
    return issuer.follow(answer.headers["Location"])


async def come_back(browser: Browser, query: str) -> Answer:
    headers = {"Sec-Fetch-Site": "cross-site"}  # as browsers say of it
    return await browser.call("GET", f"/ui/oidc/callback?{query}", headers=headers)
