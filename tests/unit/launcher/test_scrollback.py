"""The console's memory."""

from hypothesis import given
from hypothesis import strategies as st

from launcher.scrollback import Scrollback


def test_a_late_reader_gets_what_is_kept_and_learns_what_is_lost() -> None:
    scrollback = Scrollback(limit=4)
    scrollback.append(b"abcdef")
    assert scrollback.read(0, 100) == (2, b"cdef")
    assert scrollback.read(3, 2) == (0, b"de")
    assert scrollback.read(6, 100) == (0, b"")


@given(st.lists(st.binary(max_size=40), max_size=40), st.integers(1, 64), st.integers(1, 16))
def test_a_reader_that_keeps_up_gets_every_byte(chunks: list[bytes], limit: int, step: int) -> None:
    scrollback = Scrollback(limit=max(limit, 40))
    position, got = 0, b""
    for chunk in chunks:
        scrollback.append(chunk)
        while position < scrollback.end:
            lost, data = scrollback.read(position, step)
            assert lost == 0
            position += len(data)
            got += data
    assert got == b"".join(chunks)


@given(st.lists(st.binary(max_size=300), max_size=20))
def test_memory_is_bounded_and_every_byte_is_kept_or_counted(chunks: list[bytes]) -> None:
    scrollback = Scrollback(limit=100)
    for chunk in chunks:
        scrollback.append(chunk)
    whole = b"".join(chunks)
    lost, data = scrollback.read(0, 1000)
    assert len(data) <= 100
    assert lost + len(data) == len(whole)
    assert whole.endswith(data)


def test_an_unfinished_line_is_noticed() -> None:
    scrollback = Scrollback()
    seen = [scrollback.ends_line]
    for chunk in (b"login: ", b"root\r\n"):
        scrollback.append(chunk)
        seen.append(scrollback.ends_line)
    assert seen == [True, False, True]
