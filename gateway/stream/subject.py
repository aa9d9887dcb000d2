"""What a session is about: who, with which VM, from where; pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from gateway.user import User

_FORWARDED: Final = "X-Forwarded-For"


class Kind(StrEnum):
    """What of a VM a session is with."""

    CONSOLE = "console"
    VNC = "vnc"
    PORT = "portforward"


@dataclass(frozen=True, slots=True)
class Subject:
    """One session's facts, as they were when it was asked for."""

    kind: Kind
    namespace: str
    name: str
    user: User
    resource: str  # of the route: the right that was reviewed
    source: str = ""
    detail: str = ""  # of a port: its number and protocol

    @property
    def right(self) -> tuple[object, ...]:
        """Return what one review answers for: the same user doing the same to the same VM."""
        who = self.user
        extra = tuple(sorted(who.extra.items()))
        what = (self.resource, self.kind, self.namespace, self.name)
        return (*what, who.name, who.uid, who.groups, extra)

    @property
    def fields(self) -> dict[str, object]:
        """Return what the audit is told."""
        told: dict[str, object] = {
            "kind": self.kind,
            "namespace": self.namespace,
            "vm": self.name,
            "user": self.user.name,
            "source": self.source,
        }
        return told | ({"port": self.detail} if self.detail else {})


def read_source(headers: Mapping[str, str], peer: str | None) -> str:
    """Return the address of the client, as the API server saw it: it appends what it saw."""
    return headers.get(_FORWARDED, "").rpartition(",")[2].strip()[:64] or peer or ""
