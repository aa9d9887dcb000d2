"""A patch adds what is missing, and touches nothing else."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from gateway.admission.patch import plan_additions
from tests.unit.gateway.admission.review import apply_additions

KEYS = st.sampled_from(["a", "b/c", "d~e", "kubevirt.io/x"])
LEAVES = st.integers(0, 3) | st.text("xy", max_size=2) | st.booleans()
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3),
    max_leaves=12,
)
OBJECTS = st.dictionaries(KEYS, TREES, max_size=4)


def holds(whole: Any, part: Any) -> bool:
    """Say whether all that the part says stands in the whole."""
    if isinstance(part, dict) and isinstance(whole, dict):
        return all(key in whole and holds(whole[key], value) for key, value in part.items())
    if isinstance(part, list) and isinstance(whole, list):
        return len(part) <= len(whole) and all(map(holds, whole, part))
    return type(whole) is type(part) and bool(whole == part)


@given(OBJECTS, OBJECTS)
def test_what_an_object_says_stays(own: Any, full: Any) -> None:
    assert holds(apply_additions(own, list(plan_additions(own, full))), own)


@given(OBJECTS, OBJECTS)
def test_nothing_is_left_to_add(own: Any, full: Any) -> None:
    patched = apply_additions(own, list(plan_additions(own, full)))
    assert list(plan_additions(patched, full)) == []


@given(OBJECTS)
def test_an_empty_object_becomes_the_whole(full: Any) -> None:
    assert apply_additions({}, list(plan_additions({}, full))) == full


def test_the_patch_is_as_small_as_it_can_be() -> None:
    own = {"spec": {"cpu": {"cores": 2}, "disks": [{"name": "a"}], "none": None}}
    full = {
        "spec": {
            "cpu": {"cores": 2, "sockets": 1},
            "disks": [{"name": "a", "bus": "sata"}, {"name": "b"}],
            "none": {"x": 1},
            "cpus": 3,
        }
    }
    assert list(plan_additions(own, full)) == [
        {"op": "add", "path": "/spec/cpu/sockets", "value": 1},
        {"op": "add", "path": "/spec/disks/0/bus", "value": "sata"},
        {"op": "add", "path": "/spec/disks/-", "value": {"name": "b"}},
        {"op": "add", "path": "/spec/none", "value": {"x": 1}},
        {"op": "add", "path": "/spec/cpus", "value": 3},
    ]
