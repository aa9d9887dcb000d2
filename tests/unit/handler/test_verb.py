"""What the gateway is answered, and what users read of it."""

import pytest

from api.door import NodeVerb, VerbRequest
from api.names import Reason
from api.problem import Problem
from handler.verb import (
    SECONDS,
    build_note,
    decide_refusal,
    read_request,
    read_verb,
    split_detail,
)


def test_every_verb_has_a_deadline() -> None:
    assert SECONDS.keys() == set(NodeVerb)


def test_a_verb_is_read_from_its_path() -> None:
    assert read_verb("vnc/screenshot") is NodeVerb.SCREENSHOT
    with pytest.raises(Problem, match="no such verb"):
        read_verb("vnc")


def test_a_body_is_read() -> None:
    request = read_request(b'{"uid": "u", "thawAfterSeconds": 5, "moveCursor": true, "new": 1}')
    assert request == VerbRequest("u", 5, True)


@pytest.mark.parametrize(
    "body",
    [b"", b"{", b"{}", b'{"uid": null}', b'{"uid": "u", "thawAfterSeconds": 2147483648}', b"\xff"],
)
def test_a_body_that_is_none_is_a_bad_request(body: bytes) -> None:
    with pytest.raises(Problem) as caught:
        read_request(body)
    code, refusal = decide_refusal(caught.value)
    assert (code, refusal.reason) == (400, "BadRequest")


@pytest.mark.parametrize(
    ("slug", "code"),
    [
        ("NotFound", 404),
        ("Forbidden", 403),
        ("Busy", 503),
        ("LauncherUnresponsive", 504),
        ("LauncherUnreachable", 502),
        ("SomethingElse", 502),
        ("DomainNotRunning", 409),
        ("AgentFailed", 409),
    ],
)
def test_each_problem_has_its_code(slug: str, code: int) -> None:
    answer, refusal = decide_refusal(Problem(slug, "why"))
    assert (answer, refusal.reason) == (code, slug)
    assert refusal.message


@pytest.mark.parametrize(
    ("detail", "parts"),
    [
        ("AlreadyPaused: a: b", ("AlreadyPaused", "a: b")),
        ("AgentFailed: hook", ("AgentFailed", "hook")),
        ("NotFound: forged", ("", "NotFound: forged")),
        ("AlreadyPaused", ("AlreadyPaused", "")),
        ("", ("", "")),
    ],
)
def test_only_a_launchers_own_words_are_its_slugs(detail: str, parts: tuple[str, str]) -> None:
    assert split_detail(detail) == parts


@pytest.mark.parametrize("verb", NodeVerb)
def test_what_happened_is_an_event_once(verb: NodeVerb) -> None:
    note = build_note(verb, None)
    expected = {NodeVerb.RESET: Reason.RESET, NodeVerb.SOFT_REBOOT: Reason.SOFT_REBOOTED}
    assert (note and note.reason) == expected.get(verb)


@pytest.mark.parametrize("verb", NodeVerb)
def test_only_a_freeze_fails_with_an_event(verb: NodeVerb) -> None:
    note = build_note(verb, Problem("LauncherUnresponsive", "slow"))
    if verb is NodeVerb.FREEZE:
        assert note is not None
        assert (note.type, note.reason) == ("Warning", Reason.FREEZE_ERROR)
        assert "slow" in note.message
    else:
        assert note is None


@pytest.mark.parametrize("slug", ["DomainNotRunning", "AgentNotConnected", "NotFound", "Busy"])
def test_a_refused_freeze_is_no_news(slug: str) -> None:
    assert build_note(NodeVerb.FREEZE, Problem(slug, "no")) is None
