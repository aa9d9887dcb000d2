"""The command lines of ssh and scp for a VM; pure.

No name, user or path of the user's can become an option of theirs: names are checked, the user
goes into -o User, the words of a command stand after "--".
"""

import re
import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from api.problem import Problem
from cli.target import VMI, Target, parse_target

_REMOTE: Final = re.compile(r"(?:(?P<user>[^/:@]+)@)?(?P<target>[^:@]+):(?P<path>.*)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Way:
    """How ssh gets there."""

    proxy: tuple[str, ...]  # the command that is the connection
    known_hosts: str
    user: str = ""
    identity: str = ""
    options: tuple[str, ...] = ()  # more words for ssh, as the user typed them

    def build_options(self) -> list[str]:
        """Return the options that ssh and scp share."""
        # ssh puts the word through a shell, and reads % for itself before that
        proxy = shlex.join(self.proxy).replace("%", "%%")
        words = ["-o", f"ProxyCommand={proxy}"]
        words += ["-o", f"UserKnownHostsFile={_quote(self.known_hosts)}"]
        if self.user:
            words += ["-o", f"User={_quote(self.user)}"]
        if self.identity:
            words += ["-i", self.identity]
        return words + [word for option in self.options for word in shlex.split(option)]


def split_user(text: str) -> tuple[str, str]:
    """Return the user, if there is one, and the target."""
    user, at, target = text.rpartition("@")
    if at and not user:
        raise Problem("BadTarget", f"{text} names no user before the @")
    return user, target


def name_host(target: Target) -> str:
    """Return the host that known_hosts and the user's own ssh_config know the VM by."""
    return ".".join(((target.kind or VMI).short, target.name, target.namespace))


def build_ssh(way: Way, target: Target, command: Sequence[str]) -> list[str]:
    """Return the words after "ssh"."""
    words = [*way.build_options(), name_host(target)]
    return [*words, "--", *command] if command else words


def build_proxy(own: Sequence[str], flags: Sequence[str], target: Target, port: int) -> list[str]:
    """Return the command that connects to a port of a VM."""
    where = "/".join(((target.kind or VMI).short, target.name, target.namespace))
    return [*own, "port-forward", "--stdio", *flags, where, str(port)]


@dataclass(frozen=True, slots=True)
class Place:
    """A file, here or in a VM."""

    path: str
    target: Target | None = None
    user: str = ""


def parse_place(text: str) -> Place:
    """Read PATH or [USER@]TARGET:PATH; ./PATH is a file here whatever it is called."""
    found = _REMOTE.fullmatch(text)
    if found is None or text.startswith((".", "/")):
        return Place(text)
    return Place(found["path"], parse_target(found["target"]), found["user"] or "")


def choose_remote(source: Place, destination: Place) -> Place:
    """Return the one of two places that is in a VM."""
    remote = [place for place in (source, destination) if place.target is not None]
    if len(remote) != 1:
        raise Problem("BadTarget", "of the two files just one is in a VM, as [USER@]TARGET:PATH")
    return remote[0]


def build_scp(way: Way, host: str, places: Sequence[Place], switches: Sequence[str]) -> list[str]:
    """Return the words after "scp"."""
    return [
        *switches,
        *way.build_options(),
        "--",
        *(f"{host}:{place.path}" if place.target else _spell_local(place.path) for place in places),
    ]


def _spell_local(path: str) -> str:
    """Keep scp from taking a colon in a file's name for the end of a host's."""
    return path if path.startswith("/") else f"./{path}"


def _quote(value: str) -> str:
    """Return a value as ssh_config(5) reads it whole."""
    if '"' in value or "\n" in value:
        raise Problem("BadFlag", f"ssh cannot be told of {value!r}")
    return f'"{value}"'
