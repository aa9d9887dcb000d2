"""What must hold of every decision on a VM, whatever is seen."""

from dataclasses import replace as replace_data
from datetime import timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from api.catalogue import INSTANCETYPE
from api.expand import Sizing
from api.meta import Condition
from api.names import (
    ANNOTATION_VM_GENERATION,
    FINALIZER_ORPHAN,
    FINALIZER_VM,
    Phase,
    PrintableStatus,
    Reason,
    RunStrategy,
)
from api.vm import (
    ControllerRevisionRef,
    InstancetypeMatcher,
    InstancetypeStatusRef,
    StartFailure,
    StateChangeRequest,
    VirtualMachineStatus,
)
from controller.data_volume import Provision
from controller.refusal import Refusal
from controller.verdict import AT_ONCE, Emit, RemoveFinalizer
from controller.vm.decide import decide
from controller.vm.seen import Catalogue, Seen, VmSpec
from controller.vm.verdict import (
    AdoptInstance,
    CreateDataVolume,
    CreateInstance,
    CreateRevision,
    DeleteInstance,
    DropRevisions,
    PatchVm,
    ReadCatalogue,
    ReadInstance,
    ReadStarted,
    ReadVm,
    Verdict,
)
from controller.vmi.seen import Vmi
from tests.unit.controller.vm.scene import (
    GENERATION,
    NOW,
    OTHER_UID,
    START,
    STOP,
    VM_UID,
    VMI_UID,
    ago,
    build_owner,
    build_vm,
    build_vmi,
    build_whole,
    ready,
)

REF = InstancetypeStatusRef(
    "u1.small", INSTANCETYPE.cluster_kind, ControllerRevisionRef("vm-u1.small-1")
)
FOUND = Catalogue(Sizing(), VirtualMachineStatus(instancetype_ref=REF))
LACKING = Catalogue(Sizing(), VirtualMachineStatus(), trouble="u1.small not found")
STRATEGIES = [str(strategy) for strategy in RunStrategy]
failures = st.none() | st.builds(
    StartFailure,
    st.integers(0, 9),
    st.sampled_from([VMI_UID, "uid-before"]),
    st.none() | st.integers(-400, 400).map(ago),
)
requests = st.lists(
    st.sampled_from([START, STOP, StateChangeRequest("Stop"), StateChangeRequest("Stop", uid="x")]),
    max_size=3,
).map(tuple)
conditions = st.lists(
    st.sampled_from(
        [
            ready(),
            ready("False", Reason.ERR_IMAGE_PULL, "no such image"),
            ready("False", Reason.FAILED_PVC_NOT_FOUND, "PersistentVolumeClaim a not found"),
            Condition("PodScheduled", "False", "Unschedulable", "0/1 nodes"),
            Condition("Paused", "True", "PausedByUser"),
        ]
    ),
    max_size=3,
    unique_by=lambda condition: condition.type,
).map(tuple)


PROVISIONS = [
    None,
    None,
    None,
    Provision("disk is not ready"),
    Provision("disk failed", Reason.FAILED_DATA_VOLUME_IMPORT),
    Provision("disk waits for a place", unbound=True),
]
DISK = build_vm(data_volumes=("disk",)).spec.data_volume_templates


@st.composite
def statuses(draw: st.DrawFn) -> VirtualMachineStatus:
    said = Condition("RestartRequired", "True", observed_generation=GENERATION)
    failed = Condition("Failure", "True", Reason.FAILED_CREATE, "text")
    return VirtualMachineStatus(
        printable_status=draw(st.none() | st.sampled_from(PrintableStatus).map(str)),
        ready=draw(st.none() | st.booleans()),
        run_strategy=draw(st.none() | st.sampled_from(STRATEGIES)),
        observed_generation=draw(st.none() | st.integers(1, GENERATION)),
        conditions=draw(st.sampled_from([(), (said,), (failed,), (said, failed)])),
        state_change_requests=draw(requests),
        start_failure=draw(failures),
        instancetype_ref=draw(st.none() | st.just(REF)),
    )


@st.composite
def instances(draw: st.DrawFn) -> Vmi:
    vmi = build_vmi(
        draw(st.sampled_from([str(phase) for phase in Phase])),
        *draw(conditions),
        age=draw(st.integers(-5, 100)),
        ran=draw(st.none() | st.integers(0, 60)),
        ended=draw(st.none() | st.integers(0, 60)),
        reason=draw(st.none() | st.sampled_from(["QemuCrashed", "PodDeleted"])),
        owner=draw(st.sampled_from([VM_UID, VM_UID, VM_UID, OTHER_UID, None])),
        generation=draw(st.none() | st.integers(1, GENERATION)),
        deleted=draw(st.booleans()),
    )
    if draw(st.integers(0, 9)):
        return vmi
    stranger = (build_owner(OTHER_UID, "set", "VirtualMachineInstanceReplicaSet"),)
    return replace(vmi, metadata=replace(vmi.metadata, owner_references=stranger))


@st.composite
def scenes(draw: st.DrawFn) -> Seen:
    strategy = draw(st.none() | st.sampled_from(STRATEGIES))
    finalizers = [(), (FINALIZER_VM,), (FINALIZER_VM,), (FINALIZER_VM,)]
    deleted = draw(st.integers(0, 4)) == 0
    vm = build_vm(
        strategy,
        running=draw(st.booleans()) if strategy is None else None,
        status=draw(statuses()),
        deleted=deleted,
        finalizers=draw(st.sampled_from([*finalizers, (FINALIZER_VM, FINALIZER_ORPHAN)])),
    )
    if draw(st.booleans()):
        matcher = InstancetypeMatcher(name="u1.small")
        vm = replace(vm, spec=replace(vm.spec, instancetype=matcher))
    missing = ("disk",) if draw(st.integers(0, 4)) == 0 else ()
    vm = replace(vm, spec=replace(vm.spec, data_volume_templates=DISK if missing else ()))
    refusal = Refusal(Reason.QUOTA_EXCEEDED, "exceeded", NOW + timedelta(seconds=5))
    vmi = draw(st.none() | instances())
    return Seen(
        now=NOW,
        vm=vm,
        vmi=vmi,
        vmi_read=draw(st.booleans()),
        whole=build_whole(vm) if draw(st.booleans()) else None,
        unreadable=draw(st.sampled_from(["", "", "", "spec.template: no object"])),
        catalogue=draw(st.sampled_from([None, FOUND, LACKING])),
        provision=draw(st.sampled_from(PROVISIONS)) if not missing else Provision("not made"),
        missing=missing,
        refusal=draw(st.sampled_from([None, None, refusal])),
        chance=draw(st.floats(0, 0.99)),
    )


def carry_out(seen: Seen, verdict: Verdict) -> Seen | None:
    """Do to the snapshot what the verdict does to the world; None: the VM is gone."""
    for action in verdict.actions:
        match action:
            case RemoveFinalizer():
                return None
            case PatchVm(patch):
                seen = patch_vm(seen, patch)
            case CreateInstance(body):
                assert seen.vmi is None
                seen = replace_data(seen, vmi=read_instance(body), vmi_read=False)
            case AdoptInstance() | DeleteInstance():
                seen = change_instance(seen, action)
            case ReadVm() | ReadInstance() | ReadStarted() | ReadCatalogue():
                seen = read(seen, action)
            case CreateDataVolume():
                assert seen.missing
                seen = replace_data(seen, missing=(), provision=None)
            case CreateRevision() | DropRevisions() | Emit():
                pass
    if verdict.status is not None:
        seen = replace_data(seen, vm=replace(seen.vm, status=verdict.status))
    return seen


def read(seen: Seen, action: ReadVm | ReadInstance | ReadStarted | ReadCatalogue) -> Seen:
    match action:
        case ReadVm():
            return replace_data(seen, whole=build_whole(seen.vm))
        case ReadInstance():
            return replace_data(seen, vmi_read=True)
        case ReadStarted():
            assert seen.whole is not None
            return replace_data(seen, started_read=True, started=seen.whole.spec)
        case ReadCatalogue():
            return replace_data(seen, catalogue=FOUND)


def change_instance(seen: Seen, action: AdoptInstance | DeleteInstance) -> Seen:
    assert seen.vmi is not None
    assert seen.vmi.metadata.uid == action.uid
    if isinstance(action, AdoptInstance):
        meta = replace(seen.vmi.metadata, owner_references=(build_owner(VM_UID),))
    else:
        meta = replace(seen.vmi.metadata, deletion_timestamp=ago(0))
    return replace_data(seen, vmi=replace(seen.vmi, metadata=meta))


def patch_vm(seen: Seen, patch: dict[str, Any]) -> Seen:
    """Merge the patch; the server answers with the whole VM, that has what it is to store."""
    vm = seen.vm
    if "metadata" in patch:
        finalizers = tuple(patch["metadata"]["finalizers"])
        vm = replace(vm, metadata=replace(vm.metadata, finalizers=finalizers))
    spec = patch.get("spec", {})
    if spec.keys() & {"runStrategy", "running"}:
        run_strategy = spec.get("runStrategy", vm.spec.run_strategy)
        changed = VmSpec(run_strategy, spec.get("running", vm.spec.running))
        vm = replace(
            vm,
            spec=replace(vm.spec, run_strategy=changed.run_strategy, running=changed.running),
            metadata=replace(vm.metadata, generation=vm.metadata.generation + 1),
        )
    return replace_data(seen, vm=vm, whole=build_whole(vm))


def read_instance(body: dict[str, Any]) -> Vmi:
    assert body["metadata"]["name"] == "vm"
    generation = int(body["metadata"]["annotations"][ANNOTATION_VM_GENERATION])
    return build_vmi("", age=0, generation=generation, uid="uid-new")


def is_over(seen: Seen, verdict: Verdict) -> bool:
    same = verdict.status is None or verdict.status == seen.vm.status
    return not verdict.actions and same


@given(scenes())
@settings(max_examples=100, deadline=None)
def test_a_decision_that_was_carried_out_leaves_nothing_to_do(seen: Seen) -> None:
    state: Seen | None = seen
    for _ in range(12):
        assert state is not None
        verdict = decide(state)
        if is_over(state, verdict):
            assert verdict.look_again != AT_ONCE
            return
        state = carry_out(state, verdict)
        if state is None:
            return
    raise AssertionError(f"no end, but {verdict}")


@given(scenes())
@settings(max_examples=100, deadline=None)
def test_a_status_is_whole(seen: Seen) -> None:
    status = decide(seen).status
    if status is None:
        return
    assert status.printable_status in set(PrintableStatus)
    assert (status.created, status.desired_generation) == (seen.own is not None, GENERATION)
    types = [condition.type for condition in status.conditions]
    assert len(types) == len(set(types))
    (told,) = (each for each in status.conditions if each.type == "Ready")
    assert told.message
    assert told.last_transition_time
    assert (told.status == "True") is status.ready


@given(scenes())
@settings(max_examples=100, deadline=None)
def test_a_deleted_vm_only_goes(seen: Seen) -> None:
    gone = replace(seen.vm.metadata, deletion_timestamp=ago(1))
    verdict = decide(replace_data(seen, vm=replace(seen.vm, metadata=gone)))
    allowed = (ReadInstance, DeleteInstance, RemoveFinalizer, Emit)
    assert all(isinstance(action, allowed) for action in verdict.actions)


@given(scenes())
@settings(max_examples=100, deadline=None)
def test_no_instance_is_created_beside_another_and_no_strangers_is_deleted(seen: Seen) -> None:
    for action in decide(seen).actions:
        if isinstance(action, CreateInstance):
            assert seen.vmi is None
        if isinstance(action, DeleteInstance):
            assert seen.own is not None
            assert not seen.own.deleted


@given(scenes())
@settings(max_examples=100, deadline=None)
def test_what_the_controller_does_not_own_stays(seen: Seen) -> None:
    kept = replace(seen.vm.status, snapshot_in_progress="snap", volume_requests=({"a": 1},))
    status = decide(replace_data(seen, vm=replace(seen.vm, status=kept))).status
    if status is not None:
        assert (status.snapshot_in_progress, status.volume_requests) == ("snap", ({"a": 1},))
