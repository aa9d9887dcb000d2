"""Websocket frames of a client (RFC 6455 §5) as a stream of bytes; pure.

A console is a stream, so that what a frame carries is passed on as it comes: no frame and no
message is ever held as a whole, however long it is. Only control frames are, which have at most
125 bytes.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

MAX_FRAME_BYTES: Final = 1024 * 1024
MAX_CONTROL_BYTES: Final = 125
HEAD_BYTES: Final = 4  # before up to 65535 bytes; two of them before up to 125

CONTINUATION: Final = 0x0
TEXT: Final = 0x1
BINARY: Final = 0x2
CLOSE: Final = 0x8
PING: Final = 0x9
PONG: Final = 0xA


@dataclass(frozen=True, slots=True)
class Control:
    """A whole close, ping or pong frame."""

    opcode: int
    payload: bytes


@dataclass(frozen=True, slots=True)
class Violation:
    """What a client must not send; the last event of a decoder."""

    code: int  # to close with
    reason: str


Event = bytes | Control | Violation


@dataclass(frozen=True, slots=True)
class _Head:
    opcode: int
    is_final: bool
    length: int
    mask: bytes
    end: int  # where the payload begins


class Decoder:
    """Takes what a client sends, in pieces of any size."""

    def __init__(self, limit: int = MAX_FRAME_BYTES) -> None:
        self._limit = limit
        self._rest = b""  # of a head or of a control frame: at most 14 + 125 bytes
        self._left = 0  # of the payload that is passed on
        self._mask = b""
        self._is_fragmented = False
        self._is_over = False

    def feed(self, data: bytes) -> Iterator[Event]:
        """Yield what is complete; data in pieces, one after another the client's stream."""
        if self._is_over:
            return
        if self._rest:
            data, self._rest = self._rest + data, b""
        position = 0
        while position < len(data):
            if self._left:
                piece = data[position : position + self._left]
                position += len(piece)
                yield self._take(piece)
                continue
            head = read_head(data, position)
            if head is None:
                self._rest = data[position:]
                return
            if violation := self._judge(head):
                self._is_over = True
                yield violation
                return
            if head.opcode >= CLOSE:
                if head.end + head.length > len(data):
                    self._rest = data[position:]
                    return
                position = head.end + head.length
                yield Control(head.opcode, unmask(data[head.end : position], head.mask))
            else:
                self._left, self._mask = head.length, head.mask
                self._is_fragmented = not head.is_final
                position = head.end

    def _take(self, piece: bytes) -> bytes:
        self._left -= len(piece)
        mask = self._mask
        turn = len(piece) % 4
        self._mask = mask[turn:] + mask[:turn]
        return unmask(piece, mask)

    def _judge(self, head: _Head) -> Violation | None:
        """Return what is wrong with a frame, from its head alone."""
        if not head.mask:
            return Violation(1002, "a client's frame is not masked")
        if head.opcode in {CLOSE, PING, PONG}:
            is_fit = head.is_final and head.length <= MAX_CONTROL_BYTES
            return None if is_fit else Violation(1002, "a control frame is too long or in parts")
        if head.opcode == TEXT:
            return Violation(1003, "text frames are not supported")
        if head.opcode not in {CONTINUATION, BINARY}:
            return Violation(1002, f"the opcode 0x{head.opcode:x} or a reserved bit is set")
        if (head.opcode == CONTINUATION) is not self._is_fragmented:
            return Violation(1002, "a message is not continued as it began")
        is_long = head.length > self._limit
        return Violation(1009, f"a frame has over {self._limit} bytes") if is_long else None


def read_head(data: bytes, start: int) -> _Head | None:
    """Return the head of the frame at ``start``, nothing when more bytes are needed.

    Reserved bits become part of the opcode, which no frame may then have.
    """
    if len(data) < start + 2:
        return None
    first, second = data[start], data[start + 1]
    length = second & 0x7F
    end = start + 2
    if length >= 126:
        size = 2 if length == 126 else 8
        if len(data) < end + size:
            return None
        length = int.from_bytes(data[end : end + size], "big")
        end += size
    mask = b""
    if second & 0x80:
        mask = data[end : end + 4]
        end += 4
        if len(data) < end:
            return None
    return _Head((first & 0x70) | (first & 0x0F), bool(first & 0x80), length, mask, end)


def unmask(data: bytes, mask: bytes) -> bytes:
    """Return data exclusive-or the repeated mask.

    As one great number, which is 60 times what a loop does; numpy would do 8 times more, for
    16 MiB of memory that this process otherwise does not need.
    """
    key = int.from_bytes(mask, "little")
    if not key or not data:
        return data
    words = (len(data) + 3) // 4
    mixed = int.from_bytes(data, "little") ^ (key * _repeat_one(words))
    return mixed.to_bytes(4 * words, "little")[: len(data)]


@lru_cache(maxsize=16)
def _repeat_one(words: int) -> int:
    """Return the number whose 32-bit words are all 1."""
    return int.from_bytes(b"\1\0\0\0" * words, "little")


def write_head(buffer: bytearray, length: int) -> int:
    """Write a server's head of a binary frame in front of the payload, which begins at HEAD_BYTES.

    Returns where the frame begins. ``length`` is at most 65535.
    """
    if length <= MAX_CONTROL_BYTES:
        buffer[HEAD_BYTES - 2] = 0x80 | BINARY
        buffer[HEAD_BYTES - 1] = length
        return HEAD_BYTES - 2
    buffer[0] = 0x80 | BINARY
    buffer[1] = 126
    buffer[2:HEAD_BYTES] = length.to_bytes(2, "big")
    return 0
