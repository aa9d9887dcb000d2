"""What must hold of every decision about a set, whatever is seen."""

from datetime import UTC, datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from api.domain import DomainSpec, Memory
from api.meta import Condition as ApiCondition
from api.meta import LabelSelector, ObjectMeta
from api.names import API_VERSION, Condition, Phase, Reason
from api.replica_set import (
    VirtualMachineInstanceReplicaSet,
    VirtualMachineInstanceReplicaSetSpec,
    VirtualMachineInstanceReplicaSetStatus,
)
from api.spec import VirtualMachineInstanceSpec
from api.status import PhaseTransitionTimestamp
from api.vm import StartFailure, TemplateMeta, VirtualMachineInstanceTemplateSpec
from controller.clock import format_time
from controller.refusal import Refusal
from controller.replica_set.decide import PASS_CHANGES, decide
from controller.replica_set.seen import OWNER_KIND, ReplicaSet, Seen, SetMeta, SetSpec, find_owner
from controller.replica_set.tally import count_members, has_failed_at_once, order_victims
from controller.replica_set.verdict import CreateInstances, DeleteInstances, Verdict
from controller.verdict import AT_ONCE, Emit
from controller.vmi.seen import Vmi, VmiMeta, VmiStatus
from kube.object import OwnerReference

NOW = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)
LABELS = {"app": "web"}
UID = "uid-set"


def tell(seconds: float) -> str:
    return format_time(NOW + timedelta(seconds=seconds))


def build_vmi(
    name: str,
    phase: str = Phase.RUNNING,
    *,
    age: float = 60,
    ready: bool = True,
    ran: float | None = 30,
    reason: str | None = None,
    deleted: bool = False,
) -> Vmi:
    """A VMI that was made ``age`` seconds ago and has run for ``ran`` seconds."""
    over = phase in {Phase.SUCCEEDED, Phase.FAILED}
    stamps = [] if ran is None else [PhaseTransitionTimestamp(Phase.RUNNING, tell(-ran))]
    if over:
        stamps.append(PhaseTransitionTimestamp(phase, tell(0)))
    said = ApiCondition(Condition.READY, "True" if ready and not over else "False")
    return Vmi(
        VmiMeta(
            name=name,
            namespace="ns",
            uid=f"uid-{name}",
            resource_version="1",
            creation_timestamp=tell(-age),
            deletion_timestamp=tell(0) if deleted else None,
        ),
        status=VmiStatus(
            phase=phase,
            reason=reason,
            conditions=(said,),
            phase_transition_timestamps=tuple(stamps),
        ),
    )


def build_whole(
    replicas: int, uid: str = UID, generation: int = 1
) -> VirtualMachineInstanceReplicaSet:
    spec = VirtualMachineInstanceSpec(domain=DomainSpec(memory=Memory(guest="64Mi")))
    return VirtualMachineInstanceReplicaSet(
        ObjectMeta("web", "ns", uid, generation=generation),
        VirtualMachineInstanceReplicaSetSpec(
            LabelSelector(LABELS),
            VirtualMachineInstanceTemplateSpec(spec, TemplateMeta(labels=LABELS)),
            replicas,
        ),
    )


def build_seen(replicas: int, *members: Vmi, **fields: object) -> Seen:
    paused = bool(fields.pop("paused", False))
    status = fields.pop("status", VirtualMachineInstanceReplicaSetStatus())
    deleted = fields.pop("deleted", None)
    assert isinstance(status, VirtualMachineInstanceReplicaSetStatus)
    meta = SetMeta("web", "ns", UID, "5", 1, tell(0) if deleted else None)
    item = ReplicaSet(meta, SetSpec(replicas, paused, LabelSelector(LABELS)), status)
    known = {"whole": build_whole(replicas), "free_names": tuple(f"new-{n}" for n in range(200))}
    return Seen(NOW, item, members, **(known | fields))  # type: ignore[arg-type] # as they come


statuses = st.builds(
    VirtualMachineInstanceReplicaSetStatus,
    observed_generation=st.just(1),
    start_failure=st.none()
    | st.builds(
        StartFailure,
        st.none() | st.integers(1, 2000),
        st.none() | st.just("uid-a"),
        st.none() | st.integers(-400, 400).map(tell) | st.just("nonsense"),
    ),
    conditions=st.sampled_from(
        [
            (),
            (ApiCondition(Condition.REPLICA_FAILURE, "True", "CrashLoopBackOff", "again"),),
            (ApiCondition(Condition.REPLICA_FAILURE, "True", "FailedCreate"),),
            (ApiCondition(Condition.REPLICA_PAUSED, "True", "Paused"),),
        ]
    ),
)
members = st.lists(
    st.builds(
        build_vmi,
        st.uuids().map(str),
        st.sampled_from([str(phase) for phase in Phase]),
        age=st.integers(0, 500),
        ready=st.booleans(),
        ran=st.none() | st.integers(-5, 400),
        reason=st.none() | st.sampled_from(["PodDeleted", "GuestCrashed", "NodeLost"]),
        deleted=st.booleans(),
    ),
    max_size=12,
)
sights = st.builds(
    lambda replicas, vmis, fields: build_seen(replicas, *vmis, **fields),
    st.integers(0, 250),
    members,
    st.fixed_dictionaries(
        {
            "paused": st.booleans(),
            "deleted": st.booleans(),
            "status": statuses,
            "changes": st.sampled_from([0, 50, PASS_CHANGES]),
            "refusal": st.none()
            | st.integers(-5, 50).map(
                lambda s: Refusal(Reason.FAILED_CREATE, "no", NOW + timedelta(seconds=s))
            ),
        }
    ),
)


@given(sights)
@settings(max_examples=100, deadline=None)
def test_it_creates_or_deletes_no_more_than_is_right(seen: Seen) -> None:
    verdict = decide(seen)
    tally = count_members(seen)
    made = [b for a in verdict.actions if isinstance(a, CreateInstances) for b in a.bodies]
    gone = [v for a in verdict.actions if isinstance(a, DeleteInstances) for v in a.vmis]
    item = seen.replica_set
    if item.deleted or item.spec.paused:
        assert (made, gone) == ([], [])
    assert len(made) + len(tally.active) <= item.wanted or not made
    active = {vmi.metadata.uid for vmi in tally.active}
    lost = [vmi for vmi in gone if vmi.metadata.uid in active]
    assert not lost or len(active) - len(lost) >= item.wanted
    assert not (made and gone)
    assert len(made) + len(gone) + seen.changes <= PASS_CHANGES or not (made or gone)


@given(sights)
@settings(max_examples=100, deadline=None)
def test_a_status_follows_unless_something_was_done(seen: Seen) -> None:
    verdict = decide(seen)
    if seen.replica_set.deleted:
        assert verdict == Verdict()
    elif verdict.look_again == AT_ONCE:
        assert verdict.status is None
        assert not any(isinstance(action, Emit) for action in verdict.actions)
    else:
        assert verdict.status is not None
        assert all(isinstance(action, Emit) for action in verdict.actions)


@given(sights)
@settings(max_examples=100, deadline=None)
def test_what_was_said_is_not_said_again(seen: Seen) -> None:
    status = decide(seen).status
    if status is None:
        return
    item = ReplicaSet(seen.replica_set.metadata, seen.replica_set.spec, status)
    again = decide(
        Seen(
            seen.now,
            item,
            seen.members,
            whole=seen.whole,
            free_names=seen.free_names,
            changes=seen.changes,
            refusal=seen.refusal,
        )
    )
    assert again.actions == ()
    assert again.status == status


def test_the_youngest_goes_first_among_equals() -> None:
    vmis = [
        build_vmi("old", age=90),
        build_vmi("young", age=10),
        build_vmi("unready", age=95, ready=False),
        build_vmi("placeless", Phase.SCHEDULING, age=99, ready=False),
    ]
    order = [vmi.metadata.name for vmi in order_victims(vmis)]
    assert order == ["placeless", "unready", "young", "old"]


def test_who_failed_at_once() -> None:
    assert has_failed_at_once(build_vmi("a", Phase.FAILED, ran=None))
    assert has_failed_at_once(build_vmi("a", Phase.SUCCEEDED, ran=9))
    assert not has_failed_at_once(build_vmi("a", Phase.FAILED, ran=10))
    assert not has_failed_at_once(build_vmi("a", Phase.FAILED, ran=1, reason="PodDeleted"))
    assert not has_failed_at_once(build_vmi("a", Phase.FAILED, ran=None, reason="NodeLost"))


def test_a_pass_makes_a_bounded_number() -> None:
    (create,) = decide(build_seen(500)).actions
    assert isinstance(create, CreateInstances)
    assert len(create.bodies) == PASS_CHANGES
    verdict = decide(build_seen(500, changes=PASS_CHANGES))
    assert verdict.look_again is not None
    assert 0 < verdict.look_again < 1


def test_a_template_of_another_version_is_not_used() -> None:
    for other in (build_whole(1, "other"), build_whole(1, generation=2)):
        assert decide(build_seen(1, whole=other)) == Verdict(look_again=2.0)
        adopting = build_seen(1, whole=other, orphans=(build_vmi("a"),))
        assert decide(adopting) == Verdict(look_again=2.0)


def test_a_selector_that_does_not_match_the_template_is_told() -> None:
    whole = build_whole(1)
    spec = VirtualMachineInstanceReplicaSetSpec(
        LabelSelector({"app": "other"}), whole.spec.template, 1
    )
    seen = build_seen(1, whole=VirtualMachineInstanceReplicaSet(whole.metadata, spec))
    status = decide(seen).status
    assert status is not None
    (condition,) = status.conditions
    assert (condition.type, condition.reason) == ("ReplicaFailure", "FailedCreate")
    assert "selector" in (condition.message or "")


def test_only_a_set_of_this_group_owns() -> None:
    def owned(**fields: object) -> Vmi:
        owner = {"uid": UID, "kind": OWNER_KIND, "api_version": API_VERSION, "controller": True}
        reference = OwnerReference(**(owner | fields))  # type: ignore[arg-type] # as they come
        return Vmi(VmiMeta("a", "ns", "uid-a", "1", owner_references=(reference,)))

    assert find_owner(owned()) is not None
    assert find_owner(owned(kind="VirtualMachine")) is None
    assert find_owner(owned(api_version="example.com/v1")) is None
    assert find_owner(owned(controller=False)) is None
