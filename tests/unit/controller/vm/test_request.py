"""Requests to start and to stop."""

import pytest

from api.vm import StateChangeRequest
from controller.vm.request import asks_paused, trim_requests
from controller.vmi.seen import Vmi
from tests.unit.controller.vm.scene import START, STOP, build_vmi

OTHER_STOP = StateChangeRequest("Stop", uid="uid-before")
ANY_STOP = StateChangeRequest("Stop")
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
    ],
)
def test_fulfilled_requests_go_one_after_the_other(
    requests: tuple[StateChangeRequest, ...],
    own: Vmi | None,
    left: tuple[StateChangeRequest, ...],
) -> None:
    assert trim_requests(requests, own, "Manual") == left


def test_once_takes_no_request_to_start() -> None:
    assert trim_requests((START,), None, "Once") == ()


def test_only_the_next_request_says_whether_the_guest_waits() -> None:
    paused = StateChangeRequest("Start", {"paused": "true"})
    assert asks_paused((paused,))
    assert not asks_paused((START, paused))
    assert not asks_paused(())
