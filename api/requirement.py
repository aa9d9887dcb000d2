"""Requirements: the least that a preference says its guest needs."""

from collections.abc import Iterator

from api.cause import Cause, CauseReason
from api.config import KubeVirtConfiguration
from api.domain import CPU, ResourceRequirements
from api.preference import PreferenceRequirements
from api.problem import Problem
from api.quantity import parse_millicores, parse_quantity
from api.sizing import Sizing
from api.spec import VirtualMachineInstanceSpec

_NO_SETTINGS = KubeVirtConfiguration()


def find_unmet(
    spec: VirtualMachineInstanceSpec,
    sizing: Sizing,
    path: str = "spec",
    config: KubeVirtConfiguration = _NO_SETTINGS,
) -> tuple[Cause, ...]:
    """Return what the preference requires and the expanded spec does not have."""
    required = sizing.preference.requirements if sizing.preference else None
    if required is None:
        return ()
    domain = f"{path}.template.spec.domain"
    by_instancetype = f"{path}.instancetype" if sizing.instancetype else ""
    unmet = (
        *_find_unmet_cpu(spec, required, by_instancetype or f"{domain}.cpu"),
        *_find_unmet_memory(spec, required, by_instancetype or f"{domain}.memory.guest"),
        *_find_unmet_architecture(spec, required, f"{path}.template.spec.architecture", config),
    )
    return tuple(Cause(CauseReason.INVALID, message, field) for message, field in unmet)


def _find_unmet_cpu(
    spec: VirtualMachineInstanceSpec, required: PreferenceRequirements, field: str
) -> Iterator[tuple[str, str]]:
    least, vcpus = required.cpu.guest if required.cpu else 0, _count_vcpus(spec)
    if vcpus < least:
        yield f"the preference requires {least} vCPUs, and the VM has {vcpus}", field


def _find_unmet_memory(
    spec: VirtualMachineInstanceSpec, required: PreferenceRequirements, field: str
) -> Iterator[tuple[str, str]]:
    resources = spec.domain.resources or ResourceRequirements()
    guest = spec.domain.memory.guest if spec.domain.memory else None
    if guest is None:
        guest = resources.requests.get("memory", resources.limits.get("memory", 0))
    try:
        if required.memory is None or parse_quantity(guest) >= parse_quantity(
            required.memory.guest
        ):
            return
    except Problem:
        return  # not a quantity: another cause says so
    yield (
        f"the preference requires {required.memory.guest} of memory, and the VM has {guest}",
        field,
    )


def _find_unmet_architecture(
    spec: VirtualMachineInstanceSpec,
    required: PreferenceRequirements,
    field: str,
    config: KubeVirtConfiguration,
) -> Iterator[tuple[str, str]]:
    architecture = spec.architecture or config.architecture_configuration.default_architecture
    wanted = required.architecture
    if wanted is not None and wanted != architecture:
        yield f"the preference requires architecture {wanted}, and the VM has {architecture}", field


def _count_vcpus(spec: VirtualMachineInstanceSpec) -> int:
    cpu = spec.domain.cpu or CPU()
    if cpu.cores is not None or cpu.sockets is not None or cpu.threads is not None:
        return cpu.vcpus
    resources = spec.domain.resources or ResourceRequirements()
    asked = resources.limits.get("cpu", resources.requests.get("cpu", 0))
    try:
        return max(1, -(-parse_millicores(asked) // 1000))
    except Problem:
        return 1  # not a quantity: another cause says so
