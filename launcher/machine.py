"""Plans the machine around the disks: CPU, memory, firmware, clock, features, identity."""

from collections.abc import Iterator
from typing import Final

from api.domain import CPU, Chassis
from api.domain import Clock as ClockSpec
from api.domain import Timer as TimerSpec
from api.emulation import choose_translation_cache
from api.feature import Features
from api.launch import LaunchDocument
from api.problem import Problem
from api.quantity import parse_bytes
from launcher.domain import (
    Accelerator,
    Boot,
    Clock,
    Cpu,
    CpuFeature,
    Devices,
    Domain,
    Feature,
    Pairs,
    Smbios,
    Timer,
)
from launcher.firmware import plan_uefi

MEBIBYTE: Final = 1024 * 1024
_ARCHITECTURES: Final = {"amd64": "x86_64"}
_TIMERS: Final = {  # field of the API: libvirt's name
    "hpet": "hpet",
    "kvm": "kvmclock",
    "pit": "pit",
    "rtc": "rtc",
    "hyperv": "hypervclock",
}
_HOST_MODELS: Final = {"host-model", "host-passthrough"}
_KERNEL_ARGS_LIMIT: Final = 2048  # of x86's boot protocol


def plan_domain(
    document: LaunchDocument, accelerator: Accelerator, kernel: str, initrd: str, devices: Devices
) -> Domain:
    """Return the facts of the whole domain."""
    spec = document.spec.domain
    memory_bytes = parse_bytes((spec.memory and spec.memory.guest) or 0)
    if memory_bytes < MEBIBYTE:
        raise Problem("FieldValueInvalid", "domain.memory.guest is less than 1 MiB")
    return Domain(
        type="kvm" if accelerator == "kvm" else "qemu",
        name=f"{document.namespace}_{document.name}",
        uuid=get_uuid(document),
        memory_kib=-(-memory_bytes // 1024),
        boot=plan_boot(document, kernel, initrd),
        smbios=plan_smbios(document),
        cpu=plan_cpu(spec.cpu or CPU(), accelerator),
        features=plan_features(spec.features or Features()),
        translation_cache_mib=choose_translation_cache(memory_bytes)
        if accelerator == "tcg"
        else None,
        cpu_features_in_bulk=_get_architecture(document) == "x86_64",
        clock=plan_clock(spec.clock or ClockSpec()),
        devices=devices,
    )


def get_uuid(document: LaunchDocument) -> str:
    """Return the machine's UUID, which the guest reads in SMBIOS."""
    firmware = document.spec.domain.firmware
    return (firmware and firmware.uuid) or document.uid


def plan_cpu(cpu: CPU, accelerator: Accelerator) -> Cpu:
    """Return model and topology; under TCG the host's model means all that TCG can do."""
    model = cpu.model or "host-model"
    sizes = (cpu.sockets or 1, cpu.cores or 1, cpu.threads or 1)
    if model not in _HOST_MODELS:
        # TCG lacks parts of most models: libvirt would refuse what qemu only warns of.
        return Cpu("custom", "none" if accelerator == "tcg" else "partial", model, *sizes)
    if accelerator == "tcg":
        # five levels of page tables are walked in software, for address space nobody here has
        return Cpu("maximum", "none", None, *sizes, (CpuFeature("la57", "disable"),))
    if model == "host-passthrough":
        return Cpu("host-passthrough", "none", None, *sizes)
    return Cpu("host-model", None, None, *sizes)


def plan_boot(document: LaunchDocument, kernel: str, initrd: str) -> Boot:
    """Return what the machine boots; ``kernel`` and ``initrd`` are empty but for kernelBoot."""
    spec = document.spec.domain
    firmware = spec.firmware
    bootloader = firmware.bootloader if firmware else None
    arguments = firmware.kernel_boot.kernel_args if firmware and firmware.kernel_boot else None
    if arguments and len(arguments.encode()) > _KERNEL_ARGS_LIMIT:
        raise Problem("FieldValueInvalid", f"kernelArgs are longer than {_KERNEL_ARGS_LIMIT} bytes")
    return Boot(
        arch=_get_architecture(document),
        machine=(spec.machine and spec.machine.type) or "q35",
        uefi=plan_uefi(bootloader),
        kernel=kernel or None,
        initrd=initrd or None,
        cmdline=arguments if kernel else None,
        bios_on_serial=bool(bootloader and bootloader.bios and bootloader.bios.use_serial),
    )


def plan_smbios(document: LaunchDocument) -> Smbios:
    """Return what the guest reads of its maker and its chassis."""
    spec = document.spec.domain
    system = [
        ("manufacturer", document.smbios_manufacturer),
        ("product", document.smbios_product),
        ("uuid", get_uuid(document)),
        ("family", document.smbios_manufacturer),
    ]
    if spec.firmware and spec.firmware.serial:
        system.insert(2, ("serial", spec.firmware.serial))
    said = ((name, getattr(spec.chassis, name, None)) for name in Chassis.__struct_fields__)
    return Smbios(tuple(system), tuple((name, value) for name, value in said if value))


def plan_clock(clock: ClockSpec) -> Clock:
    """Return the clock and its timers."""
    attributes: Pairs = (("offset", "utc"),)
    if clock.timezone:
        attributes = (("offset", "timezone"), ("timezone", clock.timezone))
    elif clock.utc and clock.utc.offset_seconds is not None:
        seconds = str(clock.utc.offset_seconds)
        attributes = (("offset", "variable"), ("adjustment", seconds), ("basis", "utc"))
    return Clock(attributes, tuple(_iter_timers(clock.timer or TimerSpec())))


def plan_features(features: Features) -> tuple[Feature, ...]:
    """Return the children of <features>."""
    planned: list[Feature] = []
    if features.acpi is None or features.acpi.enabled is not False:
        planned.append(Feature("acpi"))
    apic = features.apic
    if apic and apic.enabled is not False:
        eoi = {None: (), True: (("eoi", "on"),), False: (("eoi", "off"),)}
        planned.append(Feature("apic", eoi[apic.end_of_interrupt]))
    if features.smm:
        state = "off" if features.smm.enabled is False else "on"
        planned.append(Feature("smm", (("state", state),)))
    return tuple(planned)


def _iter_timers(timers: TimerSpec) -> Iterator[Timer]:
    for name, element in _TIMERS.items():
        timer = getattr(timers, name)
        if timer is None:
            continue
        present = "no" if timer.present is False else "yes"
        knobs = (("tickpolicy", "tick_policy"), ("track", "track"))
        said = ((key, getattr(timer, field, None)) for key, field in knobs)
        pairs = tuple((key, value) for key, value in said if value)
        yield Timer(element, (("present", present), *pairs))


def _get_architecture(document: LaunchDocument) -> str:
    architecture = document.spec.architecture or "amd64"
    if architecture not in _ARCHITECTURES:
        raise Problem("FieldNotSupported", f"architecture {architecture} is not supported yet")
    return _ARCHITECTURES[architecture]
