"""The HTTP side: from a request to the handler of its route, and from an error to an answer.

The order is part of the contract. What no path of ours is, is 404 before anything else is looked
at. Then who calls, then whether they may: one review for each call, of the right that the route
declares. Only then is a body read, or said that something is not built.
"""

import asyncio
import logging
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

from aiohttp import web

from api.problem import Problem
from daemon.tls import read_role
from gateway import metric
from gateway.answer import (
    answer_denied,
    answer_document,
    answer_nothing,
    answer_refusal,
    translate,
)
from gateway.body import BODY_BYTES, OPTIONS_BYTES, check_media_type
from gateway.call import Call, Handlers, Webhooks
from gateway.document import Documents, Pages, accepts_json
from gateway.identity import FrontProxy, read_user
from gateway.listener import seated
from gateway.refusal import Refused
from gateway.review import Reviewer, read_attributes
from gateway.route import ROUTES, Methods, Route, Target, find_routes
from gateway.user import User

log = logging.getLogger(__name__)

REVIEW_BYTES: Final = 4 << 20  # an AdmissionReview has two objects in it, of 1.5 MiB at most each
# At once: whoever reaches the port may ask, and their bodies are held in memory.
REVIEWS: Final = 64
BODY_SECONDS: Final = 15.0
_NOBODY: Final = "no user: calls come through the Kubernetes API server"
_MISSING: Final = "the server could not find the requested resource"


@dataclass(frozen=True, slots=True)
class Served:
    """Everything that has a path."""

    handlers: Handlers
    webhooks: Webhooks = field(default_factory=dict)
    pages: Pages = field(default_factory=dict)
    page_headers: Mapping[str, str] = field(default_factory=dict)
    documents: Documents = field(default_factory=Documents)

    def __post_init__(self) -> None:
        missing = {route.key for route in ROUTES if not route.feature} - self.handlers.keys()
        if missing:
            raise Problem("RouteUnserved", f"nobody serves {sorted(missing)}")


@dataclass(slots=True)
class _Line:
    """What is told of one request in the log and in metrics, as far as it got."""

    method: str
    source: str
    started: float = field(default_factory=time.monotonic)
    route: Route | None = None
    target: Target | None = None
    user: str = ""


class Server:
    """Serves one listener."""

    def __init__(
        self, served: Served, reviewer: Reviewer, read_front_proxy: Callable[[], FrontProxy | None]
    ) -> None:
        self._served = served
        self._reviewer = reviewer
        self._read_front_proxy = read_front_proxy
        self._reviews = 0

    async def handle(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer a request, whatever happens."""
        line = _Line(request.method, request.remote or "")
        code = 499  # as others spell it: the client went away
        try:
            response = await self._answer_safely(request, line)
            code = response.status
            return response
        finally:
            _tell(line, request.raw_path, code)

    async def _answer_safely(self, request: web.BaseRequest, line: _Line) -> web.StreamResponse:
        try:
            return await self._answer(request, line)
        except Exception as error:
            refused = translate(error)
            if request.writer.output_size > 0:
                # too late for an answer: all that can be done is to hang up
                raise ConnectionError(refused.message) from error
            return answer_refusal(refused)

    async def _answer(self, request: web.BaseRequest, line: _Line) -> web.StreamResponse:
        path = request.raw_path.partition("?")[0]
        found = find_routes(path)
        if found is not None:
            return await self._call(request, *found, line)
        if path in self._served.webhooks:
            _expect(request, "POST")
            return await self._review_admission(request, path)
        accept = request.headers.get("Accept", "")
        document = self._served.documents.find(path, accept)
        if document is not None:
            _expect(request, "GET")
            if not accepts_json(accept):
                raise Refused(406, "only application/json can be had", reason="NotAcceptable")
            return answer_document(document, request.headers.get("If-None-Match", ""))
        page = self._served.pages.get(path)
        if page is not None:
            _expect(request, "GET")
            headers = {**self._served.page_headers, "Content-Type": page[0]}
            return web.Response(body=page[1], headers=headers)
        raise Refused(404, _MISSING)

    async def _review_admission(self, request: web.BaseRequest, path: str) -> web.Response:
        if request.content_type != "application/json":
            raise Refused(415, "an AdmissionReview is application/json")
        if self._reviews >= REVIEWS:
            raise Refused(503, f"{REVIEWS} reviews are under way")
        self._reviews += 1
        try:
            body = await read_body(request, REVIEW_BYTES)
            answer = await self._served.webhooks[path](body)
        finally:
            self._reviews -= 1
        return web.Response(body=answer, content_type="application/json")

    async def _call(
        self, request: web.BaseRequest, methods: Methods, target: Target, line: _Line
    ) -> web.StreamResponse:
        route = next((route for each, route in methods.items() if each == request.method), None)
        if route is None:
            raise _refuse_method(request, ", ".join(methods))
        line.route, line.target = route, target
        user = self._identify(request, line)
        if not route.reviewed:
            return await self._serve(request, route, target, user or User(""))
        if user is None:
            return answer_denied(_NOBODY)
        line.user = user.name
        try:
            verdict = await self._reviewer.ask(user, read_attributes(route, target))
        except Problem as problem:
            log.warning("review failed", extra={"reason": problem.slug, "error": problem.message})
            return answer_nothing(500)
        if not verdict.allowed:
            return answer_denied(_explain_denial(user, route, target, verdict.reason))
        with seated(request):
            return await self._serve(request, route, target, user)

    def _identify(self, request: web.BaseRequest, line: _Line) -> User | None:
        """Return who calls, if the peer is a front proxy that may say it."""
        proxy = self._read_front_proxy()
        certificate = request.get_extra_info("peercert")
        if proxy is None or not proxy.may_speak(read_role(certificate)):
            return None
        # the last is what the API server itself saw; others are the client's word
        forwarded = request.headers.getall("X-Forwarded-For", [""])[-1]
        line.source = forwarded.rpartition(",")[2].strip() or line.source
        return read_user(request.headers, proxy)

    async def _serve(
        self, request: web.BaseRequest, route: Route, target: Target, user: User
    ) -> web.StreamResponse:
        if route.feature:
            raise Refused(501, f"virtpod has no {route.feature} yet")
        limit = BODY_BYTES if route.body == "VirtualMachine" else OPTIONS_BYTES
        body = b"" if route.method == "GET" else await read_body(request, limit)
        if body:
            check_media_type(request.headers.get("Content-Type", ""))

        async def is_still_allowed() -> bool:
            return (await self._reviewer.ask(user, read_attributes(route, target))).allowed

        call = Call(request, route, target, user, body, is_still_allowed)
        return await self._served.handlers[route.key](call)


async def read_body(request: web.BaseRequest, limit: int) -> bytes:
    """Read a request's whole body, of at most ``limit`` bytes, within BODY_SECONDS."""
    if request.headers.get("Content-Encoding", "identity") != "identity":
        raise Refused(415, "send the body as it is, not compressed")
    too_large = Refused(413, f"a body has at most {limit} bytes here")
    if (request.content_length or 0) > limit:
        raise too_large
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > limit:
                    raise too_large
    except TimeoutError as error:
        raise Refused(408, f"the body did not come within {BODY_SECONDS:.0f} s") from error
    except web.RequestPayloadError as error:
        raise Refused(400, "the body ended early, or is no valid HTTP") from error
    return bytes(body)


def _expect(request: web.BaseRequest, method: str) -> None:
    if request.method != method:
        raise _refuse_method(request, method)


def _refuse_method(request: web.BaseRequest, allowed: str) -> Refused:
    message = f"{request.method[:20]} is not allowed here, only {allowed}"
    return Refused(405, message, headers={"Allow": allowed})


def _explain_denial(user: User, route: Route, target: Target, reason: str) -> str:
    what = f"{route.resource}/{route.subresource}" if route.subresource else route.resource
    name = f" {target.name}" if target.name else ""
    text = f"user {user.name!r} cannot {route.verb} {what}{name} in namespace {target.namespace}"
    return f"{text}: {reason}" if reason else text


def _tell(line: _Line, path: str, code: int) -> None:
    """Write the access line; what everybody polls is not worth one."""
    seconds = time.monotonic() - line.started
    route, target = line.route, line.target
    if route is None or target is None:
        level = logging.DEBUG if code < 400 else logging.INFO
        fields: dict[str, object] = {"verb": line.method[:20], "path": path[:200]}
    else:
        quiet = not route.reviewed or (route.polled and code < 400)
        level = logging.DEBUG if quiet else logging.INFO
        fields = {
            "user": line.user,
            "verb": route.verb,
            "resource": route.resource,
            "subresource": route.subresource,
            "namespace": target.namespace,
            "vm": target.name,
        }
        metric.CALLS.labels(route.resource, route.subresource, route.verb, code).inc()
        if not route.websocket:
            metric.CALL_SECONDS.labels(route.resource, route.subresource).observe(seconds)
    extra = {**fields, "code": code, "ms": round(seconds * 1000, 1), "source": line.source}
    log.log(level, "call", extra=extra)
