"""Who calls: read from what the front proxy says, if it is one that may say it; pure.

The API server in front of us authenticates users and tells of them in headers. Whoever else sends
such headers is nobody: they count on a connection alone whose peer showed a certificate of the
front proxies' authority with an allowed name. Which these are, and what the headers are called,
stands in a ConfigMap that the API server writes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol
from urllib.parse import unquote_to_bytes

import msgspec

from api.problem import Problem
from gateway.user import User

CONFIG_NAMESPACE: Final = "kube-system"
CONFIG_NAME: Final = "extension-apiserver-authentication"
_AUTHORITIES: Final = "requestheader-client-ca-file"
_NAMES: Final = msgspec.json.Decoder(tuple[str, ...])


class Headers(Protocol):
    """HTTP headers, several of a name perhaps."""

    def getall(self, key: str, default: list[str]) -> list[str]: ...
    def items(self) -> Iterable[tuple[str, str]]: ...


@dataclass(frozen=True, slots=True)
class FrontProxy:
    """Whom to believe, and where they write what they say."""

    authorities: bytes  # PEM
    allowed_names: frozenset[str]  # common names; none means any of these authorities
    user_headers: tuple[str, ...]
    group_headers: tuple[str, ...]
    extra_prefixes: tuple[str, ...]  # lower case
    uid_headers: tuple[str, ...] = ()

    def may_speak(self, common_name: str) -> bool:
        """Say whether a verified certificate of this name is a front proxy's."""
        return bool(common_name) and (not self.allowed_names or common_name in self.allowed_names)


def read_front_proxy(data: Mapping[str, str]) -> FrontProxy:
    """Read the ConfigMap's data; a Problem when the cluster has no front proxy."""
    authorities = data.get(_AUTHORITIES, "")
    if not authorities.strip():
        raise Problem("NoFrontProxy", f"the API server names no {_AUTHORITIES}")
    return FrontProxy(
        authorities=authorities.encode(),
        allowed_names=frozenset(_read_names(data, "requestheader-allowed-names")),
        user_headers=_read_names(data, "requestheader-username-headers"),
        group_headers=_read_names(data, "requestheader-group-headers"),
        extra_prefixes=tuple(
            each.lower() for each in _read_names(data, "requestheader-extra-headers-prefix")
        ),
        uid_headers=_read_names(data, "requestheader-uid-headers"),
    )


def read_user(headers: Headers, proxy: FrontProxy) -> User | None:
    """Return the user that the headers name; None when they name none, or more than one."""
    names = _find_values(headers, proxy.user_headers)
    uids = _find_values(headers, proxy.uid_headers)
    if len(names) != 1 or not names[0] or len(uids) > 1:
        return None
    groups = tuple(value for name in proxy.group_headers for value in headers.getall(name, []))
    return User(names[0], "".join(uids), groups, _read_extra(headers, proxy.extra_prefixes))


def _find_values(headers: Headers, names: Iterable[str]) -> list[str]:
    """Return the values of the first header that is there; it should have one."""
    for name in names:
        if values := headers.getall(name, []):
            return values
    return []


def _read_extra(headers: Headers, prefixes: Iterable[str]) -> dict[str, tuple[str, ...]]:
    """Return extra facts; what stands for a key is in lower case and percent-encoded."""
    found: dict[str, tuple[str, ...]] = {}
    for name, value in headers.items():
        lower = name.lower()
        for prefix in prefixes:
            if lower.startswith(prefix):
                key = unquote_to_bytes(lower.removeprefix(prefix)).decode("utf-8", "replace")
                found[key] = (*found.get(key, ()), value)
    return found


def _read_names(data: Mapping[str, str], key: str) -> tuple[str, ...]:
    try:
        return _NAMES.decode(data.get(key) or "[]")
    except msgspec.DecodeError as error:
        raise Problem("FrontProxyUnreadable", f"{key} is no list of texts: {error}") from error
