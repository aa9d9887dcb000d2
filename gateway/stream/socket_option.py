"""What the kernel does for connections that live long."""

import socket
from typing import Final

# A peer that is gone is found within 25 s, whether or not we have something to say to it. One
# that is there and takes no data is left alone: it answers the kernel's probes.
_OPTIONS: Final = (
    (socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1),
    (socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10),
    (socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 5),
    (socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3),
    (socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, 25_000),  # milliseconds
    (socket.IPPROTO_TCP, socket.TCP_NODELAY, 1),
)


def watch_over(connection: socket.socket) -> None:
    """Have the kernel find out when a TCP peer is gone."""
    for level, option, value in _OPTIONS:
        connection.setsockopt(level, option, value)


def make_socket(info: tuple[int, int, int, str, object]) -> socket.socket:
    """Make a socket that is watched over, as aiohttp's connectors ask for one."""
    family, kind, protocol, *_ = info
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    watch_over(made)
    return made
