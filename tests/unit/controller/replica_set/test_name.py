"""Names of a set's VMIs, and selectors as text."""

import re

import pytest

from api.meta import LabelSelector, LabelSelectorRequirement
from controller.replica_set.name import build_name, find_free_names
from controller.replica_set.selector import render_selector

DNS_LABEL = re.compile(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?")


def test_a_slots_name_is_always_the_same() -> None:
    first = find_free_names("web", "uid", 5, lambda _name: False)
    assert first == find_free_names("web", "uid", 5, lambda _name: False)
    assert len(set(first)) == 5
    assert all(re.fullmatch(r"web-[a-z0-9]{5}", name) for name in first)


def test_a_name_that_is_taken_leaves_the_others_as_they_are() -> None:
    first = find_free_names("web", "uid", 4, lambda _name: False)
    free = find_free_names("web", "uid", 3, lambda name: name == first[1])
    assert free == (first[0], first[2], first[3])


def test_another_set_of_the_same_name_has_other_names() -> None:
    before = set(find_free_names("web", "uid-1", 20, lambda _name: False))
    assert before.isdisjoint(find_free_names("web", "uid-2", 20, lambda _name: False))


def test_two_slots_that_share_a_name_make_one_vm(monkeypatch: pytest.MonkeyPatch) -> None:
    def share(_name: str, _uid: str, slot: int) -> str:
        return f"web-{slot // 2}"

    monkeypatch.setattr("controller.replica_set.name.build_name", share)
    assert find_free_names("web", "uid", 3, lambda _name: False) == ("web-0", "web-1", "web-2")


@pytest.mark.parametrize("name", ["a", "a" * 63, "b" * 253, "c" * 56 + ".d", "e" * 56 + "-f"])
def test_every_name_is_a_dns_label(name: str) -> None:
    made = build_name(name, "uid", 0)
    assert DNS_LABEL.fullmatch(made)
    assert len(made) <= 63


def test_a_selector_is_written_as_kubernetes_does() -> None:
    selector = LabelSelector(
        match_labels={"tier": "front", "app": "web"},
        match_expressions=(
            LabelSelectorRequirement("zone", "In", ("b", "a")),
            LabelSelectorRequirement("env", "NotIn", ("test",)),
            LabelSelectorRequirement("blue", "Exists"),
            LabelSelectorRequirement("old", "DoesNotExist"),
        ),
    )
    text = "app=web,blue,env notin (test),!old,tier=front,zone in (a,b)"
    assert render_selector(selector) == text


def test_no_requirements_and_far_too_many_are_no_selector() -> None:
    assert render_selector(LabelSelector()) == ""
    many = tuple(LabelSelectorRequirement(f"{'k' * 60}{n}", "Exists") for n in range(2000))
    assert render_selector(LabelSelector(match_expressions=many)) == ""
