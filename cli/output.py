"""Printing an answer as JSON or YAML, the way kubectl's -o asks for it."""

import argparse
import importlib
import json
from typing import Any, Final

FORMATS: Final = ("json", "yaml")


def add_output(
    parser: argparse.ArgumentParser,
    default: str | None = None,
    formats: tuple[str, ...] = FORMATS,
) -> None:
    """Let a command take -o."""
    listed = f"{', '.join(formats[:-1])} or {formats[-1]}"
    text = f"{listed}{f' (default {default})' if default else ''}"
    parser.add_argument(
        "-o", "--output", choices=formats, default=default, metavar="FORMAT", help=text
    )


def render(answer: dict[str, Any], output: str) -> str:  # Any: whatever an API object holds
    """Return the answer with a newline at its end."""
    if output == "json":
        return _escape(json.dumps(answer, indent=4, ensure_ascii=False)) + "\n"
    harmless = json.dumps(answer, ensure_ascii=False).isprintable()
    # half of a command's start-up time, for the few that want it
    yaml = importlib.import_module("yaml")
    dumper: Any = type("Dumper", (yaml.SafeDumper,), {})
    dumper.add_representer(str, _represent_text)
    text: str = yaml.dump(
        answer, Dumper=dumper, sort_keys=False, allow_unicode=harmless, width=10**6
    )
    return text


def _escape(text: str) -> str:
    """Write what could steer a terminal as JSON may: dumps does so below U+0020, but not above."""
    return "".join(
        letter if letter.isprintable() or letter == "\n" else json.dumps(letter)[1:-1]
        for letter in text
    )


def _represent_text(dumper: Any, text: str) -> Any:  # Any: of yaml, which is imported late
    """Write a text of several lines as such."""
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


def clean(text: str) -> str:
    """Keep what others have said from steering the terminal."""
    return "".join(letter if letter.isprintable() or letter == "\n" else " " for letter in text)
