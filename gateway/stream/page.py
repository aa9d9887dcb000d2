"""The page that shows a graphical console in a browser, with noVNC's modules beside it."""

import logging
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Final

from api.names import SUBRESOURCE_VERSIONS
from gateway.route import ROOT

log = logging.getLogger(__name__)

# Where the image has noVNC; it is no part of this repository.
NOVNC: Final = Path("/usr/share/novnc")
PAGE_HEADERS: Final[Mapping[str, str]] = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; "
        "img-src 'self' data: blob:; "  # noVNC's cursors and JPEG pieces
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "SAMEORIGIN",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-cache",
}
_OWN: Final = Path(__file__).parent / "novnc"
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
}
_MODULES: Final = ("core", "vendor")

Pages = Mapping[str, tuple[str, bytes]]


def build_pages(novnc: Path = NOVNC) -> Pages:
    """Return content type and bytes by exact path; nothing when noVNC is not there."""
    if not (novnc / "core" / "rfb.js").is_file():
        log.warning("no noVNC, so no page for graphical consoles", extra={"folder": str(novnc)})
        return {}
    files = dict(_read(novnc)) | {path.name: path for path in _OWN.iterdir()}
    files[""] = files.pop("index.html")
    content = {name: (_TYPES[path.suffix], path.read_bytes()) for name, path in files.items()}
    return {
        f"{ROOT}/{version}/novnc/{name}": told
        for version in SUBRESOURCE_VERSIONS
        for name, told in content.items()
    }


def _read(novnc: Path) -> Iterator[tuple[str, Path]]:
    for folder in _MODULES:
        for path in (novnc / folder).rglob("*.js"):
            yield path.relative_to(novnc).as_posix(), path
