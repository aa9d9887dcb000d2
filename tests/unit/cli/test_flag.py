"""Flags as Go's programs spell them."""

import argparse

import pytest

from cli.flag import add_dry_run, add_switch, parse_duration


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("0", 0), ("7", 7), ("1.5", 1.5), ("90s", 90), ("5m", 300), ("1h30m", 5400), ("20ms", 0.02)],
)
def test_a_duration_is_read(text: str, seconds: float) -> None:
    assert parse_duration(text) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["", "s", "5 m", "5d", "-5s", "1m2"])
def test_what_is_no_duration_is_an_error(text: str) -> None:
    with pytest.raises(argparse.ArgumentTypeError, match="is no duration"):
        parse_duration(text)


@pytest.mark.parametrize(
    ("words", "on"),
    [
        ([], False),
        (["--stdio"], True),
        (["--stdio=true"], True),
        (["--stdio=false"], False),
        (["-s"], True),
    ],
)
def test_a_switch_may_say_true_or_false(words: list[str], on: bool) -> None:
    parser = argparse.ArgumentParser()
    add_switch(parser, "-s", "--stdio", help="")
    assert parser.parse_args(words).stdio is on


@pytest.mark.parametrize(
    ("words", "meaning"),
    [
        ([], ""),
        (["--dry-run"], "server"),
        (["--dry-run=server"], "server"),
        (["--dry-run=true"], "server"),
        (["--dry-run=client"], "client"),
        (["--dry-run=none"], ""),
    ],
)
def test_a_dry_run_is_the_servers(words: list[str], meaning: str) -> None:
    parser = argparse.ArgumentParser()
    add_dry_run(parser)
    assert parser.parse_args(words).dry_run == meaning
