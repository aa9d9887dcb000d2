"""What could come next on a command line: kubectl asks for it through `kubectl_complete-virt`.

The words typed so far are the arguments, the last of them may be empty or begun. Each line of the
answer is a candidate; the last one is a directive of cobra's: ":4" offers no files, ":0" does.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from api.problem import Problem
from cli.command import COMMANDS
from cli.flag import SHORT, SWITCHES, VALUED, split_flags
from cli.kubectl import Kubectl
from cli.parser import build_parser

_FILES: Final = 0
_NO_FILES: Final = 4
_OF_FILES: Final = frozenset({"file", "identity_file", "known_hosts", "password_file", "vnc_path"})
_NAMESPACES: Final = "namespaces"

ListNames = Callable[[str], list[str]]


@dataclass(frozen=True, slots=True)
class Answer:
    """Candidates, and whether names of files are some as well."""

    candidates: tuple[str, ...] = ()
    directive: int = _NO_FILES


def main() -> int:
    """Print the candidates; a cluster that does not answer has none."""
    print("\n".join(answer(sys.argv[1:])))
    return 0


def answer(words: Sequence[str]) -> tuple[str, ...]:
    """Return the lines of the answer."""
    words = words or [""]
    try:
        flags, _ = split_flags(words[:-1])
    except Problem:  # the last flag has no value yet
        flags = ()
    kubectl = Kubectl((*flags, "--request-timeout=3s"))

    def list_names(resource: str) -> list[str]:
        try:
            return kubectl.list_names(resource)
        except Problem:
            return []

    found = complete(words, list_names)
    return (*found.candidates, f":{found.directive}")


def complete(words: Sequence[str], list_names: ListNames) -> Answer:
    """Return what the last word could become."""
    *before, begun = words
    last = SHORT.get(before[-1], before[-1]) if before else ""
    if last == "--namespace":
        return _match(begun, list_names(_NAMESPACES))
    if last in VALUED:
        return Answer(directive=_FILES)
    _, typed = split_flags(before)
    if not typed:
        return _match(begun, [*COMMANDS, *_list_flags({})])
    return _complete_command(typed, before[-1], begun, list_names)


def _complete_command(typed: Sequence[str], last: str, begun: str, list_names: ListNames) -> Answer:
    """Return what could come after the name of a command and some of its words."""
    command = typed[0]
    if command not in COMMANDS:
        return Answer()
    options = _find_options(build_parser(typed), typed)
    option = options.get(last)
    if option is not None and option.nargs != 0:
        return _complete_value(begun, option)
    if begun.startswith("-"):
        return _match(begun, _list_flags(options))
    return _complete_argument(begun, command, typed[1:], list_names)


def _complete_value(begun: str, option: argparse.Action) -> Answer:
    if option.choices is not None:
        return _match(begun, [str(choice) for choice in option.choices])
    return Answer(directive=_FILES if option.dest in _OF_FILES else _NO_FILES)


def _complete_argument(
    begun: str, command: str, typed: Sequence[str], list_names: ListNames
) -> Answer:
    fixed = _FIXED.get(command)
    if fixed is not None:
        return _match(begun, [] if typed else fixed)
    if command == "scp":  # a file of this machine, or of a VM
        names = [f"{name}:" for name in list_names(COMMANDS[command].names)]
        return Answer(_match(begun, names).candidates, _FILES)
    resource = COMMANDS[command].names
    prefix, slash, _ = begun.rpartition("/")
    names = list_names(resource) if resource else []
    fresh = [f"{prefix}{slash}{name}" for name in names if name not in typed]
    return _match(begun, fresh)


_FIXED: Final = {
    "completion": ["bash", "fish", "kubectl", "zsh"],
    "create": ["vm", "instancetype", "preference"],
    "expose": ["vm", "vmi", "vmirs"],
    "plan": [],
    "version": [],
}


def _find_options(
    parser: argparse.ArgumentParser, typed: Sequence[str]
) -> dict[str, argparse.Action]:
    """Return the options of the command that the words name, or of its kind of object."""
    options: dict[str, argparse.Action] = {}
    for word in typed:
        inner = [
            action.choices[word]
            for action in parser._actions  # noqa: SLF001 - argparse lists its options nowhere else
            if isinstance(action, argparse._SubParsersAction)  # noqa: SLF001
            and word in action.choices
        ]
        if not inner:
            break
        parser = inner[0]
    for action in parser._actions:  # noqa: SLF001
        if action.help is not argparse.SUPPRESS:
            options.update(dict.fromkeys(action.option_strings, action))
    return options


def _list_flags(options: dict[str, argparse.Action]) -> list[str]:
    own = [flag for flag in options if flag.startswith("--")]
    return [*own, *sorted(VALUED | SWITCHES)]


def _match(begun: str, candidates: Sequence[str]) -> Answer:
    return Answer(tuple(each for each in candidates if each.startswith(begun)))


if __name__ == "__main__":
    sys.exit(main())
