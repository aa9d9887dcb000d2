"""Whether a request comes from our own pages; pure.

Cookies that other sites' requests do not carry (SameSite=Strict) are the first lock, this is the
second: a browser says where a request comes from, and no script can change that.
"""

from collections.abc import Mapping
from typing import Final
from urllib.parse import urlsplit

from gateway.refusal import Refused

REQUESTED_WITH: Final = "virtpod"
_HTTPS_PORT: Final = 443
_FOREIGN: Final = "this request does not come from virtpod's own pages"


def check_write(headers: Mapping[str, str], allowed: str = "") -> None:
    """Raise Refused unless our own page sends a request that may change something.

    ``allowed`` is an origin that counts besides the one that the Host header names.
    """
    check_origin(headers, allowed)
    if headers.get("X-Requested-With") != REQUESTED_WITH:
        raise Refused(403, f"{_FOREIGN}: it lacks the header X-Requested-With: {REQUESTED_WITH}")


def check_origin(headers: Mapping[str, str], allowed: str = "") -> None:
    """Raise Refused unless the header Origin is there and names us: writes and websockets."""
    origin = read_origin(headers.get("Origin", ""))
    own = {read_origin(f"https://{headers.get('Host', '')}"), read_origin(allowed)} - {""}
    if origin not in own:
        raise Refused(403, f"{_FOREIGN}: its Origin is another, or none")
    if headers.get("Sec-Fetch-Site", "same-origin") != "same-origin":
        raise Refused(403, _FOREIGN)


def check_read(headers: Mapping[str, str]) -> None:
    """Raise Refused if a browser says that another site reads."""
    if headers.get("Sec-Fetch-Site", "none") not in {"same-origin", "none"}:
        raise Refused(403, _FOREIGN)


def read_origin(url: str) -> str:
    """Return scheme, host and port of an https URL, spelled in one way; empty for any other."""
    try:
        parts = urlsplit(url)
        port = parts.port or _HTTPS_PORT
    except ValueError:
        return ""
    if parts.scheme != "https" or not parts.hostname or "@" in parts.netloc:
        return ""
    return f"https://{parts.hostname}:{port}"
