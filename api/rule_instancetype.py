"""Rules on instancetypes and preferences."""

from typing import Final

from api.cause import CauseReason
from api.instancetype import (
    CPUInstancetype,
    MemoryInstancetype,
    VirtualMachineInstancetypeSpec,
)
from api.preference import (
    Across,
    FirmwarePreferences,
    MemoryPreferenceRequirement,
    PreferredClockOffset,
    SpreadOptions,
)
from api.rule import AnyRule, Rule, at_most_one
from api.rule_resource import (
    MAX_MEMORY,
    MIN_GUEST,
    at_least,
    at_most,
    cel_quantity,
    read_quantity,
)

_CEL_GUEST: Final = cel_quantity("guest")
_CEL_DEDICATED: Final = "self.?dedicatedCPUPlacement.orValue(false)"
_CEL_MAPPING: Final = "self.?numa.?guestMappingPassthrough.hasValue()"
_CEL_SIZE: Final = cel_quantity("memory.guest")
_CEL_PAGE: Final = "quantity(self.memory.hugepages.pageSize).asInteger()"


def _maps_nodes(cpu: CPUInstancetype) -> bool:
    return bool(cpu.numa and cpu.numa.guest_mapping_passthrough)


def _fills_pages(spec: VirtualMachineInstancetypeSpec) -> bool:
    pages = spec.memory.hugepages
    page_size = read_quantity(pages.page_size) if pages else None
    size = read_quantity(spec.memory.guest)
    return not page_size or size is None or (size >= page_size and size % page_size == 0)


def _pool_is_sized(spec: VirtualMachineInstancetypeSpec) -> bool:
    threads = spec.io_threads.supplemental_pool_thread_count if spec.io_threads else None
    return spec.io_threads_policy != "supplementalPool" or threads is not None


INSTANCETYPE_RULES: Final[tuple[AnyRule, ...]] = (
    Rule(
        CPUInstancetype,
        "isolateEmulatorThread needs dedicatedCPUPlacement",
        f"!self.?isolateEmulatorThread.orValue(false) || {_CEL_DEDICATED}",
        lambda cpu: not cpu.isolate_emulator_thread or bool(cpu.dedicated_cpu_placement),
        ".isolateEmulatorThread",
    ),
    Rule(
        CPUInstancetype,
        "numa.guestMappingPassthrough needs dedicatedCPUPlacement",
        f"!{_CEL_MAPPING} || {_CEL_DEDICATED}",
        lambda cpu: not _maps_nodes(cpu) or bool(cpu.dedicated_cpu_placement),
        ".numa.guestMappingPassthrough",
    ),
    Rule(
        CPUInstancetype,
        "realtime needs dedicatedCPUPlacement",
        f"!has(self.realtime) || {_CEL_DEDICATED}",
        lambda cpu: cpu.realtime is None or bool(cpu.dedicated_cpu_placement),
        ".dedicatedCPUPlacement",
    ),
    Rule(
        CPUInstancetype,
        "realtime needs numa.guestMappingPassthrough",
        f"!has(self.realtime) || {_CEL_MAPPING}",
        lambda cpu: cpu.realtime is None or _maps_nodes(cpu),
        ".numa",
    ),
    Rule(
        MemoryInstancetype,
        f"guest must be between {MIN_GUEST} and {MAX_MEMORY}",
        f"{_CEL_GUEST}.compareTo(quantity('{MIN_GUEST}')) >= 0 && "
        f"{_CEL_GUEST}.compareTo(quantity('{MAX_MEMORY}')) <= 0",
        lambda memory: at_least(memory.guest, MIN_GUEST) and at_most(memory.guest, MAX_MEMORY),
        ".guest",
    ),
    Rule(
        MemoryInstancetype,
        "maxGuest must not be less than guest",
        f"!has(self.maxGuest) || {_CEL_GUEST}.compareTo({cel_quantity('maxGuest')}) <= 0",
        lambda memory: at_most(memory.guest, memory.max_guest),
        ".maxGuest",
    ),
    Rule(
        VirtualMachineInstancetypeSpec,
        "memory.guest must be a multiple of memory.hugepages.pageSize",
        "!self.memory.?hugepages.?pageSize.hasValue() || "
        f"{_CEL_SIZE}.isInteger() && {_CEL_SIZE}.asInteger() >= {_CEL_PAGE} && "
        f"{_CEL_SIZE}.asInteger() % {_CEL_PAGE} == 0",
        _fills_pages,
        ".memory.guest",
    ),
    Rule(
        VirtualMachineInstancetypeSpec,
        "cpu.numa.guestMappingPassthrough needs memory.hugepages",
        "!self.cpu.?numa.?guestMappingPassthrough.hasValue() || has(self.memory.hugepages)",
        lambda spec: not _maps_nodes(spec.cpu) or spec.memory.hugepages is not None,
        ".cpu.numa.guestMappingPassthrough",
    ),
    Rule(
        VirtualMachineInstancetypeSpec,
        "the policy supplementalPool needs ioThreads.supplementalPoolThreadCount",
        "!has(self.ioThreadsPolicy) || self.ioThreadsPolicy != 'supplementalPool' || "
        "self.?ioThreads.?supplementalPoolThreadCount.hasValue()",
        _pool_is_sized,
        ".ioThreads.supplementalPoolThreadCount",
        CauseReason.REQUIRED,
    ),
)

PREFERENCE_RULES: Final[tuple[AnyRule, ...]] = (
    at_most_one(PreferredClockOffset, "utc", "timezone"),
    Rule(
        SpreadOptions,
        "ratio must be 2 with across CoresThreads: a core has two threads",
        f"self.?across.orValue('') != '{Across.CORES_THREADS}' || self.?ratio.orValue(2) == 2",
        lambda spread: spread.across != Across.CORES_THREADS or spread.ratio in {None, 2},
        ".ratio",
    ),
    Rule(
        FirmwarePreferences,
        "preferredUseBios and preferredEfi are mutually exclusive",
        "!self.?preferredUseBios.orValue(false) || "
        "!has(self.preferredEfi) && !self.?preferredUseEfi.orValue(false)",
        lambda firmware: (
            not (
                firmware.preferred_use_bios
                and (firmware.preferred_efi or firmware.preferred_use_efi)
            )
        ),
        ".preferredUseBios",
    ),
    Rule(
        MemoryPreferenceRequirement,
        "guest must be positive",
        f"{_CEL_GUEST}.compareTo(quantity('1')) >= 0",
        lambda memory: at_least(memory.guest, "1"),
        ".guest",
    ),
)
