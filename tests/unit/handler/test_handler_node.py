"""Labels of the node, devices of the kubelet, the environment, the flood budget."""

from pathlib import Path

import msgspec
import pytest

from api.problem import Problem
from handler.__main__ import read_settings
from handler.budget import Budget
from handler.device_plugin import Device, plan_devices
from handler.node import Node, NodeStatus, build_label_patch, can_take_vms
from handler.probe import NodeFacts, read_facts

FACTS = NodeFacts(kvm=False, kvm_reason="emulated", tun=True)


def make_node(**labels: str) -> Node:
    return msgspec.convert({"metadata": {"name": "n", "uid": "u", "labels": labels}}, Node)


def test_a_new_node_gets_its_labels() -> None:
    assert build_label_patch(make_node(), FACTS) == {
        "metadata": {
            "uid": "u",
            "labels": {"kubevirt.io/schedulable": "true", "virtpod.io/kvm": "false"},
        }
    }


def test_a_labelled_node_is_left_alone() -> None:
    labels = {"kubevirt.io/schedulable": "true", "virtpod.io/kvm": "false", "other": "x"}
    assert build_label_patch(make_node(**labels), FACTS) is None


def test_only_what_changed_is_patched() -> None:
    labels = {"kubevirt.io/schedulable": "true", "virtpod.io/kvm": "true"}
    patch = build_label_patch(make_node(**labels), FACTS)
    assert patch is not None
    assert patch["metadata"]["labels"] == {"virtpod.io/kvm": "false"}


@pytest.mark.parametrize(
    ("allocatable", "ready"),
    [
        ({}, False),
        ({"devices.kubevirt.io/tun": "0"}, False),
        ({"devices.kubevirt.io/tun": "1k"}, True),
    ],
)
def test_a_node_takes_vms_once_the_scheduler_sees_its_devices(
    allocatable: dict[str, str], ready: bool
) -> None:
    labels = {"kubevirt.io/schedulable": "true", "virtpod.io/kvm": "false"}
    node = msgspec.structs.replace(make_node(**labels), status=NodeStatus(allocatable))
    assert can_take_vms(node, FACTS) is ready
    assert not can_take_vms(msgspec.structs.replace(node, metadata=make_node().metadata), FACTS)


def test_devices_that_do_not_work_are_offered_zero_times() -> None:
    assert plan_devices(FACTS) == (
        Device("devices.kubevirt.io/kvm", "/dev/kvm", 0),
        Device("devices.kubevirt.io/tun", "/dev/net/tun", 1000),
    )
    assert plan_devices(NodeFacts(True, "", False))[0].count == 1000


def test_a_missing_probe_result_is_a_problem(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="node probe's result"):
        read_facts(tmp_path / "facts.json")
    broken = tmp_path / "broken.json"
    broken.write_text('{"kvm": 1}')
    with pytest.raises(Problem, match="node probe's result"):
        read_facts(broken)


def test_the_probe_result_is_read_back(tmp_path: Path) -> None:
    path = tmp_path / "facts.json"
    path.write_bytes(msgspec.json.encode(FACTS))
    assert read_facts(path) == FACTS


def test_the_environment_needs_a_node_name() -> None:
    with pytest.raises(Problem, match="NODE_NAME"):
        read_settings({})
    assert read_settings({"NODE_NAME": "n1"}).port == 8080


@pytest.mark.parametrize("port", ["", "http", "-1", "70000"])
def test_a_wrong_port_is_a_problem(port: str) -> None:
    with pytest.raises(Problem, match="PORT"):
        read_settings({"NODE_NAME": "n1", "PORT": port})


def test_a_burst_passes_and_a_flood_is_slowed_down() -> None:
    now = 0.0
    budget = Budget(50, 20.0, clock=lambda: now)
    assert [budget.spend() for _ in range(50)] == [0.0] * 50
    assert budget.count_wait() == pytest.approx(0.05)
    assert budget.spend() == pytest.approx(0.05)
    assert budget.spend() == pytest.approx(0.1)
    now = 3600.0
    assert budget.count_wait() == 0.0
    assert [budget.spend() for _ in range(51)][-2:] == [0.0, pytest.approx(0.05)]
