"""Rules on the machine: firmware, features, clock, devices other than disks and interfaces."""

from typing import Final

from api.cause import CauseReason
from api.default_feature import HYPERV_NEEDS
from api.device import GPU, Devices, HostDevice, Watchdog
from api.domain import Clock, DomainSpec, LaunchSecurity
from api.feature import FeatureHyperv, Features
from api.firmware import ACPI, Bootloader, KernelBoot, KernelBootContainer
from api.rule import INSTANCETYPE, PREFERENCE, AnyRule, Rule, at_least_one, at_most_one
from api.rule_path import cel_clean_path, path_is_clean

KERNEL_ARGS_BYTES: Final = 2048


def _secure_boot_has_smm(domain: DomainSpec) -> bool:
    bootloader = domain.firmware.bootloader if domain.firmware else None
    efi = bootloader.efi if bootloader else None
    if efi is None or efi.secure_boot is False:
        return True
    smm = domain.features.smm if domain.features else None
    return smm is not None and smm.enabled is not False


def _pool_is_sized(domain: DomainSpec) -> bool:
    threads = domain.io_threads.supplemental_pool_thread_count if domain.io_threads else None
    return domain.io_threads_policy != "supplementalPool" or threads is not None


DOMAIN_RULES: Final[tuple[AnyRule, ...]] = (
    Rule(
        DomainSpec,
        "secure boot needs the feature smm; enable it, or set secureBoot to false",
        "!self.?firmware.?bootloader.?efi.hasValue() || "
        "!self.firmware.bootloader.efi.?secureBoot.orValue(true) || "
        "self.?features.?smm.hasValue() && self.features.smm.?enabled.orValue(true)",
        _secure_boot_has_smm,
        ".firmware.bootloader.efi",
        filled_by=PREFERENCE,
    ),
    Rule(
        DomainSpec,
        "the policy supplementalPool needs ioThreads.supplementalPoolThreadCount",
        "!has(self.ioThreadsPolicy) || self.ioThreadsPolicy != 'supplementalPool' || "
        "self.?ioThreads.?supplementalPoolThreadCount.hasValue()",
        _pool_is_sized,
        ".ioThreads.supplementalPoolThreadCount",
        CauseReason.REQUIRED,
        filled_by=INSTANCETYPE,
    ),
)

FIRMWARE_RULES: Final[tuple[AnyRule, ...]] = (
    at_most_one(Bootloader, "bios", "efi"),
    Rule(
        KernelBoot,
        "kernelArgs need container.kernelPath",
        "!has(self.kernelArgs) || self.kernelArgs == '' || self.?container.?kernelPath.hasValue()",
        lambda boot: not boot.kernel_args or bool(boot.container and boot.container.kernel_path),
        ".kernelArgs",
    ),
    Rule(
        KernelBoot,
        f"kernelArgs must not exceed {KERNEL_ARGS_BYTES} bytes",
        f"!has(self.kernelArgs) || bytes(self.kernelArgs).size() <= {KERNEL_ARGS_BYTES}",
        lambda boot: len((boot.kernel_args or "").encode()) <= KERNEL_ARGS_BYTES,
        ".kernelArgs",
    ),
    Rule(
        KernelBoot,
        "container is required: the image with the kernel",
        "has(self.container)",
        lambda boot: boot.container is not None,
        ".container",
        CauseReason.REQUIRED,
    ),
    at_least_one(KernelBootContainer, "kernel_path", "initrd_path"),
    Rule(
        KernelBootContainer,
        "kernelPath must name a file below /, with no step upwards",
        cel_clean_path("kernelPath"),
        lambda container: path_is_clean(container.kernel_path),
        ".kernelPath",
    ),
    Rule(
        KernelBootContainer,
        "initrdPath must name a file below /, with no step upwards",
        cel_clean_path("initrdPath"),
        lambda container: path_is_clean(container.initrd_path),
        ".initrdPath",
    ),
    at_least_one(ACPI, "slic_name_ref", "msdm_name_ref"),
    at_most_one(Clock, "utc", "timezone"),
    at_most_one(LaunchSecurity, "sev", "snp", "tdx"),
    at_most_one(Features, "hyperv", "hyperv_passthrough"),
)

DEVICE_RULES: Final[tuple[AnyRule, ...]] = (
    at_most_one(Watchdog, "i6300esb", "diag288"),
    Rule(
        Devices,
        "video needs the graphics device, which autoattachGraphicsDevice turns off",
        "!has(self.video) || self.?autoattachGraphicsDevice.orValue(true)",
        lambda devices: devices.video is None or devices.autoattach_graphics_device is not False,
        ".video",
    ),
    at_most_one(GPU, "device_name", "claim_name"),
    at_least_one(GPU, "device_name", "claim_name"),
    at_most_one(HostDevice, "device_name", "claim_name"),
    at_least_one(HostDevice, "device_name", "claim_name"),
)


def _hyperv_rule(name: str, need: str) -> Rule[FeatureHyperv]:
    def holds(hyperv: FeatureHyperv) -> bool:
        feature, needed = getattr(hyperv, name), getattr(hyperv, need)
        wanted = feature is not None and feature.enabled is not False
        return not wanted or needed is None or needed.enabled is not False

    return Rule(
        FeatureHyperv,
        f"{name} needs {need}, which is off",
        f"!has(self.{name}) || !self.{name}.?enabled.orValue(true) || "
        f"self.?{need}.?enabled.orValue(true)",
        holds,
        f".{name}",
    )


MACHINE_RULES: Final[tuple[AnyRule, ...]] = (
    *DOMAIN_RULES,
    *FIRMWARE_RULES,
    *DEVICE_RULES,
    *(_hyperv_rule(name, need) for name, needs in HYPERV_NEEDS for need in needs),
)
