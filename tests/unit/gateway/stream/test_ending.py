"""What is told of a session's end."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.stream.ending import Cause, Ended, Ending, read_client_close, read_node_close


@pytest.mark.parametrize("code", [0, 1000])
def test_a_nodes_ordinary_close_is_the_guests(code: int) -> None:
    assert read_node_close(code, "whatever") == Ending(1000, "", Cause.GUEST)


@pytest.mark.parametrize("code", [1001, 1008, 1009, 1011, 3000, 4001, 4999])
def test_a_nodes_other_close_is_passed_on(code: int) -> None:
    assert read_node_close(code, "why") == Ending(code, "why", Cause.NODE)


@pytest.mark.parametrize("code", [None, 1, 999, 1004, 1005, 1006, 1015, 2999, 5000, 65535])
def test_what_may_not_be_passed_on_is_a_lost_node(code: int | None) -> None:
    ending = read_node_close(code, "why")
    assert (ending.code, ending.cause) == (1011, Cause.NODE_LOST)


@pytest.mark.parametrize(
    ("code", "cause"),
    [(1000, Cause.CLIENT), (1001, Cause.CLIENT), (0, Cause.CLIENT), (1006, Cause.CLIENT_LOST)],
)
def test_a_client_closes_or_is_lost(code: int, cause: Cause) -> None:
    assert read_client_close(code).cause is cause
    assert read_client_close(None).cause is Cause.CLIENT_LOST


@given(st.text())
def test_a_reason_fits_its_frame_and_is_text(reason: str) -> None:
    payload = Ending(4001, reason.encode(errors="replace").decode(), Cause.NODE).payload
    assert len(payload) <= 123
    assert reason.encode(errors="replace").decode().startswith(payload.decode())


def test_an_end_that_is_raised_tells_its_reason() -> None:
    assert str(Ended(Ending(1011, "why", Cause.NODE))) == "why"
