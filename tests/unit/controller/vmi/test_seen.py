"""What the controller makes of claims."""

import msgspec
import pytest

from controller.claim_view import Claim

META = {"name": "data", "namespace": "ns", "uid": "uid", "resourceVersion": "1"}


@pytest.mark.parametrize(
    ("requests", "capacity", "size_bytes"),
    [
        ({"storage": "1Gi"}, {"storage": "2Gi"}, 2 << 30),
        ({"storage": "1Gi"}, {}, 1 << 30),
        ({}, {}, 0),
        ({"storage": "1e30"}, {}, 0),
    ],
)
def test_a_claim_is_as_large_as_what_it_got_else_as_it_asks(
    requests: dict[str, str], capacity: dict[str, str], size_bytes: int
) -> None:
    raw = {
        "metadata": META,
        "spec": {"resources": {"requests": requests}},
        "status": {"phase": "Bound", "capacity": capacity},
    }
    assert msgspec.convert(raw, Claim).size_bytes == size_bytes


def test_a_claim_that_says_nothing_has_no_size() -> None:
    assert msgspec.convert({"metadata": META}, Claim).size_bytes == 0
