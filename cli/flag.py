"""kubectl's own flags: every command takes them, wherever they stand, and passes them on."""

import argparse
import re
from collections.abc import Sequence
from typing import Final

from api.problem import Problem

HINT: Final = (
    "Flags of kubectl (-n, --context, --kubeconfig, --as and so on) are passed on to it;"
    " `kubectl options` lists them."
)
VALUED: Final = frozenset(
    {
        "--as",
        "--as-group",
        "--as-uid",
        "--as-user-extra",
        "--cache-dir",
        "--certificate-authority",
        "--client-certificate",
        "--client-key",
        "--cluster",
        "--context",
        "--kubeconfig",
        "--kuberc",
        "--namespace",
        "--password",
        "--request-timeout",
        "--server",
        "--tls-server-name",
        "--token",
        "--user",
        "--username",
        "--v",
        "--vmodule",
    }
)
SWITCHES: Final = frozenset(
    {
        "--disable-compression",
        "--insecure-skip-tls-verify",
        "--match-server-version",
        "--warnings-as-errors",
    }
)
# Flags that a command has for itself, and kubectl another of the same name.
OWN: Final = {"create": frozenset({"--user"})}
SHORT: Final = {"-n": "--namespace", "-s": "--server", "-v": "--v"}

SERVER: Final = "server"  # of --dry-run, as CLIENT is
CLIENT: Final = "client"
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_NUMBER: Final = re.compile(r"\d+(\.\d+)?")
_PART: Final = re.compile(r"(\d+(?:\.\d+)?)(ms|s|m|h)")
_DURATION: Final = re.compile(rf"({_PART.pattern})+")


def split_flags(words: Sequence[str]) -> tuple[tuple[str, ...], list[str]]:
    """Return kubectl's flags, as --flag=value, and the other words; after "--" there are none."""
    flags: list[str] = []
    rest: list[str] = []
    remaining = list(words)
    while remaining:
        word = remaining.pop(0)
        if word == "--":
            rest += [word, *remaining]
            break
        flag, value = _read_flag(word)
        if rest and flag in OWN.get(rest[0], ()):
            flag = ""
        if flag in VALUED and value is None:
            if not remaining:
                raise Problem("BadFlag", f"flag needs an argument: {word}")
            value = remaining.pop(0)
        if flag:
            flags.append(flag if value is None else f"{flag}={value}")
        else:
            rest.append(word)
    return tuple(flags), rest


def _read_flag(word: str) -> tuple[str, str | None]:
    """Return the flag that a word is, if any, and the value that is part of the word."""
    flag, equals, value = word.partition("=")
    flag = SHORT.get(flag, flag)
    if flag in VALUED or flag in SWITCHES:
        return flag, value if equals else None
    if word[:2] in SHORT:  # -nNAMESPACE
        return SHORT[word[:2]], word[2:]
    return "", None


def add_switch(parser: argparse.ArgumentParser, *names: str, help: str) -> None:  # noqa: A002
    """Let a command take a switch, also spelt --switch=true and --switch=false as in Go."""
    parser.add_argument(*names, action="store_true", help=help)
    long = names[-1]
    name = long.removeprefix("--").replace("-", "_")
    for word, action in (("true", "store_true"), ("false", "store_false")):
        parser.add_argument(
            f"{long}={word}", dest=name, action=action, default=False, help=argparse.SUPPRESS
        )


def add_dry_run(parser: argparse.ArgumentParser) -> None:
    """Let a command take --dry-run, which is the server's: nothing is decided here."""
    text = "let the server say what would happen; also --dry-run=server"
    parser.add_argument("--dry-run", action="store_const", const=SERVER, default="", help=text)
    for word, meaning in (
        ("true", SERVER),
        (SERVER, SERVER),
        (CLIENT, CLIENT),
        ("none", ""),
        ("false", ""),
    ):
        parser.add_argument(
            f"--dry-run={word}",
            dest="dry_run",
            action="store_const",
            const=meaning,
            default="",
            help=argparse.SUPPRESS,
        )


def parse_duration(text: str) -> float:
    """Read seconds as Go writes them: 90s, 5m, 1h30m; a bare number is of seconds."""
    if _NUMBER.fullmatch(text):
        return float(text)
    if not _DURATION.fullmatch(text):
        raise argparse.ArgumentTypeError(f"{text!r} is no duration such as 90s, 5m or 1h30m")
    return sum(float(amount) * _UNITS[unit] for amount, unit in _PART.findall(text))
