"""Validation of instancetypes and preferences agrees with their CRDs."""

import msgspec
import pytest

from api.bound import walk
from api.instancetype import VirtualMachineInstancetypeSpec
from api.meta import ApiStruct
from api.preference import VirtualMachinePreferenceSpec
from api.rule_instancetype import INSTANCETYPE_RULES, PREFERENCE_RULES
from api.validate import validate_catalogue
from tests.integration.bad_catalogue import (
    ACCEPTED_INSTANCETYPES,
    ACCEPTED_PREFERENCES,
    BAD_INSTANCETYPES,
    BAD_PREFERENCES,
    GOOD_INSTANCETYPE,
    GOOD_PREFERENCE,
    UNREADABLE,
)
from tests.integration.bad_vmi import BadVmi, Manifest, change

Spec = VirtualMachineInstancetypeSpec | VirtualMachinePreferenceSpec
SPECS: dict[str, type[Spec]] = {
    "VirtualMachineInstancetype": VirtualMachineInstancetypeSpec,
    "VirtualMachinePreference": VirtualMachinePreferenceSpec,
}
BAD = (*BAD_INSTANCETYPES, *BAD_PREFERENCES)
MISSING = [bad for bad in UNREADABLE if bad.cause]


def read(manifest: Manifest) -> Spec:
    return msgspec.convert(manifest["spec"], SPECS[manifest["kind"]])


@pytest.mark.parametrize("bad", BAD, ids=lambda bad: bad.name)
def test_what_is_wrong_is_named_with_its_field(bad: BadVmi) -> None:
    causes = validate_catalogue(read(bad.manifest))
    assert (bad.ours or bad.field) in {cause.field for cause in causes}
    assert all(cause.message and not cause.message.endswith(".") for cause in causes)


@pytest.mark.parametrize("bad", MISSING, ids=lambda bad: bad.name)
def test_what_is_missing_cannot_be_read(bad: BadVmi) -> None:
    with pytest.raises((msgspec.ValidationError, KeyError)):
        read(bad.manifest)


@pytest.mark.parametrize(
    "manifest",
    [
        *(change(GOOD_INSTANCETYPE, changes) for changes in ACCEPTED_INSTANCETYPES.values()),
        *(change(GOOD_PREFERENCE, changes) for changes in ACCEPTED_PREFERENCES.values()),
    ],
    ids=[*ACCEPTED_INSTANCETYPES, *ACCEPTED_PREFERENCES],
)
def test_what_is_odd_but_valid_passes(manifest: Manifest) -> None:
    assert validate_catalogue(read(manifest)) == ()


def test_every_rule_is_broken_by_a_row_of_the_table() -> None:
    rules = (*INSTANCETYPE_RULES, *PREFERENCE_RULES)
    broken = {
        rule
        for bad in BAD
        for place in walk(read(bad.manifest), "spec")
        for rule in rules
        if isinstance(place.value, ApiStruct) and rule.on is type(place.value)
        if rule.holds is not None and not rule.holds(place.value)
    }
    assert [rule for rule in rules if rule not in broken] == []
