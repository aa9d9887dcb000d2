"""What to do about one VMI: pure, from a snapshot to a verdict."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

from api.names import Phase, Reason
from api.termination import Ending
from controller.clock import parse_time, seconds_left
from controller.verdict import AT_ONCE, Emit, EventType, RemoveFinalizer
from controller.vmi.follow import follow_start
from controller.vmi.outcome import find_ending
from controller.vmi.pod import count_pod_grace
from controller.vmi.pod_view import Pod
from controller.vmi.seen import Seen
from controller.vmi.start import decide_start
from controller.vmi.status import (
    build_final,
    build_overdue,
    build_settled,
    build_unbound,
    is_trouble,
)
from controller.vmi.trouble import Trouble
from controller.vmi.verdict import DeletePod, ReadPod, Verdict

# How long a handler has to tell how a guest ended before the pod's own status must do.
HANDLER_SECONDS: Final = 5.0
# How long after the end of its grace period a pod may still be there before we wonder aloud.
OVERDUE_SECONDS: Final = 30.0
# A pod that the cache does not show (somebody took its label) is looked at this often.
UNCACHED_SECONDS: Final = 10.0


def decide(seen: Seen) -> Verdict:
    """Return what is to be done now."""
    verdict = _decide(seen)
    if seen.pod is not None and seen.pod_read and verdict.look_again is None:
        return replace(verdict, look_again=UNCACHED_SECONDS)
    return verdict


def _decide(seen: Seen) -> Verdict:
    vmi = seen.vmi
    if vmi.deleted:
        return _decide_deletion(seen)
    if vmi.is_final:
        return Verdict()
    pod = _find_own_pod(seen)
    if pod is not None:
        return _follow(seen, pod)
    if not vmi.may_have_pod and not seen.had_pod:
        return decide_start(seen)
    if not seen.pod_read:
        return Verdict((ReadPod(),), look_again=AT_ONCE)
    return _end(seen, find_ending(None, vmi_deleted=False))


def _find_own_pod(seen: Seen) -> Pod | None:
    """Return the pod if it is this VMI's: the owner's UID decides, never the name."""
    pod = seen.pod
    return pod if pod is not None and pod.owner_uid == seen.vmi.metadata.uid else None


def _decide_deletion(seen: Seen) -> Verdict:
    """End the pod, wait for the guest's end, let the VMI go."""
    vmi = seen.vmi
    pod = _find_own_pod(seen)
    release = (RemoveFinalizer(),) if vmi.has_finalizer else ()
    # Others may hold it as long as they like. Nobody does: it is gone, and soon its pod is.
    if not release and (pod is None or not vmi.metadata.finalizers):
        return Verdict()
    if pod is None:
        # Only the server can tell that there is no pod: the cache may not have it yet.
        known = vmi.is_final or seen.pod_read
        return Verdict((RemoveFinalizer(),)) if known else Verdict((ReadPod(),), None, AT_ONCE)
    grace = count_pod_grace(vmi.spec.termination_grace_period_seconds)
    # A stop in a hurry may have shortened the grace after the pod was told to end.
    late = not pod.deleted or pod.has_longer_grace(grace)
    end = (DeletePod(pod.metadata.uid, grace),) if late else ()
    if vmi.is_final:
        return Verdict((*end, *release))
    if end:
        return Verdict(end)
    if release and pod.finished and not pod.has_run:
        return Verdict(release)
    return _await_end(seen, pod)


def _follow(seen: Seen, pod: Pod) -> Verdict:
    """Watch the pod on its way; once the guest runs, the status is the handler's."""
    verdict = follow_start(seen, pod) if seen.vmi.is_starting else None
    if verdict is not None:
        return verdict
    if pod.finished or pod.deleted:
        return _await_end(seen, pod)
    if not pod.spec.node_name:
        return _take_back(seen, pod)
    stale = any(is_trouble(condition) for condition in seen.vmi.status.conditions)
    return Verdict(status=build_settled(seen) if stale else None)


def _take_back(seen: Seen, pod: Pod) -> Verdict:
    """No guest runs without a node: somebody else wrote that it does, unless our cache lags."""
    if not seen.pod_read:
        return Verdict((ReadPod(),), look_again=AT_ONCE)
    return Verdict(status=build_unbound(seen, pod))


def _await_end(seen: Seen, pod: Pod) -> Verdict:
    """Let the handler tell how it ended; tell it ourselves when nobody does."""
    if pod.finished:
        end = pod.compute.terminated
        left = seconds_left(end.finished_at if end else None, HANDLER_SECONDS, seen.now)
        if left > 0:
            return Verdict(look_again=left)
        return _end(seen, find_ending(pod, vmi_deleted=seen.vmi.deleted))
    due = parse_time(pod.metadata.deletion_timestamp)
    late = (seen.now - due) / timedelta(seconds=1) if due is not None else 0.0
    if late < OVERDUE_SECONDS:
        return Verdict(look_again=min(OVERDUE_SECONDS - late, 2 * OVERDUE_SECONDS))
    trouble = Trouble(
        Reason.NODE_LOST,
        f"the node {pod.spec.node_name} does not confirm that the pod ended; if the node is gone"
        " for good, taint it node.kubernetes.io/out-of-service or delete the pod by force",
    )
    return Verdict(_tell(seen, trouble), build_overdue(seen, trouble))


def _end(seen: Seen, ending: Ending) -> Verdict:
    type_: EventType = "Normal" if ending.phase is Phase.SUCCEEDED else "Warning"
    said = () if seen.vmi.deleted else (Emit(type_, Reason.STOPPED, ending.message),)
    return Verdict(said, build_final(seen, ending))


def _tell(seen: Seen, trouble: Trouble) -> tuple[Emit, ...]:
    """Emit an event when the trouble is new."""
    said = any(c.reason == trouble.reason for c in seen.vmi.status.conditions)
    return () if said else (Emit("Warning", trouble.reason, trouble.message),)
