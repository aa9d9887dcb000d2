"""What is made of changes and of when they were seen."""

from tests.bench.web import judge, percent
from tests.bench.web_world import Change, Churn, spell_address


def make_churn(*names: str) -> Churn:
    changes = [Change(name, "", 1000.0 * at, 1000.0 * at + 10) for at, name in enumerate(names)]
    return Churn(10, ("a", "b"), 0, changes)


def test_a_change_counts_from_its_request_and_from_its_answer() -> None:
    seen = judge(make_churn("a", "x"), {0: 40.0}, 2.0, 100.0, 0.5, ())
    assert seen.delays == (40.0,)
    assert seen.after == (30.0,)
    assert (seen.rate, seen.blocked, seen.gateway) == (1.0, 50.0, 0.25)


def test_what_reached_the_screen_before_its_answer_took_no_time_after_it() -> None:
    assert judge(make_churn("a"), {0: 5.0}, 1.0, 0.0, 0.0, ()).after == (0.0,)


def test_the_last_change_of_a_vm_on_the_screen_must_come_there() -> None:
    churn = make_churn("a", "b", "a", "x")
    assert judge(churn, {0: 1.0, 1: 1001.0}, 4.0, 0.0, 0.0, ()).missed == 1
    assert judge(churn, {1: 1001.0, 2: 2001.0}, 4.0, 0.0, 0.0, ()).missed == 0


def test_a_change_that_was_not_taken_is_no_loss_but_is_told() -> None:
    churn = make_churn("a", "b")
    churn.changes[1].answered = 0.0
    seen = judge(churn, {0: 1.0}, 1.0, 0.0, 0.0, ())
    assert (seen.missed, seen.refused, seen.rate) == (0, 1, 1.0)


def test_what_an_earlier_run_left_on_the_screen_is_no_change_of_this_one() -> None:
    churn = make_churn("a", "b")
    churn.first = 100
    assert judge(churn, {0: 1.0, 100: 50.0}, 1.0, 0.0, 0.0, ()).delays == (50.0,)


def test_a_vm_that_is_not_on_the_screen_is_no_loss() -> None:
    assert judge(make_churn("x"), {}, 1.0, 0.0, 0.0, ()).missed == 0


def test_a_percentile_lies_within_what_was_seen() -> None:
    assert percent(range(101), 95) == 95


def test_each_address_is_another_one() -> None:
    assert spell_address(1) == "10.0.0.1"
    assert spell_address((1 << 23) + 256) == "10.128.1.0"
