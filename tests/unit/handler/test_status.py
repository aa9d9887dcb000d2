"""The status of a VMI, built from facts."""

from datetime import timedelta
from typing import Any

import msgspec

from api.meta import Condition
from api.names import Phase
from api.status import VirtualMachineInstanceStatus
from api.termination import Ending
from handler.domain import DomainPhase, DomainState, GuestInterface
from handler.pod import read_document
from handler.status import Facts, build_operations, build_patch, build_status
from tests.unit.handler.objects import (
    INTERFACE,
    NODE,
    NOW,
    POD_UID,
    RUNNING,
    STARTED,
    make_document,
    make_pod,
)


def build(**changes: Any) -> VirtualMachineInstanceStatus:
    pod = changes.pop("pod", None) or make_pod()
    changes.setdefault("domain", RUNNING)
    return build_status(Facts(pod=pod, now=NOW, document=read_document(pod), **changes))


def conditions(status: VirtualMachineInstanceStatus) -> dict[str, tuple[str, str | None]]:
    return {item.type: (item.status, item.reason) for item in status.conditions}


def test_a_running_guests_status_is_whole() -> None:
    assert msgspec.json.decode(msgspec.json.encode(build())) == {
        "phase": "Running",
        "nodeName": NODE,
        "activePods": {POD_UID: NODE},
        "qosClass": "Burstable",
        "runtimeUser": 107,
        "launcherContainerImageVersion": "launcher:1",
        "conditions": [
            {
                "type": "Ready",
                "status": "True",
                "reason": "GuestRunning",
                "lastTransitionTime": "2026-11-22T10:00:03Z",
            },
            {
                "type": "SoftwareEmulation",
                "status": "True",
                "reason": "KVMUnavailable",
                "message": "KVM does not work here: the guest's CPU is emulated, and slow",
                "lastTransitionTime": "2026-11-22T10:00:03Z",
            },
            {
                "type": "LiveMigratable",
                "status": "False",
                "reason": "LiveMigrationNotSupported",
                "message": "this version of virtpod cannot migrate a running VM",
                "lastTransitionTime": "2026-11-22T10:00:03Z",
            },
            {
                "type": "PodScheduled",
                "status": "True",
                "lastTransitionTime": "2026-11-22T10:00:01Z",
            },
        ],
        "phaseTransitionTimestamps": [
            {"phase": "Pending", "phaseTransitionTimestamp": "2026-11-22T09:59:00Z"},
            {"phase": "Scheduling", "phaseTransitionTimestamp": "2026-11-22T10:00:00Z"},
            {"phase": "Scheduled", "phaseTransitionTimestamp": "2026-11-22T10:00:01Z"},
            {"phase": "Running", "phaseTransitionTimestamp": "2026-11-22T10:00:02Z"},
        ],
        "interfaces": [
            {
                "name": "default",
                "mac": "02:00:00:00:00:01",
                "ipAddress": "10.0.0.5",
                "ipAddresses": ["10.0.0.5", "fd00::5"],
                "podInterfaceName": "eth0",
                "infoSource": "domain",
                "queueCount": 1,
                "linkState": "up",
            }
        ],
        "memory": {
            "guestAtBoot": "128Mi",
            "guestCurrent": "128Mi",
            "guestRequested": "128Mi",
            "memoryOverhead": "200Mi",
        },
        "machine": {"type": "q35"},
        "currentCPUTopology": {"cores": 2, "sockets": 1, "threads": 1},
    }


def test_a_paused_guest_is_running_but_not_ready() -> None:
    status = build(domain=DomainState(DomainPhase.PAUSED, STARTED))
    assert status.phase == Phase.RUNNING
    assert conditions(status)["Paused"] == ("True", "PausedByUser")
    assert conditions(status)["Ready"] == ("False", "GuestNotRunning")


def test_a_guest_paused_by_a_failing_disk_says_so() -> None:
    status = build(domain=DomainState(DomainPhase.PAUSED, STARTED, paused_by_error=True))
    assert conditions(status)["Paused"] == ("True", "PausedIOError")


def test_a_guest_under_kvm_is_not_emulated() -> None:
    status = build(domain=DomainState(DomainPhase.RUNNING, STARTED, agent_connected=True))
    assert "SoftwareEmulation" not in conditions(status)
    assert conditions(status)["AgentConnected"] == ("True", None)


def test_a_launcher_that_does_not_answer_makes_its_vm_unready() -> None:
    status = build(responsive=False)
    assert conditions(status)["Ready"] == ("False", "LauncherUnresponsive")


def test_a_readiness_probe_is_waited_for() -> None:
    probe = {"readinessProbe": {"tcpSocket": {"port": 80}}}
    pod = make_pod(document=make_document(**probe))
    assert conditions(build(pod=pod))["Ready"] == ("False", "GuestNotRunning")
    ready = {"type": "Ready", "status": "False", "reason": "ContainersNotReady"}
    failing = make_pod(document=make_document(**probe), conditions=[ready])
    assert conditions(build(pod=failing))["Ready"] == ("False", "ContainersNotReady")
    good = make_pod(document=make_document(**probe), conditions=[ready | {"status": "True"}])
    assert conditions(build(pod=good))["Ready"] == ("True", "GuestRunning")


def test_a_condition_keeps_its_time_and_those_of_others_stay() -> None:
    first = build()
    foreign = msgspec.structs.replace(first.conditions[0], type="Unsupported")
    prior = msgspec.structs.replace(first, conditions=(*first.conditions, foreign))
    pod = make_pod()
    later = Facts(
        pod=pod,
        now=NOW + timedelta(hours=1),
        document=read_document(pod),
        domain=RUNNING,
        prior=prior,
    )
    assert build_patch(build_status(later), prior) == {}


def test_an_ended_guest_keeps_what_it_was_and_says_why() -> None:
    prior = build()
    ending = Ending(Phase.FAILED, "QemuCrashed", "qemu ended")
    status = build(ending=ending, prior=prior, domain=None)
    patch = build_patch(status, prior)
    assert set(patch) == {"phase", "reason", "conditions", "phaseTransitionTimestamps"}
    assert (patch["phase"], patch["reason"]) == ("Failed", "QemuCrashed")
    assert conditions(status) == {
        "Ready": ("False", "QemuCrashed"),
        "PodScheduled": ("True", None),
    }
    assert [item["phase"] for item in patch["phaseTransitionTimestamps"]] == [
        "Pending",
        "Scheduling",
        "Scheduled",
        "Running",
        "Failed",
    ]


def test_a_guest_that_never_ran_has_no_time_of_running() -> None:
    status = build(ending=Ending(Phase.FAILED, "StartFailed", "no disk"))
    phases = [item.phase for item in status.phase_transition_timestamps]
    assert phases == ["Pending", "Scheduling", "Scheduled", "Failed"]


def test_a_launchers_clock_cannot_run_ahead_of_ours() -> None:
    ahead = DomainState(DomainPhase.RUNNING, NOW + timedelta(days=1))
    times = build(domain=ahead).phase_transition_timestamps
    assert times[-1].phase_transition_timestamp == "2026-11-22T10:00:03Z"
    silent = build(domain=DomainState(DomainPhase.RUNNING))
    assert silent.phase_transition_timestamps == times


def test_times_that_were_written_once_stay() -> None:
    prior = build()
    again = build(prior=prior, domain=DomainState(DomainPhase.RUNNING, NOW))
    assert again.phase_transition_timestamps == prior.phase_transition_timestamps


def test_the_trouble_of_a_start_that_succeeded_after_all_is_taken_back() -> None:
    trouble = Condition("Synchronized", "False", "ErrImagePull", "no such image")
    prior = VirtualMachineInstanceStatus(conditions=(trouble,))
    assert "Synchronized" not in conditions(build(prior=prior))


def test_the_pod_network_comes_first_then_the_specs_order() -> None:
    networks = [{"name": "b", "multus": {"networkName": "x"}}, {"name": "a", "pod": {}}]
    whole = msgspec.json.decode(make_document())
    domain = whole["spec"]["domain"]
    domain["devices"]["interfaces"] = [{"name": "b", "bridge": {}}, {"name": "a", "bridge": {}}]
    pod = make_pod(document=make_document(networks=networks, domain=domain))
    found = (GuestInterface("lo"), GuestInterface("b"), GuestInterface("a"))
    status = build(pod=pod, domain=DomainState(DomainPhase.RUNNING, interfaces=found))
    assert [item.name for item in status.interfaces] == ["a", "b", "lo"]


def test_the_revision_that_a_vm_was_started_from_is_told() -> None:
    assert build().virtual_machine_revision_name is None
    document = make_document()
    started = document.replace('"version":1', '"version":1,"revisionName":"revision-start-vm-u-4"')
    status = build(pod=make_pod(document=started))
    assert status.virtual_machine_revision_name == "revision-start-vm-u-4"


def test_without_a_launch_document_the_rest_is_told() -> None:
    status = build(pod=make_pod(document="{"))
    assert status.phase == Phase.RUNNING
    assert (status.memory, status.interfaces) == (None, ())


def test_memory_falls_back_to_the_resources() -> None:
    domain = {"resources": {"requests": {"memory": "1Gi"}}, "devices": {}}
    pod = make_pod(document=make_document(domain=domain))
    status = build(pod=pod)
    assert status.memory is not None
    assert status.memory.guest_at_boot == "1Gi"
    assert (status.machine, status.current_cpu_topology and status.current_cpu_topology.cores) == (
        None,
        1,
    )


def test_a_malformed_overhead_is_left_out() -> None:
    for text in ("", "many", "9" * 5000, "123"):
        pod = make_pod()
        notes = pod.metadata.annotations | {"kubevirt.io/memory-overhead-bytes": text}
        metadata = msgspec.structs.replace(pod.metadata, annotations=notes)
        status = build(pod=msgspec.structs.replace(pod, metadata=metadata))
        assert status.memory is not None
        assert status.memory.memory_overhead == ("123" if text == "123" else None)


def test_an_unknown_status_is_patched_whole_and_its_reason_removed() -> None:
    patch = build_patch(build(), None)
    assert patch["reason"] is None
    assert patch["phase"] == "Running"
    assert patch["interfaces"][0]["ipAddress"] == INTERFACE.ip_addresses[0]


def test_an_old_reason_and_old_pods_are_removed() -> None:
    known = VirtualMachineInstanceStatus(reason="Unschedulable", active_pods={"old": "node0"})
    patch = build_patch(build(), known)
    assert patch["reason"] is None
    assert patch["activePods"] == {POD_UID: NODE}
    assert "reason" not in build_patch(build(), VirtualMachineInstanceStatus())


def test_a_patch_is_only_for_the_vmi_it_is_meant_for() -> None:
    assert build_operations("u", {"phase": "Running", "reason": None}) == [
        {"op": "test", "path": "/metadata/uid", "value": "u"},
        {"op": "add", "path": "/status/phase", "value": "Running"},
        {"op": "add", "path": "/status/reason", "value": None},
    ]
