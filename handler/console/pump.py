"""The bytes of one session, both ways, in place of websockify's own loop.

That one waits with select(), which knows no descriptor above 1023, wakes every second, and reads
on from either side whatever waits to be written. Here nothing is read before what was read is
written, so that a session holds 64 KiB for its reader and one TLS record for its guest at most.
"""

import contextlib
import select
import socket
import ssl
import time
from collections import deque
from collections.abc import Callable
from typing import Final

from handler.console.bell import Bell, Ending
from handler.console.frame import HEAD_BYTES, write_head
from handler.console.patience import Patience
from handler.console.websocket import WebSocket

BUFFER_BYTES: Final = 64 * 1024  # four TLS records, the frame's head included
_TURNS: Final = 8  # reads of one side before the other gets its turn
_spare: deque[bytearray] = deque(maxlen=16)  # for all sessions; idle ones hold none

_CONSOLE_ENDED: Final = Ending(1000, "ConsoleEnded", "the console was closed by the VM")
_LAUNCHER_LOST: Final = Ending(1011, "LauncherLost", "the connection to the VM broke")
_CLIENT_LOST: Final = Ending(1006, "ClientLost", "the connection broke", is_abrupt=True)


class Pump:
    """Carries bytes between a websocket and a launcher's socket, neither of which blocks."""

    def __init__(
        self,
        websocket: WebSocket,
        target: socket.socket,
        bell: Bell,
        patience: Patience,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._websocket = websocket
        self._target = target
        self._bell = bell
        self._patience = patience
        self._clock = clock
        self._poll = select.poll()
        self._masks: dict[int, int] = {}
        self._buffer: bytearray | None = None  # while the client has not taken all of it
        self._input: memoryview | None = None  # what the launcher has not taken yet
        self._ending: Ending | None = None  # once the launcher's side is over
        self._hangup: float | None = None  # when a client that hung up is waited for no more
        self.bytes_out = 0
        self.bytes_in = 0
        self.blocked_since: float | None = None

    def run(self) -> Ending:
        """Carry until one side is over or the bell rings; both connections are then over."""
        client, target = self._websocket.fileno(), self._target.fileno()
        self._wait_for(self._bell.fileno(), select.POLLIN)
        try:
            ending = self._carry(client, target)
        except ConnectionError:
            ending = _CLIENT_LOST
        except OSError as error:  # what TLS or the network says of a peer that is no more
            ending = Ending(1006, "ClientLost", f"the connection broke: {error}", is_abrupt=True)
        self._give_back()
        self._say_goodbye(ending)
        return ending

    def _carry(self, client: int, target: int) -> Ending:
        self._read_client()  # what came with the upgrade
        while True:
            if (ending := self._find_end()) is not None:
                return ending
            self._wait_for(client, self._choose_client_mask())
            self._wait_for(target, self._choose_target_mask())
            events = self._poll.poll(self._count_milliseconds())
            if not events and self._hangup is None and not self._websocket.has_backlog:
                self._websocket.pong()
            for descriptor, event in events:
                if descriptor == client:
                    self._serve_client(event)
                elif descriptor == target:
                    self._serve_target(event)

    def _find_end(self) -> Ending | None:
        if self._bell.ending is not None:
            return self._bell.ending
        if ending := self._find_client_end():
            return ending
        return None if self._websocket.has_backlog else self._ending

    def _find_client_end(self) -> Ending | None:
        websocket = self._websocket
        if violation := websocket.violation:
            return Ending(violation.code, "ProtocolError", violation.reason)
        if websocket.close_code not in {None, 1006}:
            reason = str(websocket.close_reason or "")
            return Ending(websocket.close_code, "ClientClosed", reason)
        is_late = self._hangup is not None and self._clock() >= self._hangup
        return _CLIENT_LOST if websocket.is_closed or is_late else None

    def _choose_client_mask(self) -> int:
        mask = select.POLLOUT if self._websocket.has_backlog else 0
        if self._input is None:
            mask |= select.POLLIN
        return mask if self._hangup is not None else mask | select.POLLRDHUP

    def _choose_target_mask(self) -> int:
        """Return 0 while the launcher has to wait: even its hanging up then does."""
        if self._ending is not None:
            return 0
        mask = 0 if self._websocket.has_backlog else select.POLLIN
        return mask if self._input is None else mask | select.POLLOUT

    def _serve_client(self, event: int) -> None:
        if event & select.POLLOUT:
            self._note_progress(self._websocket.flush())
        if self._input is None:
            self._read_client()
        elif event & (select.POLLERR | select.POLLHUP):
            self._hangup = self._clock()
        elif event & select.POLLRDHUP and self._hangup is None:
            self._hangup = self._clock() + self._patience.close

    def _serve_target(self, event: int) -> None:
        if self._input is not None and self._write_target() and self._websocket.pending():
            self._read_client()  # what is queued does not announce itself again
        if event & ~select.POLLOUT:
            self._read_target()

    def _read_client(self) -> None:
        websocket = self._websocket
        turn = 0
        while self._input is None and (turn < _TURNS or websocket.pending()):
            turn += 1
            try:
                piece = None if websocket.is_closed else websocket.recvmsg()
            except (ssl.SSLWantReadError, ssl.SSLWantWriteError):
                return
            if piece is None:
                return
            self.bytes_in += len(piece)
            self._input = memoryview(piece)
            self._write_target()

    def _write_target(self) -> bool:
        """Give the launcher what it takes, and tell whether that is all."""
        try:
            rest = self._input and self._input[self._target.send(self._input) :]
        except BlockingIOError:
            return False
        except OSError:
            rest = None  # it listens no more; what it said last is still to be read
        self._input = rest or None
        return self._input is None

    def _read_target(self) -> None:
        if self._websocket.is_over or self._websocket.has_backlog or self._ending is not None:
            return
        buffer = self._buffer = _spare.pop() if _spare else bytearray(BUFFER_BYTES)
        view = memoryview(buffer)
        try:
            count = self._target.recv_into(view[HEAD_BYTES:])
        except BlockingIOError:
            count = -1
        except OSError:
            self._ending = _LAUNCHER_LOST
            count = -1
        if count == 0:
            self._ending = _CONSOLE_ENDED
        elif count > 0:
            self.bytes_out += count
            frame = view[write_head(buffer, count) : HEAD_BYTES + count]
            self._note_progress(self._websocket.push(frame))
        if not self._websocket.has_backlog:
            self._give_back()

    def _note_progress(self, taken: int) -> None:
        if not self._websocket.has_backlog:
            self.blocked_since = None
            self._give_back()
        elif taken or self.blocked_since is None:
            self.blocked_since = self._clock()

    def _give_back(self) -> None:
        if self._buffer is not None:
            _spare.append(self._buffer)
            self._buffer = None

    def _wait_for(self, descriptor: int, mask: int) -> None:
        known = self._masks.get(descriptor, 0)
        if mask == known:
            return
        if not mask:
            self._poll.unregister(descriptor)
        elif known:
            self._poll.modify(descriptor, mask)
        else:
            self._poll.register(descriptor, mask)
        self._masks[descriptor] = mask

    def _count_milliseconds(self) -> float | None:
        """Return how long to wait: without end, but for a client that is not read from.

        It gets no answers to its pings meanwhile, so it is told that we are here.
        """
        if self._hangup is not None:
            return max(0.0, self._hangup - self._clock()) * 1000
        return None if self._input is None else self._patience.sweep * 1000

    def _say_goodbye(self, ending: Ending) -> None:
        """Close either side; what is under way has a moment to arrive."""
        try:
            if not ending.is_abrupt:
                self._finish_target()
                self._finish_client(ending)
        except OSError:
            pass  # it is over either way
        finally:
            self._websocket.drop()

    def _finish_target(self) -> None:
        """Give the launcher the rest, tell it that no more comes, and let it hang up.

        If we did, qemu's VNC server would read nothing more: it looks for a hang-up first, and
        the keys would be lost for which it had no time yet. What it still says is for nobody.
        """
        if self._ending is not None:
            return
        deadline = self._clock() + self._patience.close
        with contextlib.suppress(OSError):
            self._target.settimeout(self._patience.close)
            if self._input is not None:
                self._target.sendall(self._input)
            self._target.shutdown(socket.SHUT_WR)
            while (left := deadline - self._clock()) > 0:
                self._target.settimeout(left)
                if not self._target.recv(BUFFER_BYTES):
                    return

    def _finish_client(self, ending: Ending) -> None:
        """Send the closing frame and wait for the peer's: to close earlier could lose our last."""
        websocket = self._websocket
        deadline = self._clock() + self._patience.close
        if not websocket.is_closed:
            websocket.end(ending.code, ending.text)
        while not websocket.is_closed and (left := deadline - self._clock()) > 0:
            poll = select.poll()
            poll.register(
                websocket.fileno(), select.POLLIN | (websocket.has_backlog and select.POLLOUT)
            )
            poll.poll(left * 1000)
            websocket.flush()
            with contextlib.suppress(ssl.SSLWantReadError, ssl.SSLWantWriteError):
                while not websocket.is_closed and websocket.recvmsg() is not None:
                    pass
