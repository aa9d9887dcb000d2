"""What a VM's pod asks of its node."""

import pytest
from msgspec.structs import replace

from api.config import DeveloperConfiguration, KubeVirtConfiguration
from api.default import apply_defaults
from api.domain import CPU, DomainSpec, Memory, ReservedOverhead, ResourceRequirements
from api.firmware import EFI, Bootloader, Firmware
from api.names import RESOURCE_KVM, RESOURCE_TUN
from api.vmi import VirtualMachineInstanceSpec
from controller.vmi.resource import (
    GRAPHICS_BYTES,
    LAUNCHER_BYTES,
    MIB,
    QEMU_BYTES,
    UEFI_BYTES,
    VCPU_BYTES,
    PodResources,
    count_vcpus,
    estimate_overhead,
    plan_resources,
)

CONFIG = KubeVirtConfiguration()


def plan(domain: DomainSpec, config: KubeVirtConfiguration = CONFIG) -> PodResources:
    spec = VirtualMachineInstanceSpec(domain=domain)
    return plan_resources(apply_defaults(spec, config, "uid", "vm"), config)


def test_overhead_is_the_sum_of_its_parts() -> None:
    domain = DomainSpec(memory=Memory(guest="512Mi"), cpu=CPU(cores=2))
    parts = LAUNCHER_BYTES + QEMU_BYTES + 2 * VCPU_BYTES + GRAPHICS_BYTES + MIB
    assert estimate_overhead(domain, CONFIG) == parts


def test_uefi_has_its_flash_memory_on_top() -> None:
    plain = DomainSpec(memory=Memory(guest="512Mi"), firmware=Firmware(bootloader=Bootloader()))
    uefi = Firmware(bootloader=Bootloader(efi=EFI(secure_boot=False)))
    extra = estimate_overhead(replace(plain, firmware=uefi), CONFIG)
    assert extra == estimate_overhead(plain, CONFIG) + UEFI_BYTES


def test_reserved_overhead_comes_on_top_of_the_scaled_estimate() -> None:
    memory = Memory(guest="512Mi", reserved_overhead=ReservedOverhead(added_overhead="10Mi"))
    plain = estimate_overhead(DomainSpec(memory=Memory(guest="512Mi")), CONFIG)
    config = KubeVirtConfiguration(additional_guest_memory_overhead_ratio="2")
    assert estimate_overhead(DomainSpec(memory=memory), config) == 2 * plain + 10 * MIB


def test_memory_is_the_guests_and_the_overhead() -> None:
    planned = plan(DomainSpec(memory=Memory(guest="512Mi")))
    assert int(planned.compute["requests"]["memory"]) == 512 * MIB + planned.overhead_bytes
    assert "memory" not in planned.compute["limits"]


def test_a_memory_request_outranks_the_guests_memory() -> None:
    resources = ResourceRequirements(requests={"memory": "100Mi"})
    planned = plan(DomainSpec(memory=Memory(guest="512Mi"), resources=resources))
    assert int(planned.compute["requests"]["memory"]) == 100 * MIB + planned.overhead_bytes


def test_overhead_can_be_overcommitted() -> None:
    resources = ResourceRequirements(requests={"memory": "100Mi"}, overcommit_guest_overhead=True)
    planned = plan(DomainSpec(memory=Memory(guest="512Mi"), resources=resources))
    assert int(planned.compute["requests"]["memory"]) == 100 * MIB


@pytest.mark.parametrize(
    ("cpu", "ratio", "expected"),
    [(1, 10, "100m"), (3, 10, "300m"), (1, 3, "334m"), (4, 1, "4000m")],
)
def test_cpu_is_shared_by_the_allocation_ratio(cpu: int, ratio: int, expected: str) -> None:
    config = KubeVirtConfiguration(
        developer_configuration=DeveloperConfiguration(cpu_allocation_ratio=ratio)
    )
    domain = DomainSpec(memory=Memory(guest="64Mi"), cpu=CPU(cores=cpu))
    assert plan(domain, config).compute["requests"]["cpu"] == expected


def test_equal_requests_and_limits_make_the_pod_guaranteed() -> None:
    resources = ResourceRequirements(limits={"cpu": "2", "memory": "256Mi"})
    planned = plan(DomainSpec(resources=resources))
    for container in (planned.compute, planned.guest):
        for name in ("cpu", "memory"):
            assert container["requests"][name] == container["limits"][name]


def test_emulation_needs_no_kvm() -> None:
    domain = DomainSpec(memory=Memory(guest="64Mi"))
    assert plan(domain).compute["limits"] == {RESOURCE_KVM: "1", RESOURCE_TUN: "1"}
    config = KubeVirtConfiguration(
        developer_configuration=DeveloperConfiguration(use_emulation=True)
    )
    assert plan(domain, config).compute["limits"] == {RESOURCE_TUN: "1"}


def test_vcpus_are_the_product_of_the_topology() -> None:
    assert count_vcpus(CPU(cores=2, sockets=3, threads=2)) == 12
    assert count_vcpus(None) == 1


def test_an_emulated_guest_has_its_translation_cache_on_top() -> None:
    domain = DomainSpec(memory=Memory(guest="1Gi"))
    emulated = KubeVirtConfiguration(
        developer_configuration=DeveloperConfiguration(use_emulation=True)
    )
    assert estimate_overhead(domain, emulated) - estimate_overhead(domain, CONFIG) == 128 * MIB
