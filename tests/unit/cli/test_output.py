"""What guests tell of themselves is printed, and does not steer the terminal."""

import json

import pytest
import yaml

from cli.output import render

NASTY = "a\x1b[2Jb\x9b31mc\x7fd\u202ee\u200bf\u2028\U000e0041"


@pytest.mark.parametrize("output", ["json", "yaml"])
def test_answers_hold_nothing_that_a_terminal_obeys(output: str) -> None:
    answer = {"hostname": NASTY, NASTY: "two\nlines"}
    text = render(answer, output)
    assert all(letter.isprintable() or letter == "\n" for letter in text)
    assert (json.loads(text) if output == "json" else yaml.safe_load(text)) == answer


@pytest.mark.parametrize("output", ["json", "yaml"])
def test_what_people_read_stays_readable(output: str) -> None:
    assert "Größe 尺" in render({"hostname": "Größe 尺"}, output)
