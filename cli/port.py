"""Which ports are forwarded: [PROTOCOL/]LOCAL[:REMOTE]; pure."""

from dataclasses import dataclass
from typing import Final, Literal, get_args

from api.problem import Problem

Protocol = Literal["tcp", "udp"]
_PROTOCOLS: Final[tuple[Protocol, ...]] = get_args(Protocol)


@dataclass(frozen=True, slots=True)
class Port:
    """A local port, 0 for one that is free, and the guest's."""

    protocol: Protocol
    local: int
    remote: int


def parse_port(text: str) -> Port:
    """Read one argument of port-forward."""
    word, slash, ports = text.rpartition("/")
    protocol = next((each for each in _PROTOCOLS if each == word.lower()), None)
    if slash and protocol is None:
        raise Problem("BadPort", f"{text}: the protocol is neither tcp nor udp")
    local, colon, remote = ports.partition(":")
    return Port(
        protocol or "tcp",
        _parse_number(local, text, lowest=0 if colon else 1),
        _parse_number(remote if colon else local, text, lowest=1),
    )


def _parse_number(word: str, text: str, lowest: int) -> int:
    if not (word.isascii() and word.isdecimal() and lowest <= int(word) <= 65535):
        where = "" if word == text else f"{text}: "
        raise Problem(
            "BadPort", f"{where}{word or 'nothing'} is no port number ({lowest} to 65535)"
        )
    return int(word)
