"""The serial fan-out with a stand-in for qemu: it opens the pipes as qemu does."""

import asyncio
import contextlib
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from launcher.scrollback import Scrollback
from launcher.serial import MAX_READERS, SerialConsole

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@dataclass(slots=True)
class Guest:
    """qemu's ends of the pipes."""

    output: int
    input: int

    def write(self, data: bytes) -> None:
        os.write(self.output, data)

    async def read(self, size: int) -> bytes:
        return await asyncio.to_thread(os.read, self.input, size)

    def end(self) -> None:
        os.close(self.output)
        os.close(self.input)


@dataclass(frozen=True, slots=True)
class Setting:
    """A console, the guest behind it, and where readers come in."""

    console: SerialConsole
    guest: Guest
    socket: str
    door: str
    connected: list[Streams] = field(default_factory=list)

    async def connect(self, socket: str = "") -> Streams:
        streams = await asyncio.open_unix_connection(socket or self.socket, limit=1 << 24)
        self.connected.append(streams)
        return streams


@pytest.fixture
def scrollback() -> Scrollback:
    return Scrollback(limit=1000)


@pytest.fixture
async def setting(tmp_path: Path, scrollback: Scrollback) -> AsyncIterator[Setting]:
    console = SerialConsole(scrollback)
    pipe, socket, door = (str(tmp_path / name) for name in ("serial0", "readers", "door"))
    await console.listen(pipe, socket, door)
    guest = Guest(os.open(f"{pipe}.out", os.O_RDWR), os.open(f"{pipe}.in", os.O_RDWR))
    console.release()
    made = Setting(console, guest, socket, door)
    yield made
    for _, writer in made.connected:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    with contextlib.suppress(OSError):
        guest.end()
    await console.drain(5)
    console.close()


async def read(streams: Streams, size: int) -> bytes:
    """Return so many bytes, or with -1 all until the console hangs up."""
    async with asyncio.timeout(60):
        return await (streams[0].read() if size < 0 else streams[0].readexactly(size))


async def test_a_late_reader_gets_what_was_before_and_what_follows(setting: Setting) -> None:
    setting.guest.write(b"boot\r\n")
    reader = await setting.connect()
    assert await read(reader, 6) == b"boot\r\n"
    setting.guest.write(b"more\r\n")
    assert await read(reader, 6) == b"more\r\n"


async def test_every_reader_sees_the_same_and_may_type(setting: Setting) -> None:
    readers = [await setting.connect() for _ in range(3)]
    setting.guest.write(b"hello\r\n")
    assert [await read(reader, 7) for reader in readers] == [b"hello\r\n"] * 3
    for number, (_, writer) in enumerate(readers):
        writer.write(b"%d" % number)
        assert await setting.guest.read(1) == b"%d" % number


async def test_one_who_only_listens_may_close_its_input(setting: Setting) -> None:
    reader = await setting.connect()
    reader[1].write_eof()
    terminal = await setting.connect(setting.door)
    terminal[1].write_eof()
    assert await read(terminal, -1) == b""  # by then the other's end of input was heard, too
    setting.guest.write(b"still told\r\n")
    assert await read(reader, 12) == b"still told\r\n"


async def test_a_terminal_that_leaves_is_heard_to_its_last_key(setting: Setting) -> None:
    setting.guest.write(b"tiny login: ")
    terminal = await setting.connect(setting.door)
    terminal[1].write(b"root\n")
    terminal[1].write_eof()
    assert await read(terminal, -1) == b"tiny login: "
    assert await setting.guest.read(100) == b"root\n"


async def test_many_keys_one_after_the_other_reach_the_guest(setting: Setting) -> None:
    _, writer = await setting.connect()
    for key in range(200):
        writer.write(bytes([key]))
        assert await setting.guest.read(1) == bytes([key])


async def test_a_reader_that_sleeps_loses_bytes_and_is_told(setting: Setting) -> None:
    asleep, awake = await setting.connect(), await setting.connect()
    asleep[1].transport.pause_reading()  # type: ignore[attr-defined]  # its read half
    flood = 4 << 20
    total = 0
    while total < flood:
        setting.guest.write(b"x" * 1000)
        await read(awake, 1000)
        total += 1000
    asleep[1].transport.resume_reading()  # type: ignore[attr-defined]
    setting.guest.write(b"THE END")
    got = b""
    async with asyncio.timeout(60):
        while b"THE END" not in got:  # an unfinished line may have been ended already
            got += await asleep[0].read(1 << 20)
    assert len(got) < flood
    assert b"bytes of output lost]" in got


async def test_an_unfinished_line_is_ended_for_who_only_listens(setting: Setting) -> None:
    listener, typist = await setting.connect(), await setting.connect()
    typist[1].write(b"a")
    await setting.guest.read(1)
    setting.guest.write(b"login: ")
    assert await read(listener, 8) == b"login: \n"
    setting.guest.write(b".")
    assert await read(typist, 8) == b"login: ."


async def test_readers_have_the_guests_last_word_before_the_end(setting: Setting) -> None:
    reader = await setting.connect()
    setting.guest.write(b"Power down\r\n")
    setting.guest.end()
    await setting.console.drain(5)
    setting.console.close()
    async with asyncio.timeout(60):
        assert await reader[0].read() == b"Power down\r\n"


async def test_too_many_readers_are_refused(setting: Setting) -> None:
    readers = [await setting.connect() for _ in range(MAX_READERS)]
    setting.guest.write(b"x\n")
    for reader in readers:
        assert await read(reader, 2) == b"x\n"
    late = await setting.connect()
    async with asyncio.timeout(60):
        assert b"too many readers" in await late[0].read()


async def test_what_the_guest_does_not_take_is_held_back_and_not_lost(setting: Setting) -> None:
    _, writer = await setting.connect()
    sent = b"y" * 500_000
    writer.write(sent)
    got = b""
    while len(got) < len(sent):
        got += await setting.guest.read(1 << 16)
    assert got == sent
