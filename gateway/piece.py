"""Long answers are sent in pieces, each when the client has taken most of the one before.

Of one that is written at once, TLS makes a copy for each client; of pieces, all share the bytes.
"""

from typing import Final

from aiohttp import web
from aiohttp.abc import AbstractStreamWriter
from aiohttp.payload import Payload

PIECE_BYTES: Final = 32 * 1024


class _Pieces(Payload):
    _value: bytes
    _autoclose = True

    def __init__(self, value: bytes) -> None:
        super().__init__(value)
        self._size = len(value)

    def decode(self, encoding: str = "utf-8", errors: str = "strict") -> str:
        return self._value.decode(encoding, errors)

    async def write(self, writer: AbstractStreamWriter) -> None:
        whole = memoryview(self._value)
        for start in range(0, len(whole), PIECE_BYTES):
            await writer.write(whole[start : start + PIECE_BYTES])
            await writer.drain()


def cut(response: web.StreamResponse) -> None:
    """Have an answer that is not begun sent in pieces if it is long."""
    if isinstance(response, web.Response):
        body = response.body
        if isinstance(body, bytes) and len(body) > PIECE_BYTES:
            response.body = _Pieces(body)
