"""The cookie that a session lives in, and its spelling."""

import contextlib

import msgspec

from gateway.refusal import Refused
from gateway.ui.seal import Seal
from gateway.ui.session import Session

SESSION = "__Host-virtpod"
LOGIN = "__Host-virtpod-login"  # of a login that is under way elsewhere
# Browsers drop a cookie whose name and value are longer than this.
MOST_CHARACTERS = 4096
_ALWAYS = "Path=/; Secure; HttpOnly"

_encode = msgspec.msgpack.Encoder().encode
_decoder = msgspec.msgpack.Decoder(Session)


def write_session(seal: Seal, session: Session, now: float) -> str:
    """Return the value of Set-Cookie; raises Refused when the credentials are too large."""
    value = seal.seal("session", _encode(session), now)
    if len(SESSION) + 1 + len(value) > MOST_CHARACTERS:
        what = "certificate and key are" if session.credentials.key else "token is"
        raise Refused(
            400,
            f"the {what} too large for a cookie ({len(value)} of {MOST_CHARACTERS} characters): "
            "use a token of a service account (kubectl create token), or a certificate with an "
            "elliptic-curve key",
        )
    return (
        f"{SESSION}={value}; Max-Age={max(session.kept - int(now), 0)}; {_ALWAYS}; SameSite=Strict"
    )


def fit_session(seal: Seal, session: Session, now: float) -> tuple[Session, str]:
    """Return a session as it goes into a cookie, and Set-Cookie.

    What renews it is left out where both do not fit; raises Refused when that is too large as well.
    """
    if session.refresh:
        with contextlib.suppress(Refused):
            return session, write_session(seal, session, now)
        session = msgspec.structs.replace(session, refresh="")
    return session, write_session(seal, session, now)


def read_session(seal: Seal, value: str, now: float) -> Session | None:
    """Return the session in a cookie's value; None for one that is gone, or not ours."""
    content = seal.open("session", value)
    if content is None:
        return None
    try:
        session = _decoder.decode(content)
    except msgspec.DecodeError:  # of another version of ours
        return None
    return None if now >= session.kept else session


def write_login(value: str, seconds: int) -> str:
    """Return Set-Cookie of a login under way.

    It is to come with the browser's return from another site, which a strict one does not.
    """
    return f"{LOGIN}={value}; Max-Age={seconds}; {_ALWAYS}; SameSite=Lax"


def clear(name: str) -> str:
    """Return Set-Cookie that removes one."""
    site = "Strict" if name == SESSION else "Lax"
    return f"{name}=; Max-Age=0; {_ALWAYS}; SameSite={site}"
