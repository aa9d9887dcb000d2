"""What is kept of sessions that ended before their time."""

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from gateway.ui.ended import MOST, MOST_EACH, build_id, read_ended, spell_id, trim
from gateway.ui.seal import Seal

NOW = 1_700_000_000


@given(st.dictionaries(st.binary(min_size=12, max_size=12), st.integers(0, 1 << 40)))
def test_what_was_written_is_read(ended: dict[bytes, int]) -> None:
    assert read_ended({spell_id(each): str(until) for each, until in ended.items()}) == ended


@given(st.dictionaries(st.text(), st.text()))
def test_nonsense_is_left_out(data: dict[str, str]) -> None:
    found = read_ended({**data, "00ff": "7"})
    assert found[b"\x00\xff"] == 7
    assert len(found) <= len(data) + 1


def test_what_is_over_is_not_kept() -> None:
    assert trim({b"a": NOW, b"b": NOW + 1}, NOW) == {b"b": NOW + 1}


def build_ids(group: str, user: str, count: int) -> list[bytes]:
    """Return ids of one user's sessions."""
    return [f"{group:3}{user:3}{number:06}".encode() for number in range(count)]


def test_of_one_users_too_many_is_kept_what_matters_for_longest() -> None:
    ids = build_ids("g", "u", MOST_EACH + 10)
    kept = trim({each: NOW + 1 + number for number, each in enumerate(ids)}, NOW)
    assert set(kept) == set(ids[10:])


def test_who_logs_out_again_and_again_has_nobody_elses_log_out_forgotten() -> None:
    short = {b"victim of it": NOW + 1}
    loud = dict.fromkeys(build_ids("g", "u", MOST * 2), NOW + 9000)
    kept = trim(loud | short, NOW)
    assert short.items() <= kept.items()
    assert len(kept) == MOST_EACH + 1


def test_a_namespace_full_of_users_has_nobody_elses_log_out_forgotten() -> None:
    many = [each for user in range(100) for each in build_ids("ns", f"{user}", MOST_EACH)]
    short = dict.fromkeys(build_ids("g", "u", MOST_EACH), NOW + 1)
    kept = trim(dict.fromkeys(many, NOW + 9000) | short, NOW)
    assert short.items() <= kept.items()
    assert len(kept) == MOST


def test_in_a_namespace_that_has_too_many_the_users_share() -> None:
    loud = [each for user in range(100) for each in build_ids("ns", f"{user}", MOST_EACH)]
    quiet = dict.fromkeys(build_ids("ns", "x", 50), NOW + 1)
    kept = trim(dict.fromkeys(loud, NOW + 9000) | quiet, NOW)
    assert quiet.items() <= kept.items()
    shares = Counter(each[:6] for each in kept if each not in quiet)
    assert max(shares.values()) - min(shares.values()) <= 1


@given(st.dictionaries(st.binary(min_size=12, max_size=12), st.integers(NOW - 5, NOW + 5)))
def test_of_few_all_that_matters_is_kept(ended: dict[bytes, int]) -> None:
    assert trim(ended, NOW) == {each: until for each, until in ended.items() if until > NOW}


def test_an_id_tells_whose_it_is_to_replicas_alone() -> None:
    one, two, other = Seal(), Seal(), Seal()
    one.renew({NOW - 900: b"k" * 32})
    two.renew({NOW - 900: b"k" * 32, NOW - 1: b"n" * 32})
    other.renew({NOW - 900: b"o" * 32})
    ids = [build_id(seal, "erin", NOW) for seal in (one, one, two)]
    assert len({each[:6] for each in ids}) == 1
    assert len({each[6:] for each in ids}) == 3
    assert {len(each) for each in ids} == {12}
    assert build_id(other, "erin", NOW)[:6] != ids[0][:6]


def test_service_accounts_of_a_namespace_are_known_for_that() -> None:
    seal = Seal()
    seal.renew({NOW: b"k" * 32})
    users = ("system:serviceaccount:a:x", "system:serviceaccount:a:y", "system:serviceaccount:b:x")
    x, y, elsewhere = (build_id(seal, user, NOW) for user in users)
    assert x[:3] == y[:3] != elsewhere[:3]
    assert len({each[3:6] for each in (x, y, elsewhere)}) == 3
    colons = [build_id(seal, user, NOW) for user in ("company:erin", "company:bob")]
    assert colons[0][:3] != colons[1][:3]


def test_a_full_list_fits_into_a_config_map() -> None:
    names = [spell_id(number.to_bytes(12, "big")) for number in range(MOST)]
    data = sum(len(name) + len(str(NOW)) for name in names)
    assert data < 1 << 19  # of 1 MiB that the API server takes
    owned = sum(len(f'"f:{name}":{{}},') for name in names)  # who wrote what is kept, too
    assert data + owned < 3 << 18  # of 1.5 MiB that etcd takes
