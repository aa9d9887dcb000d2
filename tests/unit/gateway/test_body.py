"""Bodies, and durations in them."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.verb import StartOptions
from gateway.body import YAML_BYTES, check_media_type, decode_body, read_dry_run
from gateway.duration import parse_seconds
from gateway.refusal import Refused


@pytest.mark.parametrize("body", [b"", b" \n", b"{}", b"null", b"~", b"# nothing", b"---\n"])
def test_nothing_means_defaults(body: bytes) -> None:
    assert decode_body(body, StartOptions) == StartOptions()


def test_json_and_yaml_say_the_same() -> None:
    for body in (b'{"paused": true, "dryRun": ["All"]}', b"paused: true\ndryRun: [All]\n"):
        assert decode_body(body, StartOptions) == StartOptions(paused=True, dry_run=("All",))


def test_members_that_are_null_are_absent() -> None:
    body = b'{"a": null, "b": {"c": null, "d": [null, {"e": null}]}}'
    assert decode_body(body, dict[str, object]) == {"b": {"d": [None, {}]}}


def test_times_in_yaml_stay_texts() -> None:
    body = b"at: 2026-11-22T12:00:00Z\nday: 2026-11-22\n"
    assert decode_body(body, dict[str, str]) == {"at": "2026-11-22T12:00:00Z", "day": "2026-11-22"}


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"[1]", 400),
        (b"true", 400),
        (b"{", 400),
        (b"a: b: c", 400),
        (b"--- {}\n--- {}\n", 400),
        (b"!!python/object/apply:os.getcwd []", 400),
        (b"&a [*a]", 400),
        (b"<<: &x {a: 1}\nb: *x", 400),
        (b"? [1]\n: 2", 400),
        (b"- " * 5000, 400),
        (b"a: " + b"b" * YAML_BYTES, 413),
        (b'a: !!int ""', 400),
        (b"a: !!bool x", 400),
        (b"a: !!timestamp x", 400),
        (b"!mine {a: b}", 400),
    ],
)
def test_what_cannot_be_read_is_refused(body: bytes, code: int) -> None:
    with pytest.raises(Refused) as caught:
        decode_body(body, StartOptions)
    assert caught.value.code == code
    assert "\n" not in caught.value.message


def test_numbers_are_those_that_kubernetes_has() -> None:
    body = b"[0, -3, +4, 017, 0x1F, 1.5, .5, 5., 1.5e3, 09, 1_000, 1:30, 1.2.3, ., +]"
    numbers = [0, -3, 4, 15, 31, 1.5, 0.5, 5.0, 1500.0]
    texts = ["09", "1_000", "1:30", "1.2.3", ".", "+"]
    assert decode_body(body, list[object]) == [*numbers, *texts]


def test_a_number_of_base_60_takes_no_longer_than_a_text() -> None:
    """Its digits are multiplied out otherwise: 6 s for 240 KiB, in which nobody else is served."""
    text = "1:" * 30_000 + "1"
    assert decode_body(f"a: {text}".encode(), dict[str, object]) == {"a": text}


@given(st.binary(max_size=200))
def test_no_bytes_are_more_than_refused(body: bytes) -> None:
    with contextlib.suppress(Refused):
        decode_body(body, StartOptions)


def test_other_media_types_are_415() -> None:
    for good in ("", "application/json", "Application/JSON;charset=utf-8", "application/yaml"):
        check_media_type(good)
    for bad in ("text/plain", "application/xml", "json", "application/jsonp"):
        with pytest.raises(Refused) as caught:
            check_media_type(bad)
        assert caught.value.code == 415


def test_dry_run_is_all_or_nothing() -> None:
    assert not read_dry_run(())
    assert read_dry_run(("All",))
    for values in (("all",), ("All", "All"), ("",)):
        with pytest.raises(Refused):
            read_dry_run(values)


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("0s", 0), ("1ns", 1), ("5m", 300), ("1h30m", 5400), ("1.5s", 2), ("1000ms", 1)],
)
def test_durations_are_whole_seconds_rounded_up(text: str, seconds: int) -> None:
    assert parse_seconds(text, "field") == seconds


@pytest.mark.parametrize("text", ["", "5", "s", "-1s", "1s ", "1d", "25h", "1.s2", "\u0661s"])
def test_what_is_no_duration_is_refused(text: str) -> None:
    with pytest.raises(Refused, match="field"):
        parse_seconds(text, "field")
