"""How a life ended, read from the pod alone."""

import pytest

from api.names import Phase, Reason
from controller.vmi.outcome import find_ending
from controller.vmi.pod_view import (
    ContainerState,
    ContainerStatus,
    Pod,
    PodCondition,
    PodMeta,
    PodStatus,
    Terminated,
)

STARTED, ENDED = "2026-11-22T12:00:00Z", "2026-11-22T12:01:00Z"


def build_pod(
    end: Terminated | None = None, *, deleted: bool = False, phase: str = "Failed", **status: object
) -> Pod:
    conditions = status.pop("conditions", ())
    state = ContainerState(terminated=end)
    return Pod(
        metadata=PodMeta("vm", "ns", "uid", "1", deletion_timestamp=ENDED if deleted else None),
        status=PodStatus(
            phase=phase,
            reason=str(status.get("reason", "")),
            message=str(status.get("message", "")),
            conditions=conditions,  # type: ignore[arg-type] # a tuple of conditions
            container_statuses=(ContainerStatus("compute", state),),
        ),
    )


def read(pod: Pod | None, *, vmi_deleted: bool = False) -> tuple[Phase, str]:
    ending = find_ending(pod, vmi_deleted=vmi_deleted)
    assert ending.message
    return ending.phase, str(ending.reason)


def test_a_pod_that_is_gone_was_deleted() -> None:
    assert read(None) == (Phase.FAILED, Reason.POD_DELETED)


def test_the_launchers_words_count_most() -> None:
    words = '{"cause":"StartFailed","reason":"DiskImageCorrupt","message":"no qcow2"}'
    end = Terminated(10, "Error", words, STARTED, ENDED)
    assert read(build_pod(end)) == (Phase.FAILED, "DiskImageCorrupt")


def test_an_exit_code_without_words_is_read() -> None:
    assert read(build_pod(Terminated(0, "Completed", "", STARTED, ENDED))) == (
        Phase.SUCCEEDED,
        Reason.GUEST_SHUTDOWN,
    )


def test_a_launcher_killed_for_memory_is_named() -> None:
    end = Terminated(137, "OOMKilled", "", STARTED, ENDED)
    assert read(build_pod(end)) == (Phase.FAILED, Reason.OOM_KILLED)


def test_a_lost_node_is_named() -> None:
    condition = PodCondition("DisruptionTarget", "True", "DeletionByPodGC", "node1 is gone")
    pod = build_pod(conditions=(condition,))
    assert find_ending(pod, vmi_deleted=False).message == "node1 is gone"
    assert read(pod) == (Phase.FAILED, Reason.NODE_LOST)


@pytest.mark.parametrize(
    ("reason", "expected"),
    [
        ("Evicted", "Evicted"),
        ("UnexpectedAdmissionError", "UnexpectedAdmissionError"),
        ("not a word", "StartFailed"),
        ("", "StartFailed"),
    ],
)
def test_a_pod_that_its_node_turned_away_says_why(reason: str, expected: str) -> None:
    pod = build_pod(reason=reason, message="no room")
    assert read(pod) == (Phase.FAILED, expected)
    assert find_ending(pod, vmi_deleted=False).message == "no room"


def test_a_container_that_could_not_be_started_says_what_the_runtime_said() -> None:
    end = Terminated(128, "StartError", "no such file", "1970-01-01T00:00:00Z", ENDED)
    assert read(build_pod(end)) == (Phase.FAILED, Reason.START_FAILED)
    assert find_ending(build_pod(end), vmi_deleted=False).message == "no such file"


def test_a_pod_deleted_before_its_launcher_ran_was_deleted() -> None:
    assert read(build_pod(deleted=True)) == (Phase.FAILED, Reason.POD_DELETED)
