"""The command line of `kubectl virt`."""

import importlib
import os
import signal
import sys
from collections.abc import Sequence

from api.problem import Problem
from cli.command import COMMANDS, COMPLETE
from cli.failure import tell
from cli.flag import split_flags
from cli.kubectl import Kubectl
from cli.parser import build_parser


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; a Problem is its message and exit code 1."""
    signal.signal(signal.SIGPIPE, signal.SIG_DFL)  # `kubectl virt … | head` is no error
    _open_missing_streams()
    typed = sys.argv[1:] if argv is None else argv
    if tuple(typed[:2]) == COMPLETE:
        print("\n".join(importlib.import_module("cli.complete").answer(typed[2:])))
        return 0
    kubectl = Kubectl()
    try:
        flags, words = split_flags(typed)
        kubectl = Kubectl(flags)
        arguments = build_parser(words).parse_args(words)
        command = importlib.import_module(f"cli.{COMMANDS[arguments.command].module}")
        code: int = command.run(arguments, kubectl)
        sys.stdout.flush()
    except Problem as problem:
        tell(problem, kubectl)
        return 1
    except OSError as error:  # of our own output: what else is opened has words of its own
        tell(Problem("NotWritten", f"cannot go on: {error.strerror or error}"), kubectl)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # for what is flushed at the very end
        return 1
    except KeyboardInterrupt:
        return 130
    return code


def _open_missing_streams() -> None:
    """Stand in for streams that our caller closed, lest a file of ours gets their number."""
    for name, number, mode in (("stdin", 0, "r"), ("stdout", 1, "w"), ("stderr", 2, "w")):
        if getattr(sys, name) is None:
            # a program that we start has them too
            os.set_inheritable(descriptor := os.open(os.devnull, os.O_RDWR), True)
            if descriptor != number:
                os.dup2(descriptor, number)
                os.close(descriptor)
            setattr(sys, name, open(number, mode, closefd=False))  # noqa: SIM115


if __name__ == "__main__":
    sys.exit(main())
