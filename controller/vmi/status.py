"""The status that the controller writes: whole conditions, rebuilt timestamps, small patches."""

from collections.abc import Iterable, Mapping
from dataclasses import replace as replace_data
from datetime import datetime
from typing import Final

from msgspec.structs import replace

from api.meta import Condition
from api.names import Condition as ConditionType
from api.names import Phase, Reason
from api.status import PhaseTransitionTimestamp
from api.termination import Ending
from controller.clock import format_time
from controller.vmi.pod_view import Pod
from controller.vmi.seen import Seen, VmiStatus
from controller.vmi.trouble import Trouble, find_trouble

_NOT_RUNNING: Final = Trouble(Reason.GUEST_NOT_RUNNING, "the guest has not started yet")
_PULLING: Final = (Reason.ERR_IMAGE_PULL, Reason.IMAGE_PULL_BACK_OFF)


def build_blocked(seen: Seen, trouble: Trouble, *extra: Condition) -> VmiStatus:
    """Pending: there is no pod, and the Ready condition says why."""
    conditions = (_not_ready(trouble), _not_synchronized(trouble), *extra)
    return _build(seen, Phase.PENDING, trouble.reason, conditions)


def build_rejected(seen: Seen, trouble: Trouble) -> VmiStatus:
    """Pending again: the pod that there was never ran, and what was told of it is void."""
    status = build_blocked(seen, trouble)
    times = status.phase_transition_timestamps
    return replace(
        status,
        node_name=None,
        active_pods={},
        phase_transition_timestamps=tuple(time for time in times if time.phase == Phase.PENDING),
    )


def build_starting(seen: Seen, pod: Pod, phase: Phase, trouble: Trouble | None) -> VmiStatus:
    """Scheduling or Scheduled: there is a pod, and no guest yet."""
    said = _keep_pulling(seen, trouble or _NOT_RUNNING)
    conditions = [_not_ready(said)]
    if trouble is not None and trouble.reason != Reason.UNSCHEDULABLE:
        conditions.append(_not_synchronized(said))
    scheduled = pod.find_condition(ConditionType.POD_SCHEDULED)
    if scheduled is not None and (phase is Phase.SCHEDULED or trouble is not None):
        conditions.append(
            Condition(
                type=ConditionType.POD_SCHEDULED,
                status=scheduled.status,
                reason=scheduled.reason or None,
                message=scheduled.message or None,
                last_transition_time=scheduled.last_transition_time,
            )
        )
    status = _build(seen, phase, None, conditions, pod)
    node = pod.spec.node_name if phase is Phase.SCHEDULED else ""
    return replace(status, node_name=node or None, active_pods={pod.metadata.uid: node})


def build_unbound(seen: Seen, pod: Pod) -> VmiStatus:
    """Scheduling again: whoever told of a guest made it up, for its pod has no node."""
    blank = replace(seen.vmi, status=VmiStatus())
    return build_starting(replace_data(seen, vmi=blank), pod, Phase.SCHEDULING, find_trouble(pod))


def build_final(seen: Seen, ending: Ending) -> VmiStatus:
    """Succeeded or Failed: the end, where no handler could tell it."""
    ready = _not_ready(Trouble(ending.reason, ending.message))
    return _build(seen, ending.phase, ending.reason, (ready, *_others(seen)), seen.pod)


def build_settled(seen: Seen) -> VmiStatus:
    """The guest runs all the same: take back what we said of a start in trouble."""
    known = seen.vmi.status
    return replace(known, conditions=tuple(c for c in known.conditions if not is_trouble(c)))


def is_trouble(condition: Condition) -> bool:
    """True for the condition by which we said that a start is in trouble."""
    return condition.type == ConditionType.SYNCHRONIZED and condition.status == "False"


def build_overdue(seen: Seen, trouble: Trouble) -> VmiStatus:
    """The phase stays as it is: the node does not confirm that the pod ended."""
    status = seen.vmi.status
    return _build(
        seen, Phase(status.phase), status.reason, (_not_ready(trouble), *_others(seen)), seen.pod
    )


def _build(
    seen: Seen,
    phase: Phase,
    reason: str | None,
    conditions: Iterable[Condition],
    pod: Pod | None = None,
) -> VmiStatus:
    known = seen.vmi.status
    before = {condition.type: condition for condition in known.conditions}
    generation = seen.vmi.metadata.generation or None
    return replace(
        known,
        phase=str(phase),
        reason=reason and str(reason),
        conditions=tuple(
            keep_time(condition, before.get(condition.type), seen.now, generation)
            for condition in conditions
        ),
        phase_transition_timestamps=_build_timestamps(seen, phase, pod),
        observed_generation=generation,
    )


def keep_time(
    new: Condition, old: Condition | None, now: datetime, generation: int | None
) -> Condition:
    """Give a condition the time of its last change; what is untouched stays as it is."""
    if new is old:
        return new
    time = new.last_transition_time
    if time is None:
        same = old is not None and old.status == new.status
        time = old.last_transition_time if old is not None and same else format_time(now)
    return replace(
        new,
        type=str(new.type),
        reason=new.reason and str(new.reason),
        last_transition_time=time,
        observed_generation=generation,
    )


def _build_timestamps(
    seen: Seen, phase: Phase, pod: Pod | None
) -> tuple[PhaseTransitionTimestamp, ...]:
    """Rebuild when each phase began from facts; what was written once stays."""
    times: dict[str, str] = {Phase.PENDING: seen.vmi.metadata.creation_timestamp}
    if pod is not None:
        times[Phase.SCHEDULING] = pod.metadata.creation_timestamp
        scheduled = pod.find_condition(ConditionType.POD_SCHEDULED)
        if scheduled is not None and scheduled.status == "True" and phase != Phase.SCHEDULING:
            times[Phase.SCHEDULED] = scheduled.last_transition_time or ""
    known: Mapping[str, str] = {
        stamp.phase: stamp.phase_transition_timestamp
        for stamp in seen.vmi.status.phase_transition_timestamps
    }
    times |= known
    times.setdefault(phase, format_time(seen.now))
    order = [str(each) for each in Phase]
    return tuple(
        PhaseTransitionTimestamp(str(name), time)
        for name, time in sorted(times.items(), key=lambda item: _place(order, item[0]))
        if time
    )


def _place(order: list[str], phase: str) -> int:
    return order.index(phase) if phase in order else len(order)


def _not_ready(trouble: Trouble) -> Condition:
    return Condition(ConditionType.READY, "False", trouble.reason, trouble.message)


def _not_synchronized(trouble: Trouble) -> Condition:
    return Condition(ConditionType.SYNCHRONIZED, "False", trouble.reason, trouble.message)


def _others(seen: Seen) -> Iterable[Condition]:
    """Conditions that stay: after Running they are the handler's."""
    return (each for each in seen.vmi.status.conditions if each.type != ConditionType.READY)


def _keep_pulling(seen: Seen, trouble: Trouble) -> Trouble:
    """The kubelet goes back and forth between pulling and waiting; say each of it once."""
    said = next((c for c in seen.vmi.status.conditions if c.type == ConditionType.READY), None)
    if said is None or said.reason not in _PULLING or trouble.reason not in _PULLING:
        return trouble
    if said.reason == Reason.ERR_IMAGE_PULL and trouble.reason == Reason.IMAGE_PULL_BACK_OFF:
        return trouble
    return Trouble(said.reason, said.message or "")
