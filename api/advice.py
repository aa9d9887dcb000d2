"""Advice: a VM's spec with what its preference says about the parts that the VM leaves open."""

from typing import TypeVar

from msgspec.structs import replace

from api.advice_device import advise_devices
from api.config import KubeVirtConfiguration
from api.default_device import fill
from api.domain import CPU, Clock, DomainSpec, Machine
from api.feature import FeatureHyperv, Features
from api.firmware import BIOS, EFI, Bootloader, Firmware
from api.preference import (
    ClockPreferences,
    CPUPreferences,
    FeaturePreferences,
    FirmwarePreferences,
    VirtualMachinePreferenceSpec,
)
from api.spec import VirtualMachineInstanceSpec

_Part = TypeVar("_Part", CPU, Clock, Machine, Firmware, Features)


def advise(
    spec: VirtualMachineInstanceSpec,
    preference: VirtualMachinePreferenceSpec,
    config: KubeVirtConfiguration,
) -> VirtualMachineInstanceSpec:
    """Return the spec with its blanks filled as preferred."""
    chosen = advise_machine(spec, preference)
    if preference.devices is not None:
        chosen = advise_devices(chosen, preference.devices, config)
    filled = fill(
        chosen,
        subdomain=preference.preferred_subdomain,
        termination_grace_period_seconds=preference.preferred_termination_grace_period_seconds,
    )
    return replace(filled, domain=_advise_domain(filled.domain, preference))


def advise_machine(
    spec: VirtualMachineInstanceSpec, preference: VirtualMachinePreferenceSpec
) -> VirtualMachineInstanceSpec:
    """Return the spec with the preferred architecture and machine type, and nothing else."""
    own = spec.domain.machine
    preferred = preference.machine.preferred_machine_type if preference.machine else None
    machine = replace(own or Machine(), type=(own and own.type) or preferred)
    return replace(
        fill(spec, architecture=preference.preferred_architecture),
        domain=replace(spec.domain, machine=_unless_empty(own, machine)),
    )


def _advise_domain(domain: DomainSpec, preference: VirtualMachinePreferenceSpec) -> DomainSpec:
    cpu, clock, features, firmware = domain.cpu, domain.clock, domain.features, domain.firmware
    if preference.cpu is not None:
        cpu = _unless_empty(cpu, _advise_cpu(cpu or CPU(), preference.cpu))
    if preference.clock is not None:
        clock = _unless_empty(clock, _advise_clock(clock or Clock(), preference.clock))
    if preference.features is not None:
        advised = _advise_features(features or Features(), preference.features)
        features = _unless_empty(features, advised)
    if preference.firmware is not None:
        booted = _advise_firmware(firmware or Firmware(), preference.firmware)
        firmware = _unless_empty(firmware, booted)
    return replace(domain, cpu=cpu, clock=clock, features=features, firmware=firmware)


def _unless_empty(own: _Part | None, advised: _Part) -> _Part | None:
    """Return what was advised, but no part that neither the VM nor the preference has."""
    return advised if own is not None or advised != type(advised)() else None


def _advise_cpu(cpu: CPU, preferred: CPUPreferences) -> CPU:
    known = {feature.name for feature in cpu.features}
    more = (item for item in preferred.preferred_cpu_features if item.name not in known)
    return replace(cpu, features=(*cpu.features, *more))


def _advise_clock(clock: Clock, preferred: ClockPreferences) -> Clock:
    offset = preferred.preferred_clock_offset
    if offset is not None and clock.utc is None and clock.timezone is None:
        clock = replace(clock, utc=offset.utc, timezone=offset.timezone)
    # Timers whole or not at all: what suits a guest is the set.
    return fill(clock, timer=preferred.preferred_timer)


def _advise_features(features: Features, preferred: FeaturePreferences) -> Features:
    filled = fill(
        features,
        acpi=preferred.preferred_acpi,
        apic=preferred.preferred_apic,
        kvm=preferred.preferred_kvm,
        pvspinlock=preferred.preferred_pvspinlock,
        smm=preferred.preferred_smm,
    )
    hyperv = preferred.preferred_hyperv
    if hyperv is None or features.hyperv_passthrough is not None:
        return filled
    own = features.hyperv or FeatureHyperv()
    names = FeatureHyperv.__struct_fields__
    return replace(filled, hyperv=fill(own, **{name: getattr(hyperv, name) for name in names}))


def _advise_firmware(firmware: Firmware, preferred: FirmwarePreferences) -> Firmware:
    own = firmware.bootloader or Bootloader()
    bios, efi = own.bios, own.efi
    preferred_efi = _find_efi(preferred)
    if bios is None and efi is None:
        # UEFI first: the sure sign of a guest that needs it, whatever is said of BIOS
        efi = preferred_efi
        bios = BIOS() if efi is None and preferred.preferred_use_bios else None
    elif efi is not None and preferred_efi is not None:
        secure, kept = preferred_efi.secure_boot, preferred_efi.persistent
        efi = fill(efi, secure_boot=secure, persistent=kept)
    if bios is not None:
        bios = fill(bios, use_serial=preferred.preferred_use_bios_serial)
    bootloader = replace(own, bios=bios, efi=efi)
    return replace(firmware, bootloader=bootloader if bios or efi else firmware.bootloader)


def _find_efi(preferred: FirmwarePreferences) -> EFI | None:
    if preferred.preferred_efi is not None or not preferred.preferred_use_efi:
        return preferred.preferred_efi
    return EFI(secure_boot=preferred.preferred_use_secure_boot)
