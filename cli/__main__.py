"""The command line of `kubectl virt`; a module a command, imported when it is asked for."""

import argparse
import importlib
import signal
import sys
from collections.abc import Sequence
from typing import Final

from api.problem import Problem
from cli.flag import HINT, split_flags
from cli.kubectl import Kubectl

# Each module has add_arguments(parser) and run(arguments, kubectl) → exit code.
COMMANDS: Final = {
    "expand": "show a VM with its instancetype and preference written out",
    "why": "say in a sentence why a VM does not run, and what to do",
}


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; a Problem is its message and exit code 1."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `kubectl virt … | head` is no error
    try:
        flags, words = split_flags(sys.argv[1:] if argv is None else argv)
        arguments = _build_parser(words).parse_args(words)
        command = importlib.import_module(f"cli.{arguments.command}")
        code: int = command.run(arguments, Kubectl(flags))
    except Problem as problem:
        print(problem.message, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def _build_parser(words: Sequence[str]) -> argparse.ArgumentParser:
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
    for name, text in COMMANDS.items():
        command = commands.add_parser(
            name, help=text, description=text, epilog=HINT, allow_abbrev=False
        )
        if name in words:
            importlib.import_module(f"cli.{name}").add_arguments(command)
    return parser


if __name__ == "__main__":
    sys.exit(main())
