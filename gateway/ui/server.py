"""The pages' port: files for everybody, sessions, and kube-apiserver for who is logged in."""

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec
from aiohttp import web

from gateway import metric
from gateway.answer import answer_refusal, translate
from gateway.listener import seated
from gateway.refusal import Refused
from gateway.session import Sessions
from gateway.ui import oidc
from gateway.ui.bundle import Bundle, build_notice
from gateway.ui.header import DATA_HEADERS
from gateway.ui.login import OIDC_LOGIN, Desk, tell_issuer
from gateway.ui.oidc_flow import CALLBACK
from gateway.ui.origin import check_origin, check_read, check_write
from gateway.ui.path import check_path
from gateway.ui.proxy import Errand, relay
from gateway.ui.relay import relay_socket
from gateway.ui.renewal import Renewals
from gateway.ui.revocation import Revocations
from gateway.ui.session import Session
from gateway.ui.setting import Settings
from gateway.ui.upstream import Upstream

log = logging.getLogger(__name__)

CLUSTER: Final = "/k8s"
_LOGIN_PATH: Final = f"/{OIDC_LOGIN}"
_PAGES: Final = frozenset({_LOGIN_PATH, CALLBACK})  # a browser shows their refusals itself
Handler = Callable[[web.BaseRequest], Awaitable[web.StreamResponse]]


@dataclass(slots=True)
class _Line:
    """What is told of one request: no query, no header, no body."""

    kind: str = "file"
    user: str = ""
    path: str = ""
    started: float = field(default_factory=time.monotonic)


class UiServer:
    """Serves one listener."""

    def __init__(
        self,
        bundle: Bundle,
        desk: Desk,
        held: Sessions,
        upstream: Upstream,
        read_settings: Callable[[], Settings],
    ) -> None:
        self._bundle = bundle
        self._desk = desk
        self._seats = desk.seats
        self._held = held
        self._upstream = upstream
        self._read = read_settings
        self._oidc = oidc.Oidc(desk, read_settings)
        self._renewals = Renewals(desk, self._oidc)
        self._revocations = Revocations(self._oidc, self._renewals)
        self._routes: Mapping[tuple[str, str], Handler] = {
            ("GET", "/ui/session"): self._tell_session,
            ("POST", "/ui/session/renew"): self._renew,
            ("POST", "/ui/login"): self._log_in,
            ("POST", "/ui/logout"): self._log_out,
            ("GET", _LOGIN_PATH): self._oidc.start,
            ("GET", CALLBACK): self._finish_oidc,
        }

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request, whatever happens."""
        line = _Line()
        code = 499  # as others spell it: the client went away
        try:
            response = await self._answer_safely(request, line)
            code = response.status
            return response
        finally:
            _tell(request, line, code)

    async def close(self, deadline_seconds: float) -> None:
        """Give what goes on behind answers a moment."""
        await self._revocations.close(deadline_seconds)

    async def _answer_safely(self, request: web.BaseRequest, line: _Line) -> web.StreamResponse:
        try:
            return await self._answer(request, line)
        except ConnectionError:
            raise  # the browser has gone, or is not to take half an answer for a whole one
        except Exception as error:
            refused = translate(error)
            if request.writer.output_size > 0:
                # too late for an answer: all that can be done is to hang up
                raise ConnectionError(refused.message) from error
            if line.path in _PAGES:
                return build_notice("Logging in failed", refused.message, refused.code)
            response = answer_refusal(refused)
            for name, value in DATA_HEADERS.items():
                response.headers[name] = value
            return response

    async def _answer(self, request: web.BaseRequest, line: _Line) -> web.StreamResponse:
        if len(request.headers.getall("Host", [])) != 1:
            raise Refused(400, "a request has one Host")
        path = request.raw_path.partition("?")[0]
        if path.startswith(f"{CLUSTER}/"):
            line.kind = "cluster"
            return await self._reach_cluster(request, path.removeprefix(CLUSTER), line)
        methods = [method for method, each in self._routes if each == path]
        if methods:
            line.kind, line.path = "session", path
            if request.method not in methods:
                allowed = ", ".join(methods)
                raise Refused(405, f"only {allowed} here", headers={"Allow": allowed})
            self._check(request, path)
            return await self._routes[request.method, path](request)
        return await self._send_file(request, path)

    def _check(self, request: web.BaseRequest, path: str) -> None:
        """Refuse what comes from other sites; an issuer's answer does, and has its own proof."""
        if request.method != "GET":
            check_write(request.headers, self._read().url)
        elif path != CALLBACK:
            check_read(request.headers)

    async def _send_file(self, request: web.BaseRequest, path: str) -> web.Response:
        if request.method not in {"GET", "HEAD"}:
            raise Refused(405, "only GET and HEAD here", headers={"Allow": "GET, HEAD"})
        answer = await self._bundle.answer(path.removeprefix("/"), request.headers)
        if answer is None:
            # another replica may have it, while they are replaced: it is a new connection that asks
            raise Refused(404, "there is no such page", headers={"Connection": "close"})
        return answer

    async def _tell_session(self, request: web.BaseRequest) -> web.Response:
        held = self._desk.find(request)
        if held is not None:
            try:
                await self._upstream.ask_name(held.credentials)
            except Refused as refused:
                if refused.code != 401:
                    raise
            else:
                headers = dict(DATA_HEADERS)
                renewed = self._desk.renew(held)
                return _answer_json(self._desk.tell(held), 200, renewed, headers)
        settings = self._read()
        methods = {
            "cluster": settings.cluster,
            "oidc": tell_issuer(settings.issuer),
            "renews": self._desk.can_renew(request),
        }
        return _answer_json(methods, 401, "", {**DATA_HEADERS, **self._desk.forget(request)})

    async def _renew(self, request: web.BaseRequest) -> web.StreamResponse:
        told, set_cookie = await self._renewals.renew(request)
        return _answer_json(told, 200, set_cookie, dict(DATA_HEADERS))

    async def _log_in(self, request: web.BaseRequest) -> web.StreamResponse:
        return await self._desk.log_in(request, self._upstream)

    async def _log_out(self, request: web.BaseRequest) -> web.StreamResponse:
        ended = self._desk.find_kept(request)
        try:
            return await self._desk.log_out(request)
        finally:  # also when the browser does not wait until all replicas know
            if ended is not None:
                self._revocations.add(ended)

    async def _finish_oidc(self, request: web.BaseRequest) -> web.StreamResponse:
        return await self._oidc.finish(request, self._upstream)

    async def _reach_cluster(
        self, request: web.BaseRequest, path: str, line: _Line
    ) -> web.StreamResponse:
        is_socket = request.headers.get("Upgrade", "").lower() == "websocket"
        own = self._read().url
        if is_socket:
            check_origin(request.headers, own)
        elif request.method in {"GET", "HEAD"}:
            check_read(request.headers)
        else:
            check_write(request.headers, own)
        held = self._desk.require(request)
        line.user = held.user
        check_path(path)
        line.path = path  # what is no path of the API's might be anything
        query = request.raw_path[len(CLUSTER) + len(path) :]
        with self._seats.take(held.user, held.id), seated(request):
            renewed = "" if is_socket else self._desk.renew(held)
            errand = Errand(request, held, path, query, renewed)
            return await self._run_errand(errand, held, is_socket=is_socket)

    async def _run_errand(
        self, errand: Errand, held: Session, *, is_socket: bool
    ) -> web.StreamResponse:
        """Carry out an errand, which ends with the session at the latest."""
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout_at(loop.time() + held.stays - time.time()):
                if is_socket:
                    return await relay_socket(self._upstream, self._held, errand)
                return await relay(self._upstream, errand)
        except TimeoutError as error:
            raise Refused(401, "the session has ended") from error


def _answer_json(
    content: object, code: int, set_cookie: str, headers: dict[str, str]
) -> web.Response:
    if set_cookie:
        headers["Set-Cookie"] = set_cookie
    body = msgspec.json.encode(content)
    return web.Response(status=code, body=body, content_type="application/json", headers=headers)


def _tell(request: web.BaseRequest, line: _Line, code: int) -> None:
    seconds = time.monotonic() - line.started
    metric.UI_CALLS.labels(line.kind, code).inc()
    level = logging.DEBUG if code < 400 and request.method == "GET" else logging.INFO
    fields = {
        "verb": request.method[:20],
        "path": line.path[:200],
        "user": line.user,
        "code": code,
        "ms": round(seconds * 1000, 1),
        "source": request.remote or "",
    }
    log.log(level, "page call", extra=fields)
