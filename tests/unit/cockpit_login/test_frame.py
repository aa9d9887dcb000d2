"""Messages of Cockpit's protocol, also those that a broken server would send."""

import json

import pytest

from cockpit_login.frame import (
    FRAME_BYTES,
    parse_answer,
    parse_length,
    render_question,
    render_refusal,
)
from cockpit_login.refusal import Refusal


def split(message: bytes) -> dict[str, object]:
    """Take a message apart as cockpit-ws does."""
    digits, _, rest = message.partition(b"\n")
    assert int(digits) == len(rest)
    channel, _, body = rest.partition(b"\n")
    assert channel == b""
    decoded = json.loads(body)
    assert isinstance(decoded, dict)
    return decoded


def test_the_question_asks_for_whatever_credentials_there_are() -> None:
    asked = split(render_question())
    assert asked["command"] == "authorize"
    assert asked["challenge"] == "*"


def test_the_answer_to_the_question_is_the_header() -> None:
    cookie = split(render_question())["cookie"]
    answer = {"command": "authorize", "cookie": cookie, "response": "Bearer abc"}
    assert parse_answer(b"\n" + json.dumps(answer).encode()) == "Bearer abc"


@pytest.mark.parametrize(
    "frame",
    [
        b"",
        b"\n",
        b"\nnull",
        b"\n[]",
        b"\n{}",
        b"1:2\n{}",
        b'\n{"command": "authorize", "cookie": "other", "response": "Bearer abc"}',
        b'\n{"command": "authorize", "cookie": "virtpod"}',
        b'\n{"command": "authorize", "cookie": "virtpod", "response": 7}',
        b'\n{"command": "init", "cookie": "virtpod", "response": "Bearer abc"}',
        b"\n\xff\xfe",
    ],
)
def test_another_message_is_no_answer(frame: bytes) -> None:
    with pytest.raises(Refusal) as refused:
        parse_answer(frame)
    assert refused.value.problem == "protocol-error"


def test_lengths_are_bounded_numbers() -> None:
    assert parse_length(b"12") == 12
    for digits in (b"", b"-1", b"1e3", b" 1", b"9" * 9, b"%d" % (FRAME_BYTES + 1)):
        with pytest.raises(Refusal):
            parse_length(digits)


def test_a_refusal_is_what_ends_a_login_in_cockpit() -> None:
    said = split(render_refusal(Refusal("authentication-failed", 'nobody knows "this"')))
    assert said == {
        "command": "init",
        "problem": "authentication-failed",
        "message": 'nobody knows "this"',
    }
