"""The pages' files: found once at the start, sent as small as the browser takes them."""

import asyncio
import hashlib
import html
import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from aiohttp import web

from gateway.ui.header import PAGE_HEADERS

log = logging.getLogger(__name__)

# Where the image has them; they are built from web/.
WEB: Final = Path("/usr/share/virtpod/web")
INDEX: Final = "index.html"
_TYPES: Final = {
    ".html": "text/html; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".json": "application/json",
    ".svg": "image/svg+xml",
    ".png": "image/png",
    ".txt": "text/plain; charset=utf-8",
    ".woff2": "font/woff2",
}
_ENCODINGS: Final = {"br": ".br", "gzip": ".gz"}  # the better first
# As web/build.mjs names what never changes.
_HASHED: Final = re.compile(r"-[A-Z0-9]{8}\.")
_FOREVER: Final = "public, max-age=31536000, immutable"


@dataclass(frozen=True, slots=True)
class File:
    """One file, and what it is compressed to: paths by their content coding, "" for itself."""

    media_type: str
    etag: str
    forms: Mapping[str, Path]
    cache: str


class Bundle:
    """All files of the pages; there may be none."""

    def __init__(self, folder: Path = WEB) -> None:
        self._files = read_files(folder)
        self._contents: dict[Path, bytes] = {}
        if INDEX not in self._files:
            log.warning("no pages, so no graphical interface", extra={"folder": str(folder)})

    async def answer(self, name: str, headers: Mapping[str, str]) -> web.Response | None:
        """Answer with a file, None when there is none of this name."""
        file = self._files.get(name or INDEX)
        if file is None:
            return _say_missing() if not name else None
        common = {**PAGE_HEADERS, "Cache-Control": file.cache, "Vary": "Accept-Encoding"}
        coding = choose_coding(file, headers.get("Accept-Encoding", ""))
        # of one file in several forms, each has a tag of its own
        etag = f'"{file.etag}{coding and "-"}{coding}"'
        common["ETag"] = etag
        if etag in (each.strip() for each in headers.get("If-None-Match", "").split(",")):
            return web.Response(status=304, headers=common)
        common["Content-Type"] = file.media_type
        if coding:
            common["Content-Encoding"] = coding
        return web.Response(body=await self._read(file.forms[coding]), headers=common)

    async def _read(self, path: Path) -> bytes:
        """Return a file's content: one copy for all, read when the first asks for it."""
        content = self._contents.get(path)
        if content is None:
            content = self._contents[path] = await asyncio.to_thread(path.read_bytes)
        return content


def read_files(folder: Path) -> dict[str, File]:
    """Return what may be sent, by name; what has another type of file is left out."""
    found: dict[str, File] = {}
    paths = {path.name: path for path in folder.glob("*") if path.is_file()}
    for name, path in paths.items():
        media_type = _TYPES.get(path.suffix)
        if media_type is None:
            continue
        forms = {
            coding: paths[name + suffix]
            for coding, suffix in _ENCODINGS.items()
            if name + suffix in paths
        }
        etag = hashlib.sha256(path.read_bytes()).hexdigest()[:32]
        cache = _FOREVER if _HASHED.search(name) else "no-cache"
        found[name] = File(media_type, etag, {**forms, "": path}, cache)
    return found


def choose_coding(file: File, accept: str) -> str:
    """Return the best content coding that a browser takes; "" for none."""
    taken = {
        name.strip().lower()
        for name, _, weight in (each.partition(";") for each in accept.split(","))
        if weight.replace(" ", "") not in {"q=0", "q=0.0", "q=0.00", "q=0.000"}
    }
    return next((coding for coding in _ENCODINGS if coding in taken and coding in file.forms), "")


def build_notice(title: str, text: str, code: int) -> web.Response:
    """Return a page that says one thing; no string in it is taken for more than text."""
    body = (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width">'
        f"<title>{html.escape(title)}</title></head><body><main><h1>{html.escape(title)}</h1>"
        f'<p>{html.escape(text)}</p><p><a href="/">virtpod</a></p></main></body></html>\n'
    )
    headers = {**PAGE_HEADERS, "Cache-Control": "no-store", "Content-Type": _TYPES[".html"]}
    return web.Response(status=code, body=body.encode(), headers=headers)


def _say_missing() -> web.Response:
    return build_notice(
        "The pages are missing",
        "This virt-api was built without the graphical interface (web/dist/standalone). "
        "Everything else works; kubectl virt does what the pages would.",
        503,
    )
