"""The port: accepts, gives each connection a thread, sweeps, and stops in order."""

import contextlib
import errno
import logging
import os
import select
import socket
import threading
import time
from collections import OrderedDict
from typing import Final

from daemon.tls import ServerTls
from handler.console.connection import KERNEL_BYTES, Connection
from handler.console.door import Door
from handler.console.metric import DROPPED
from handler.console.patience import Patience
from handler.console.trust_directory import TrustDirectory

STACK_BYTES: Final = 256 * 1024
BACKLOG: Final = 1024
# Connections whose peer has not proven itself yet, from new addresses and from the gateways'.
MAX_STRANGERS: Final = 64
MAX_GUESTS: Final = 128
MAX_ADDRESSES: Final = 256
_UNTRUSTED_SECONDS: Final = 0.25  # between looks for the first certificate
_LACKING: Final = {errno.EMFILE, errno.ENFILE, errno.ENOMEM, errno.ENOBUFS}
log = logging.getLogger(__name__)


class Server:
    """One thread accepts and sweeps; ``serve`` is its loop."""

    def __init__(
        self, tls: ServerTls, trust: TrustDirectory, door: Door, patience: Patience
    ) -> None:
        self._tls = tls
        self._trust = trust
        self._door = door
        self._patience = patience
        self._bell = os.eventfd(0, os.EFD_CLOEXEC | os.EFD_NONBLOCK)
        self._spare = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self._listener: socket.socket | None = None
        self._ended = threading.Condition()
        self._connections: set[Connection] = set()
        self._known: OrderedDict[str, None] = OrderedDict()  # addresses, the newest last
        self._is_stopping = False
        self._is_waiting = False  # for a handshake to be over
        self._swept = 0.0

    @property
    def is_ready(self) -> bool:
        """Tell whether sessions can be had."""
        return self._trust.is_ready and not self._is_stopping

    @property
    def connections(self) -> int:
        """How many threads there are."""
        return len(self._connections)

    def listen(self, port: int, host: str = "") -> int:
        """Take the port, of both families where there are two; 0 lets the system choose."""
        both = not host and socket.has_dualstack_ipv6()
        family = socket.AF_INET6 if both else socket.AF_INET
        listener = socket.socket(family, socket.SOCK_STREAM)
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if both:
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        for option in (socket.SO_RCVBUF, socket.SO_SNDBUF):  # what is accepted inherits them
            listener.setsockopt(socket.SOL_SOCKET, option, KERNEL_BYTES)
        listener.bind((host, port))
        listener.listen(BACKLOG)
        listener.setblocking(False)
        self._listener = listener
        return int(listener.getsockname()[1])

    def stop(self) -> None:
        """Have ``serve`` return; fit for a signal handler."""
        self._is_stopping = True
        with contextlib.suppress(OSError):  # it has stopped already
            os.eventfd_write(self._bell, 1)

    def serve(self) -> None:
        """Accept until ``stop``, then end all sessions and return within seconds."""
        assert self._listener is not None
        threading.stack_size(STACK_BYTES)
        while not self._is_stopping:
            self._turn(self._listener)
        self._listener.close()
        self._door.stop()
        with self._ended:
            self._ended.wait_for(self._is_idle, timeout=self._patience.close + 1)
        for connection in tuple(self._connections):
            connection.abandon()
        with self._ended:
            self._ended.wait_for(lambda: not self._connections, timeout=1)
        os.close(self._bell)
        os.close(self._spare)

    def _is_idle(self) -> bool:
        return not any(connection.has_session for connection in self._connections)

    def _turn(self, listener: socket.socket) -> None:
        self._trust.refresh()
        poll = select.poll()
        poll.register(self._bell, select.POLLIN)
        self._is_waiting = True  # before looking: what is over afterwards rings
        is_crowded = self._is_waiting = self._is_crowded()
        if self._trust.is_ready and not is_crowded:
            poll.register(listener, select.POLLIN)
        hurried = is_crowded or not self._trust.is_ready
        events = poll.poll(1000 * (_UNTRUSTED_SECONDS if hurried else self._patience.sweep))
        for descriptor, _ in events:
            if descriptor == self._bell:
                os.eventfd_read(self._bell)
            else:
                self._accept(listener)
        now = time.monotonic()
        if is_crowded or now - self._swept >= self._patience.sweep:
            self._swept = now
            self._door.sweep(now)
            self._sweep_connections(now, is_crowded=is_crowded)

    def _accept(self, listener: socket.socket) -> None:
        self._trust.refresh()  # while it waited, certificates may have changed
        try:
            raw, address = listener.accept()
        except OSError as error:
            if error.errno in _LACKING:
                self._accept_to_close(listener)
            return
        peer = address[0].removeprefix("::ffff:")
        is_known = peer in self._known
        connection = Connection(raw, peer, self._tls, self._door, self._patience, is_known=is_known)
        with self._ended:
            self._connections.add(connection)
        try:
            connection.start(self._remember, self._forget)
        except RuntimeError:
            raw.close()
            self._forget(connection)
            self._drop("threads")

    def _accept_to_close(self, listener: socket.socket) -> None:
        """Turn a connection away for which there is no descriptor: it would wait for ever."""
        os.close(self._spare)
        with contextlib.suppress(OSError):
            listener.accept()[0].close()
        self._spare = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        self._drop("descriptors")

    def _drop(self, reason: str) -> None:
        DROPPED.labels(reason).inc()
        log.warning("connection dropped", extra={"reason": reason})

    def _remember(self, connection: Connection) -> None:
        with self._ended:
            self._known[connection.address] = None
            self._known.move_to_end(connection.address)
            while len(self._known) > MAX_ADDRESSES:
                self._known.popitem(last=False)
        self._wake()

    def _wake(self) -> None:
        """Have the loop look again whether it may accept."""
        if self._is_waiting:
            with contextlib.suppress(OSError):  # it has stopped
                os.eventfd_write(self._bell, 1)

    def _forget(self, connection: Connection) -> None:
        with self._ended:
            self._connections.discard(connection)
            self._ended.notify_all()
        self._wake()

    def _is_crowded(self) -> bool:
        """Tell whether to accept nothing now: what waits does so in the kernel."""
        if len(self._connections) < MAX_STRANGERS:
            return False
        with self._ended:
            unproven = [one for one in self._connections if not one.is_proven]
        known = sum(one.is_known for one in unproven)
        return known >= MAX_GUESTS or len(unproven) - known >= MAX_STRANGERS

    def _sweep_connections(self, now: float, *, is_crowded: bool) -> None:
        """Close what has no session for too long, and under pressure strangers who are slow."""
        with self._ended:
            connections = tuple(self._connections)
        for connection in connections:
            age = now - connection.since
            is_stranger = not (connection.is_proven or connection.is_known)
            is_slow = is_crowded and is_stranger and age > self._patience.hurried
            if is_slow or (not connection.has_session and age > self._patience.idle):
                connection.abandon()
