"""What a command is about: kinds of objects, and how users name one; pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode

from api.names import API_VERSION, GROUP, SUBRESOURCE_GROUP, SUBRESOURCE_VERSIONS
from api.problem import Problem

_NAME: Final = re.compile(r"[a-z0-9]([-.a-z0-9]{0,251}[a-z0-9])?")
SUBRESOURCES: Final = f"/apis/{SUBRESOURCE_GROUP}/{SUBRESOURCE_VERSIONS[0]}"


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object, and the words that mean it."""

    singular: str
    short: str

    @property
    def plural(self) -> str:
        return f"{self.singular}s"

    @property
    def resource(self) -> str:
        """The name that no other group's resource can be taken for."""
        return f"{self.plural}.{GROUP}"

    @property
    def words(self) -> tuple[str, ...]:
        return (self.short, f"{self.short}s", self.singular, self.plural, self.resource)


VM: Final = Kind("virtualmachine", "vm")
VMI: Final = Kind("virtualmachineinstance", "vmi")
VMIRS: Final = Kind("virtualmachineinstancereplicaset", "vmirs")


@dataclass(frozen=True, slots=True)
class Target:
    """One object as a user named it; without a kind, the command knows which to look for."""

    name: str
    kind: Kind | None = None
    namespace: str = ""  # empty: that of kubectl's flags


def check_name(name: str) -> str:
    """Return what can be an object's name (RFC 1123's subdomain); else raise a Problem."""
    if not _NAME.fullmatch(name):
        raise Problem("BadName", f"{name!r} is no name: a-z, 0-9, - and dots, 253 at most")
    return name


def parse_target(text: str, kinds: Sequence[Kind] = (VM, VMI)) -> Target:
    """Read NAME, TYPE/NAME or TYPE/NAME/NAMESPACE; what cannot be a name is a Problem.

    Names become parts of paths, of patterns and of other programs' arguments.
    """
    word, *rest = text.split("/")
    for name in rest or [word]:
        if not _NAME.fullmatch(name):
            raise Problem("BadTarget", f"{text!r}: {name!r} is no name: a-z, 0-9, - and dots")
    if not rest:
        return Target(word)
    kind = find_kind(word, kinds)
    if kind is None:
        raise Problem("UnknownType", f"{text}: the type is none of {_list_words(kinds)}")
    if len(rest) > 2:
        raise Problem("BadTarget", f"{text} is not TYPE/NAME or TYPE/NAME/NAMESPACE")
    return Target(rest[0], kind, rest[1] if len(rest) == 2 else "")


def parse_targets(words: Sequence[str], kinds: Sequence[Kind] = (VM, VMI)) -> tuple[Target, ...]:
    """Read several targets; as with kubectl, a first word TYPE may stand for all of them."""
    kind = find_kind(words[0], kinds) if len(words) > 1 else None
    if kind is None:
        return tuple(parse_target(word, kinds) for word in words)
    return tuple(parse_target(f"{kind.short}/{word}", kinds) for word in words[1:])


def find_kind(word: str, kinds: Sequence[Kind]) -> Kind | None:
    """Return the kind that a word means."""
    return next((kind for kind in kinds if word.lower() in kind.words), None)


def build_subresource_path(kind: Kind, namespace: str, name: str, *parts: str) -> str:
    """Return the path of a subresource of an object."""
    where = "/".join(quote(part, safe="") for part in (namespace, kind.plural, name, *parts))
    return f"{SUBRESOURCES}/namespaces/{where}"


def build_list_path(kind: Kind, namespace: str, name: str) -> str:
    """Return the path of a list of the one object, which tells from where to watch it."""
    return _build_collection_path(kind, namespace, {"fieldSelector": f"metadata.name={name}"})


def build_watch_path(kind: Kind, namespace: str, name: str, version: str, seconds: int) -> str:
    """Return the path of a watch on one object, which the server ends after some seconds.

    It begins after a resourceVersion: without one, a server whose etcd does not tell of its
    progress (before 3.4.31) keeps a quiet object's watch waiting, and then ends it.
    """
    query = {
        "watch": "true",
        "fieldSelector": f"metadata.name={name}",
        "resourceVersion": version,
        "timeoutSeconds": str(max(1, seconds)),
    }
    return _build_collection_path(kind, namespace, query)


def _build_collection_path(kind: Kind, namespace: str, query: Mapping[str, str]) -> str:
    place = f"namespaces/{quote(namespace, safe='')}/{kind.plural}"
    return f"/apis/{API_VERSION}/{place}?{urlencode(query)}"


def _list_words(kinds: Sequence[Kind]) -> str:
    return ", ".join(kind.short for kind in kinds)
