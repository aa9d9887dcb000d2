"""The scheduler's words, as the Ready condition says them."""

import pytest

from controller.vmi.pod_view import Pod, PodCondition, PodMeta, PodStatus
from controller.vmi.trouble import find_trouble

SHORT = "0/1 nodes are available: 1 Insufficient memory"


@pytest.mark.parametrize(
    "message",
    [
        SHORT,
        f"{SHORT}.",
        f"{SHORT}. preemption: 0/1 nodes are available: 1 No victims found for incoming pod.",
        f"{SHORT}. no new claims to deallocate, preemption: 0/1 nodes are available.",
    ],
)
def test_only_what_is_missing_is_told(message: str) -> None:
    condition = PodCondition("PodScheduled", "False", "Unschedulable", message)
    pod = Pod(PodMeta("vm", "ns", "uid", "1"), status=PodStatus(conditions=(condition,)))
    trouble = find_trouble(pod)
    assert trouble is not None
    assert (trouble.reason, trouble.message) == ("Unschedulable", SHORT)
