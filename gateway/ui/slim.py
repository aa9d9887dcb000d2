"""Tables without managedFields, which are half of a list, and which no page shows; pure.

kube-apiserver puts them into every row, and has no word to leave them out. A page that says
``Prefer: managed-fields=none`` (RFC 7240: who does not know it ignores it) gets its tables without.
They are taken out of the bytes as these pass: a list of any length takes no more memory than a
short one.
"""

import re
import zlib
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

PREFERENCE: Final = "managed-fields=none"
_KEY: Final = b'"managedFields":['
# All up to the next bracket that is none of a string's; half a string at the end is left.
_PLAIN: Final = re.compile(rb'(?:[^"\[\]]++|"(?:[^"\\]++|\\.)*+")*+', re.DOTALL)
# A single string of managedFields, such as the name of a field, may be so long.
_LONGEST: Final = 64 * 1024
# Smaller by a quarter than gzip's fastest, which kube-apiserver uses, and nearly as fast.
_LEVEL: Final = 6
_GZIP: Final = 31  # as zlib numbers its formats


class UnreadableError(Exception):
    """What says that it is JSON is none, or breaks off."""


def is_asked(method: str, headers: Mapping[str, str], path: str, query: str) -> bool:
    """Tell whether a request is for a table, and prefers it without managedFields.

    ``query`` is with its question mark. Watches are left alone: their events may not wait.
    """
    preferred = (each.strip() for each in headers.get("Prefer", "").split(","))
    if method != "GET" or PREFERENCE not in preferred:
        return False
    names = {name for name, _ in parse_qsl(query.removeprefix("?"), keep_blank_values=True)}
    is_watch = "watch" in names or "/watch/" in path
    return "as=Table" in headers.get("Accept", "") and not is_watch


def is_fit(status: int, headers: Mapping[str, str]) -> bool:
    """Tell whether an answer is one that can be made smaller."""
    plain = headers.get("Content-Encoding", "identity") == "identity"
    media_type = headers.get("Content-Type", "").partition(";")[0].strip()
    return status == 200 and plain and media_type == "application/json"


class Slimmer:
    """Makes an answer smaller, piece by piece."""

    def __init__(self, *, gzip: bool) -> None:
        self._stripper = Stripper()
        self.packs = gzip
        self._packer = zlib.compressobj(_LEVEL, wbits=_GZIP) if gzip else None

    def feed(self, piece: bytes) -> bytes:
        """Return what can be sent on; may be empty. Raises UnreadableError."""
        stripped = self._stripper.feed(piece)
        return self._packer.compress(stripped) if self._packer is not None else stripped

    def finish(self) -> bytes:
        """Return the end. Raises UnreadableError."""
        rest = self._stripper.finish()
        return self._packer.compress(rest) + self._packer.flush() if self._packer else rest


class Stripper:
    """Takes each ``"managedFields":[…]`` out of JSON that comes in pieces.

    Only JSON without spaces is known, as kube-apiserver writes it; other stays as it is. Within a
    string its quotation marks would have backslashes before them, so what is found is a key.
    """

    def __init__(self) -> None:
        self._held = b""
        self._depth = 0  # of brackets, within what is taken out
        self._skips_comma = False

    def feed(self, piece: bytes) -> bytes:
        """Return what of the text is certain. Raises UnreadableError."""
        text, at = self._held + piece, 0
        kept: list[bytes] = []
        while True:
            at, found = self._skip(text, at) if self._depth else self._keep(text, at, kept)
            if not found:
                break
        self._held = text[at:]
        if len(self._held) > _LONGEST:
            raise UnreadableError
        return b"".join(kept)

    def finish(self) -> bytes:
        """Return the rest. Raises UnreadableError."""
        if self._depth:
            raise UnreadableError
        return self._held

    def _keep(self, text: bytes, at: int, kept: list[bytes]) -> tuple[int, bool]:
        """Pass on what is before the next key; tells whether there is one."""
        if self._skips_comma and at < len(text):
            at += text.startswith(b",", at)
            self._skips_comma = False
        key = text.find(_KEY, at)
        while key > at and text[key - 1] not in b"{,":
            key = text.find(_KEY, key + 1)
        if key <= at:
            # the beginning of a key, and what stands before it, may be at the end
            end = max(at, len(text) - len(_KEY))
            kept.append(text[at:end])
            return end, False
        is_first = text[key - 1] == ord("{")
        kept.append(text[at : key if is_first else key - 1])
        self._skips_comma = is_first
        self._depth = 1
        return key + len(_KEY), True

    def _skip(self, text: bytes, at: int) -> tuple[int, bool]:
        """Leave out what is within brackets; tells whether they are closed."""
        while self._depth:
            match = _PLAIN.match(text, at)
            at = match.end() if match is not None else at
            if at == len(text) or text[at] == ord('"'):
                return at, False
            self._depth += 1 if text[at] == ord("[") else -1
            at += 1
        return at, True
