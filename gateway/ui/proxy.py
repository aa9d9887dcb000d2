"""Requests of pages to kube-apiserver and its answers, as they come: nothing is kept back."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Final

from aiohttp import ClientError, ClientResponse, web

from api.names import SUBRESOURCE_GROUP
from gateway.answer import answer_refusal
from gateway.refusal import Refused
from gateway.ui.header import build_request, build_response
from gateway.ui.path import METHODS
from gateway.ui.session import Session
from gateway.ui.slim import PREFERENCE, Slimmer, UnreadableError, is_asked, is_fit
from gateway.ui.upstream import Upstream, read_some

log = logging.getLogger(__name__)

BODY_BYTES: Final = 4 << 20  # the API server takes 3 MiB
# Who takes nothing for so long has gone, or keeps others' memory.
SLOW_SECONDS: Final = 60.0
_BODY_SECONDS: Final = 30.0
_TEXT_BYTES: Final = 4096
_OURS: Final = f"/apis/{SUBRESOURCE_GROUP}/"


@dataclass(frozen=True, slots=True)
class Errand:
    """One request to the API server on a user's behalf."""

    request: web.BaseRequest
    session: Session
    path: str
    query: str  # with its question mark
    cookie: str  # to be set with the answer; may be empty

    @property
    def target(self) -> str:
        return self.path + self.query


async def relay(upstream: Upstream, errand: Errand) -> web.StreamResponse:
    """Pass a request on and its answer back, as fast as the slower side takes it."""
    request = errand.request
    if request.method not in METHODS:
        allowed = ", ".join(sorted(METHODS))
        raise Refused(405, f"only {allowed} pass", headers={"Allow": allowed})
    headers = build_request(request.headers, request.remote or "")
    # a preference: among many it is passed over, so that memory has an end
    asked = is_asked(request.method, request.headers, errand.path, errand.query)
    slims = asked and not upstream.slimming.locked()
    async with upstream.slimming if slims else nullcontext():
        slimmer = None
        if slims:
            slimmer = Slimmer(gzip=headers["Accept-Encoding"] == "gzip")
            headers["Accept-Encoding"] = "identity"
        return await _carry(upstream, errand, headers, slimmer)


async def _carry(
    upstream: Upstream, errand: Errand, headers: dict[str, str], slimmer: Slimmer | None
) -> web.StreamResponse:
    request = errand.request
    body = _Body(request)
    if body.length is not None:
        headers["Content-Length"] = str(body.length)
    stream = body.read() if request.body_exists else None
    credentials = errand.session.credentials
    try:
        async with upstream.open(
            credentials, request.method, errand.target, headers, stream
        ) as answer:
            return await _pass_back(errand, answer, slimmer)
    except Refused as refused:
        raise body.fault or refused from None


async def _pass_back(
    errand: Errand, answer: ClientResponse, slimmer: Slimmer | None
) -> web.StreamResponse:
    if 300 <= answer.status < 400 and answer.status != 304:
        raise Refused(502, "the API server sends elsewhere, and nobody goes there")
    if is_denial(errand.path, answer.status, answer.headers.get("Content-Type", "")):
        text = await read_some(answer, _TEXT_BYTES)
        return answer_refusal(Refused(403, text.decode(errors="replace").strip()))
    if slimmer is not None and not is_fit(answer.status, answer.headers):
        slimmer = None
    response = _begin(errand, answer, slimmer)
    await response.prepare(errand.request)
    try:
        async for chunk in answer.content.iter_any():
            await _send(response, slimmer.feed(chunk) if slimmer is not None else chunk)
        if slimmer is not None:
            await _send(response, slimmer.finish())
    except (ClientError, TimeoutError, UnreadableError) as error:
        # half an answer must not look like a whole one
        raise ConnectionError("the answer broke off") from error
    await response.write_eof()
    return response


def _begin(errand: Errand, answer: ClientResponse, slimmer: Slimmer | None) -> web.StreamResponse:
    cacheable = errand.path.startswith("/openapi/")
    response = web.StreamResponse(
        status=answer.status, headers=build_response(answer.headers, cacheable=cacheable)
    )
    if errand.cookie:
        response.headers.add("Set-Cookie", errand.cookie)
    if slimmer is not None:
        response.headers["Preference-Applied"] = PREFERENCE
        if slimmer.packs:
            response.headers["Content-Encoding"] = "gzip"
    elif answer.headers.get("Content-Length", "").isdecimal():
        response.content_length = int(answer.headers["Content-Length"])
    return response


async def _send(response: web.StreamResponse, piece: bytes) -> None:
    if not piece:
        return
    async with asyncio.timeout(SLOW_SECONDS):
        await response.write(piece)


def is_denial(path: str, status: int, media_type: str) -> bool:
    """Tell whether virt-api means 403: it says 401, as KubeVirt does, to who lacks a right.

    To a page, 401 is the end of its session.
    """
    return status == 401 and path.startswith(_OURS) and media_type.startswith("text/plain")


class _Body:
    """A request's body on its way, counted."""

    def __init__(self, request: web.BaseRequest) -> None:
        self.length = request.content_length
        self.fault: Refused | None = None
        self._content = request.content
        if request.headers.get("Content-Encoding", "identity") != "identity":
            raise Refused(415, "send the body as it is, not compressed")
        if (self.length or 0) > BODY_BYTES:
            raise self._too_large()

    async def read(self) -> AsyncIterator[bytes]:
        """Yield the body; what is wrong with it is in ``fault`` when this raises."""
        count = 0
        ends = asyncio.get_running_loop().time() + _BODY_SECONDS
        while chunk := await self._read_piece(ends):
            count += len(chunk)
            if count > BODY_BYTES:
                self.fault = self._too_large()
                raise self.fault
            yield chunk

    async def _read_piece(self, ends: float) -> bytes:
        try:
            async with asyncio.timeout_at(ends):
                return await self._content.readany()
        except TimeoutError:
            self.fault = Refused(408, f"the body did not come within {_BODY_SECONDS:.0f} s")
            raise
        except web.RequestPayloadError:
            self.fault = Refused(400, "the body ended early, or is no valid HTTP")
            raise

    def _too_large(self) -> Refused:
        return Refused(413, f"a body has at most {BODY_BYTES} bytes here")
