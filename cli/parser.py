"""The parser of the command line: of what is not asked for, it knows the names alone."""

import argparse
import importlib
from collections.abc import Sequence

from cli.command import COMMANDS
from cli.flag import HINT


def build_parser(words: Sequence[str]) -> argparse.ArgumentParser:
    """Return a parser that knows the details of just the commands that the words name."""
    parser = argparse.ArgumentParser(
        prog="kubectl virt",
        description="Sugar for virtual machines.",
        epilog=HINT,
        allow_abbrev=False,
    )
    commands = parser.add_subparsers(
        required=True, dest="command", metavar="COMMAND", title="commands"
    )
    for name, spec in COMMANDS.items():
        command = commands.add_parser(
            name, help=spec.text, description=spec.text, epilog=HINT, allow_abbrev=False
        )
        if name in words:
            importlib.import_module(f"cli.{spec.module}").add_arguments(command)
    return parser
