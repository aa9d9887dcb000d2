"""What --wait waits for."""

from typing import Any

import pytest

from cli.goal import (
    PAUSED,
    REACHABLE,
    RUNNING,
    STARTED_PAUSED,
    STOPPED,
    UNPAUSED,
    Goal,
    build_restarted,
    is_coming,
    tell_status,
)

Json = dict[str, Any]  # Any: any object


def with_status(status: Json, **metadata: str) -> Json:
    return {"metadata": {"name": "a", "uid": "old", **metadata}, "spec": {}, "status": status}


def condition(type_: str, status: str = "True") -> Json:
    return {"conditions": [{"type": type_, "status": status}]}


@pytest.mark.parametrize(
    ("goal", "item", "reached"),
    [
        (RUNNING, with_status(condition("Ready")), True),
        (RUNNING, with_status(condition("Ready", "False")), False),
        (RUNNING, None, False),
        (STARTED_PAUSED, with_status({"printableStatus": "Paused"}), True),
        (STARTED_PAUSED, with_status({"printableStatus": "Starting"}), False),
        (STOPPED, with_status({"printableStatus": "Stopped"}), True),
        (STOPPED, with_status({"printableStatus": "Stopping"}), False),
        (PAUSED, with_status(condition("Paused")), True),
        (PAUSED, None, False),
        (UNPAUSED, with_status({}), True),
        (UNPAUSED, with_status(condition("Paused")), False),
        (UNPAUSED, None, False),
        (REACHABLE, with_status({"phase": "Running"}), True),
        (REACHABLE, with_status({"phase": "Scheduled"}), False),
        (build_restarted("old"), with_status(condition("Ready")), False),
        (build_restarted("old"), with_status(condition("Ready"), uid="new"), True),
        (build_restarted("old"), with_status({}, uid="new"), False),
        (build_restarted("old"), None, False),
    ],
)
def test_a_goal_is_reached(goal: Goal, item: Json | None, reached: bool) -> None:
    assert goal.is_reached(item) is reached


@pytest.mark.parametrize(
    ("item", "word"),
    [
        (None, "not there"),
        (with_status({}), "Pending"),
        (with_status({"phase": "Scheduled"}), "Scheduled"),
        (with_status({"printableStatus": "Starting"}), "Starting"),
    ],
)
def test_the_status_is_a_word(item: Json | None, word: str) -> None:
    assert tell_status(item) == word


@pytest.mark.parametrize(
    ("vm", "coming"),
    [
        ({"spec": {"runStrategy": "Always"}}, True),
        ({"spec": {"running": True}}, True),
        ({"spec": {"running": False}}, False),
        ({"spec": {"runStrategy": "Halted"}}, False),
        ({"spec": {"runStrategy": "Manual"}, "status": {"printableStatus": "Starting"}}, True),
        ({"spec": {"runStrategy": "Manual"}, "status": {"printableStatus": "Stopped"}}, False),
        (
            {
                "spec": {"runStrategy": "Manual"},
                "status": {"stateChangeRequests": [{"action": "Start"}]},
            },
            True,
        ),
    ],
)
def test_a_vm_without_an_instance_is_coming_or_not(vm: Json, coming: bool) -> None:
    assert is_coming(vm) is coming
