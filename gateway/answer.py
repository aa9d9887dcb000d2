"""HTTP answers: documents, JSON, refusals."""

import logging
from typing import Final

import msgspec
from aiohttp import web

from api.problem import Problem
from gateway.document import Document
from gateway.refusal import Refused
from kube.client import ApiError

log = logging.getLogger(__name__)

_JSON: Final = "application/json"
_HARDENING: Final = {"X-Content-Type-Options": "nosniff", "Cache-Control": "no-store"}


def answer_json(content: object, code: int = 200) -> web.Response:
    """Answer with an object."""
    return web.Response(
        status=code, body=msgspec.json.encode(content), content_type=_JSON, headers=_HARDENING
    )


def answer_nothing(code: int) -> web.Response:
    """Answer with a code alone."""
    return web.Response(status=code, headers=_HARDENING)


def answer_denied(reason: str) -> web.Response:
    """Answer to somebody who may not, or who is nobody: plain text, as KubeVirt's clients know."""
    return web.Response(status=401, text=f"{reason}\n", headers=_HARDENING)


def answer_document(document: Document, known_tag: str) -> web.Response:
    """Answer with a document, or say that the client has it already."""
    headers = {"ETag": document.etag, "X-Content-Type-Options": "nosniff"}
    if document.etag in (each.strip() for each in known_tag.split(",")):
        return web.Response(status=304, headers=headers)
    headers["Content-Type"] = document.media_type
    return web.Response(body=document.body, headers=headers)


def answer_refusal(refused: Refused) -> web.Response:
    """Answer with a Status."""
    response = answer_json(refused.build_status(), refused.code)
    response.headers.update(refused.headers)
    if refused.code in {408, 413}:
        response.force_close()  # the rest of the body is not waited for
    return response


def translate(error: Exception) -> Refused:
    """Return what is said of whatever went wrong; of a bug only that there is one."""
    if isinstance(error, Refused):
        return error
    if isinstance(error, ApiError) and not error.retryable:
        log.error("API server refused us", extra={"error": error.message, "code": error.code})
        return Refused(500, "the API server did not let virt-api do its part")
    if isinstance(error, Problem):
        log.warning("call failed", extra={"reason": error.slug, "error": error.message})
        return Refused(503 if error.retryable else 500, error.message)
    log.error("bug in a handler", exc_info=error)
    return Refused(500, "internal error; the log of virt-api tells more")
