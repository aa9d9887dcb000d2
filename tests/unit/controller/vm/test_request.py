"""Requests to start and to stop."""

import pytest

from api.vm import StateChangeRequest
from controller.vm.request import asks_paused, hits_whatever_runs, is_refused, trim_requests
from controller.vmi.seen import Vmi
from tests.unit.controller.vm.scene import START, STOP, build_vmi

OTHER_STOP = StateChangeRequest("Stop", uid="uid-before")
ANY_STOP = StateChangeRequest("Stop")
PAUSED_START = StateChangeRequest("Start", {"paused": "true"})
ALIVE, ENDED, GOING = build_vmi(), build_vmi("Failed"), build_vmi(deleted=True)


@pytest.mark.parametrize(
    ("requests", "own", "left"),
    [
        ((START,), None, (START,)),
        ((START,), ALIVE, ()),
        ((START,), ENDED, (START,)),
        ((START,), GOING, (START,)),
        ((STOP,), None, ()),
        ((STOP,), ALIVE, (STOP,)),
        ((STOP,), ENDED, (STOP,)),
        ((STOP,), GOING, ()),
        ((OTHER_STOP,), ALIVE, ()),
        ((ANY_STOP,), ALIVE, (STOP,)),
        ((ANY_STOP,), None, ()),
        ((STOP, START), ALIVE, (STOP, START)),
        ((STOP, START), GOING, (START,)),
        ((STOP, START), None, (START,)),
        ((OTHER_STOP, START), ALIVE, ()),
        ((), ALIVE, ()),
        ((STOP, STOP, START, STOP), None, ()),
        ((STOP, STOP, START, STOP), ALIVE, (STOP,)),
        ((START, STOP) * 32, None, ()),
        ((STOP, START) * 32, ALIVE, (STOP, START)),
        ((ANY_STOP, START) * 32, None, (START,)),
        ((OTHER_STOP, START) * 32, ALIVE, ()),
        ((STOP, START, OTHER_STOP), ALIVE, (STOP,)),
        ((START, OTHER_STOP), ALIVE, ()),
        ((START, STOP, START), ALIVE, (STOP, START)),
        ((START, PAUSED_START), None, (PAUSED_START,)),
        ((PAUSED_START, START), ENDED, (START,)),
    ],
)
def test_only_the_last_wish_counts_and_a_restart_is_one_wish(
    requests: tuple[StateChangeRequest, ...],
    own: Vmi | None,
    left: tuple[StateChangeRequest, ...],
) -> None:
    assert trim_requests(requests, own, "Manual") == left


@pytest.mark.parametrize(
    ("requests", "own", "refused"),
    [
        ((START,), None, True),
        ((START,), ENDED, True),
        ((START,), ALIVE, False),  # as it was wished
        ((STOP, START, START), ALIVE, True),  # what runs once is not given up for a restart
        ((STOP, START, START), None, True),
        ((START, STOP), ALIVE, False),
        ((), None, False),
    ],
)
def test_once_takes_no_request_to_start(
    requests: tuple[StateChangeRequest, ...], own: Vmi | None, refused: bool
) -> None:
    assert is_refused(requests, own, "Once") is refused
    assert not is_refused(requests, own, "Manual")
    if refused:
        assert trim_requests(requests, own, "Once") == ()


def test_a_stop_without_a_uid_would_hit_the_next_instance_too() -> None:
    assert hits_whatever_runs((STOP, ANY_STOP, START))
    assert not hits_whatever_runs((STOP, OTHER_STOP, START))


def test_only_the_next_request_says_whether_the_guest_waits() -> None:
    paused = StateChangeRequest("Start", {"paused": "true"})
    assert asks_paused((paused,))
    assert not asks_paused((START, paused))
    assert not asks_paused(())
