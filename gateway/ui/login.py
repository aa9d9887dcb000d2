"""Logging in and out: from what somebody pasted to a sealed session, and no further."""

import asyncio
import logging
import time
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Final

import msgspec
import yaml
from aiohttp import web

from daemon.crowd import group_source
from gateway.body import load_yaml
from gateway.refusal import Refused
from gateway.server import read_body
from gateway.ui import cookie, session
from gateway.ui.certificate import read_pair
from gateway.ui.ended import Ended, build_id
from gateway.ui.header import DATA_HEADERS
from gateway.ui.kubeconfig import read_kubeconfig
from gateway.ui.limit import PROVEN_SECONDS, REFUSED_SECONDS, Recent, Seats, Turns, hash_secret
from gateway.ui.seal import Seal
from gateway.ui.session import Credentials, Session
from gateway.ui.setting import Issuer, Settings
from gateway.ui.upstream import Upstream

log = logging.getLogger(__name__)

OIDC_LOGIN: Final = "ui/oidc/login"
LOGIN_BYTES: Final = 256 * 1024
_NOBODY: Final = "nobody is logged in, or the session has ended"


class LoginRequest(msgspec.Struct, frozen=True):
    """The body of a login: one of the two."""

    token: str = ""
    kubeconfig: str = ""


@dataclass(frozen=True, slots=True)
class Proof:
    """What somebody logs in with."""

    credentials: Credentials
    namespace: str = ""  # that goes with them
    expires: float | None = None  # Unix seconds, as far as they say it
    refresh: str = ""  # what its issuer gives the next token for


class Desk:
    """Where sessions begin and end."""

    def __init__(
        self, seal: Seal, seats: Seats, ended: Ended, read_settings: Callable[[], Settings]
    ) -> None:
        self.seal = seal
        self.seats = seats
        self._read = read_settings
        self._turns = Turns()
        self._refused = Recent(REFUSED_SECONDS)
        self._proven = Recent(PROVEN_SECONDS)
        self._ended = ended

    def find(self, request: web.BaseRequest) -> Session | None:
        """Return the session that a request's cookie holds."""
        found = self.find_kept(request)
        return None if found is None or found.is_over(time.time()) else found

    def find_kept(self, request: web.BaseRequest) -> Session | None:
        """Return the session, also one that must be renewed before it is good for anything."""
        value = request.cookies.get(cookie.SESSION, "")
        found = cookie.read_session(self.seal, value, time.time()) if value else None
        if found is None:
            return None
        if not self._ended.ready.is_set():
            later = {"Retry-After": "1"}
            raise Refused(503, "sessions are not ready yet: virt-api just started", headers=later)
        return None if found.id in self._ended else found

    def require(self, request: web.BaseRequest) -> Session:
        """Return the session; raises Refused 401 when there is none."""
        found = self.find(request)
        if found is None:
            raise Refused(401, _NOBODY, headers=self.forget(request))
        return found

    def forget(self, request: web.BaseRequest) -> dict[str, str]:
        """Return the header that takes a session's cookie back, unless it can be renewed."""
        if cookie.SESSION not in request.cookies or self.can_renew(request):
            return {}
        return {"Set-Cookie": cookie.clear(cookie.SESSION)}

    def can_renew(self, request: web.BaseRequest) -> bool:
        """Tell whether its issuer may make the session good again."""
        found = self.find_kept(request)
        return found is not None and found.is_due(time.time())

    def renew(self, held: Session) -> str:
        """Return Set-Cookie for a session that is used, empty when its cookie is still young."""
        now = time.time()
        return cookie.write_session(self.seal, held.touch(now), now) if held.is_stale(now) else ""

    async def log_in(self, request: web.BaseRequest, upstream: Upstream) -> web.Response:
        """Serve POST ui/login."""
        if request.content_type != "application/json":
            raise Refused(415, "a login is application/json")
        body = await read_body(request, LOGIN_BYTES)
        try:
            wanted = msgspec.json.decode(body, type=LoginRequest)
        except (msgspec.DecodeError, RecursionError) as error:
            raise Refused(400, f"this is no login: {error}") from error
        set_cookie, told = await self._take(request.remote or "", wanted, upstream)
        return web.Response(
            body=msgspec.json.encode(told),
            content_type="application/json",
            headers={**DATA_HEADERS, "Set-Cookie": set_cookie},
        )

    async def _take(
        self, source: str, wanted: LoginRequest, upstream: Upstream
    ) -> tuple[str, dict[str, object]]:
        """Return Set-Cookie and what the page is told of who is let in."""
        pasted = hash_secret(wanted.token or wanted.kubeconfig)
        if pasted in self._refused:
            raise Refused(401, "this cluster does not accept these credentials")
        try:
            async with self.turn(source, pasted):
                begun = await self.begin(upstream, source, await _read_proof(wanted))
        except Refused as refused:
            if refused.code == 401:
                self._refused.add(pasted)
            raise
        self._proven.add(pasted)
        return begun

    def turn(self, source: str, pasted: bytes = b"") -> AbstractAsyncContextManager[None]:
        """Wait for a turn to log in; raises Refused 429 when too many do.

        What was let in before has turns of its own, so that no neighbour can be in its way.
        """
        own = pasted in self._proven
        return self._turns.take(pasted.hex() if own else group_source(source))

    async def begin(
        self,
        upstream: Upstream,
        source: str,
        proof: Proof,
    ) -> tuple[str, dict[str, object]]:
        """Return Set-Cookie of a new session and what the page is told of it."""
        try:
            user = await upstream.ask_name(proof.credentials)
        except Refused as refused:
            if refused.code < 500:
                log.info("login refused", extra={"source": source, "code": refused.code})
            raise
        now = time.time()
        if proof.expires is not None and proof.expires <= now:
            raise Refused(401, "the token has expired")
        begun = session.begin(
            id_=build_id(self.seal, user, now),
            user=user,
            namespace=proof.namespace,
            credentials=proof.credentials,
            expires=proof.expires,
            now=now,
            refresh=proof.refresh,
        )
        begun, written = cookie.fit_session(self.seal, begun, now)
        log.info("login", extra={"source": source, "user": user})
        return written, self.tell(begun)

    async def log_out(self, request: web.BaseRequest) -> web.Response:
        """Serve POST ui/logout."""
        found = self.find_kept(request)
        if found is not None:
            await self._ended.add(found.id, found.stays)
        headers = {**DATA_HEADERS, "Set-Cookie": cookie.clear(cookie.SESSION)}
        return web.Response(status=204, headers=headers)

    def is_ended(self, held: Session) -> bool:
        """Tell whether somebody logged out of it meanwhile."""
        return held.id in self._ended

    def tell(self, held: Session) -> dict[str, object]:
        """Return what a page is told of a session."""
        settings = self._read()
        issuer, own = settings.issuer, session.read_issuer(held.credentials.token)
        return {
            "user": held.user,
            "namespace": held.namespace,
            "cluster": settings.cluster,
            "seconds": max(held.until - int(time.time()), 0),  # the page's clock may be another
            "renews": held.renews,
            "oidc": tell_issuer(issuer) if issuer and issuer.url == own else None,
        }


def tell_issuer(issuer: Issuer | None) -> dict[str, str] | None:
    """Return what a page is told of the login elsewhere."""
    return {"label": issuer.label, "url": OIDC_LOGIN} if issuer is not None else None


async def _read_proof(wanted: LoginRequest) -> Proof:
    if bool(wanted.token) == bool(wanted.kubeconfig):
        raise Refused(400, "a login has a token or a kubeconfig")
    if wanted.token:
        return _take_token(wanted.token, "")
    pasted = read_kubeconfig(await asyncio.to_thread(_parse, wanted.kubeconfig))
    if pasted.token:
        return _take_token(pasted.token, pasted.namespace)
    credentials, end = await asyncio.to_thread(read_pair, pasted.certificate, pasted.key)
    return Proof(credentials, pasted.namespace, end)


def _take_token(text: str, namespace: str) -> Proof:
    token = session.clean_token(text)
    return Proof(Credentials(token), namespace, session.read_expiry(token))


def _parse(text: str) -> object:
    try:
        return load_yaml(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        # its words would quote what was pasted
        raise Refused(400, "the kubeconfig is no plain YAML (without aliases and tags)") from error
