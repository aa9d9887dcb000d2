"""Listening on local ports; each connection becomes a websocket and a thread."""

import os
import select
import signal
import socket
import sys
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Final

from api.problem import Problem
from cli.output import clean
from cli.port import Port
from cli.relay import Ending, Local, Relay
from cli.websocket import WebSocket

CUT: Final = 1006  # RFC 6455, 7.4.1: there was no closing handshake
MOST_CONNECTIONS: Final = 256  # of one port
# A client that has sent its last word still hears the answer to it, while there is one.
LINGER_SECONDS: Final = 2.0
# How long a UDP client may be silent before it is forgotten.
IDLE_SECONDS: Final = 120.0
_DATAGRAM_BYTES: Final = 65535

Open = Callable[[], WebSocket]
Address = tuple[object, ...]  # of a UDP client: two fields of IPv4, four of IPv6


def listen(port: Port, host: str) -> socket.socket:
    """Return a bound socket of this machine; a Problem when the port cannot be had."""
    kind = socket.SOCK_STREAM if port.protocol == "tcp" else socket.SOCK_DGRAM
    try:
        found = socket.getaddrinfo(host, port.local, type=kind, flags=socket.AI_PASSIVE)
        family, _, _, _, address = found[0]
        bound = socket.socket(family, kind)
    except OSError as error:
        raise Problem("BadAddress", f"{host} is no address: {error}") from error
    try:
        if port.protocol == "tcp":
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        bound.bind(address)
        if port.protocol == "tcp":
            bound.listen()
    except OSError as error:
        bound.close()
        raise Problem("PortTaken", f"cannot listen on {host}:{port.local}: {error}") from error
    return bound


def serve(port: Port, bound: socket.socket, open_: Open) -> None:
    """Forward what comes to a bound socket, for ever."""
    if port.protocol == "tcp":
        serve_tcp(bound, open_)
    else:
        _UdpPort(bound, open_).serve()


def serve_tcp(bound: socket.socket, open_: Open) -> None:
    """Accept connections, and relay each in a thread of its own."""
    places = threading.BoundedSemaphore(MOST_CONNECTIONS)
    while True:
        places.acquire()
        connection, _ = bound.accept()
        args = (connection, open_, places.release)
        threading.Thread(target=_relay_tcp, args=args, daemon=True).start()


def _relay_tcp(connection: socket.socket, open_: Open, done: Callable[[], None]) -> None:
    with connection:
        try:
            websocket = open_()
            connection.setblocking(False)
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            descriptor = connection.fileno()
            local = Local(descriptor, descriptor, linger_seconds=LINGER_SECONDS)
            tell(Relay(websocket, local).run())
        except Problem as problem:
            print(clean(problem.message), file=sys.stderr)
        finally:
            done()


def tell(ending: Ending) -> int:
    """Say what the server said why a connection ended; return the exit code.

    One that was just cut is as a cut TCP connection; Ctrl-C cuts them all.
    """
    why = ending.explain() if ending.code != CUT else ""
    if why:
        print(why, file=sys.stderr)
    return int(bool(why))


def await_interrupt() -> None:
    """Wait for Ctrl-C; one that comes before we wait is a KeyboardInterrupt, as everywhere.

    signal.pause() would sleep on if it came just before, or was delivered to another thread.
    """
    heard, told = socket.socketpair()
    with heard, told, suppress(KeyboardInterrupt):
        told.setblocking(False)
        signal.set_wakeup_fd(told.fileno())
        try:
            while True:
                heard.recv(1)
        finally:
            signal.set_wakeup_fd(-1)


@dataclass(slots=True)
class _Peer:
    """A UDP client; its relay reads and writes the far end of a pair of sockets."""

    near: socket.socket
    far: socket.socket
    relay: Relay | None
    used: float  # time.monotonic()


class _UdpPort:
    """Datagrams of one local port: each client has a websocket, found again by its address."""

    def __init__(self, bound: socket.socket, open_: Open) -> None:
        bound.setblocking(False)
        self._bound = bound
        self._open = open_
        self._peers: OrderedDict[Address, _Peer] = OrderedDict()  # the longest unused first
        self._ended: list[Address] = []
        self._wake_reader, self._wake_writer = os.pipe()

    def serve(self) -> None:
        while True:
            ready = self._poll()
            if self._wake_reader in ready:
                os.read(self._wake_reader, 1)
                self._forget(self._ended.pop())
            if self._bound.fileno() in ready:
                self._take_in()
            for address, peer in list(self._peers.items()):
                if peer.near.fileno() in ready:
                    self._give_out(address, peer)
            self._forget_idle()

    def _poll(self) -> set[int]:
        poll = select.poll()
        descriptors = (peer.near.fileno() for peer in self._peers.values())
        for descriptor in (self._bound.fileno(), self._wake_reader, *descriptors):
            poll.register(descriptor, select.POLLIN)
        return {descriptor for descriptor, _ in poll.poll(IDLE_SECONDS * 1000)}

    def _take_in(self) -> None:
        """Pass a client's datagram on; one that finds no room is lost, as UDP's are."""
        try:
            data, address = self._bound.recvfrom(_DATAGRAM_BYTES)
        except OSError:  # what an earlier answer met, such as a port that is closed
            return
        peer = self._peers.get(address) or self._meet(address)
        peer.used = time.monotonic()
        self._peers.move_to_end(address)
        with suppress(OSError):
            peer.near.send(data)

    def _give_out(self, address: Address, peer: _Peer) -> None:
        peer.used = time.monotonic()
        self._peers.move_to_end(address)
        with suppress(OSError):
            self._bound.sendto(peer.near.recv(_DATAGRAM_BYTES), address)

    def _meet(self, address: Address) -> _Peer:
        if len(self._peers) >= MOST_CONNECTIONS:
            self._forget(next(iter(self._peers)))
        near, far = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
        near.setblocking(False)
        far.setblocking(False)
        peer = self._peers[address] = _Peer(near, far, None, time.monotonic())
        threading.Thread(target=self._relay, args=(address, peer), daemon=True).start()
        return peer

    def _relay(self, address: Address, peer: _Peer) -> None:
        descriptor = peer.far.fileno()
        try:
            peer.relay = Relay(self._open(), Local(descriptor, descriptor, datagrams=True))
            tell(peer.relay.run())
        except Problem as problem:
            print(clean(problem.message), file=sys.stderr)
        finally:
            peer.far.close()
            self._ended.append(address)
            os.write(self._wake_writer, b"\0")

    def _forget(self, address: Address) -> None:
        peer = self._peers.pop(address, None)
        if peer is not None:
            peer.near.close()
            if peer.relay is not None:
                peer.relay.leave()

    def _forget_idle(self) -> None:
        limit = time.monotonic() - IDLE_SECONDS
        while self._peers and next(iter(self._peers.values())).used < limit:
            self._forget(next(iter(self._peers)))
