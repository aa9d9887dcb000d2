"""Cockpit's control messages on a pipe, as far as a login needs them; pure."""

import json
from collections.abc import Mapping
from typing import Final

from cockpit_login.refusal import Refusal

# cockpit-ws takes heads of requests up to 8 KiB by default; a frame around one is little more.
FRAME_BYTES: Final = 64 * 1024
_LENGTH_DIGITS: Final = 8
_COOKIE: Final = "virtpod"


def render_control(message: Mapping[str, object]) -> bytes:
    """Return a message of the control channel, whose name is empty, with its length before it."""
    body = b"\n" + json.dumps(message).encode()
    return b"%d\n%b" % (len(body), body)


def render_question() -> bytes:
    """Return what asks cockpit-ws for the credentials that the browser has sent."""
    return render_control({"command": "authorize", "cookie": _COOKIE, "challenge": "*"})


def render_refusal(refusal: Refusal) -> bytes:
    """Return what tells cockpit-ws that there is no session, and why."""
    return render_control({"command": "init", "problem": refusal.problem, "message": str(refusal)})


def parse_length(digits: bytes) -> int:
    """Return how long a frame is, from the line before it.

    Raises:
        Refusal: it is no number, or more than is taken.
    """
    if not digits.isdigit() or len(digits) > _LENGTH_DIGITS or int(digits) > FRAME_BYTES:
        raise Refusal("protocol-error", "the web server sent something that is no message")
    return int(digits)


def parse_answer(frame: bytes) -> str:
    """Return the value of the Authorization header.

    Raises:
        Refusal: the frame is no answer to our question.
    """
    channel, _, body = frame.partition(b"\n")
    try:
        message = json.loads(body)
    except ValueError:
        message = None
    if channel or not isinstance(message, dict):
        raise Refusal("protocol-error", "the web server sent something that is no message")
    response = message.get("response")
    if message.get("command") != "authorize" or message.get("cookie") != _COOKIE:
        raise Refusal("protocol-error", "the web server answered to something else")
    if not isinstance(response, str):
        raise Refusal("protocol-error", "the web server knows no credentials")
    return response
