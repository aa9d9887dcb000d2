"""Frames arrive in pieces of any size, and from clients of any kind."""

import os
import tracemalloc
from itertools import cycle, pairwise
from operator import xor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from handler.console.frame import (
    BINARY,
    CLOSE,
    CONTINUATION,
    HEAD_BYTES,
    PING,
    PONG,
    TEXT,
    Control,
    Decoder,
    Event,
    Violation,
    unmask,
    write_head,
)

LIMIT = 70_000


def encode(
    payload: bytes,
    opcode: int = BINARY,
    *,
    final: bool = True,
    mask: bytes | None = b"\x12\x00\xff\x34",
    reserved: int = 0,
) -> bytes:
    """Encode a frame byte by byte, as the standard has it."""
    length = len(payload)
    flag = 0x80 if mask is not None else 0
    if length < 126:
        size = bytes([flag | length])
    elif length < 65536:
        size = bytes([flag | 126]) + length.to_bytes(2, "big")
    else:
        size = bytes([flag | 127]) + length.to_bytes(8, "big")
    key = mask or b""
    mixed = bytes(map(xor, payload, cycle(key))) if key else payload
    return bytes([(0x80 if final else 0) | reserved | opcode]) + size + key + mixed


def decode(decoder: Decoder, *pieces: bytes) -> tuple[bytes, list[Event]]:
    """Return the stream, and all that is not of it."""
    events = [event for piece in pieces for event in decoder.feed(piece)]
    stream = b"".join(event for event in events if isinstance(event, bytes))
    return stream, [event for event in events if not isinstance(event, bytes)]


def build_payload(length: int) -> bytes:
    return (bytes(range(251)) * (length // 251 + 1))[:length]


frames = st.one_of(
    st.tuples(st.just(BINARY), st.binary(max_size=400)),
    st.tuples(st.just(BINARY), st.sampled_from([65_535, 65_536, LIMIT]).map(build_payload)),
    st.tuples(st.sampled_from([PING, PONG, CLOSE]), st.binary(max_size=125)),
)


@settings(max_examples=50)
@given(st.lists(frames, max_size=6), st.binary(min_size=4, max_size=4), st.data())
def test_any_frames_in_any_pieces_are_the_same_stream(
    sent: list[tuple[int, bytes]], mask: bytes, data: st.DataObject
) -> None:
    wire = b"".join(encode(payload, opcode, mask=mask) for opcode, payload in sent)
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=12)))
    bounds = [0, *cuts, len(wire)]
    pieces = [wire[low:high] for low, high in pairwise(bounds)]
    stream, rest = decode(Decoder(LIMIT), *pieces)
    assert stream == b"".join(payload for opcode, payload in sent if opcode == BINARY)
    assert rest == [Control(opcode, payload) for opcode, payload in sent if opcode != BINARY]


def test_one_byte_at_a_time_will_do() -> None:
    long = build_payload(65_536)
    wire = encode(b"a" * 300) + encode(b"ping", PING) + encode(long)
    pieces = [wire[index : index + 1] for index in range(len(wire))]
    assert decode(Decoder(), *pieces) == (b"a" * 300 + long, [Control(PING, b"ping")])


def test_a_message_in_parts_with_a_ping_between_is_one_stream() -> None:
    wire = (
        encode(b"ab", final=False)
        + encode(b"!", PING)
        + encode(b"cd", CONTINUATION, final=False)
        + encode(b"", CONTINUATION)
        + encode(b"ef")
    )
    assert decode(Decoder(), wire) == (b"abcdef", [Control(PING, b"!")])


@pytest.mark.parametrize(
    ("wire", "code"),
    [
        (encode(b"x", mask=None), 1002),
        (encode(b"x", TEXT), 1003),
        (encode(b"x", 0x3), 1002),
        (encode(b"x", 0xB), 1002),
        (encode(b"x", reserved=0x40), 1002),
        (encode(b"x", reserved=0x10), 1002),
        (encode(b"x", PING, reserved=0x20), 1002),
        (encode(b"x", CONTINUATION), 1002),
        (encode(b"x", final=False) + encode(b"x"), 1002),
        (encode(b"x", PING, final=False), 1002),
        (encode(b"x" * 126, PING), 1002),
        (encode(b"x" * (LIMIT + 1)), 1009),
        (b"\x82\xff" + b"\xff" * 8 + b"mask", 1009),
    ],
)
def test_a_violation_is_the_last_event(wire: bytes, code: int) -> None:
    decoder = Decoder(LIMIT)
    _, events = decode(decoder, encode(b"before"), wire, encode(b"after"))
    assert [type(event) for event in events] == [Violation]
    assert isinstance(events[0], Violation)
    assert events[0].code == code
    assert decode(decoder, encode(b"later")) == (b"", [])


def test_what_came_before_a_violation_counts() -> None:
    stream, events = decode(Decoder(), encode(b"before") + encode(b"x", TEXT))
    assert stream == b"before"
    assert [type(event) for event in events] == [Violation]


@given(st.lists(st.binary(max_size=200), max_size=30))
def test_noise_never_raises(pieces: list[bytes]) -> None:
    decode(Decoder(), *pieces)


def test_a_frame_that_never_ends_is_not_held() -> None:
    decoder = Decoder(1 << 40)
    piece = b"x" * 16384
    list(decoder.feed(b"\x82\xff" + (1 << 39).to_bytes(8, "big") + b"mask"))
    tracemalloc.start()
    for _ in range(200):
        for _event in decoder.feed(piece):
            pass
    held, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert held < 200_000


@given(st.binary(max_size=300), st.binary(min_size=4, max_size=4))
def test_unmasking_is_xor_with_the_repeated_mask(data: bytes, mask: bytes) -> None:
    assert unmask(data, mask) == bytes(byte ^ mask[i % 4] for i, byte in enumerate(data))


@pytest.mark.parametrize("length", [1, 125, 126, 127, 65531, 65535])
def test_a_head_is_written_in_front_of_the_payload(length: int) -> None:
    buffer = bytearray(HEAD_BYTES) + bytearray(os.urandom(length))
    payload = bytes(buffer[HEAD_BYTES:])
    start = write_head(buffer, length)
    assert bytes(buffer[start:]) == encode(payload, mask=None)
