"""The door for verbs: HTTPS from the gateway, turned into calls of this node's launchers."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Final

import msgspec
from aiohttp import web

from api.door import ROLE_GATEWAY, VERB_PORT, NodeVerb, VerbRequest
from api.problem import Problem
from daemon.log import bound
from daemon.server import serve
from daemon.tls import Material, ServerTls, read_role
from daemon.trust import Trust
from handler.channel import Channel, open_channel
from handler.metric import VERBS
from handler.verb import (
    MAX_BODY_BYTES,
    MAX_WAITING,
    SECONDS,
    Guest,
    build_note,
    decide_refusal,
    read_request,
    read_verb,
)
from handler.verdict import Note

log = logging.getLogger(__name__)

BODY_SECONDS: Final = 5.0
STREAM_SECONDS: Final = 30.0  # for whoever reads a screenshot slowly
SHUTDOWN_SECONDS: Final = 3.0
_VERBS: Final = frozenset(NodeVerb)
_WHERE: Final = "/v1/namespaces/{namespace}/virtualmachineinstances/{name}/{verb:.+}"
_JSON: Final = "application/json"

FindGuest = Callable[[str, str, str], Guest | None]  # namespace, name and UID of a VMI
Emit = Callable[[str, str, str, Note], None]  # likewise, and the event
Next = Callable[[web.Request], Awaitable[web.StreamResponse]]


class VerbServer:
    """Answers the gateway, and nobody else."""

    def __init__(self, root: Path, trust: Trust, *, find_guest: FindGuest, emit: Emit) -> None:
        self._root = root
        self._trust = trust
        self._find_guest = find_guest
        self._emit = emit
        self._waiting: Counter[str] = Counter()  # calls under way by VMI
        self._tls = ServerTls(client_certificates="required")
        trust.on_change(self._take_material)

    def _take_material(self, material: Material) -> None:
        self._tls.renew(material)

    async def run(self) -> None:
        """Serve as soon as there is a certificate, until cancelled."""
        await self._trust.ready.wait()
        async with self.serve(VERB_PORT) as port:
            log.info("verbs are served", extra={"port": port})
            await asyncio.Event().wait()

    @asynccontextmanager
    async def serve(self, port: int, host: str = "") -> AsyncIterator[int]:
        """Serve until the block is left; yields the port, which 0 lets the system choose."""
        app = web.Application(middlewares=[_guard], client_max_size=MAX_BODY_BYTES)
        app.router.add_post(_WHERE, self._answer)
        async with serve(
            app, host=host, port=port, tls=self._tls.context, shutdown_seconds=SHUTDOWN_SECONDS
        ) as chosen:
            yield chosen

    async def _answer(self, http: web.Request) -> web.StreamResponse:
        """Do one verb, and write down what came of it."""
        verb = read_verb(http.match_info["verb"])
        namespace, name = http.match_info["namespace"], http.match_info["name"]
        started = time.monotonic()
        with bound(namespace=namespace, vm=name):
            request = read_request(await _read_body(http))
            try:
                async with self._enter(namespace, name, request.uid) as channel:
                    answer = await _do(channel, verb, request, http)
            except Problem as problem:
                self._tell(http, verb, request, problem)
                _audit(verb, request, started, *_judge(problem))
                raise
            self._tell(http, verb, request, None)
            _audit(verb, request, started, answer.status, "")
        return answer

    @asynccontextmanager
    async def _enter(self, namespace: str, name: str, uid: str) -> AsyncIterator[Channel]:
        """Connect to the launcher of a running VMI of ours, unless too many wait for it."""
        guest = self._find_guest(namespace, name, uid)
        if guest is None:
            raise Problem("NotFound", "there is no such VMI on this node")
        if not guest.running:
            raise Problem("DomainNotRunning", "the guest does not run")
        if self._waiting[uid] >= MAX_WAITING:
            raise Problem("Busy", f"{MAX_WAITING} calls wait for this VMI already")
        self._waiting[uid] += 1
        try:
            async with open_channel(self._root, guest.pod_uid) as channel:
                yield channel
        finally:
            self._waiting[uid] -= 1
            if not self._waiting[uid]:
                del self._waiting[uid]

    def _tell(
        self, http: web.Request, verb: NodeVerb, request: VerbRequest, problem: Problem | None
    ) -> None:
        note = build_note(verb, problem)
        if note is not None:
            self._emit(http.match_info["namespace"], http.match_info["name"], request.uid, note)


@web.middleware
async def _guard(request: web.Request, handler: Next) -> web.StreamResponse:
    """Let the gateway in alone, and make every refusal a Refusal."""
    try:
        _check_role(request)
        answer = await handler(request)
    except web.HTTPException as error:
        answer = _refuse(Problem(type(error).__name__.removeprefix("HTTP"), error.reason))
    except Problem as problem:
        answer = _refuse(problem)
    verb = request.match_info.get("verb", "")
    VERBS.labels(verb if verb in _VERBS else "", answer.status).inc()
    return answer


def _check_role(request: web.Request) -> None:
    transport = request.transport
    role = read_role(transport.get_extra_info("peercert") if transport else None)
    if role != ROLE_GATEWAY:
        log.warning("stranger refused", extra={"role": role, "peer": request.remote})
        raise Problem("Forbidden", "only the gateway may ask")


def _refuse(problem: Problem) -> web.Response:
    code, refusal = decide_refusal(problem)
    return web.Response(status=code, body=msgspec.json.encode(refusal), content_type=_JSON)


def _judge(problem: Problem) -> tuple[int, str]:
    code, refusal = decide_refusal(problem)
    return code, refusal.message


async def _read_body(http: web.Request) -> bytes:
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await http.read()
    except TimeoutError:
        raise Problem("Timeout", "the body did not come in time") from None


async def _do(
    channel: Channel, verb: NodeVerb, request: VerbRequest, http: web.Request
) -> web.StreamResponse:
    seconds = SECONDS[verb]
    body = b"{}"
    match verb:
        case NodeVerb.PAUSE:
            await channel.pause(seconds)
        case NodeVerb.UNPAUSE:
            await channel.resume(seconds)
        case NodeVerb.RESET:
            await channel.reset(seconds)
        case NodeVerb.SOFT_REBOOT:
            await channel.reboot(seconds)
        case NodeVerb.FREEZE:
            await channel.freeze(seconds, request.thaw_after_seconds)
        case NodeVerb.UNFREEZE:
            await channel.thaw(seconds)
        case NodeVerb.GUEST_INFO:
            body = msgspec.json.encode(await channel.get_guest_info(seconds))
        case NodeVerb.METRICS:
            body = msgspec.json.encode(await channel.get_metrics(seconds))
        case NodeVerb.SCREENSHOT:
            pieces = channel.take_screenshot(seconds, move_cursor=request.move_cursor)
            return await _stream(http, pieces)
    return web.Response(body=body, content_type=_JSON)


async def _stream(http: web.Request, pieces: AsyncGenerator[bytes]) -> web.StreamResponse:
    """Pass a file on as it comes; what breaks off in between breaks the connection off."""
    answer = web.StreamResponse(headers={"Content-Type": "image/png"})
    try:
        async with asyncio.timeout(STREAM_SECONDS), aclosing(pieces):
            async for piece in pieces:
                if not answer.prepared:
                    await answer.prepare(http)
                await answer.write(piece)
            await answer.write_eof()
    except (Problem, ConnectionError, TimeoutError) as error:
        if isinstance(error, Problem) and not answer.prepared:
            raise
        log.warning("screenshot broken off", extra={"error": str(error) or type(error).__name__})
        if http.transport is not None:
            http.transport.abort()
    return answer


def _audit(verb: NodeVerb, request: VerbRequest, started: float, code: int, error: str) -> None:
    """Write the line that tells who did what to a VM: the gateway's has the user.

    Metrics are polled: what is good of them is not worth a line.
    """
    milliseconds = round((time.monotonic() - started) * 1000)
    extra = {"verb": verb, "vmi_uid": request.uid, "code": code, "milliseconds": milliseconds}
    level = logging.DEBUG if verb is NodeVerb.METRICS and not error else logging.INFO
    log.log(level, "verb", extra=extra | ({"error": error} if error else {}))
