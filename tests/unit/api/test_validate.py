"""Validation finds all that is wrong, and nothing else."""

import msgspec
import pytest

from api.bound import walk
from api.cause import Cause, CauseReason, join_causes
from api.config import KubeVirtConfiguration
from api.meta import ApiStruct
from api.validate import RULES, validate_labels, validate_spec
from api.vmi import VirtualMachineInstance, VirtualMachineInstanceSpec
from tests.integration.bad_vmi import GOOD, BadVmi, change
from tests.integration.bad_vmis import ACCEPTED, BAD_VMIS

DEFAULTS = KubeVirtConfiguration()


def read_spec(manifest: object) -> VirtualMachineInstanceSpec:
    return msgspec.convert(manifest, VirtualMachineInstance).spec


def is_readable(bad: BadVmi) -> bool:
    try:
        read_spec(bad.manifest)
    except msgspec.ValidationError:
        return False
    return True


READABLE = [bad for bad in BAD_VMIS if is_readable(bad)]


@pytest.mark.parametrize("bad", READABLE, ids=lambda bad: bad.name)
def test_what_is_wrong_is_named_with_its_field(bad: BadVmi) -> None:
    config = msgspec.convert(bad.settings, KubeVirtConfiguration)
    causes = validate_spec(read_spec(bad.manifest), config)
    assert (bad.ours or bad.field) in {cause.field for cause in causes}
    assert all(cause.message and not cause.message.endswith(".") for cause in causes)


@pytest.mark.parametrize(
    "bad", [bad for bad in BAD_VMIS if not is_readable(bad)], ids=lambda bad: bad.name
)
def test_what_cannot_be_read_is_told_with_a_path(bad: BadVmi) -> None:
    with pytest.raises(msgspec.ValidationError, match=r"at `\$\.spec"):
        read_spec(bad.manifest)


@pytest.mark.parametrize("changes", ACCEPTED.values(), ids=ACCEPTED.keys())
def test_what_is_odd_but_valid_passes(changes: dict[str, object]) -> None:
    assert validate_spec(read_spec(change(GOOD, changes)), DEFAULTS) == ()


def test_every_rule_is_broken_by_a_row_of_the_table() -> None:
    broken = set()
    for bad in READABLE:
        for place in walk(read_spec(bad.manifest), "spec"):
            if isinstance(place.value, ApiStruct):
                rules = [rule for rule in RULES if rule.on is type(place.value) and rule.holds]
                broken |= {rule for rule in rules if rule.holds and not rule.holds(place.value)}
    assert [rule for rule in RULES if rule.holds and rule not in broken] == []


def test_paths_begin_where_the_caller_says() -> None:
    spec = read_spec(change(GOOD, {"spec.domain.memory.guest": "1Ki"}))
    causes = validate_spec(spec, DEFAULTS, "spec.template.spec")
    assert [cause.field for cause in causes] == ["spec.template.spec.domain.memory.guest"]


def test_all_that_is_wrong_is_named_at_once() -> None:
    changes = {"spec.hostname": "A_b", "spec.domain.cpu.cores": 0, "spec.dnsPolicy": "Foo"}
    fields = {cause.field for cause in validate_spec(read_spec(change(GOOD, changes)), DEFAULTS)}
    assert fields == {"spec.hostname", "spec.domain.cpu.cores", "spec.dnsPolicy"}


def test_a_malformed_text_is_told_what_it_should_have_been() -> None:
    spec = read_spec(change(GOOD, {"spec.volumes.0.containerDisk.image": "file:///x"}))
    [cause] = validate_spec(spec, DEFAULTS)
    assert cause.message.startswith("'file:///x' is not an image reference such as")


def test_malformed_quantities_have_one_cause_and_no_traceback() -> None:
    resources = {"requests": {"memory": "much", "cpu": "many"}, "limits": {"memory": "1Gi"}}
    spec = read_spec(change(GOOD, {"spec.domain.resources": resources}))
    fields = [cause.field for cause in validate_spec(spec, DEFAULTS)]
    assert fields == [
        "spec.domain.resources.requests[memory]",
        "spec.domain.resources.requests[cpu]",
    ]


def test_every_rule_is_told_in_cel_too() -> None:
    assert all(rule.cel and rule.message for rule in RULES)


def test_labels_of_the_system_cannot_be_set() -> None:
    causes = validate_labels({"app": "web", "kubevirt.io/nodeName": "mine"})
    assert [cause.field for cause in causes] == ["metadata.labels[kubevirt.io/nodeName]"]


def test_more_than_ten_causes_are_cut() -> None:
    causes = tuple(Cause(CauseReason.INVALID, f"m{n}", "spec") for n in range(12))
    assert join_causes(causes[:2]) == "m0, m1"
    assert join_causes(causes).endswith("m9, and 2 more validation errors")
