"""Fans the guest's serial console out: one guest, any number of readers, nobody waits.

The guest's side is a pair of named pipes that are there before qemu is, so not a byte of the
boot is lost. All output goes through one bounded scrollback; each reader has a position in it.
A reader that falls further behind than the scrollback reaches loses what is gone, and is told
so. What any reader types goes to the guest; when the guest does not take it, readers are not
read from until it does.
"""

import asyncio
import contextlib
import fcntl
import os
from typing import Final, cast

from api.names import QEMU_GID, QEMU_UID
from launcher.scrollback import Scrollback

MAX_READERS: Final = 64
IDLE_SECONDS: Final = 1.0
_CHUNK: Final = 16 * 1024
_INPUT_LIMIT: Final = 64 * 1024
_PIPE_BYTES: Final = 1024 * 1024
_F_SETPIPE_SZ: Final = 1031


class Reader(asyncio.Protocol):
    """One connection that sees the console and types into it."""

    def __init__(self, console: "SerialConsole") -> None:
        self._console = console
        self._position = 0
        self._writable = True
        self._has_typed = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=0)  # so "writable" means "has taken all"
        self._console.admit(self)

    def data_received(self, data: bytes) -> None:
        self._has_typed = True
        self._console.type(data)

    def eof_received(self) -> bool:
        return True  # one who only listens may close its input

    def connection_lost(self, _exc: Exception | None) -> None:
        self.transport = None
        self._console.dismiss(self)

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        self.catch_up()

    @property
    def is_done(self) -> bool:
        """Say whether everything was handed to the kernel."""
        return self._writable and self._position == self._console.scrollback.end

    def catch_up(self) -> None:
        """Write what is new, as long as the reader takes it."""
        scrollback = self._console.scrollback
        while self._writable and self.transport is not None and self._position < scrollback.end:
            lost, data = scrollback.read(self._position, _CHUNK)
            if lost:
                self.transport.write(f"\r\n[{lost} bytes of output lost]\r\n".encode())
            self._position += lost + len(data)
            self.transport.write(data)
        self._console.progress.set()

    def end_line(self) -> None:
        """End an unfinished line for one who never types: container logs are kept by lines.

        A line feed alone, so that a terminal's cursor stays in the prompt's column.
        """
        if self.transport is not None and self.is_done and not self._has_typed:
            self.transport.write(b"\n")


class _Output(asyncio.Protocol):
    """What the guest writes."""

    def __init__(self, console: "SerialConsole") -> None:
        self._console = console

    def data_received(self, data: bytes) -> None:
        self._console.publish(data)

    def connection_lost(self, _exc: Exception | None) -> None:
        self._console.end()


class _Input(asyncio.BaseProtocol):
    """What the guest reads."""

    def __init__(self, console: "SerialConsole") -> None:
        self._console = console

    def pause_writing(self) -> None:
        self._console.hold_input(held=True)

    def resume_writing(self) -> None:
        self._console.hold_input(held=False)


class SerialConsole:
    """The console: pipes to the guest, and a socket that readers connect to."""

    def __init__(self, scrollback: Scrollback | None = None) -> None:
        self.scrollback = scrollback or Scrollback()
        self.progress = asyncio.Event()  # a reader took something or left, or the guest ended
        self._readers: set[Reader] = set()
        self._input: asyncio.WriteTransport | None = None
        self._input_held = False
        self._is_open = False
        self._holders: list[int] = []  # qemu's ends, held until qemu has opened them
        self._server: asyncio.Server | None = None
        self._last_output = 0.0
        self._idle_timer: asyncio.TimerHandle | None = None

    async def listen(self, pipe: str, readers: str) -> None:
        """Make the pipes and listen for readers, before qemu exists."""
        loop = asyncio.get_running_loop()
        output, output_holder = _open_pipe(f"{pipe}.out")
        input_holder, giver = _open_pipe(f"{pipe}.in")
        self._holders = [output_holder, input_holder]
        fcntl.fcntl(output, _F_SETPIPE_SZ, _PIPE_BYTES)
        await loop.connect_read_pipe(lambda: _Output(self), os.fdopen(output, "rb", buffering=0))
        self._is_open = True
        # a write-only end: what is also open for reading takes its own bytes for a hang-up
        self._input, _ = await loop.connect_write_pipe(
            lambda: _Input(self), os.fdopen(giver, "wb", buffering=0)
        )
        self._input.set_write_buffer_limits(high=_INPUT_LIMIT)
        self._server = await loop.create_unix_server(lambda: Reader(self), readers)
        # only this pod's containers see the directory; `guest` connects as qemu's user
        os.chmod(readers, 0o666)  # noqa: PTH101, S103

    def release(self) -> None:
        """Leave the pipes to qemu, whose end is then the console's end."""
        while self._holders:
            os.close(self._holders.pop())

    def admit(self, reader: Reader) -> None:
        """Add a reader and replay what there is."""
        if len(self._readers) >= MAX_READERS and reader.transport:
            reader.transport.write(b"too many readers of this console\r\n")
            reader.transport.close()
            return
        self._readers.add(reader)
        if reader.transport and self._input_held:
            reader.transport.pause_reading()
        reader.catch_up()

    def dismiss(self, reader: Reader) -> None:
        """Forget a reader that is gone."""
        self._readers.discard(reader)
        self.progress.set()

    def publish(self, data: bytes) -> None:
        """Take the guest's output and show it to every reader."""
        loop = asyncio.get_running_loop()
        self.scrollback.append(data)
        self._last_output = loop.time()
        if self._idle_timer is None:
            self._idle_timer = loop.call_later(IDLE_SECONDS, self._check_idle)
        for reader in tuple(self._readers):
            reader.catch_up()

    def _check_idle(self) -> None:
        """End an unfinished line once the guest is silent; until then, look again."""
        loop = asyncio.get_running_loop()
        left = self._last_output + IDLE_SECONDS - loop.time()
        if left > 0:
            self._idle_timer = loop.call_later(left, self._check_idle)
            return
        self._idle_timer = None
        if not self.scrollback.ends_line:
            for reader in tuple(self._readers):
                reader.end_line()

    def type(self, data: bytes) -> None:
        """Give the guest a reader's input."""
        if self._input is not None:
            self._input.write(data)

    def end(self) -> None:
        """Note that qemu is gone."""
        self._is_open = False
        self.progress.set()

    def hold_input(self, *, held: bool) -> None:
        """Stop or resume reading what readers type."""
        self._input_held = held
        for reader in self._readers:
            if reader.transport is None:
                continue
            if held:
                reader.transport.pause_reading()
            else:
                reader.transport.resume_reading()

    async def drain(self, seconds: float) -> None:
        """Wait until qemu is gone and every reader has all, or time is up."""
        self.release()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._is_open or not all(reader.is_done for reader in self._readers):
                    self.progress.clear()
                    await self.progress.wait()

    def close(self) -> None:
        """Hang up on everyone."""
        if self._server is not None:
            self._server.close()
        for reader in tuple(self._readers):
            if reader.transport is not None:
                reader.transport.close()


def _open_pipe(path: str) -> tuple[int, int]:
    """Make a named pipe for qemu; return its reading and its writing end."""
    os.mkfifo(path, 0o600)
    os.chown(path, QEMU_UID, QEMU_GID)
    reader = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    writer = os.open(path, os.O_WRONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    return reader, writer
