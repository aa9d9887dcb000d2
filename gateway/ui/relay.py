"""Websockets of pages: to kube-apiserver's own, and watches as websockets.

A browser opens six HTTP/1.1 connections to a server and no more, and each watch would keep one.
Of websockets it opens as many as a page wants.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from typing import Final

import msgspec
from aiohttp import (
    ClientConnectionError,
    ClientError,
    ClientResponse,
    ClientWebSocketResponse,
    WSMessage,
    WSMsgType,
    web,
)
from aiohttp.http_websocket import WSMessageTextBytes

from gateway.refusal import Refused
from gateway.session import Sessions
from gateway.stream.socket_option import watch_over
from gateway.ui.header import build_request
from gateway.ui.proxy import SLOW_SECONDS, Errand, is_denial
from gateway.ui.session import Credentials
from gateway.ui.upstream import Upstream, read_some

log = logging.getLogger(__name__)

WATCH: Final = "watch.virtpod.io"
TABLE: Final = "table.watch.virtpod.io"
_ACCEPT: Final = {
    WATCH: "application/json",
    TABLE: "application/json;as=Table;v=v1;g=meta.k8s.io",
}
# A browser could name a token of its own here, as kube-apiserver knows it.
_BEARER: Final = "base64url.bearer.authorization.k8s.io."
# The longest that a page sends is a paste of 256 Ki characters; each seat may hold one message.
NEAR_MESSAGE_BYTES: Final = 1 << 20
_CLOSE_SECONDS: Final = 3.0
_EVENT_BYTES: Final = 8 << 20
_STATUS_BYTES: Final = 64 * 1024
_MOST_PROTOCOLS: Final = 8
# Codes that a peer may not send: no code, a lost connection, a TLS failure.
_UNSENDABLE: Final = {1005: 1000, 1006: 1011, 1015: 1011}

AnyMessage = WSMessage | WSMessageTextBytes
AnySocket = web.WebSocketResponse | ClientWebSocketResponse[bool]


async def relay_socket(upstream: Upstream, held: Sessions, errand: Errand) -> web.StreamResponse:
    """Serve a websocket until one of its ends closes it."""
    request = errand.request
    if request.method != "GET":
        raise Refused(405, "websockets begin with GET", headers={"Allow": "GET"})
    offered = _read_protocols(request)
    watch = next((each for each in offered if each in _ACCEPT), "")
    if watch:
        return await _watch(upstream, held, errand, watch)
    headers = build_request(request.headers, request.remote or "")
    headers = {name: headers[name] for name in ("User-Agent", "X-Forwarded-For")}
    credentials = errand.session.credentials
    try:
        far = await upstream.open_socket(credentials, errand.target, offered, headers)
    except Refused as refused:
        if is_denial(errand.path, refused.code, "text/plain"):
            raise Refused(403, "the user lacks the right to this") from refused
        raise
    async with far:
        near = await _accept(request, [far.protocol] if far.protocol else [])
        with held.hold(lambda: near.close(code=1001, message=b"virt-api is going away")):
            await _join(near, far)
    return near


def _read_protocols(request: web.BaseRequest) -> list[str]:
    fields = request.headers.getall("Sec-WebSocket-Protocol", [])
    offered = [each.strip() for field in fields for each in field.split(",")]
    if len(offered) > _MOST_PROTOCOLS:
        raise Refused(400, "too many websocket protocols")
    if any(each.startswith(_BEARER) for each in offered):
        raise Refused(400, "the session's own credentials are used, and no others")
    return offered


async def _accept(request: web.BaseRequest, protocols: list[str]) -> web.WebSocketResponse:
    near = web.WebSocketResponse(
        protocols=protocols,
        max_msg_size=NEAR_MESSAGE_BYTES,
        timeout=_CLOSE_SECONDS,
        compress=False,
    )
    try:
        await near.prepare(request)
    except web.HTTPException as error:
        raise Refused(error.status, error.text or error.reason) from error
    if request.transport is not None:
        watch_over(request.transport.get_extra_info("socket"))
    return near


async def _join(near: web.WebSocketResponse, far: ClientWebSocketResponse[bool]) -> None:
    """Pass messages in both directions; neither holds more than one of them."""
    pumps = (asyncio.create_task(_pump(near, far)), asyncio.create_task(_pump(far, near)))
    try:
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
    for pump in pumps:
        if not pump.cancelled() and (fault := pump.exception()) is not None:
            log.error("relay failed", exc_info=fault)
    await _close_quietly(near.close)
    await _close_quietly(far.close)


async def _pump(source: AnySocket, sink: AnySocket) -> None:
    """Pass on until the source closes, then close the sink with the same words."""
    with contextlib.suppress(ClientConnectionError, OSError):
        while (message := await source.receive()).type in {WSMsgType.TEXT, WSMsgType.BINARY}:
            data = message.data
            if isinstance(data, str):
                await sink.send_str(data)
            else:
                await sink.send_bytes(data)
        code, reason = _read_close(source, message)
        await sink.close(code=code, message=reason.encode()[:123])


def _read_close(source: AnySocket, message: AnyMessage) -> tuple[int, str]:
    code = source.close_code or 1006
    reason = message.extra if message.type is WSMsgType.CLOSE else ""
    return _UNSENDABLE.get(code, code), reason or ""


async def _close_quietly(close: Callable[[], Awaitable[object]]) -> None:
    with contextlib.suppress(ClientError, OSError, TimeoutError):
        async with asyncio.timeout(_CLOSE_SECONDS):
            await close()


async def _watch(
    upstream: Upstream, held: Sessions, errand: Errand, protocol: str
) -> web.WebSocketResponse:
    """Serve a watch: an empty message when it has begun, then one of text for each event."""
    headers = build_request(errand.request.headers, errand.request.remote or "")
    headers |= {"Accept": _ACCEPT[protocol], "Accept-Encoding": "identity"}
    near = await _accept(errand.request, [protocol])
    credentials = errand.session.credentials
    code = 1011
    with held.hold(lambda: near.close(code=1001, message=b"virt-api is going away")):
        listening = asyncio.create_task(_wait_for_close(near))
        telling = asyncio.create_task(_tell(upstream, credentials, errand, headers, near))
        try:
            done, _ = await asyncio.wait((listening, telling), return_when=asyncio.FIRST_COMPLETED)
            if telling in done:
                code = telling.result()
        except (ClientError, OSError, TimeoutError):
            code = 1011
        finally:
            for task in (listening, telling):
                task.cancel()
            await asyncio.gather(listening, telling, return_exceptions=True)
    await _close_quietly(lambda: near.close(code=code))
    return near


async def _wait_for_close(near: web.WebSocketResponse) -> None:
    """A page says nothing on a watch; who does is not listened to."""
    while (await near.receive()).type in {WSMsgType.TEXT, WSMsgType.BINARY}:
        pass


async def _tell(
    upstream: Upstream,
    credentials: Credentials,
    errand: Errand,
    headers: dict[str, str],
    near: web.WebSocketResponse,
) -> int:
    """Send what the API server tells; returns the code to close with."""
    try:
        async with upstream.open(credentials, "GET", errand.target, headers) as answer:
            if answer.status != 200:
                await _send(near, _build_error(await _read_refusal(errand.path, answer)))
                return 1000
            await _send(near, b"")
            await _pass_lines(answer, near)
    except Refused as refused:
        await _send(near, _build_error(msgspec.json.encode(refused.build_status())))
    return 1000


async def _pass_lines(answer: ClientResponse, near: web.WebSocketResponse) -> None:
    rest = bytearray()
    async for chunk in answer.content.iter_any():
        rest += chunk
        *lines, rest = rest.split(b"\n")
        for line in lines:
            if line:
                await _send(near, bytes(line))
        if len(rest) > _EVENT_BYTES:
            raise ConnectionError("an event is too long")


async def _read_refusal(path: str, answer: ClientResponse) -> bytes:
    """Return a refusal as a Status."""
    body = await read_some(answer, _STATUS_BYTES)
    media_type = answer.headers.get("Content-Type", "")
    if media_type.startswith("application/json"):
        with contextlib.suppress(msgspec.DecodeError):
            msgspec.json.decode(body)
            return body
    code = 403 if is_denial(path, answer.status, media_type) else answer.status
    message = body.decode(errors="replace").strip()
    return msgspec.json.encode(Refused(code, message).build_status())


def _build_error(status: bytes) -> bytes:
    return msgspec.json.encode({"type": "ERROR", "object": msgspec.Raw(status)})


async def _send(near: web.WebSocketResponse, line: bytes) -> None:
    async with asyncio.timeout(SLOW_SECONDS):
        await near.send_frame(line, WSMsgType.TEXT)
