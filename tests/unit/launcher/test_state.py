"""How the domain's life goes, and how each way of ending is told."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.stop import StopCause
from launcher.state import (
    AgentChanged,
    DomainPhase,
    DomainStopped,
    Event,
    GuestCrashed,
    GuestShutDown,
    KillSent,
    PauseCause,
    Paused,
    QemuExited,
    Resumed,
    StageReached,
    Started,
    StartFailed,
    State,
    StopRequested,
    advance,
)

STARTED = Started(42, paused=False)


def live(*events: Event) -> State:
    state = State()
    for moment, event in enumerate(events, start=1):
        state = advance(state, event, float(moment))
    return state


@pytest.mark.parametrize(
    ("events", "cause"),
    [
        ((GuestShutDown(), QemuExited()), StopCause.GUEST_SHUTDOWN),
        ((StopRequested(), GuestShutDown(), QemuExited()), StopCause.GUEST_SHUTDOWN),
        ((KillSent("time"), QemuExited()), StopCause.KILLED),
        # it powered off at the very moment that it was killed
        ((KillSent("time"), GuestShutDown(), QemuExited()), StopCause.GUEST_SHUTDOWN),
        ((GuestCrashed("panic"), QemuExited()), StopCause.GUEST_CRASHED),
        ((GuestCrashed("panic"), GuestShutDown(), QemuExited()), StopCause.GUEST_CRASHED),
        ((QemuExited("assertion"), DomainStopped()), StopCause.QEMU_CRASHED),
        # libvirt's explanation is slower than the kernel's word
        ((QemuExited(), GuestShutDown(), DomainStopped()), StopCause.GUEST_SHUTDOWN),
    ],
)
def test_each_way_of_ending_has_its_cause(events: tuple[Event, ...], cause: StopCause) -> None:
    state = live(STARTED, *events)
    assert state.phase is DomainPhase.STOPPED
    assert state.stop is not None
    assert state.stop.cause is cause
    assert state.stop.message


def test_an_exit_without_a_cause_waits_for_libvirts_word() -> None:
    state = live(STARTED, QemuExited())
    assert state.phase is DomainPhase.RUNNING
    assert advance(state, DomainStopped(), 9.0).is_over


def test_libvirts_word_alone_does_not_end_the_life() -> None:
    assert live(STARTED, DomainStopped()).phase is DomainPhase.RUNNING


def test_qemus_last_words_are_told() -> None:
    state = live(STARTED, QemuExited("out of memory"), DomainStopped())
    assert state.stop is not None
    assert "out of memory" in state.stop.message


def test_a_stop_that_was_asked_for_says_so() -> None:
    asked = live(STARTED, StopRequested(), GuestShutDown(), QemuExited()).stop
    unasked = live(STARTED, GuestShutDown(), QemuExited()).stop
    assert asked is not None
    assert unasked is not None
    assert (asked.requested, unasked.requested) == (True, False)


def test_a_failed_start_gives_its_reason() -> None:
    stop = live(StartFailed("DiskImageMissing", "no disk")).stop
    assert stop is not None
    assert (stop.cause, stop.reason) == (StopCause.START_FAILED, "DiskImageMissing")


def test_pause_and_resume() -> None:
    paused = live(STARTED, Paused(PauseCause.IO_ERROR))
    assert (paused.phase, paused.pause_cause) == (DomainPhase.PAUSED, PauseCause.IO_ERROR)
    resumed = advance(paused, Resumed(), 9.0)
    assert (resumed.phase, resumed.pause_cause) == (DomainPhase.RUNNING, PauseCause.UNSPECIFIED)


def test_a_guest_that_starts_paused_is_paused_by_its_user() -> None:
    state = live(Started(1, paused=True))
    assert (state.phase, state.pause_cause) == (DomainPhase.PAUSED, PauseCause.USER)


def test_a_paused_guest_that_is_stopped_goes_on_shutting_down() -> None:
    state = live(STARTED, Paused(PauseCause.USER), StopRequested(), Resumed())
    assert state.phase is DomainPhase.SHUTTING_DOWN


def test_a_pause_that_a_stop_overtakes_is_known() -> None:
    state = live(STARTED, StopRequested(), Paused(PauseCause.USER))
    assert (state.phase, state.pause_cause) == (DomainPhase.SHUTTING_DOWN, PauseCause.USER)
    assert advance(state, Resumed(), 9.0).pause_cause is PauseCause.UNSPECIFIED


def test_a_stop_before_the_start_is_remembered() -> None:
    assert live(StopRequested()).phase is DomainPhase.PREPARING
    assert live(StopRequested(), STARTED).phase is DomainPhase.SHUTTING_DOWN


def test_the_phase_keeps_its_time_while_other_things_change() -> None:
    state = live(STARTED, AgentChanged(connected=True))
    assert state.phase_time == 1.0
    assert state.agent_connected


EVENTS = st.sampled_from(
    [
        StageReached("s", 1.0),
        STARTED,
        StartFailed("X", "x"),
        StopRequested(),
        KillSent("k"),
        Paused(PauseCause.USER),
        Paused(PauseCause.IO_ERROR),
        Resumed(),
        GuestShutDown(),
        GuestCrashed("c"),
        DomainStopped(),
        QemuExited("w"),
        AgentChanged(connected=True),
    ]
)


@given(st.lists(EVENTS, max_size=30))
def test_nothing_follows_the_end_and_the_sequence_only_grows(events: list[Event]) -> None:
    states = [State()]
    for event in events:
        states.append(advance(states[-1], event, 1.0))
    for before, after in pairwise(states):
        assert after is before or after.sequence == before.sequence + 1
        assert not before.is_over or after is before
    for state in states:
        assert (state.stop is not None) == state.is_over
