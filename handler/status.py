"""Builds a VMI's status from the pod's facts, the domain's state and the status so far."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from api.launch import LaunchDocument
from api.meta import Condition
from api.names import ANNOTATION_MEMORY_OVERHEAD, QEMU_UID, Phase, Reason
from api.names import Condition as ConditionType
from api.quantity import format_bytes
from api.status import (
    CPUTopology,
    MachineStatus,
    MemoryStatus,
    PhaseTransitionTimestamp,
    VirtualMachineInstanceGuestOSInfo,
    VirtualMachineInstanceNetworkInterface,
    VirtualMachineInstanceStatus,
)
from api.termination import Ending
from handler.domain import DomainPhase, DomainState, GuestInterface
from handler.pod import Pod, find_condition

# Conditions that this module decides; others (of the controller) stay as they are.
_OURS: Final = frozenset(
    {
        ConditionType.READY,
        ConditionType.POD_SCHEDULED,
        ConditionType.PAUSED,
        ConditionType.SOFTWARE_EMULATION,
        ConditionType.LIVE_MIGRATABLE,
        ConditionType.AGENT_CONNECTED,
    }
)
_ORDER: Final = (Phase.PENDING, Phase.SCHEDULING, Phase.SCHEDULED, Phase.RUNNING)


@dataclass(frozen=True, slots=True)
class Facts:
    """All that a status is built from."""

    pod: Pod
    now: datetime
    document: LaunchDocument | None = None
    domain: DomainState | None = None
    system: VirtualMachineInstanceGuestOSInfo | None = None
    ending: Ending | None = None
    responsive: bool = True
    prior: VirtualMachineInstanceStatus = field(default_factory=VirtualMachineInstanceStatus)


def build_status(facts: Facts) -> VirtualMachineInstanceStatus:
    """Return the status of a VMI whose guest runs, or has ended."""
    pod, ending = facts.pod, facts.ending
    status = VirtualMachineInstanceStatus(
        phase=ending.phase if ending else Phase.RUNNING,
        reason=str(ending.reason) if ending else None,
        node_name=pod.spec.node_name,
        active_pods={pod.metadata.uid: pod.spec.node_name},
        qos_class=pod.status.qos_class or None,
        conditions=build_conditions(facts),
        phase_transition_timestamps=build_timestamps(facts),
        runtime_user=QEMU_UID,
        virtual_machine_revision_name=(facts.document and facts.document.revision_name) or None,
        launcher_container_image_version=pod.compute_image or None,
    )
    if ending or facts.document is None or facts.domain is None:
        return status
    domain_spec = facts.document.spec.domain
    cpu, machine = domain_spec.cpu, domain_spec.machine
    return msgspec.structs.replace(
        status,
        interfaces=tuple(build_interfaces(facts.domain, facts.document)),
        memory=_build_memory(facts.document, pod),
        # What an agent told once is not forgotten when it falls silent.
        guest_os_info=facts.system or facts.prior.guest_os_info,
        machine=MachineStatus(machine.type) if machine and machine.type else None,
        current_cpu_topology=CPUTopology(
            cores=(cpu and cpu.cores) or 1,
            sockets=(cpu and cpu.sockets) or 1,
            threads=(cpu and cpu.threads) or 1,
        ),
    )


def build_patch(
    desired: VirtualMachineInstanceStatus, known: VirtualMachineInstanceStatus | None
) -> dict[str, Any]:  # JSON
    """Return the fields that differ; all of them while the VMI's status is not known."""
    fields: dict[str, Any] = msgspec.to_builtins(desired)
    before: dict[str, Any] = {} if known is None else msgspec.to_builtins(known)
    if "reason" not in fields and (known is None or "reason" in before):
        fields["reason"] = None
    return {name: value for name, value in fields.items() if before.get(name, ...) != value}


def build_operations(vmi_uid: str, fields: Mapping[str, Any]) -> list[dict[str, Any]]:  # JSON
    """Return the JSON patch of these fields; it fails when the VMI is another.

    A merge patch would not: of a status subresource, the API server ignores metadata.uid.
    """
    test = {"op": "test", "path": "/metadata/uid", "value": vmi_uid}
    # "add" replaces what is there, and null, pruned by the API server, removes it.
    adds = ({"op": "add", "path": f"/status/{name}", "value": fields[name]} for name in fields)
    return [test, *adds]


def build_conditions(facts: Facts) -> tuple[Condition, ...]:
    """Return the whole list; what did not change keeps its time."""
    before = {item.type: item for item in facts.prior.conditions}
    wanted = list(_list_guest_conditions(facts))
    scheduled = find_condition(facts.pod, ConditionType.POD_SCHEDULED)
    if scheduled is not None:
        # The pod's own generation means nothing here.
        wanted.append(msgspec.structs.replace(scheduled, observed_generation=None))
    foreign = (item for item in facts.prior.conditions if not _is_overtaken(item))
    return (*(_keep_time(item, before.get(item.type), facts) for item in wanted), *foreign)


def _is_overtaken(condition: Condition) -> bool:
    """Tell what does not stay: our own, and the trouble of a start that succeeded after all."""
    trouble = condition.type == ConditionType.SYNCHRONIZED and condition.status == "False"
    return trouble or condition.type in _OURS


def _list_guest_conditions(facts: Facts) -> Iterable[Condition]:
    yield _build_ready(facts)
    domain = facts.domain
    if facts.ending or domain is None:
        return
    if domain.phase is DomainPhase.PAUSED:
        broken = domain.paused_by_error
        yield Condition(
            ConditionType.PAUSED,
            "True",
            Reason.PAUSED_IO_ERROR if broken else Reason.PAUSED_BY_USER,
            "the guest is paused: a disk failed" if broken else "the guest was paused",
        )
    if domain.emulated:
        text = "KVM does not work here: the guest's CPU is emulated, and slow"
        yield Condition(ConditionType.SOFTWARE_EMULATION, "True", Reason.KVM_UNAVAILABLE, text)
    yield Condition(
        ConditionType.LIVE_MIGRATABLE,
        "False",
        Reason.LIVE_MIGRATION_NOT_SUPPORTED,
        "this version of virtpod cannot migrate a running VM",
    )
    if domain.agent_connected:
        yield Condition(ConditionType.AGENT_CONNECTED, "True")


def _build_ready(facts: Facts) -> Condition:
    ready = ConditionType.READY
    if facts.ending:
        return Condition(ready, "False", str(facts.ending.reason), facts.ending.message)
    if facts.domain and facts.domain.phase is DomainPhase.PAUSED:
        return Condition(ready, "False", Reason.GUEST_NOT_RUNNING, "the guest is paused")
    if not facts.responsive:
        text = "the launcher does not answer its node's handler"
        return Condition(ready, "False", Reason.LAUNCHER_UNRESPONSIVE, text)
    probed = facts.document is not None and facts.document.spec.readiness_probe is not None
    of_pod = find_condition(facts.pod, ConditionType.READY)
    if probed and (of_pod is None or of_pod.status != "True"):
        reason = (of_pod and of_pod.reason) or Reason.GUEST_NOT_RUNNING
        return Condition(ready, "False", reason, "the readiness probe has not succeeded")
    return Condition(ready, "True", Reason.GUEST_RUNNING)


def _keep_time(new: Condition, old: Condition | None, facts: Facts) -> Condition:
    """Give a condition the time of its last change of status."""
    if new.type == ConditionType.POD_SCHEDULED:
        time = new.last_transition_time
    elif old is not None and old.status == new.status:
        time = old.last_transition_time
    else:
        time = format_time(facts.now)
    text = new.message or None
    return msgspec.structs.replace(
        new, reason=new.reason and str(new.reason), message=text, last_transition_time=time
    )


def build_timestamps(facts: Facts) -> tuple[PhaseTransitionTimestamp, ...]:
    """Return when each phase began; what was written once is not rewritten."""
    pod = facts.pod
    scheduled = find_condition(pod, ConditionType.POD_SCHEDULED)
    created = pod.metadata.creation_timestamp or ""
    times: dict[str, str] = {
        Phase.PENDING: (facts.document and facts.document.created) or created,
        Phase.SCHEDULING: created,
        Phase.SCHEDULED: (scheduled and scheduled.last_transition_time) or "",
    }
    if facts.ending is None:
        times[Phase.RUNNING] = _moment_of(facts)
    written = {
        item.phase: item.phase_transition_timestamp
        for item in facts.prior.phase_transition_timestamps
    }
    times |= written
    if facts.ending is not None:
        times.setdefault(facts.ending.phase, _moment_of(facts))
    last = (facts.ending.phase,) if facts.ending else ()
    return tuple(
        PhaseTransitionTimestamp(str(phase), times[phase])
        for phase in (*_ORDER, *last)
        if times.get(phase)
    )


def _moment_of(facts: Facts) -> str:
    """Return the launcher's time of the phase, never later than ours: its clock is no authority."""
    told = facts.domain.phase_time if facts.domain else None
    return format_time(min(told, facts.now) if told else facts.now)


def format_time(moment: datetime) -> str:
    """Write a time as Kubernetes does: RFC 3339, UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def build_interfaces(
    domain: DomainState, document: LaunchDocument
) -> Iterable[VirtualMachineInstanceNetworkInterface]:
    """Yield the guest's interfaces: the pod network's first, then as in the spec, then others."""
    spec = document.spec
    pod_networks = {item.name for item in spec.networks if item.pod is not None}
    rank = {item.name: place for place, item in enumerate(spec.domain.devices.interfaces)}

    def place(item: GuestInterface) -> tuple[bool, int]:
        return item.name not in pod_networks, rank.get(item.name, len(rank))

    for item in sorted(domain.interfaces, key=place):
        yield VirtualMachineInstanceNetworkInterface(
            name=item.name or None,
            mac=item.mac or None,
            ip_address=item.ip_addresses[0] if item.ip_addresses else None,
            ip_addresses=item.ip_addresses,
            interface_name=item.interface_name or None,
            pod_interface_name=item.pod_interface_name or None,
            info_source=item.info_source or None,
            queue_count=1,
            link_state=item.link_state or None,
        )


def _build_memory(document: LaunchDocument, pod: Pod) -> MemoryStatus:
    domain = document.spec.domain
    resources: Mapping[str, str | int] = {}
    if domain.resources is not None:
        resources = {**domain.resources.limits, **domain.resources.requests}
    guest = domain.memory.guest if domain.memory else None
    guest = guest or resources.get("memory")
    overhead = pod.metadata.annotations.get(ANNOTATION_MEMORY_OVERHEAD, "")
    return MemoryStatus(
        guest_at_boot=guest,
        guest_current=guest,
        guest_requested=guest,
        memory_overhead=_read_bytes(overhead),
    )


def _read_bytes(text: str) -> str | None:
    """Write a count of bytes as a quantity; what is none says nothing."""
    readable = text.isascii() and text.isdecimal() and len(text) < 20
    return format_bytes(int(text)) if readable else None
