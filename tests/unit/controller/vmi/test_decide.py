"""What must hold of every decision, whatever is seen."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from api.domain import DomainSpec, Memory
from api.meta import ObjectMeta
from api.names import API_VERSION, FINALIZER_VMI, Phase, Reason
from api.vmi import VirtualMachineInstance, VirtualMachineInstanceSpec
from controller.clock import format_time
from controller.merge import plan_merge
from controller.refusal import Refusal
from controller.verdict import Emit, RemoveFinalizer
from controller.vmi.decide import decide
from controller.vmi.pod_view import (
    OWNER_KIND,
    ContainerState,
    ContainerStatus,
    Pod,
    PodCondition,
    PodEvent,
    PodMeta,
    PodSpec,
    PodStatus,
    Running,
    Terminated,
    Waiting,
)
from controller.vmi.seen import Look, Seen, Vmi, VmiMeta, VmiStatus
from controller.vmi.verdict import (
    AddFinalizer,
    CreatePod,
    DeletePod,
    DropPod,
    ReadEvents,
    ReadInstance,
    ReadPod,
    Verdict,
)
from kube.object import OwnerReference

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
OURS, OLD = "uid-now", "uid-before"
moments = st.integers(-100, 100).map(lambda s: format_time(NOW + timedelta(seconds=s)))


def build_whole(uid: str, *, deleted: bool = False) -> VirtualMachineInstance:
    meta = ObjectMeta(
        name="vm", namespace="ns", uid=uid, deletion_timestamp=format_time(NOW) if deleted else None
    )
    spec = VirtualMachineInstanceSpec(domain=DomainSpec(memory=Memory(guest="64Mi")))
    return VirtualMachineInstance(metadata=meta, spec=spec)


@st.composite
def vmis(draw: st.DrawFn) -> Vmi:
    return Vmi(
        metadata=VmiMeta(
            name="vm",
            namespace="ns",
            uid=OURS,
            resource_version="5",
            generation=1,
            creation_timestamp=format_time(NOW - timedelta(minutes=5)),
            deletion_timestamp=draw(st.none() | moments),
            finalizers=draw(
                st.sampled_from([(), (FINALIZER_VMI,), ("other", FINALIZER_VMI), ("other",)])
            ),
        ),
        status=VmiStatus(
            phase=draw(st.sampled_from([str(phase) for phase in Phase])),
            reason=draw(st.sampled_from([None, None, "PodRejected", "QuotaExceeded"])),
        ),
    )


states = st.one_of(
    st.just(ContainerState()),
    st.just(ContainerState(running=Running())),
    st.sampled_from(["ErrImagePull", "CreateContainerError", "ContainerCreating", "Odd"]).map(
        lambda reason: ContainerState(waiting=Waiting(reason, "text"))
    ),
    st.builds(
        lambda code, start, end, message: ContainerState(
            terminated=Terminated(code, "Error", message, start, end)
        ),
        st.integers(0, 255),
        st.none() | moments,
        st.none() | moments,
        st.sampled_from(["", "no json", '{"cause":"QemuCrashed","reason":"X","message":"m"}']),
    ),
)
scheduled = st.one_of(
    st.none(),
    st.builds(lambda at: PodCondition("PodScheduled", "True", "", "", at), st.none() | moments),
    st.just(PodCondition("PodScheduled", "False", "Unschedulable", "0/1 nodes")),
    st.just(PodCondition("PodScheduled", "False", "SchedulingGated", "gated")),
)


@st.composite
def pods(draw: st.DrawFn) -> Pod:
    owner = draw(st.sampled_from([OURS, OURS, OLD, ""]))
    owners = (OwnerReference(owner, OWNER_KIND, "vm", API_VERSION, controller=True),)
    condition = draw(scheduled)
    return Pod(
        metadata=PodMeta(
            name="vm",
            namespace="ns",
            uid=f"pod-{owner}",
            resource_version="7",
            creation_timestamp=format_time(NOW - timedelta(minutes=4)),
            deletion_timestamp=draw(st.none() | moments),
            owner_references=owners if owner else (),
            deletion_grace_period_seconds=draw(st.sampled_from([None, 0, 1, 35, 600])),
        ),
        spec=PodSpec(draw(st.sampled_from(["", "node1"]))),
        status=PodStatus(
            phase=draw(st.sampled_from(["Pending", "Running", "Succeeded", "Failed", "Unknown"])),
            reason=draw(st.sampled_from(["", "Evicted", "OutOfmemory", "not a word"])),
            conditions=() if condition is None else (condition,),
            container_statuses=(ContainerStatus("compute", draw(states)),),
        ),
    )


@st.composite
def scenes(draw: st.DrawFn) -> Seen:
    refusal = Refusal(Reason.QUOTA_EXCEEDED, "exceeded", NOW + timedelta(seconds=5))
    wholes = [None, build_whole(OURS), build_whole(OLD), build_whole(OURS, deleted=True)]
    whole = draw(st.sampled_from(wholes))
    event = PodEvent("Warning", "FailedMount", "no such secret")
    looks = [None, Look(NOW - timedelta(seconds=30), event), Look(NOW - timedelta(hours=1))]
    return Seen(
        now=NOW,
        vmi=draw(vmis()),
        pod=draw(st.none() | pods()),
        pod_read=draw(st.booleans()),
        had_pod=draw(st.booleans()),
        look=draw(st.sampled_from(looks)),
        whole=whole,
        whole_read=whole is not None and draw(st.booleans()),
        unreadable=draw(st.sampled_from(["", "spec.volumes: no list"])),
        refusal=draw(st.sampled_from([None, refusal])),
    )


def apply(seen: Seen, verdict: Verdict) -> Seen | None:  # noqa: C901 - one case an action
    """Do to the snapshot what the verdict's actions do to the world; None: the VMI is gone."""
    vmi = seen.vmi
    if verdict.status is not None:
        vmi = msgspec.structs.replace(vmi, status=verdict.status)
    meta = vmi.metadata
    for action in verdict.actions:
        match action:
            case RemoveFinalizer():
                return None
            case AddFinalizer():
                finalizers = (*meta.finalizers, FINALIZER_VMI)
                meta = msgspec.structs.replace(meta, finalizers=finalizers)
                seen = replace(seen, whole=build_whole(OURS), whole_read=True, unreadable="")
            case ReadInstance():
                seen = replace(seen, whole=build_whole(OURS), whole_read=True)
            case ReadPod():
                seen = replace(seen, pod_read=True)
            case CreatePod(_):
                seen = replace(seen, pod=build_new_pod(), pod_read=False, had_pod=True)
            case DropPod(uid, trouble):
                refusal = Refusal(trouble.reason, trouble.message, NOW, uid)
                seen = replace(seen, refusal=refusal)
            case ReadEvents(_):
                seen = replace(seen, look=Look(NOW, PodEvent("Warning", "FailedMount", "no")))
            case DeletePod(uid, grace):
                assert seen.pod is not None
                assert seen.pod.metadata.uid == uid
                gone = format_time(NOW + timedelta(seconds=30))
                pod_meta = msgspec.structs.replace(
                    seen.pod.metadata, deletion_timestamp=gone, deletion_grace_period_seconds=grace
                )
                seen = replace(seen, pod=msgspec.structs.replace(seen.pod, metadata=pod_meta))
            case Emit():
                pass
    return replace(seen, vmi=msgspec.structs.replace(vmi, metadata=meta))


def build_new_pod() -> Pod:
    owner = OwnerReference(OURS, OWNER_KIND, "vm", API_VERSION, controller=True)
    meta = PodMeta("vm", "ns", "pod-new", "9", format_time(NOW), None, (owner,))
    return Pod(metadata=meta)


def is_ours(seen: Seen) -> bool:
    return seen.pod is not None and seen.pod.owner_uid == OURS


@given(scenes())
@settings(max_examples=100, deadline=None)
def test_a_decision_that_was_carried_out_leaves_nothing_to_do(seen: Seen) -> None:
    state: Seen | None = seen
    for _ in range(6):
        assert state is not None
        verdict = decide(state)
        state = apply(state, verdict)
        if state is None:
            return
    assert state is not None
    last = decide(state)
    assert last.actions == ()
    assert last.status is None or plan_merge(state.vmi.status, last.status) == {}


@given(scenes())
@settings(max_examples=100, deadline=None)
def test_a_status_is_whole_and_never_leaves_a_final_phase(seen: Seen) -> None:
    status = decide(seen).status
    if status is None:
        return
    assert status.phase in set(Phase)
    assert not seen.vmi.is_final
    ready = [c for c in status.conditions if c.type == "Ready"]
    assert len(ready) == 1 or status.phase == seen.vmi.status.phase
    assert all(c.last_transition_time for c in status.conditions)


@given(scenes())
@settings(max_examples=100, deadline=None)
def test_a_deleted_vm_is_only_ever_taken_down(seen: Seen) -> None:
    if seen.vmi.deleted:
        allowed = (DeletePod, RemoveFinalizer, ReadPod, Emit)
        assert all(isinstance(action, allowed) for action in decide(seen).actions)


@given(scenes())
@settings(max_examples=100, deadline=None)
def test_a_pod_is_created_only_for_what_the_server_just_showed(seen: Seen) -> None:
    creates = [action for action in decide(seen).actions if isinstance(action, CreatePod)]
    if creates:
        assert seen.pod is None
        assert seen.vmi.has_finalizer
        assert seen.whole_read
        assert seen.whole is not None
        assert seen.whole.metadata.uid == OURS
        assert seen.whole.metadata.deletion_timestamp is None
        assert not seen.vmi.may_have_pod
        assert not seen.had_pod


@given(scenes())
@settings(max_examples=100, deadline=None)
def test_only_our_own_pod_of_a_deleted_vm_is_deleted(seen: Seen) -> None:
    deletes = [action for action in decide(seen).actions if isinstance(action, DeletePod)]
    if deletes:
        assert seen.vmi.deleted
        assert is_ours(seen)
        assert all(action.grace_seconds > 0 for action in deletes)
        assert seen.pod is not None
        before = seen.pod.metadata.deletion_grace_period_seconds
        if seen.pod.deleted:  # then only to hurry
            assert before is not None
            assert all(action.grace_seconds < before for action in deletes)


@given(scenes())
@settings(max_examples=100, deadline=None)
def test_only_a_pod_that_never_ran_is_dropped_and_only_when_that_is_written(seen: Seen) -> None:
    if any(isinstance(action, DropPod) for action in decide(seen).actions):
        assert is_ours(seen)
        assert seen.pod is not None
        assert seen.pod.rejected
        assert not seen.pod.has_run
        assert (seen.vmi.status.phase, seen.vmi.status.reason) == ("Pending", "PodRejected")


@given(scenes())
@settings(max_examples=100, deadline=None)
def test_a_pod_that_ends_is_never_left_untold(seen: Seen) -> None:
    """Else there would be nothing to keep the next controller from making another one."""
    pod = seen.pod
    if pod is None or not is_ours(seen) or seen.vmi.deleted or seen.vmi.may_have_pod:
        return
    if (pod.finished or pod.deleted) and not pod.rejected:
        status = decide(seen).status
        assert status is not None
        assert status.phase == "Scheduling"


@given(scenes())
@settings(max_examples=100, deadline=None)
def test_a_vm_is_let_go_only_when_its_guest_cannot_run(seen: Seen) -> None:
    if any(isinstance(action, RemoveFinalizer) for action in decide(seen).actions):
        assert seen.vmi.deleted
        over = is_ours(seen) and seen.pod is not None and seen.pod.finished
        assert seen.vmi.is_final or over or (seen.pod_read and not is_ours(seen))


@given(scenes())
@settings(max_examples=100, deadline=None)
def test_waiting_is_never_longer_than_a_minute_of_our_own_clock(seen: Seen) -> None:
    look_again = decide(seen).look_again
    assert look_again is None or 0 <= look_again <= 60
