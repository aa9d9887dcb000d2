"""The token in an Authorization header; pure."""

import base64
import binascii
import re
from typing import Final

from cockpit_login.refusal import Refusal

TOKEN_BYTES: Final = 16 * 1024
_TOKEN: Final = re.compile(r"[A-Za-z0-9._~+/-]+=*")  # RFC 6750, section 2.1


def parse_token(header: str) -> str:
    """Return the token: that of Bearer, or the password of Basic, whose user is anybody.

    Raises:
        Refusal: there is none, or nothing that could be one.
    """
    scheme, _, value = header.strip().partition(" ")
    match scheme.lower():
        case "bearer":
            token = value.strip()
        case "basic":
            token = _parse_password(value.strip())
        case _:
            raise Refusal("authentication-failed", "log in with a token")
    if len(token) > TOKEN_BYTES:
        raise Refusal("authentication-failed", "that is too long for a token")
    if not _TOKEN.fullmatch(token):
        raise Refusal("authentication-failed", "that is no token")
    return token


def _parse_password(value: str) -> str:
    try:
        text = base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError) as error:
        raise Refusal("authentication-failed", "that is no token") from error
    _, _, password = text.partition(":")
    # Cockpit's login page puts what it knows of ssh hosts behind the password.
    return password.partition("\0")[0].strip()
