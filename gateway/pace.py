"""Whether a client takes what it is sent, as the kernel counts it."""

import asyncio
import socket
import struct
from typing import Final

# struct tcp_info of linux/tcp.h: how many packets nobody has acknowledged, how many bytes somebody
# has, and how many were not even sent.
_INFO: Final = struct.Struct("=24xI92xQ16xI")


class Pace:
    """Of one connection."""

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._socket: socket.socket = transport.get_extra_info("socket")
        self._taken = -1
        self._since = 0.0

    def is_stuck(self, now: float, seconds: float) -> bool:
        """Tell whether bytes wait for the client, and it has taken none for so long.

        Asked now and then it knows no more than what was so each time. Who takes little is not
        stuck, and who is sent nothing neither.
        """
        try:
            waiting = self._transport.get_write_buffer_size() > 0
            info = self._socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _INFO.size)
        # asyncio's TLS transport forgets its protocol when it is closed again (until 3.14 at
        # least), and its shutdown has a deadline of its own
        except (AttributeError, OSError):
            return False  # it is ending already
        unacknowledged, taken, unsent = _INFO.unpack(info)
        if taken != self._taken or not (waiting or unacknowledged or unsent):
            self._taken, self._since = taken, now
        return now - self._since >= seconds
