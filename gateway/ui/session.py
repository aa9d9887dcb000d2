"""One user's session, as it is sealed into a cookie; pure.

A session is nothing but the user's own credentials with an end: nobody's rights but those that
the cluster gives to them.
"""

import base64
import binascii
from typing import Final, TypeVar

import msgspec

from gateway.refusal import Refused

T = TypeVar("T")

IDLE_SECONDS: Final = 8 * 3600
WHOLE_SECONDS: Final = 24 * 3600
# How often a session that is used gets a new cookie, which says so.
TOUCH_SECONDS: Final = 300
# How long before its token expires a session may be renewed at the earliest.
RENEW_SECONDS: Final = 360
# Longer than an answer's head takes: by then a cookie that says "used" is on its browser's side.
_LATE_SECONDS: Final = 120
_RENEW_SHARE: Final = 0.6  # of a token's life, where that is short
TOKEN_CHARACTERS: Final = 8000  # more than a cookie holds, and no more than a header does
ACCOUNT: Final = "system:serviceaccount:"


class Credentials(msgspec.Struct, frozen=True, array_like=True):
    """What the user proves themself with: a token, or a certificate and its key (both DER)."""

    token: str = ""
    certificates: tuple[bytes, ...] = ()  # the user's own first, then those that vouch for it
    key: bytes = b""  # PKCS #8

    def __repr__(self) -> str:
        """Tell no secrets."""
        return "Credentials()"


class Session(msgspec.Struct, frozen=True, array_like=True):
    """Who is logged in, until when, and with what; times are Unix seconds."""

    id: bytes
    user: str
    namespace: str
    seen: int  # roughly when it was last used
    until: int
    credentials: Credentials
    refresh: str = ""  # what the issuer gives the next token for; empty: it gives none
    since: int = 0  # when it got its credentials
    last: int = 0  # when it is over however often it is renewed

    @property
    def ends(self) -> int:
        """When it is over unless it is used before."""
        return min(self.until, self.seen + IDLE_SECONDS)

    @property
    def kept(self) -> int:
        """Until when it is worth keeping: an issuer may renew it when its token has expired."""
        return min(self.last, self.seen + IDLE_SECONDS) if self.refresh else self.ends

    @property
    def stays(self) -> int:
        """Until when what began in it may go on: as with kubectl, a token opens and is not held."""
        return self.last if self.refresh else self.until

    @property
    def renews(self) -> bool:
        """Tell whether a later token would make it longer."""
        return bool(self.refresh) and self.until < self.last

    def is_over(self, now: float) -> bool:
        return now >= self.ends

    def is_due(self, now: float) -> bool:
        """Tell whether it is time to renew it: of many pages that ask, one gets it renewed."""
        early = min(RENEW_SECONDS, (self.until - self.since) * _RENEW_SHARE)
        return self.renews and now >= self.until - early

    def is_stale(self, now: float) -> bool:
        """Tell whether its cookie should say that it is used.

        Never while it may be renewed: the answer that says so could come after the one with the
        renewed session, and what it set would take that one's place.
        """
        if self.renews and now >= self.until - RENEW_SECONDS - _LATE_SECONDS:
            return False
        return now - self.seen >= TOUCH_SECONDS

    def touch(self, now: float) -> "Session":
        return msgspec.structs.replace(self, seen=int(now))


class Claims(msgspec.Struct, frozen=True):
    """What is read of a JSON Web Token. It is a hint: kube-apiserver alone can believe it."""

    exp: float | None = None
    iss: str = ""


def begin(
    *,
    id_: bytes,
    user: str,
    namespace: str,
    credentials: Credentials,
    expires: float | None,
    now: float,
    refresh: str = "",
) -> Session:
    """Return a new session that ends with its credentials, or after a day."""
    begun, last = int(now), int(now + WHOLE_SECONDS)
    until = last if expires is None else min(last, int(expires))
    where = namespace or find_namespace(user)
    return Session(id_, user, where, begun, until, credentials, refresh, begun, last)


def renew(held: Session, token: str, refresh: str, expires: float, now: float) -> Session:
    """Return a session with its next token; without ``refresh`` the one before holds on."""
    return msgspec.structs.replace(
        held,
        seen=int(now),
        since=int(now),
        until=min(held.last, int(expires)),
        credentials=Credentials(token),
        refresh=refresh or held.refresh,
    )


def find_namespace(user: str) -> str:
    """Return a service account's namespace; for others Kubernetes' default."""
    if user.startswith(ACCOUNT):
        return user.removeprefix(ACCOUNT).partition(":")[0]
    return "default"


def clean_token(text: str) -> str:
    """Return a token as it was pasted, or raise Refused: it becomes part of a header."""
    token = text.strip().removeprefix("Bearer ").strip()
    if not token:
        raise Refused(400, "there is no token")
    if len(token) > TOKEN_CHARACTERS:
        raise Refused(400, f"a token has at most {TOKEN_CHARACTERS} characters here")
    if not all("!" <= each <= "~" for each in token):
        raise Refused(400, "a token is one word of plain ASCII; this is something else")
    return token


def read_expiry(token: str) -> float | None:
    """Return when a token says that it expires (Unix seconds); None if it does not say."""
    return read_payload(token, Claims, Claims()).exp


def read_issuer(token: str) -> str:
    """Return who a token says that it is of; empty if it does not say."""
    return read_payload(token, Claims, Claims()).iss


def read_payload(token: str, type_: type[T], default: T) -> T:
    """Return the claims of a JSON Web Token unverified; ``default`` for any other."""
    parts = token.split(".")
    if len(parts) != 3:
        return default
    try:
        body = base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4))
        return msgspec.json.decode(body, type=type_, strict=False)
    except (binascii.Error, ValueError, msgspec.DecodeError):
        return default
