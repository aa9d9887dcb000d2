"""CPU, memory, identity and clock of the machine."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from api.device import FeatureState
from api.domain import CPU, Clock, ClockUTC, DomainSpec, Memory, PITTimer, Timer
from api.emulation import choose_translation_cache
from api.feature import FeatureAPIC, Features
from api.firmware import BIOS, EFI, Bootloader, Firmware, KernelBoot, KernelBootContainer
from api.launch import LaunchDocument
from api.problem import Problem
from api.vmi import VirtualMachineInstanceSpec
from launcher.domain import Devices, Domain, Feature
from launcher.machine import (
    plan_clock,
    plan_cpu,
    plan_domain,
    plan_features,
)
from launcher.plan import choose_accelerator

MEBIBYTE = 1 << 20
DOCUMENT = LaunchDocument(
    version=1,
    name="vm",
    namespace="ns",
    uid="5d307ca9-b3ef-428c-8861-06e72d69f223",
    created="2026-11-22T20:00:00Z",
    spec=VirtualMachineInstanceSpec(domain=DomainSpec(memory=Memory(guest="256Mi"))),
)


def plan(domain: DomainSpec, *, kernel: str = "", architecture: str = "amd64") -> Domain:
    spec = replace(DOCUMENT.spec, domain=domain, architecture=architecture)
    return plan_domain(replace(DOCUMENT, spec=spec), "tcg", kernel, "", Devices())


def with_firmware(firmware: Firmware) -> DomainSpec:
    return DomainSpec(memory=Memory(guest="256Mi"), firmware=firmware)


@pytest.mark.parametrize(
    ("guest_mib", "cache_mib"),
    [(64, 16), (256, 32), (257, 32), (1024, 128), (4096, 128), (16384, 256), (65536, 512)],
)
def test_the_translation_cache_grows_with_the_guest(guest_mib: int, cache_mib: int) -> None:
    assert choose_translation_cache(guest_mib * MEBIBYTE) == cache_mib


def test_the_hosts_model_under_tcg_is_all_that_tcg_can() -> None:
    cpu = plan_cpu(CPU(sockets=2, cores=3, threads=2, model="host-model"), "tcg")
    assert (cpu.mode, cpu.check, cpu.vcpus) == ("maximum", "none", 12)


@pytest.mark.parametrize("model", ["host-model", "host-passthrough"])
def test_the_hosts_model_under_kvm_is_libvirts(model: str) -> None:
    assert plan_cpu(CPU(model=model), "kvm").mode == model


def test_a_named_model_is_not_checked_under_tcg() -> None:
    assert plan_cpu(CPU(model="Haswell"), "tcg").check == "none"
    assert plan_cpu(CPU(model="Haswell"), "kvm").check == "partial"


def test_memory_is_rounded_up_to_whole_kibibytes() -> None:
    assert plan(DomainSpec(memory=Memory(guest="1048577"))).memory_kib == 1025


def test_a_guest_without_memory_is_refused() -> None:
    with pytest.raises(Problem, match=r"domain\.memory\.guest"):
        plan(DomainSpec())


def test_the_uid_is_the_machines_uuid_unless_one_is_given() -> None:
    assert plan(DOCUMENT.spec.domain).uuid == DOCUMENT.uid
    own = "11111111-2222-3333-4444-555555555555"
    assert plan(with_firmware(Firmware(uuid=own))).uuid == own


@pytest.mark.parametrize(
    ("efi", "code", "template", "secure"),
    [
        (EFI(), "OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.ms.fd", True),
        (EFI(secure_boot=True), "OVMF_CODE_4M.secboot.fd", "OVMF_VARS_4M.ms.fd", True),
        (EFI(secure_boot=False), "OVMF_CODE_4M.fd", "OVMF_VARS_4M.fd", False),
    ],
)
def test_uefi_is_secure_unless_it_is_not_to_be(
    efi: EFI, code: str, template: str, secure: bool
) -> None:
    uefi = plan(with_firmware(Firmware(bootloader=Bootloader(efi=efi)))).boot.uefi
    assert uefi is not None
    assert (Path(uefi.code).name, Path(uefi.template).name) == (code, template)
    assert uefi.variables.startswith("/var/lib/virtpod/")  # thrown away with the pod
    assert uefi.secure is secure


def test_uefi_that_remembers_is_refused_as_long_as_nothing_keeps_its_variables() -> None:
    efi = EFI(secure_boot=False, persistent=True)
    with pytest.raises(Problem, match=r"efi\.persistent") as refused:
        plan(with_firmware(Firmware(bootloader=Bootloader(efi=efi))))
    assert refused.value.slug == "FieldNotSupported"


@pytest.mark.parametrize("bootloader", [None, Bootloader(), Bootloader(bios=BIOS())])
def test_without_uefi_there_is_no_flash_memory(bootloader: Bootloader | None) -> None:
    assert plan(with_firmware(Firmware(bootloader=bootloader))).boot.uefi is None


def test_kernel_arguments_that_linux_would_cut_are_refused() -> None:
    boot = KernelBoot(kernel_args="x" * 2049, container=KernelBootContainer("image"))
    with pytest.raises(Problem, match="2048"):
        plan(with_firmware(Firmware(kernel_boot=boot)), kernel="/kernel")


def test_another_architecture_is_refused() -> None:
    with pytest.raises(Problem, match="arm64"):
        plan(DOCUMENT.spec.domain, architecture="arm64")


@pytest.mark.parametrize(
    ("clock", "attributes"),
    [
        (Clock(), (("offset", "utc"),)),
        (
            Clock(utc=ClockUTC(offset_seconds=3600)),
            (("offset", "variable"), ("adjustment", "3600"), ("basis", "utc")),
        ),
        (
            Clock(timezone="Europe/Berlin"),
            (("offset", "timezone"), ("timezone", "Europe/Berlin")),
        ),
    ],
)
def test_the_clock_shows_what_is_asked(
    clock: Clock, attributes: tuple[tuple[str, str], ...]
) -> None:
    assert plan_clock(clock).attributes == attributes


def test_a_timer_may_be_absent() -> None:
    timers = plan_clock(Clock(timer=Timer(pit=PITTimer(present=False)))).timers
    assert [(timer.name, timer.attributes) for timer in timers] == [("pit", (("present", "no"),))]


def test_acpi_is_there_unless_it_is_off() -> None:
    assert plan_features(Features()) == (Feature("acpi"),)
    assert plan_features(Features(acpi=FeatureState(enabled=False))) == ()


def test_apic_may_have_a_paravirtual_end_of_interrupt() -> None:
    features = plan_features(Features(apic=FeatureAPIC(end_of_interrupt=False)))
    assert features[1] == Feature("apic", (("eoi", "off"),))


def test_smm_is_left_to_qemu_unless_it_is_told() -> None:
    assert plan_features(Features()) == (Feature("acpi"),)
    assert plan_features(Features(smm=FeatureState()))[1] == Feature("smm", (("state", "on"),))
    off = plan_features(Features(smm=FeatureState(enabled=False)))
    assert off[1] == Feature("smm", (("state", "off"),))


def test_emulation_is_used_only_where_kvm_does_not_work() -> None:
    allowed = replace(DOCUMENT, allow_emulation=True)
    assert choose_accelerator(allowed, "works", has_kvm=True) == "kvm"
    assert choose_accelerator(allowed, "", has_kvm=True) == "tcg"
    assert choose_accelerator(allowed, "works", has_kvm=False) == "tcg"
    assert choose_accelerator(DOCUMENT, "", has_kvm=True) == "kvm"
    with pytest.raises(Problem, match="emulation is not allowed"):
        choose_accelerator(DOCUMENT, "works", has_kvm=False)
