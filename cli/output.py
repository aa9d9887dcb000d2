"""Printing an answer as JSON or YAML, the way kubectl's -o asks for it."""

import argparse
import importlib
import json
from typing import Any, Final

FORMATS: Final = ("json", "yaml")


def add_output(parser: argparse.ArgumentParser, default: str | None = None) -> None:
    """Let a command take -o."""
    text = f"json or yaml{f' (default {default})' if default else ''}"
    parser.add_argument(
        "-o", "--output", choices=FORMATS, default=default, metavar="FORMAT", help=text
    )


def render(answer: dict[str, Any], output: str) -> str:  # Any: whatever an API object holds
    """Return the answer with a newline at its end."""
    if output == "json":
        return json.dumps(answer, indent=4, ensure_ascii=False) + "\n"
    # half of a command's start-up time, for the few that want it
    yaml = importlib.import_module("yaml")
    text: str = yaml.safe_dump(answer, sort_keys=False, allow_unicode=True, width=10**6)
    return text
