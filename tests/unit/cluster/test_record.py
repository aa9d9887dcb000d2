"""What the cluster remembers of itself."""

from pathlib import Path

from cluster.install import Workload, parse_workloads, plan_restarts
from cluster.record import Record, read_record, write_record


def test_a_node_keeps_its_number() -> None:
    record = Record()
    assert record.add_node("a").index == 1
    assert record.add_node("b").index == 2
    assert record.add_node("a").index == 1


def test_a_removed_nodes_number_is_free_again() -> None:
    record = Record()
    record.add_node("a")
    record.add_node("b")
    del record.nodes["a"]
    assert record.add_node("c").index == 1


def test_a_stopped_node_is_known_but_does_not_run() -> None:
    record = Record(nodes={"a": 1, "b": 2}, stopped={"a"})
    assert [node.name for node in record.running_nodes()] == ["b"]
    assert [node.name for node in record.all_nodes()] == ["a", "b"]


def test_what_is_written_is_read(tmp_path: Path) -> None:
    path = tmp_path / "state" / "cluster.json"
    assert read_record(path) == Record()
    record = Record(nodes={"a": 1}, stopped={"a"}, ip_forward_before="0")
    write_record(path, record)
    assert read_record(path) == record


def test_only_workloads_with_a_new_image_restart() -> None:
    before = [Workload("deployment/a", frozenset({"x"})), Workload("daemonset/b", frozenset({"y"}))]
    assert plan_restarts(before, {"y", "z"}) == ["daemonset/b"]
    assert plan_restarts(before, set()) == []


def test_workloads_are_read_with_their_images() -> None:
    text = """{"items": [{"kind": "Deployment", "metadata": {"name": "a"},
      "spec": {"template": {"spec": {"containers": [{"image": "x"}, {"image": "y"}]}}}}]}"""
    assert parse_workloads(text) == [Workload("deployment/a", frozenset({"x", "y"}))]
