"""kubectl's own flags: every command takes them, wherever they stand, and passes them on."""

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
SHORT: Final = {"-n": "--namespace", "-s": "--server", "-v": "--v"}


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
