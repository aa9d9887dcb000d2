"""Who is connected, and who has to go when there are too many; pure.

Whoever waits for an answer that needs a right has a seat: how many there are is bounded by who
gives out seats. All others stand, whatever they say they are. When too many stand, one of those
from the address with the most of them goes, and the one that was quiet for longest: an address
that floods us pushes out its own, and who comes is never the one turned away.
"""

import ipaddress
from collections import OrderedDict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


def group_source(source: str) -> str:
    """Return what stands for an address: one who has an IPv6 address has 2⁶⁴ of them."""
    try:
        address = ipaddress.ip_address(source.partition("%")[0])
    except ValueError:
        return source
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is None:
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)


@dataclass(eq=False, slots=True)
class Guest:
    """One connection; ``end`` hangs up at once."""

    source: str
    end: Callable[[], object]
    seats: int = field(default=0, init=False)


class Crowd:
    """All connections of one port."""

    def __init__(self, most: int) -> None:
        """``most`` is how many may stand."""
        self._most = most
        self._guests: set[Guest] = set()
        self._standing: dict[str, OrderedDict[Guest, None]] = {}  # by source, quiet ones first
        self._count = 0  # of who stands

    def __len__(self) -> int:
        return len(self._guests)

    def __contains__(self, guest: Guest) -> bool:
        return guest in self._guests

    def __iter__(self) -> Iterator[Guest]:
        return iter(list(self._guests))

    def enter(self, source: str, end: Callable[[], object]) -> Guest:
        """Let a connection in; another may have to go for it."""
        guest = Guest(group_source(source), end)
        self._guests.add(guest)
        self._stand(guest)
        return guest

    def leave(self, guest: Guest) -> None:
        """Forget a connection that has ended."""
        if guest in self._guests:
            self._guests.remove(guest)
            self._rise(guest)

    def hear(self, guest: Guest) -> None:
        """Note that it said something just now."""
        if guest in self._standing.get(guest.source, ()):
            self._standing[guest.source].move_to_end(guest)

    @contextmanager
    def seat(self, guest: Guest) -> Iterator[None]:
        """Have a connection sit while the block runs."""
        self._rise(guest)
        guest.seats += 1
        try:
            yield
        finally:
            guest.seats -= 1
            if not guest.seats and guest in self._guests:
                self._stand(guest)

    def _stand(self, guest: Guest) -> None:
        self._standing.setdefault(guest.source, OrderedDict())[guest] = None
        self._count += 1
        while self._count > self._most:
            largest = max(self._standing, key=lambda source: len(self._standing[source]))
            first = next(iter(self._standing[largest]))
            self.leave(first)
            first.end()

    def _rise(self, guest: Guest) -> None:
        group = self._standing.get(guest.source, OrderedDict())
        if guest in group:
            del group[guest]
            self._count -= 1
            if not group:
                del self._standing[guest.source]
