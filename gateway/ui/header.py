"""Which headers pass, and which are ours; pure."""

from collections.abc import Mapping
from typing import Final

from api.names import COMPONENT_API
from gateway.refusal import Refused

_POLICY: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
    "img-src 'self' data: blob:; font-src 'self'; worker-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_COMMON: Final = {
    "Server": COMPONENT_API,  # and not which versions of what
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
PAGE_HEADERS: Final[Mapping[str, str]] = {
    **_COMMON,
    "Content-Security-Policy": _POLICY,
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
# An answer that a browser is made to show as a page is one without scripts, forms and origin.
DATA_HEADERS: Final[Mapping[str, str]] = {
    **_COMMON,
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Cache-Control": "no-store",
}
_TO_SERVER: Final = ("Accept", "Content-Type", "If-Match", "If-None-Match")
_TO_BROWSER: Final = ("Audit-Id", "Content-Encoding", "ETag", "Retry-After", "Warning")
# Whatever else a server says that its answer is, it is bytes to be saved.
_SHOWN: Final = ("application/json", "application/yaml", "application/com.github.", "text/plain")
_BYTES: Final = "application/octet-stream"
_PICTURES: Final = frozenset({"image/png", "image/jpeg"})


def build_request(headers: Mapping[str, str], source: str) -> dict[str, str]:
    """Return what kube-apiserver is told of a browser's headers, and from where they came.

    Who wants to act as somebody else must not find that they act as themself.
    """
    if any(name.lower().startswith("impersonate-") for name in headers):
        raise Refused(400, "these pages act as the user who is logged in, and as nobody else")
    passed = {name: headers[name] for name in _TO_SERVER if name in headers}
    gzip = "gzip" in headers.get("Accept-Encoding", "")
    # the audit log's sourceIPs
    return passed | {
        "Accept-Encoding": "gzip" if gzip else "identity",
        "X-Forwarded-For": source,
        "User-Agent": "virtpod-ui",
    }


def build_response(headers: Mapping[str, str], *, cacheable: bool) -> dict[str, str]:
    """Return a browser's headers from those of kube-apiserver."""
    passed = {name: headers[name] for name in _TO_BROWSER if name in headers}
    media_type = headers.get("Content-Type", _BYTES)
    built = {**DATA_HEADERS, **passed, "Content-Type": media_type}
    if not (media_type.startswith(_SHOWN) or media_type in _PICTURES):
        built |= {"Content-Type": _BYTES, "Content-Disposition": "attachment"}
    if cacheable and "Cache-Control" in headers:
        # what a user may read is nobody else's, so no shared cache keeps it
        built["Cache-Control"] = headers["Cache-Control"].replace("public", "private")
    return built
