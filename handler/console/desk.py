"""Who may have a session: one-time tokens, and the slots that they reserve; pure.

A slot is reserved when a token is granted, and is free again when the token expires unused or
the session has ended. Tokens are found by their hash: how long a search takes tells nothing.
"""

import hashlib
from collections import Counter, OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Final

from api.door import TOKEN_SECONDS, SessionRequest
from api.problem import Problem

NO_SUCH_TOKEN: Final = "this token is unknown, expired or used"  # noqa: S105


class Refused(Problem):
    """An answer that is not 200."""

    def __init__(self, status: int, slug: str, message: str) -> None:
        super().__init__(slug, message, retryable=status == 503)
        self.status = status


@dataclass(frozen=True, slots=True)
class Caps:
    """How many sessions there may be, of both kinds together."""

    vmi: int = 64
    user: int = 128
    total: int = 512


@dataclass(frozen=True, slots=True, eq=False)
class Slot:
    """Room for one session; each is only equal to itself."""

    request: SessionRequest
    expires: float = field(repr=False)

    @property
    def vmi(self) -> tuple[str, str]:
        return self.request.namespace, self.request.name

    @property
    def place(self) -> tuple[str, str]:
        """What an exclusive session has for itself."""
        return self.request.pod_uid, self.request.kind

    @property
    def shares(self) -> tuple[Hashable, Hashable, Hashable]:
        """What this slot counts towards: its VMI, its user, the node."""
        return self.vmi, self.request.user, None


class Desk:
    """Grants tokens, redeems them once, and counts."""

    def __init__(self, caps: Caps, make_token: Callable[[], str]) -> None:
        self._caps = caps
        self._make_token = make_token
        self._reserved: OrderedDict[bytes, Slot] = OrderedDict()  # by expiry, which is by age
        self._open: dict[tuple[str, str], set[Slot]] = {}  # by place
        self._count: Counter[Hashable] = Counter()

    @property
    def reserved(self) -> int:
        """How many tokens wait for their websocket."""
        return len(self._reserved)

    @property
    def total(self) -> int:
        """How many slots are taken."""
        return self._count[None]

    def grant(self, request: SessionRequest, now: float) -> str:
        """Reserve a slot and return its token, or raise Refused."""
        self.purge(now)
        slot = Slot(request, now + TOKEN_SECONDS)
        if request.preserve:
            self._check_alone(slot)
        self._check_caps(slot)
        token = self._make_token()
        self._reserved[_digest(token)] = slot
        self._count.update(slot.shares)
        return token

    def redeem(self, token: str, now: float) -> Slot:
        """Open the slot of a token, which is used up with that, or raise Refused."""
        self.purge(now)
        slot = self._reserved.pop(_digest(token), None)
        if slot is None:
            raise Refused(403, "TokenInvalid", NO_SUCH_TOKEN)
        try:
            if slot.request.preserve:
                self._check_alone(slot)
        except Refused:
            self._forget(slot)
            raise
        self._open.setdefault(slot.place, set()).add(slot)
        return slot

    def release(self, slot: Slot) -> None:
        """Free an open slot; once is enough."""
        peers = self._open.get(slot.place, set())
        if slot in peers:
            peers.remove(slot)
            if not peers:
                del self._open[slot.place]
            self._forget(slot)

    def list_rivals(self, slot: Slot) -> list[Slot]:
        """Return the open sessions that this one, when it is exclusive, puts an end to."""
        if not slot.request.exclusive:
            return []
        return [peer for peer in self._open.get(slot.place, ()) if peer is not slot]

    def purge(self, now: float) -> None:
        """Free the slots of tokens that expired."""
        while self._reserved:
            digest, slot = next(iter(self._reserved.items()))
            if slot.expires > now:
                return
            del self._reserved[digest]
            self._forget(slot)

    def _forget(self, slot: Slot) -> None:
        self._count.subtract(slot.shares)
        for share in slot.shares:
            if not self._count[share]:
                del self._count[share]

    def _check_alone(self, slot: Slot) -> None:
        if self._open.get(slot.place):
            text = f"the {slot.request.kind} console of this VMI is in use"
            raise Refused(503, "SessionPreserved", text)

    def _check_caps(self, slot: Slot) -> None:
        vmi, user, total = (self._count[share] for share in slot.shares)
        if slot.request.exclusive:  # its rivals make room
            vmi -= len(self._open.get(slot.place, ()))
        for taken, cap, whose in (
            (vmi, self._caps.vmi, "this VMI"),
            (user, self._caps.user, "this user"),
            (total, self._caps.total, "this node"),
        ):
            if taken >= cap:
                raise Refused(503, "TooManySessions", f"{whose} has {taken} sessions already")


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
