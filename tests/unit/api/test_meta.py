"""What all API structs have in common."""

import gc

import msgspec

from api.meta import Condition, share_text
from api.names import Condition as ConditionType
from api.status import PhaseTransitionTimestamp

CONDITION = b"""{"type": "Ready", "status": "True", "reason": "GuestRunning",
    "message": "the guest runs", "lastTransitionTime": "2026-11-23T01:00:00Z"}"""
STAMP = b"""{"phase": "Running", "phaseTransitionTimestamp": "2026-11-23T01:00:00Z"}"""


def test_conditions_that_say_the_same_share_its_text() -> None:
    one, other = (msgspec.json.decode(CONDITION, type=Condition) for _ in range(2))
    assert one == other
    for name in ("type", "status", "reason", "message", "last_transition_time"):
        assert getattr(one, name) is getattr(other, name)


def test_a_moment_is_shared_across_types() -> None:
    condition = msgspec.json.decode(CONDITION, type=Condition)
    stamp = msgspec.json.decode(STAMP, type=PhaseTransitionTimestamp)
    assert stamp.phase_transition_timestamp is condition.last_transition_time


def test_what_is_absent_stays_absent() -> None:
    condition = msgspec.json.decode(b'{"type": "Paused", "status": "False"}', type=Condition)
    assert (condition.reason, condition.message) == (None, None)
    assert msgspec.json.encode(condition) == b'{"type":"Paused","status":"False"}'


def test_a_name_of_ours_is_shared_as_plain_text() -> None:
    condition = Condition(ConditionType.READY, "True")
    assert type(condition.type) is str
    assert condition == Condition("Ready", "True")


def test_shared_texts_are_bounded() -> None:
    for number in range(10_000):
        share_text(f"text {number}")
    size = share_text.cache_info()
    assert size.maxsize is not None
    assert size.currsize <= size.maxsize


def test_no_collector_walks_the_structs() -> None:
    assert not gc.is_tracked(Condition("Ready", "True"))
