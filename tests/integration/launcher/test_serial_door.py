"""The handler's way to the serial console, where bytes are as the guest wrote them."""

import asyncio
import contextlib
import hashlib
import os
import stat
import threading
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from launcher.scrollback import Scrollback
from launcher.serial import SerialConsole

Streams = tuple[asyncio.StreamReader, asyncio.StreamWriter]
KEPT = 256 * 1024
FLOOD = 64 << 20


@dataclass(frozen=True, slots=True)
class Door:
    """A console, qemu's ends of its pipes, and its two sockets."""

    console: SerialConsole
    output: int
    readers: str
    door: str
    connected: list[Streams] = field(default_factory=list)

    async def connect(self, socket: str = "") -> Streams:
        streams = await asyncio.open_unix_connection(socket or self.door, limit=2 * KEPT)
        self.connected.append(streams)
        return streams

    async def write(self, data: bytes) -> None:
        """Write all of it, from a thread: the console has to take it meanwhile."""
        await asyncio.to_thread(write_all, self.output, data)


def write_all(descriptor: int, data: bytes) -> None:
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


@pytest.fixture
async def door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Door]:
    # Both ends are in this process: who is quick may have been kept waiting with all of it.
    monkeypatch.setattr("launcher.serial.HOLD_SECONDS", 10.0)
    console = SerialConsole(Scrollback(KEPT))
    pipe, readers, door = (str(tmp_path / name) for name in ("serial0", "readers", "door"))
    await console.listen(pipe, readers, door)
    output, typed = os.open(f"{pipe}.out", os.O_RDWR), os.open(f"{pipe}.in", os.O_RDWR)
    console.release()
    made = Door(console, output, readers, door)
    yield made
    for _, writer in made.connected:
        writer.close()
        with contextlib.suppress(ConnectionError):
            await writer.wait_closed()
    os.close(output)
    os.close(typed)
    await console.drain(5)
    console.close()


async def digest(streams: Streams, size: int) -> str:
    """Return the SHA-256 of so many bytes."""
    digested = hashlib.sha256()
    async with asyncio.timeout(600):
        while size:
            data = await streams[0].read(min(size, 1 << 18))
            assert data, "the console hung up"
            digested.update(data)
            size -= len(data)
    return digested.hexdigest()


def measure_buffers(console: SerialConsole) -> list[int]:
    """Return what the console keeps, for all and for each reader."""
    scrollback = console.scrollback
    transports = [reader.transport for reader in console._readers if reader.transport]
    return [
        scrollback.end - scrollback.start,
        *(transport.get_write_buffer_size() for transport in transports),
    ]


def test_only_root_opens_the_door(door: Door) -> None:
    mode = Path(door.door).stat().st_mode
    assert stat.S_ISSOCK(mode)
    assert stat.S_IMODE(mode) == 0o600
    assert stat.S_IMODE(Path(door.readers).stat().st_mode) == 0o666


async def test_a_late_comer_gets_what_is_kept_and_nothing_else(door: Door) -> None:
    early = await door.connect()
    # Without the letter that the mark begins with: one noise in sixty had the mark in it.
    text = os.urandom(3 * KEPT).replace(b"e", b"E")
    await door.write(text)
    assert await digest(early, len(text)) == hashlib.sha256(text).hexdigest()
    late = await door.connect()
    await door.write(b"end")
    async with asyncio.timeout(60):
        got = await late[0].readuntil(b"end")
    assert KEPT <= len(got) <= KEPT + 3
    assert (text + b"end").endswith(got)


async def test_a_prompt_is_not_ended_at_the_door(door: Door) -> None:
    log = await door.connect(door.readers)
    terminal = await door.connect()
    await door.write(b"login: ")
    async with asyncio.timeout(60):
        assert await log[0].readexactly(8) == b"login: \n"
    await door.write(b"x")
    async with asyncio.timeout(60):
        assert await terminal[0].readexactly(8) == b"login: x"


@pytest.mark.parametrize(
    "text",
    [
        b"\0" * (4 << 20),
        b"x" * (4 << 20),
        bytes(range(256)) * (1 << 14),
        b"\xff\xfe\xc0" * (1 << 20),
    ],
    ids=["NULs", "an endless line", "every byte", "no UTF-8"],
)
async def test_whatever_the_guest_writes_arrives_as_it_is(door: Door, text: bytes) -> None:
    terminal = await door.connect()
    writing = asyncio.create_task(door.write(text))
    assert await digest(terminal, len(text)) == hashlib.sha256(text).hexdigest()
    await writing


async def test_a_flood_costs_quick_readers_nothing_and_sleepers_no_memory(
    door: Door, monkeypatch: pytest.MonkeyPatch
) -> None:
    # However long the flood is kept waiting amid a line, that is not ended for who listens.
    monkeypatch.setattr("launcher.serial.IDLE_SECONDS", 3600.0)
    asleep = await door.connect()
    asleep[1].transport.pause_reading()  # type: ignore[attr-defined]  # its read half
    quick = [await door.connect(path) for path in (door.door, door.readers)]
    block = os.urandom(1 << 20)
    wanted = hashlib.sha256()

    def flood() -> None:
        for _ in range(FLOOD // len(block)):
            wanted.update(block)
            write_all(door.output, block)

    writer = threading.Thread(target=flood)
    writer.start()
    digests = await asyncio.gather(*(digest(streams, FLOOD) for streams in quick))
    await asyncio.to_thread(writer.join)
    assert set(digests) == {wanted.hexdigest()}
    assert sum(measure_buffers(door.console)) <= 2 * KEPT
