"""Fans the guest's serial console out: one guest, any number of readers, nobody waits.

qemu connects to us, so not a byte of the boot is lost. All output goes through one bounded
scrollback; each reader has a position in it. A reader that falls further behind than the
scrollback reaches loses what is gone, and is told so. What any reader types goes to the guest;
when the guest does not take it, readers are not read from until it does.
"""

import asyncio
import contextlib
import os
from typing import Final, cast

from launcher.scrollback import Scrollback

MAX_READERS: Final = 64
_CHUNK: Final = 16 * 1024
_INPUT_LIMIT: Final = 64 * 1024


class Reader(asyncio.Protocol):
    """One connection that sees the console and types into it."""

    def __init__(self, console: "SerialConsole") -> None:
        self._console = console
        self._position = 0
        self._writable = True
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=0)  # so "writable" means "has taken all"
        self._console.admit(self)

    def data_received(self, data: bytes) -> None:
        self._console.type(data)

    def eof_received(self) -> bool:
        return True  # one who only listens may close its input

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
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


class _Backend(asyncio.Protocol):
    """qemu's end of the serial port."""

    def __init__(self, console: "SerialConsole") -> None:
        self._console = console

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._console.connect_guest(cast("asyncio.Transport", transport))

    def data_received(self, data: bytes) -> None:
        self._console.publish(data)

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002
        self._console.disconnect_guest()

    def pause_writing(self) -> None:
        self._console.hold_input(held=True)

    def resume_writing(self) -> None:
        self._console.hold_input(held=False)


class SerialConsole:
    """The console: listens for qemu on one socket and for readers on another."""

    def __init__(self, scrollback: Scrollback | None = None) -> None:
        self.scrollback = scrollback or Scrollback()
        self.progress = asyncio.Event()  # a reader took something or left, or qemu hung up
        self._input_held = False
        self._readers: set[Reader] = set()
        self._guest: asyncio.Transport | None = None
        self._servers: list[asyncio.Server] = []

    async def listen(self, backend: str, readers: str) -> None:
        """Listen on both sockets, before qemu exists."""
        loop = asyncio.get_running_loop()
        for path, factory in ((backend, self._make_backend), (readers, self._make_reader)):
            self._servers.append(await loop.create_unix_server(factory, path))
            # the directory says who comes here; within it everyone may
            os.chmod(path, 0o666)  # noqa: PTH101, S103

    def _make_backend(self) -> _Backend:
        return _Backend(self)

    def _make_reader(self) -> Reader:
        return Reader(self)

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
        self.scrollback.append(data)
        for reader in self._readers:
            reader.catch_up()

    def type(self, data: bytes) -> None:
        """Give the guest a reader's input; before there is a guest, it is lost."""
        if self._guest is not None:
            self._guest.write(data)

    def connect_guest(self, transport: asyncio.Transport) -> None:
        """Take qemu's connection; there is exactly one in a domain's life."""
        if self._guest is not None:
            transport.abort()
            return
        transport.set_write_buffer_limits(high=_INPUT_LIMIT)
        self._guest = transport

    def disconnect_guest(self) -> None:
        """Note that qemu closed its end."""
        self._guest = None
        self.hold_input(held=False)
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
        """Wait until qemu has hung up and every reader has all, or time is up."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while self._guest or not all(reader.is_done for reader in self._readers):
                    self.progress.clear()
                    await self.progress.wait()

    def close(self) -> None:
        """Hang up on everyone."""
        for server in self._servers:
            server.close()
        for reader in tuple(self._readers):
            if reader.transport is not None:
                reader.transport.close()
