"""What an edit changes that a running instance cannot follow."""

import pytest
from msgspec.structs import replace

from api.config import KubeVirtConfiguration
from api.device import Devices
from api.disk import Disk, DiskTarget
from api.domain import CPU, DomainSpec, Memory, ResourceRequirements
from api.meta import Condition
from api.placement import Toleration
from api.spec import VirtualMachineInstanceSpec
from api.vm import (
    InstancetypeMatcher,
    PreferenceMatcher,
    TemplateMeta,
    VirtualMachineInstanceTemplateSpec,
    VirtualMachineSpec,
    VirtualMachineStatus,
)
from controller.vm.restart import describe_changes, list_changes, needs_comparison
from tests.unit.controller.vm.scene import GENERATION, build_vm, build_vmi

ROOT = "spec.template.spec"


def list_paths(started: VirtualMachineSpec, spec: VirtualMachineSpec) -> tuple[str, ...]:
    return list_changes(started, spec, KubeVirtConfiguration(), "vm")


def build_disk(name: str, bus: str = "virtio") -> Disk:
    return Disk(name=name, disk=DiskTarget(bus=bus))


def build_spec(guest: str = "64Mi", *disks: Disk, cores: int | None = None) -> VirtualMachineSpec:
    domain = DomainSpec(
        memory=Memory(guest=guest),
        cpu=None if cores is None else CPU(cores=cores),
        devices=Devices(disks=disks),
    )
    spec = VirtualMachineInstanceSpec(domain=domain)
    return VirtualMachineSpec(VirtualMachineInstanceTemplateSpec(spec), run_strategy="Always")


@pytest.mark.parametrize(
    ("after", "paths"),
    [
        (build_spec(), ()),
        (build_spec("80Mi"), (f"{ROOT}.domain.memory.guest",)),
        (build_spec("80Mi", cores=2), (f"{ROOT}.domain.memory.guest", f"{ROOT}.domain.cpu")),
        (build_spec("64Mi", build_disk("a")), (f"{ROOT}.domain.devices.disks",)),
    ],
)
def test_the_smallest_parts_that_differ_are_named(
    after: VirtualMachineSpec, paths: tuple[str, ...]
) -> None:
    assert set(list_paths(build_spec(), after)) == set(paths)


def test_items_of_lists_are_known_by_their_names() -> None:
    before = build_spec("64Mi", build_disk("a"), build_disk("b"))
    disks = f"{ROOT}.domain.devices.disks"
    changed = build_spec("64Mi", build_disk("a", "sata"), build_disk("b"))
    assert list_paths(before, changed) == (f"{disks}[a].disk.bus",)
    shorter = build_spec("64Mi", build_disk("b"))
    assert list_paths(before, shorter) == (f"{disks}[a]",)
    turned = build_spec("64Mi", build_disk("b"), build_disk("a"))
    assert list_paths(before, turned) == (disks,)


def test_the_run_strategy_and_labels_for_the_next_instance_do_not_count() -> None:
    before = build_spec()
    template = replace(before.template, metadata=TemplateMeta(labels={"a": "b"}))
    after = replace(before, run_strategy="Manual", template=template)
    assert list_paths(before, after) == ()


def test_another_instancetype_counts() -> None:
    before = replace(build_spec(), instancetype=InstancetypeMatcher(name="u1.small"))
    after = replace(build_spec(), instancetype=InstancetypeMatcher(name="u1.large"))
    assert list_paths(before, after) == ("spec.instancetype.name",)
    assert list_paths(before, build_spec()) == ("spec.instancetype",)


def test_a_long_list_is_cut() -> None:
    text = describe_changes(tuple(f"spec.{number}" for number in range(12)))
    assert text.startswith("takes effect when the VM is restarted: spec.0, spec.1, ")
    assert text.endswith("spec.9 and 2 more")


@pytest.mark.parametrize(
    ("made_from", "observed", "said_of", "needed"),
    [
        (GENERATION, None, None, False),
        (None, None, None, False),
        (GENERATION - 1, None, None, True),
        (GENERATION - 1, GENERATION - 1, None, True),
        (GENERATION - 1, GENERATION, None, False),
        (GENERATION - 2, GENERATION - 2, GENERATION - 1, True),
        (GENERATION - 2, GENERATION - 2, GENERATION, False),
        # what cannot be ours
        (GENERATION - 1, GENERATION + 9, None, True),
        (GENERATION - 1, GENERATION + 9, GENERATION + 9, True),
        (GENERATION - 1, GENERATION, GENERATION, True),
    ],
)
def test_each_edit_is_compared_once(
    made_from: int | None, observed: int | None, said_of: int | None, needed: bool
) -> None:
    said = Condition("RestartRequired", "True", "SpecChanged", observed_generation=said_of)
    status = VirtualMachineStatus(
        observed_generation=observed, conditions=() if said_of is None else (said,)
    )
    assert needs_comparison(build_vm(status=status), build_vmi(generation=made_from)) is needed


@pytest.mark.parametrize(
    ("status", "reason"), [("True", None), ("True", "Because"), ("False", "SpecChanged")]
)
def test_a_condition_that_is_not_ours_is_not_believed(status: str, reason: str | None) -> None:
    said = Condition("RestartRequired", status, reason, observed_generation=GENERATION)
    known = VirtualMachineStatus(observed_generation=GENERATION - 1, conditions=(said,))
    assert needs_comparison(build_vm(status=known), build_vmi(generation=GENERATION - 1))


def test_items_without_names_are_known_by_their_numbers() -> None:
    def build(*keys: str) -> VirtualMachineSpec:
        tolerations = tuple(Toleration(key=key) for key in keys)
        own = replace(build_spec().template.spec, tolerations=tolerations)
        return replace(build_spec(), template=VirtualMachineInstanceTemplateSpec(own))

    assert list_paths(build("a", "b"), build("a", "c")) == (f"{ROOT}.tolerations[1].key",)
    assert list_paths(build("a"), build("a", "b")) == (f"{ROOT}.tolerations[1]",)


def with_domain(spec: VirtualMachineSpec, **fields: object) -> VirtualMachineSpec:
    own = spec.template.spec
    own = replace(own, domain=replace(own.domain, **fields))
    return replace(spec, template=VirtualMachineInstanceTemplateSpec(own))


@pytest.mark.parametrize(
    ("fields", "paths"),
    [
        ({"cpu": CPU(cores=1, sockets=1, threads=1)}, ()),
        ({"cpu": CPU(cores=1, sockets=2)}, (f"{ROOT}.domain.cpu",)),
        ({"memory": Memory(guest="65536Ki")}, ()),
        ({"memory": Memory(guest=64 * 1024 * 1024)}, ()),
        ({"memory": Memory(guest="65537Ki")}, (f"{ROOT}.domain.memory.guest",)),
        ({"memory": Memory(guest="64Mi", max_guest="1Gi")}, (f"{ROOT}.domain.memory.maxGuest",)),
        (
            {"cpu": CPU(cores=1), "resources": ResourceRequirements(requests={"cpu": "2"})},
            (f"{ROOT}.domain.resources",),
        ),
    ],
)
def test_a_default_that_is_written_down_changes_nothing(
    fields: dict[str, object], paths: tuple[str, ...]
) -> None:
    assert list_paths(build_spec(), with_domain(build_spec(), **fields)) == paths
    assert list_paths(with_domain(build_spec(), **fields), build_spec()) == paths


def test_another_way_to_write_a_request_is_no_change() -> None:
    one = with_domain(build_spec(), resources=ResourceRequirements(requests={"cpu": "1"}))
    same = with_domain(build_spec(), resources=ResourceRequirements(requests={"cpu": "1000m"}))
    more = with_domain(build_spec(), resources=ResourceRequirements(requests={"cpu": "1001m"}))
    assert list_paths(one, same) == ()
    assert list_paths(one, more)[0] == f"{ROOT}.domain.resources.requests.cpu"


def test_with_a_preference_a_default_may_be_a_change() -> None:
    cpu = CPU(cores=1, sockets=1, threads=1)
    before = replace(build_spec(), preference=PreferenceMatcher(name="eight-cores"))
    assert list_paths(before, with_domain(before, cpu=cpu)) == (f"{ROOT}.domain.cpu",)
    smaller = with_domain(before, memory=Memory(guest="65536Ki"))
    assert list_paths(before, smaller) == ()
