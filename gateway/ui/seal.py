"""Seals small secrets into text under keys that all replicas share: AES-256-GCM.

A key is known by the second it was made. All replicas hear of a new key before one of them uses
it, and former keys go on opening what they sealed until the controller drops them.
"""

import base64
import binascii
import hashlib
import os
import zlib
from collections.abc import Mapping
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from gateway.refusal import Refused

# A key younger than this may not have come to every replica.
YOUNG_SECONDS: Final = 300
_VERSION: Final = b"\x01"
_ID_BYTES: Final = 4
_NONCE_BYTES: Final = 12
_HEAD_BYTES: Final = len(_VERSION) + _ID_BYTES + _NONCE_BYTES
# Far more than fits into a cookie: what is sealed cannot blow up memory either.
_MOST_BYTES: Final = 64 * 1024


class Seal:
    """Seals with one key, opens with any."""

    def __init__(self) -> None:
        self._keys: dict[int, AESGCM] = {}
        self._raw: dict[int, bytes] = {}

    def renew(self, keys: Mapping[int, bytes]) -> None:
        """Take these keys of 32 bytes, by when they were made (Unix seconds)."""
        self._keys = {made: AESGCM(key) for made, key in sorted(keys.items())}
        self._raw = dict(keys)

    def seal(self, purpose: str, content: bytes, now: float) -> str:
        """Return ``content`` as text that only ``open`` with the same purpose undoes."""
        made = self._choose(now)
        nonce = os.urandom(_NONCE_BYTES)
        head = _VERSION + made.to_bytes(_ID_BYTES, "big") + nonce
        sealed = self._keys[made].encrypt(nonce, zlib.compress(content, 9), _bind(purpose, head))
        return base64.urlsafe_b64encode(head + sealed).rstrip(b"=").decode()

    def mark(self, text: str, size: int, now: float) -> bytes:
        """Return some bytes that are the same for a text at all replicas, and tell nothing of it.

        With another key they are others.
        """
        key = self._raw[self._choose(now)]
        return hashlib.blake2b(
            text.encode(errors="replace"), digest_size=size, key=key, person=b"mark"
        ).digest()

    def _choose(self, now: float) -> int:
        if not self._keys:
            raise Refused(
                503, "sessions are not ready yet: the controller has made no key for them"
            )
        known = [made for made in self._keys if now - made >= YOUNG_SECONDS]
        return max(known) if known else min(self._keys)

    def open(self, purpose: str, text: str) -> bytes | None:
        """Return what was sealed; None for what was not, or under a key that is gone."""
        try:
            raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
        except (binascii.Error, ValueError):
            return None
        head, sealed = raw[:_HEAD_BYTES], raw[_HEAD_BYTES:]
        key = self._keys.get(int.from_bytes(head[1 : 1 + _ID_BYTES], "big"))
        if key is None or not head.startswith(_VERSION) or len(head) < _HEAD_BYTES:
            return None
        try:
            packed = key.decrypt(head[-_NONCE_BYTES:], sealed, _bind(purpose, head))
            return zlib.decompressobj().decompress(packed, _MOST_BYTES)
        except (InvalidTag, zlib.error):
            return None


def _bind(purpose: str, head: bytes) -> bytes:
    return purpose.encode() + b"\0" + head
