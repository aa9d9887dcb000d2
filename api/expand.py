"""Expansion: a VM with the size of its instancetype and the advice of its preference.

An instancetype is law: what it says cannot be said by the VM too (``find_conflicts``). A
preference is advice: it fills only what the VM leaves open. Expanding twice changes nothing.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeVar

from msgspec.structs import replace

from api.advice import advise, advise_machine
from api.cause import Cause
from api.config import KubeVirtConfiguration
from api.conflict import find_annotation_conflicts, find_conflicts
from api.data_volume import DataVolumeTemplateSpec
from api.domain import CPU, DomainSpec, Memory, ResourceRequirements
from api.instancetype import MemoryInstancetype, VirtualMachineInstancetypeSpec
from api.meta import ApiStruct
from api.quantity import format_bytes, parse_quantity
from api.requirement import find_unmet
from api.rule_resource import MIN_REQUEST
from api.sizing import Sizing
from api.spec import VirtualMachineInstanceSpec
from api.topology import Shape, choose_shape
from api.vm import VirtualMachine

__all__ = [
    "Sizing",
    "expand_annotations",
    "expand_spec",
    "expand_vm",
    "find_annotation_conflicts",
    "find_causes",
    "find_conflicts",
    "find_unmet",
    "prefer_machine",
]

_NO_SETTINGS: Final = KubeVirtConfiguration()
_Part = TypeVar("_Part", bound=ApiStruct)


def expand_spec(
    spec: VirtualMachineInstanceSpec,
    sizing: Sizing,
    config: KubeVirtConfiguration = _NO_SETTINGS,
) -> VirtualMachineInstanceSpec:
    """Return the spec with instancetype and preference in it.

    Of ``config``, only the binding of an interface that the VM did not ask for is used.
    """
    if sizing.instancetype is not None:
        shape = choose_shape(sizing.instancetype.cpu.guest, sizing.preference)
        spec = _enforce(spec, sizing.instancetype, shape)
    return advise(spec, sizing.preference, config) if sizing.preference else spec


def prefer_machine(spec: VirtualMachineInstanceSpec, sizing: Sizing) -> VirtualMachineInstanceSpec:
    """Return the spec with the preferred architecture and machine type, and nothing else.

    These two become part of a VM when it is first seen, where a preference goes before the
    installation's settings.
    """
    return advise_machine(spec, sizing.preference) if sizing.preference else spec


def expand_annotations(annotations: Mapping[str, str], sizing: Sizing) -> dict[str, str]:
    """Return the annotations with those of instancetype and preference."""
    preferred = sizing.preference.annotations if sizing.preference else {}
    law = sizing.instancetype.annotations if sizing.instancetype else {}
    return {**preferred, **annotations, **law}


def expand_vm(
    vm: VirtualMachine, sizing: Sizing, config: KubeVirtConfiguration = _NO_SETTINGS
) -> VirtualMachine:
    """Return the VM as it would be written without instancetype and preference."""
    template = vm.spec.template
    annotations = expand_annotations(template.metadata.annotations, sizing)
    volumes = sizing.preference.volumes if sizing.preference else None
    storage_class = volumes.preferred_storage_class_name if volumes else None
    spec = replace(
        vm.spec,
        instancetype=None,
        preference=None,
        template=replace(
            template,
            spec=expand_spec(template.spec, sizing, config),
            metadata=replace(template.metadata, annotations=annotations),
        ),
        data_volume_templates=tuple(
            _prefer_storage_class(item, storage_class) for item in vm.spec.data_volume_templates
        ),
    )
    status = replace(vm.status, instancetype_ref=None, preference_ref=None)
    return replace(vm, spec=spec, status=status)


def find_causes(vm: VirtualMachine, sizing: Sizing) -> tuple[Cause, ...]:
    """Return what keeps instancetype and preference from being used by this VM."""
    template = vm.spec.template
    conflicts = (
        *find_conflicts(template.spec, sizing),
        *find_annotation_conflicts(template.metadata.annotations, sizing),
    )
    return conflicts or find_unmet(expand_spec(template.spec, sizing), sizing)


def _enforce(
    spec: VirtualMachineInstanceSpec, law: VirtualMachineInstancetypeSpec, shape: Shape
) -> VirtualMachineInstanceSpec:
    """Return the spec with what the instancetype says, whatever the VM said of it."""
    domain = _override(
        spec.domain,
        cpu=_enforce_cpu(spec.domain.cpu or CPU(), law, shape),
        memory=_enforce_memory(spec.domain.memory or Memory(), law.memory),
        resources=_overcommit(spec.domain, law.memory),
        io_threads_policy=law.io_threads_policy,
        io_threads=law.io_threads,
        launch_security=law.launch_security,
        devices=_override(
            spec.domain.devices, gpus=law.gpus or None, host_devices=law.host_devices or None
        ),
    )
    return replace(
        _override(spec, scheduler_name=law.scheduler_name),
        domain=domain,
        node_selector={**spec.node_selector, **law.node_selector},
    )


def _enforce_cpu(cpu: CPU, law: VirtualMachineInstancetypeSpec, shape: Shape) -> CPU:
    return _override(
        cpu,
        sockets=shape.sockets,
        cores=shape.cores,
        threads=shape.threads,
        max_sockets=law.cpu.max_sockets,
        model=law.cpu.model,
        dedicated_cpu_placement=law.cpu.dedicated_cpu_placement,
        isolate_emulator_thread=law.cpu.isolate_emulator_thread,
        numa=law.cpu.numa,
        realtime=law.cpu.realtime,
    )


def _enforce_memory(memory: Memory, law: MemoryInstancetype) -> Memory:
    return _override(memory, guest=law.guest, max_guest=law.max_guest, hugepages=law.hugepages)


def _overcommit(domain: DomainSpec, law: MemoryInstancetype) -> ResourceRequirements | None:
    """Return the VM's resources; an overcommitted pod asks for less memory than the guest has."""
    if not law.overcommit_percent:
        return domain.resources
    share = parse_quantity(law.guest) * (100 - law.overcommit_percent) / 100
    least = parse_quantity(MIN_REQUEST["memory"])
    own = domain.resources or ResourceRequirements()
    asked = format_bytes(int(-(-max(share, least) // 1)))
    return replace(own, requests={**own.requests, "memory": asked})


def _override(part: _Part, **values: object) -> _Part:
    """Return the part with these values, except those that are None."""
    return replace(part, **{key: value for key, value in values.items() if value is not None})


def _prefer_storage_class(
    template: DataVolumeTemplateSpec, storage_class: str | None
) -> DataVolumeTemplateSpec:
    if storage_class is None:
        return template
    targets: dict[str, Any] = {  # a claim's spec as CDI has it, passed on unread
        key: {"storageClassName": storage_class, **template.spec[key]}
        for key in ("pvc", "storage")
        if isinstance(template.spec.get(key), dict)
    }
    return replace(template, spec={**template.spec, **targets})
