"""Logging in at an OpenID Connect issuer: its id_token becomes the user's bearer token."""

import hmac
import logging
import secrets
import ssl
import time
from collections.abc import Callable
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

import msgspec
from aiohttp import (
    ClientError,
    ClientSession,
    ClientTimeout,
    DummyCookieJar,
    TCPConnector,
    hdrs,
    web,
)
from aiohttp.helpers import encode_basic_auth

from gateway.refusal import Refused
from gateway.ui import cookie
from gateway.ui.header import DATA_HEADERS
from gateway.ui.login import Desk, Proof
from gateway.ui.oidc_flow import (
    CALLBACK,
    DISCOVERY,
    FLOW_SECONDS,
    Flow,
    Provider,
    TokenAnswer,
    TokenRequest,
    build_redirect,
    build_refresh_request,
    build_revocation,
    build_token_request,
    check_next,
    check_provider,
    check_token,
)
from gateway.ui.session import Credentials, Session, clean_token, read_expiry, read_issuer, renew
from gateway.ui.setting import Issuer, Settings
from gateway.ui.upstream import Upstream

log = logging.getLogger(__name__)

_TIMEOUT: Final = ClientTimeout(total=15, sock_connect=10)
_KNOWN_SECONDS: Final = 3600.0
_ANSWER_BYTES: Final = 256 * 1024
_PURPOSE: Final = "oidc"
_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Flow)


class Oidc:
    """Two requests of a browser: one goes off to the issuer, the other comes back."""

    def __init__(self, desk: Desk, read_settings: Callable[[], Settings]) -> None:
        self._desk = desk
        self._read = read_settings
        self._found: tuple[Issuer, Provider] | None = None
        self._found_at = 0.0

    async def start(self, request: web.BaseRequest) -> web.Response:
        """Serve GET ui/oidc/login."""
        settings = self._read()
        issuer = self._require_issuer()
        # asked anew, so that who is sent off arrives
        async with self._desk.turn(request.remote or ""):
            provider = await self._discover(issuer, at_least=time.monotonic())
        base = settings.url or f"https://{request.headers.get('Host', '')}"
        flow = Flow(
            state=secrets.token_urlsafe(24),
            nonce=secrets.token_urlsafe(24),
            verifier=secrets.token_urlsafe(48),
            redirect=base + CALLBACK,
            issuer=issuer.url,
            until=int(time.time()) + FLOW_SECONDS,
        )
        sealed = self._desk.seal.seal(_PURPOSE, _encode(flow), time.time())
        headers = {
            **DATA_HEADERS,
            "Location": build_redirect(issuer, provider, flow),
            "Set-Cookie": cookie.write_login(sealed, FLOW_SECONDS),
        }
        return web.Response(status=302, headers=headers)

    async def finish(self, request: web.BaseRequest, upstream: Upstream) -> web.Response:
        """Serve GET ui/oidc/callback."""
        flow = self._read_flow(request)
        query = request.rel_url.query
        if not hmac.compare_digest(query.get("state", "").encode(), flow.state.encode()):
            raise Refused(400, "this login was not begun in this browser, or too long ago")
        if "error" in query:
            what = query.get("error_description") or query["error"]
            raise Refused(401, f"the issuer says: {what[:200]}")
        issuer = self._require_issuer()
        named = query.get("iss", issuer.url)  # RFC 9207: not every issuer says it
        if {flow.issuer, named} != {issuer.url} or not query.get("code"):
            raise Refused(400, "the issuer's answer has no code for this login")
        source = request.remote or ""
        async with self._desk.turn(source):
            proof = await self._prove(issuer, flow, query["code"])
            set_cookie, _ = await self._desk.begin(upstream, source, proof)
        response = web.Response(status=303, headers={**DATA_HEADERS, "Location": "/"})
        response.headers.add("Set-Cookie", set_cookie)
        response.headers.add("Set-Cookie", cookie.clear(cookie.LOGIN))
        return response

    async def _prove(self, issuer: Issuer, flow: Flow, code: str) -> Proof:
        """Return what the issuer gives for its code."""
        provider = await self._discover(issuer)
        answer = await _ask_token(
            issuer, provider, build_token_request(issuer, provider, flow, code)
        )
        token = clean_token(answer.id_token)
        check_token(issuer, flow, token, time.time())
        refresh = answer.refresh_token or ""
        return Proof(Credentials(token), expires=read_expiry(token), refresh=refresh)

    async def renew(self, held: Session) -> Session:
        """Return a session with its next token; raises Refused 401 when the issuer gives none."""
        issuer = self._require_issuer()
        provider = await self._discover(issuer)
        wanted = build_refresh_request(issuer, provider, held.refresh)
        answer = await _ask_token(issuer, provider, wanted)
        token = clean_token(answer.id_token)
        now = time.time()
        check_next(issuer, held.credentials.token, token, now)
        expires = read_expiry(token) or 0
        if expires <= now:
            raise Refused(401, "the issuer's token has expired")
        return renew(held, token, answer.refresh_token or "", expires, now)

    async def revoke(self, ended: Session) -> None:
        """Have the issuer take back what renews a session, if it can; raises Refused if not."""
        issuer = self._require_issuer()
        if read_issuer(ended.credentials.token) != issuer.url:
            raise Refused(404, "its issuer is not that of these pages any longer")
        provider = await self._discover(issuer)
        where = provider.revocation_endpoint
        if not where:
            return
        if urlsplit(where).scheme != "https":
            raise Refused(502, "the OpenID Connect issuer has an endpoint without TLS")
        code, _ = await _post(issuer, where, build_revocation(issuer, provider, ended.refresh))
        _check_code(code, 200)

    def _require_issuer(self) -> Issuer:
        issuer = self._read().issuer
        if issuer is None:
            raise Refused(404, "no OpenID Connect issuer is set for these pages")
        return issuer

    def _read_flow(self, request: web.BaseRequest) -> Flow:
        content = self._desk.seal.open(_PURPOSE, request.cookies.get(cookie.LOGIN, ""))
        try:
            flow = _decoder.decode(content) if content is not None else None
        except msgspec.DecodeError:
            flow = None
        if flow is None or flow.until < time.time():
            raise Refused(400, "this login was not begun in this browser, or too long ago")
        return flow

    async def _discover(self, issuer: Issuer, at_least: float = 0.0) -> Provider:
        """Return what an issuer says of itself, not earlier than ``at_least`` (monotonic)."""
        now = time.monotonic()
        oldest = max(at_least, now - _KNOWN_SECONDS)
        if self._found is not None and self._found[0] == issuer and self._found_at >= oldest:
            return self._found[1]
        where = issuer.url.rstrip("/") + DISCOVERY
        code, body = await _fetch(issuer, "GET", where, {}, b"")
        _check_code(code, 200)
        try:
            provider = msgspec.json.decode(body, type=Provider)
        except msgspec.DecodeError as error:
            raise Refused(502, "the OpenID Connect issuer's document cannot be read") from error
        check_provider(issuer, provider)
        self._found, self._found_at = (issuer, provider), now
        return provider


async def _ask_token(issuer: Issuer, provider: Provider, wanted: TokenRequest) -> TokenAnswer:
    """Return the token endpoint's answer, which has an id_token."""
    code, body = await _post(issuer, provider.token_endpoint, wanted)
    # an error is 400 or 401 with JSON (RFC 6749, 5.2)
    _check_code(code, 200, 400, 401)
    try:
        answer = msgspec.json.decode(body, type=TokenAnswer)
    except msgspec.DecodeError as error:
        raise Refused(502, "the OpenID Connect issuer's answer cannot be read") from error
    if not answer.id_token:
        why = answer.error[:100] or "it gave none"
        raise Refused(401, f"the OpenID Connect issuer gives no token: {why}")
    return answer


async def _post(issuer: Issuer, url: str, wanted: TokenRequest) -> tuple[int, bytes]:
    headers: dict[str, str] = {hdrs.CONTENT_TYPE: "application/x-www-form-urlencoded"}
    if wanted.basic is not None:
        # RFC 6749, 2.3.1: both are form-encoded before they are joined
        name, secret = (quote(each, safe="") for each in wanted.basic)
        headers[hdrs.AUTHORIZATION] = encode_basic_auth(name, secret)
    return await _fetch(issuer, "POST", url, headers, urlencode(wanted.form).encode())


def _connect(issuer: Issuer) -> ClientSession:
    try:
        context = ssl.create_default_context(cadata=issuer.authorities or None)
    except (ssl.SSLError, ValueError) as error:
        raise Refused(500, "the setting oidc-ca holds no certificates") from error
    return ClientSession(
        connector=TCPConnector(ssl=context), cookie_jar=DummyCookieJar(), timeout=_TIMEOUT
    )


async def _fetch(
    issuer: Issuer, method: str, url: str, headers: dict[str, str], body: bytes
) -> tuple[int, bytes]:
    """Return the code and the content of a bounded answer; redirects are not followed."""
    try:
        async with (
            _connect(issuer) as session,
            session.request(
                method, url, headers=headers, data=body or None, allow_redirects=False
            ) as answer,
        ):
            content = b""
            async for chunk in answer.content.iter_any():
                content += chunk
                if len(content) > _ANSWER_BYTES:
                    raise Refused(502, "the OpenID Connect issuer's answer is too long")
    except (TimeoutError, ClientError, OSError) as error:
        log.warning("issuer does not answer", extra={"error": type(error).__name__})
        raise Refused(503, "the OpenID Connect issuer cannot be reached") from error
    return answer.status, content


def _check_code(code: int, *good: int) -> None:
    if code not in good:
        raise Refused(502, f"the OpenID Connect issuer answered {code}")
