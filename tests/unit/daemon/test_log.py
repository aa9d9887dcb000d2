"""Logs: one JSON object a line, with what is bound."""

import io
import json
import logging
from collections.abc import Iterator

import pytest

from daemon.log import bound, configure_logging

log = logging.getLogger(__name__)


@pytest.fixture
def stream() -> Iterator[io.StringIO]:
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    written = io.StringIO()
    configure_logging("virt-test", "info", written)
    yield written
    root.handlers[:] = before
    root.setLevel(level)


def read(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_an_entry_has_time_level_component_message_and_fields(stream: io.StringIO) -> None:
    log.info("pod created", extra={"pod": "a"})
    (entry,) = read(stream)
    assert str(entry.pop("time")).endswith("Z")
    assert entry == {
        "level": "info",
        "component": "virt-test",
        "message": "pod created",
        "pod": "a",
    }


def test_what_is_bound_is_in_every_entry_of_the_block(stream: io.StringIO) -> None:
    with bound(namespace="ns", vm="a"):
        with bound(vm="b"):
            log.warning("inner")
        log.warning("outer")
    log.warning("outside")
    inner, outer, outside = read(stream)
    assert (inner["namespace"], inner["vm"]) == ("ns", "b")
    assert outer["vm"] == "a"
    assert "vm" not in outside


def test_an_exception_is_one_line_too(stream: io.StringIO) -> None:
    try:
        int("no\nyes")
    except ValueError:
        log.exception("failed")
    (entry,) = read(stream)
    assert "ValueError" in str(entry["exception"])


def test_text_from_a_guest_cannot_steer_the_readers_terminal(stream: io.StringIO) -> None:
    log.warning("said", extra={"text": "\x1b]0;evil\x07\x9b31m\n"})
    assert all(32 <= ord(char) < 127 for char in stream.getvalue().rstrip("\n"))
