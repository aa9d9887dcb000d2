"""Tokens work once and for 30 s; slots are never lost and never too many."""

from collections import Counter
from itertools import count

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
)

from api.door import SessionKind, SessionRequest
from handler.console.desk import Caps, Desk, Refused, Slot

CAPS = Caps(vmi=2, user=3, total=4)


def build_request(
    name: str = "vm",
    user: str = "alice",
    kind: SessionKind = SessionKind.SERIAL,
    *,
    exclusive: bool = False,
    preserve: bool = False,
) -> SessionRequest:
    return SessionRequest(f"uid-of-{name}", "ns", name, kind, user, exclusive, preserve)


def build_desk(caps: Caps = CAPS) -> Desk:
    numbers = count()
    return Desk(caps, lambda: f"token-{next(numbers)}")


def open_slot(desk: Desk, request: SessionRequest, now: float = 0.0) -> Slot:
    return desk.redeem(desk.grant(request, now), now)


def test_a_token_is_bound_to_what_was_asked_for() -> None:
    desk = build_desk()
    request = build_request(user="bob", kind=SessionKind.VNC)
    assert desk.redeem(desk.grant(request, 0.0), 29.9).request is request


@pytest.mark.parametrize("text", ["", "token-1", "token-0 ", "TOKEN-0", "\udcff", "0" * 10_000])
def test_another_text_is_no_token(text: str) -> None:
    desk = build_desk()
    desk.grant(build_request(), 0.0)
    with pytest.raises(Refused, match="unknown, expired or used") as refusal:
        desk.redeem(text, 0.0)
    assert refusal.value.status == 403


def test_a_token_works_once() -> None:
    desk = build_desk()
    token = desk.grant(build_request(), 0.0)
    desk.redeem(token, 0.0)
    with pytest.raises(Refused):
        desk.redeem(token, 0.0)


def test_a_token_expires_and_its_slot_is_free() -> None:
    desk = build_desk()
    token = desk.grant(build_request(), 100.0)
    with pytest.raises(Refused):
        desk.redeem(token, 130.0)
    assert (desk.total, desk.reserved) == (0, 0)


@pytest.mark.parametrize(
    ("requests", "whose"),
    [
        ([build_request()] * 3, "VMI"),
        ([build_request(kind=kind) for kind in (*SessionKind, SessionKind.VNC)], "VMI"),
        ([build_request(name) for name in "abcd"], "user"),
        ([build_request(name, user=name) for name in "abcde"], "node"),
    ],
)
def test_a_cap_is_a_503_that_says_whose(requests: list[SessionRequest], whose: str) -> None:
    desk = build_desk()
    *fitting, one_more = requests
    for request in fitting:
        desk.grant(request, 0.0)
    with pytest.raises(Refused, match=f"this {whose} has") as refusal:
        desk.grant(one_more, 0.0)
    assert (refusal.value.status, refusal.value.slug) == (503, "TooManySessions")


def test_preserving_is_refused_while_another_has_the_console() -> None:
    desk = build_desk()
    slot = open_slot(desk, build_request())
    with pytest.raises(Refused, match="is in use"):
        desk.grant(build_request(preserve=True), 0.0)
    desk.grant(build_request(kind=SessionKind.VNC, preserve=True), 0.0)
    desk.release(slot)
    desk.grant(build_request(preserve=True), 0.0)


def test_of_two_that_preserve_the_second_to_come_is_refused() -> None:
    desk = build_desk()
    first, second = (desk.grant(build_request(preserve=True), 0.0) for _ in range(2))
    desk.redeem(second, 0.0)
    with pytest.raises(Refused, match="is in use") as refusal:
        desk.redeem(first, 0.0)
    assert refusal.value.status == 503
    assert desk.total == 1


def test_exclusive_use_ends_the_others_of_that_kind_alone() -> None:
    desk = build_desk()
    rival = open_slot(desk, build_request())
    open_slot(desk, build_request(kind=SessionKind.VNC))  # which fills the VMI's cap
    open_slot(desk, build_request("other"))
    mine = open_slot(desk, build_request(user="bob", exclusive=True))
    assert desk.list_rivals(mine) == [rival]
    assert desk.list_rivals(rival) == []


def test_releasing_twice_frees_once() -> None:
    desk = build_desk()
    slot, _ = open_slot(desk, build_request()), open_slot(desk, build_request())
    desk.release(slot)
    desk.release(slot)
    assert desk.total == 1


class DeskMachine(RuleBasedStateMachine):
    """Any sequence of grants, redemptions, releases and waits."""

    tokens: Bundle[str] = Bundle("tokens")
    slots: Bundle[Slot] = Bundle("slots")

    def __init__(self) -> None:
        super().__init__()
        self.desk = build_desk()
        self.now = 0.0
        self.waiting: dict[str, tuple[SessionRequest, float]] = {}
        self.open: set[Slot] = set()

    @rule(
        target=tokens,
        name=st.sampled_from("ab"),
        user=st.sampled_from("xy"),
        kind=st.sampled_from(SessionKind),
        exclusive=st.booleans(),
        preserve=st.booleans(),
    )
    def grant(
        self, name: str, user: str, kind: SessionKind, exclusive: bool, preserve: bool
    ) -> MultipleResults[str] | str:
        request = build_request(name, user, kind, exclusive=exclusive, preserve=preserve)
        try:
            token = self.desk.grant(request, self.now)
        except Refused:
            return multiple()
        self.waiting[token] = request, self.now + 30
        return token

    @rule(target=slots, token=tokens)
    def redeem(self, token: str) -> MultipleResults[Slot] | Slot:
        request, expires = self.waiting.pop(token, (None, 0.0))
        try:
            slot = self.desk.redeem(token, self.now)
        except Refused as refused:
            is_used_up = request is None or expires <= self.now
            self.expected(refused, "TokenInvalid" if is_used_up else "SessionPreserved")
            return multiple()
        assert slot.request is request
        assert expires > self.now
        self.open.add(slot)
        for rival in self.desk.list_rivals(slot):
            self.release(rival)
        return slot

    def expected(self, refused: Refused, slug: str) -> None:
        assert refused.slug == slug

    @rule(slot=consumes(slots))
    def release(self, slot: Slot) -> None:
        self.desk.release(slot)
        self.open.discard(slot)

    @rule(seconds=st.sampled_from([1.0, 15.0, 30.0]))
    def wait(self, seconds: float) -> None:
        self.now += seconds
        self.desk.purge(self.now)
        alive = {token: it for token, it in self.waiting.items() if it[1] > self.now}
        self.waiting = alive

    @invariant()
    def nothing_leaks(self) -> None:
        requests = [slot.request for slot in self.open] + [it[0] for it in self.waiting.values()]
        assert self.desk.total == len(requests)
        assert self.desk.reserved == len(self.waiting)
        users = Counter(request.user for request in requests)
        assert max(users.values(), default=0) <= CAPS.user
        assert len(requests) <= CAPS.total


TestDesk = DeskMachine.TestCase
TestDesk.settings = settings(max_examples=40, stateful_step_count=40)
