"""What a client is joined to: a console on a node, or a port of a guest."""

from typing import Protocol

from gateway.stream.liveness import Link


class FarEnd(Protocol):
    """The side of a session that is not the client."""

    @property
    def link(self) -> Link | None:
        """What is known of the peer, to be judged; None where the kernel watches over it."""

    async def read(self) -> bytes:
        """Return the next bytes (of UDP, a datagram), or raise Ended."""

    async def write(self, data: bytes) -> None:
        """Send bytes, and wait while the peer takes no more; raises Ended."""

    async def ping(self) -> None:
        """Ask the peer for a sign of life; of no effect where link is None."""

    async def close(self) -> None:
        """Let go of it, what was written before is still delivered; never raises, is bounded."""
