"""What the handler reads from a launcher's pod."""

import msgspec
import pytest

from api.meta import ObjectMeta
from api.termination import StopCause
from handler.pod import (
    Pod,
    PodSpec,
    PodStatus,
    find_compute_end,
    find_shorter_grace,
    find_vmi_uid,
    has_ended,
    read_document,
)
from tests.unit.handler.objects import VMI_UID, end_compute, make_pod


def change_owner(**changes: object) -> Pod:
    pod = make_pod()
    owner = msgspec.structs.replace(pod.metadata.owner_references[0], **changes)
    metadata = msgspec.structs.replace(pod.metadata, owner_references=(owner,))
    return msgspec.structs.replace(pod, metadata=metadata)


def test_the_owner_is_the_vmi_of_the_same_name() -> None:
    assert find_vmi_uid(make_pod()) == VMI_UID


@pytest.mark.parametrize(
    "changes",
    [
        {"name": "vm2"},
        {"kind": "ReplicaSet"},
        {"controller": False},
        {"api_version": "evil.io/v1"},
    ],
)
def test_a_strangers_pod_has_no_vmi(changes: dict[str, object]) -> None:
    assert find_vmi_uid(change_owner(**changes)) == ""


def test_a_living_launcher_has_no_end() -> None:
    assert find_compute_end(make_pod()) is None


def test_the_termination_message_is_read() -> None:
    text = (
        '{"cause":"GuestShutdown","reason":"GuestShutdown","message":"off\\u001b","requested":true}'
    )
    end = find_compute_end(make_pod(**end_compute(0, "Completed", text)))
    assert end is not None
    assert end.termination is not None
    assert end.termination.cause is StopCause.GUEST_SHUTDOWN
    assert end.termination.requested
    assert end.termination.message == "off "


@pytest.mark.parametrize("text", ["", "killed", '{"cause":"Nonsense"}', "[]", "\ud800"])
def test_another_termination_message_is_ignored(text: str) -> None:
    end = find_compute_end(make_pod(**end_compute(137, "Error", text)))
    assert end is not None
    assert (end.exit_code, end.termination) == (137, None)


def test_a_launcher_that_never_ran_has_no_end_although_its_pod_has() -> None:
    terminated = {"exitCode": 137, "reason": "ContainerStatusUnknown", "startedAt": None}
    statuses = [{"name": "compute", "state": {"terminated": terminated}}]
    pod = make_pod(phase="Failed", reason="Evicted", containerStatuses=statuses)
    assert find_compute_end(pod) is None
    assert has_ended(pod)
    assert not has_ended(make_pod())
    assert has_ended(make_pod(**end_compute(0)))


def test_the_launch_document_is_read() -> None:
    document = read_document(make_pod())
    assert document is not None
    assert document.uid == VMI_UID


@pytest.mark.parametrize("text", ["{", "[]", "{}", "x" * (300 * 1024)])
def test_an_unreadable_launch_document_is_none(text: str) -> None:
    assert read_document(make_pod(document=text)) is None


@pytest.mark.parametrize(
    ("first", "deletion", "phase", "expected"),
    [
        (95, None, "Running", None),
        (95, 95, "Running", None),
        (95, 96, "Running", None),
        (95, 94, "Running", 89),
        (95, 5, "Running", 0),
        (95, 0, "Running", 0),
        (95, 5, "Failed", None),
        (None, 5, "Running", None),
    ],
)
def test_a_shorter_grace_is_found_while_the_launcher_runs(
    first: int | None, deletion: int | None, phase: str, expected: int | None
) -> None:
    pod = Pod(
        ObjectMeta(name="vm1", deletion_grace_period_seconds=deletion),
        PodSpec("node1", termination_grace_period_seconds=first),
        PodStatus(phase),
    )
    assert find_shorter_grace(pod) == expected
