"""Fans the guest's serial console out: one guest, any number of readers, nobody waits.

The guest's side is a pair of named pipes that are there before qemu is, so not a byte of the
boot is lost. All output goes through one bounded scrollback; each reader has a position in it.
While a reader is behind, output waits in the pipe, but only for a moment: then that reader is
slow. One that falls further behind than the scrollback reaches loses what is gone, and is told
so. What any reader types goes to the guest; when the guest does not take it, readers are not
read from until it does.

There are two sockets. Readers of the pod's own keep a log by lines: they are told what they
missed before they came, and see an unfinished line ended. Readers at the handler's door are
terminals: they get the guest's bytes as they are.
"""

import asyncio
import contextlib
import fcntl
import os
import socket
from typing import Final, cast

from api.names import QEMU_GID, QEMU_UID
from launcher.scrollback import Scrollback

MAX_READERS: Final = 72  # the 64 of the node's console server, `guest`, and who exec's into it
IDLE_SECONDS: Final = 1.0
HOLD_SECONDS: Final = 0.1  # the pipe takes some ten times what a guest writes meanwhile
_CHUNK: Final = 64 * 1024  # of a reader, and all that is kept for one beside the scrollback
_INPUT_LIMIT: Final = 64 * 1024
_PIPE_BYTES: Final = 1024 * 1024
_F_SETPIPE_SZ: Final = 1031


class Reader(asyncio.Protocol):
    """One connection that sees the console and types into it."""

    def __init__(self, console: "SerialConsole", *, keeps_log: bool) -> None:
        self._console = console
        self._keeps_log = keeps_log
        self._position = 0
        self._writable = True
        self._is_slow = False
        self._has_typed = False
        self.transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.Transport", transport)
        self.transport.set_write_buffer_limits(high=0)  # so "writable" means "has taken all"
        if not self._keeps_log:
            self._position = self._console.scrollback.start
        self._console.admit(self)

    def data_received(self, data: bytes) -> None:
        self._has_typed = True
        self._console.type(data)

    def eof_received(self) -> bool:
        return self._keeps_log  # one who only listens may close its input; a terminal has left

    def connection_lost(self, _exc: Exception | None) -> None:
        self.transport = None
        self._console.dismiss(self)

    def pause_writing(self) -> None:
        self._writable = False

    def resume_writing(self) -> None:
        self._writable = True
        self.catch_up()

    @property
    def keeps_log(self) -> bool:
        """Say whether it is one of the pod's own, which is nobody's terminal."""
        return self._keeps_log

    @property
    def is_done(self) -> bool:
        """Say whether everything was handed to the kernel."""
        return self._writable and self._position == self._console.scrollback.end

    @property
    def needs_time(self) -> bool:
        """Say whether more output now could mean a loss to one who was quick so far."""
        scrollback = self._console.scrollback
        return not self._is_slow and scrollback.end - self._position > scrollback.limit // 2

    def give_up(self) -> None:
        """Wait no more for one who needs time, until it has caught up."""
        self._is_slow = self._is_slow or self.needs_time

    def catch_up(self) -> None:
        """Write what is new, as long as the reader takes it."""
        scrollback = self._console.scrollback
        while self._writable and self.transport is not None and self._position < scrollback.end:
            lost, data = scrollback.read(self._position, _CHUNK)
            if lost:
                self.transport.write(f"\r\n[{lost} bytes of output lost]\r\n".encode())
            self._position += lost + len(data)
            self.transport.write(data)
        if self.is_done:
            self._is_slow = False
        self._console.note_progress()

    def end_line(self) -> None:
        """End an unfinished line for one who never types: container logs are kept by lines.

        A line feed alone, so that a terminal's cursor stays in the prompt's column.
        """
        listens = self._keeps_log and not self._has_typed
        if listens and self.transport is not None and self.is_done:
            self.transport.write(b"\n")


class _Input(asyncio.BaseProtocol):
    """What the guest reads."""

    def __init__(self, console: "SerialConsole") -> None:
        self._console = console

    def pause_writing(self) -> None:
        self._console.hold_input(held=True)

    def resume_writing(self) -> None:
        self._console.hold_input(held=False)


class SerialConsole:
    """The console: pipes to the guest, and two sockets that readers connect to."""

    def __init__(self, scrollback: Scrollback | None = None) -> None:
        self.scrollback = scrollback or Scrollback()
        self.progress = asyncio.Event()  # a reader took something or left, or the guest ended
        self._readers: set[Reader] = set()
        self._input: asyncio.WriteTransport | None = None
        self._input_held = False
        self._output = -1  # our end of what the guest writes; -1 when qemu is gone
        self._hold_timer: asyncio.TimerHandle | None = None  # while output waits in the pipe
        self._holders: list[int] = []  # qemu's ends, held until qemu has opened them
        self._servers: list[asyncio.Server] = []
        self._last_output = 0.0
        self._idle_timer: asyncio.TimerHandle | None = None

    async def listen(self, pipe: str, readers: str, door: str) -> None:
        """Make the pipes and listen for readers, before qemu exists.

        ``readers`` is the socket of the pod's containers, ``door`` the one of the handler.
        """
        loop = asyncio.get_running_loop()
        self._output, output_holder = _open_pipe(f"{pipe}.out")
        input_holder, giver = _open_pipe(f"{pipe}.in")
        self._holders = [output_holder, input_holder]
        fcntl.fcntl(self._output, _F_SETPIPE_SZ, _PIPE_BYTES)
        loop.add_reader(self._output, self._read_output)
        # a write-only end: what is also open for reading takes its own bytes for a hang-up
        self._input, _ = await loop.connect_write_pipe(
            lambda: _Input(self), os.fdopen(giver, "wb", buffering=0)
        )
        self._input.set_write_buffer_limits(high=_INPUT_LIMIT)
        # only this pod's containers see the directory; `guest` connects as qemu's user
        await self._serve(readers, 0o666, keeps_log=True)
        await self._serve(door, 0o600, keeps_log=False)

    async def _serve(self, path: str, mode: int, *, keeps_log: bool) -> None:
        """Listen on a socket that has its mode from the start.

        To change it afterwards would follow whatever somebody has put there meanwhile. The umask
        is the whole process's: no thread of libvirt makes files yet.
        """
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        mask = os.umask(0o777 & ~mode)  # noqa: TID251
        try:
            listener.bind(path)
        finally:
            os.umask(mask)  # noqa: TID251
        loop = asyncio.get_running_loop()
        self._servers.append(
            await loop.create_unix_server(
                lambda: Reader(self, keeps_log=keeps_log), sock=listener, backlog=MAX_READERS
            )
        )

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
        self.note_progress()

    def count_viewers(self) -> int:
        """Count the terminals at the handler's door."""
        return sum(not reader.keeps_log for reader in self._readers)

    def note_progress(self) -> None:
        """Go on when nobody needs time any more."""
        self.progress.set()
        if self._hold_timer and not any(reader.needs_time for reader in self._readers):
            self._hold_timer.cancel()
            self._resume_output()

    def _read_output(self) -> None:
        """Take some of the guest's output and show it to every reader."""
        loop = asyncio.get_running_loop()
        data = os.read(self._output, _CHUNK)
        if not data:
            self._end()
            return
        self.scrollback.append(data)
        self._last_output = loop.time()
        if self._idle_timer is None:
            self._idle_timer = loop.call_later(IDLE_SECONDS, self._check_idle)
        for reader in tuple(self._readers):
            reader.catch_up()
        if any(reader.needs_time for reader in self._readers):
            loop.remove_reader(self._output)
            self._hold_timer = loop.call_later(HOLD_SECONDS, self._stop_waiting)

    def _stop_waiting(self) -> None:
        """Leave slow readers behind."""
        for reader in self._readers:
            reader.give_up()
        self._resume_output()

    def _resume_output(self) -> None:
        self._hold_timer = None
        asyncio.get_running_loop().add_reader(self._output, self._read_output)

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

    def _end(self) -> None:
        """Note that qemu is gone."""
        asyncio.get_running_loop().remove_reader(self._output)
        os.close(self._output)
        self._output = -1
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
                while self._output >= 0 or not all(reader.is_done for reader in self._readers):
                    self.progress.clear()
                    await self.progress.wait()

    def close(self) -> None:
        """Hang up on everyone."""
        if self._hold_timer:
            self._hold_timer.cancel()
        if self._output >= 0:
            self._end()
        for server in self._servers:
            server.close()
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
