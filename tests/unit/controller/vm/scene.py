"""VMs, instances and moments to decide on."""

from dataclasses import replace as replace_data
from datetime import UTC, datetime, timedelta

from msgspec.structs import replace

from api.data_volume import DataVolumeTemplateMeta, DataVolumeTemplateSpec
from api.domain import CPU, DomainSpec, Machine, Memory
from api.firmware import Firmware
from api.meta import Condition, ObjectMeta
from api.names import (
    ANNOTATION_PCI_TOPOLOGY,
    API_VERSION,
    FINALIZER_VM,
    FINALIZER_VMI,
    Phase,
    RunStrategy,
)
from api.spec import VirtualMachineInstanceSpec
from api.status import PhaseTransitionTimestamp
from api.vm import (
    StateChangeRequest,
    VirtualMachine,
    VirtualMachineInstanceTemplateSpec,
    VirtualMachineSpec,
    VirtualMachineStatus,
)
from api.vm import (
    TemplateMeta as InstanceMeta,
)
from controller.clock import format_time
from controller.vm.seen import OWNER_KIND, Seen, TemplateMeta, TemplateName, Vm, VmMeta, VmSpec
from controller.vm.verdict import Verdict
from controller.vmi.seen import Vmi, VmiAnnotations, VmiMeta, VmiStatus
from kube.object import OwnerReference

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
VM_UID, OTHER_UID, VMI_UID = "uid-vm", "uid-other", "uid-vmi"
GENERATION = 3
START = StateChangeRequest("Start")
STOP = StateChangeRequest("Stop", uid=VMI_UID)


def ago(seconds: float) -> str:
    return format_time(NOW - timedelta(seconds=seconds))


def build_vm(
    strategy: str | None = RunStrategy.ALWAYS,
    *,
    status: VirtualMachineStatus | None = None,
    running: bool | None = None,
    generation: int = GENERATION,
    deleted: bool = False,
    finalizers: tuple[str, ...] = (FINALIZER_VM,),
    data_volumes: tuple[str, ...] = (),
) -> Vm:
    meta = VmMeta(
        name="vm",
        namespace="ns",
        uid=VM_UID,
        resource_version="7",
        generation=generation,
        creation_timestamp=ago(600),
        deletion_timestamp=ago(1) if deleted else None,
        finalizers=finalizers,
    )
    known = VirtualMachineStatus() if status is None else status
    templates = tuple(TemplateName(TemplateMeta(name)) for name in data_volumes)
    spec = VmSpec(run_strategy=strategy, running=running, data_volume_templates=templates)
    return Vm(meta, spec, known)


def build_vmi(
    phase: str = Phase.RUNNING,
    *conditions: Condition,
    age: float = 100.0,
    ran: float | None = None,
    ended: float | None = None,
    reason: str | None = None,
    owner: str | None = VM_UID,
    generation: int | None = GENERATION,
    deleted: bool = False,
    uid: str = VMI_UID,
) -> Vmi:
    """Build an instance; ``ran`` and ``ended`` are how many seconds ago it did."""
    owners = () if owner is None else (build_owner(owner),)
    stamps = [(Phase.RUNNING, ran), (phase, ended)]
    meta = VmiMeta(
        name="vm",
        namespace="ns",
        uid=uid,
        resource_version="9",
        creation_timestamp=ago(age),
        deletion_timestamp=ago(1) if deleted else None,
        finalizers=(FINALIZER_VMI,),
        owner_references=owners,
        annotations=VmiAnnotations(None if generation is None else str(generation)),
    )
    status = VmiStatus(
        phase=phase,
        reason=reason,
        conditions=conditions,
        phase_transition_timestamps=tuple(
            PhaseTransitionTimestamp(name, ago(time)) for name, time in stamps if time is not None
        ),
    )
    return Vmi(meta, status=status)


def build_owner(uid: str, name: str = "vm", kind: str = OWNER_KIND) -> OwnerReference:
    return OwnerReference(uid, kind, name, API_VERSION, controller=True)


def ready(
    status: str = "True", reason: str = "GuestRunning", message: str | None = None
) -> Condition:
    return Condition("Ready", status, reason, message, last_transition_time=ago(50))


def build_whole(
    vm: Vm,
    spec: VirtualMachineInstanceSpec | None = None,
    **fields: object,
) -> VirtualMachine:
    """Build the whole VM to a cached one, with all that is stored in it at first sight."""
    meta = vm.metadata
    firmware = Firmware(uuid="6f1b3c5c-58b6-5d3a-9f5c-2a1f6f0e9c11", serial="serial")
    own = spec or VirtualMachineInstanceSpec(
        domain=DomainSpec(
            cpu=CPU(cores=2),
            memory=Memory(guest="64Mi"),
            machine=Machine("q35"),
            firmware=firmware,
        ),
        architecture="amd64",
    )
    template = VirtualMachineInstanceTemplateSpec(
        spec=own, metadata=InstanceMeta(annotations={ANNOTATION_PCI_TOPOLOGY: "v3"})
    )
    return VirtualMachine(
        metadata=ObjectMeta(
            name=meta.name,
            namespace=meta.namespace,
            uid=meta.uid,
            generation=meta.generation,
            finalizers=meta.finalizers,
        ),
        spec=replace(
            VirtualMachineSpec(
                template=template,
                run_strategy=vm.spec.run_strategy,
                running=vm.spec.running,
                instancetype=vm.spec.instancetype,
                preference=vm.spec.preference,
                data_volume_templates=tuple(
                    DataVolumeTemplateSpec(DataVolumeTemplateMeta(name), {"storage": {}})
                    for name in vm.data_volumes
                ),
            ),
            **fields,
        ),
        status=vm.status,
    )


def see(vm: Vm | None = None, vmi: Vmi | None = None, *, whole: bool = False) -> Seen:
    shown = vm or build_vm()
    return Seen(now=NOW, vm=shown, vmi=vmi, whole=build_whole(shown) if whole else None)


def settle(seen: Seen, verdict: Verdict) -> Seen:
    """Return what is seen after the verdict's status was written."""
    if verdict.status is None:
        return seen
    return replace_data(seen, vm=replace(seen.vm, status=verdict.status))
