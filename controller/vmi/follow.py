"""A pod on its way to a running guest: what is told of it, and when."""

from typing import Final

from api.names import Phase, Reason
from controller.clock import format_time, seconds_left, seconds_since
from controller.verdict import AT_ONCE, Emit
from controller.vmi.pod_view import Pod
from controller.vmi.seen import Seen
from controller.vmi.status import build_rejected, build_starting
from controller.vmi.trouble import Trouble, describe_rejection, find_told_trouble, find_trouble
from controller.vmi.verdict import DropPod, ReadEvents, Verdict

# A guest that is up sooner than this after its pod was made is never Scheduling, and one that is
# up sooner than this after its pod was bound never Scheduled: a write less (docs/adr/0008).
# Kubernetes cuts times to whole seconds, so this means two to three seconds.
QUIET_SECONDS: Final = 3.0
# A pod that has a node for so long and has started nothing is asked for its events, and again each
# time it has waited twice as long: the kubelet may tell of a trouble just after a look ...
LOOK_SECONDS: Final = 10.0
# ... but after so long at the latest.
LOOK_AGAIN_SECONDS: Final = 60.0


def follow_start(seen: Seen, pod: Pod) -> Verdict | None:
    """Return what is to be done while no guest was told of; None: see how the pod ends."""
    if seen.refusal is not None and seen.refusal.pod_uid == pod.metadata.uid:
        return Verdict()  # we have deleted it
    if pod.rejected:
        return _replace(seen, pod)
    if pod.finished or pod.deleted:
        if seen.vmi.may_have_pod:
            return None
        # First of all it must be written that there was a pod: there will be no second one.
        told = build_starting(seen, pod, Phase.SCHEDULING, None)
        return Verdict(status=told, look_again=AT_ONCE)
    return _tell_progress(seen, pod)


def _replace(seen: Seen, pod: Pod) -> Verdict:
    """No guest ever was in this pod: say so, and only then let another take its place."""
    trouble = describe_rejection(pod)
    known = seen.vmi.status
    if (known.phase, known.reason) == (Phase.PENDING, Reason.POD_REJECTED):
        return Verdict((DropPod(pod.metadata.uid, trouble),))
    event = Emit("Warning", trouble.reason, trouble.message)
    return Verdict((event,), build_rejected(seen, trouble), AT_ONCE)


def _tell_progress(seen: Seen, pod: Pod) -> Verdict:
    """Tell of a start that takes its time, or that is in trouble; of others nothing is told."""
    left = seconds_left(pod.bound_at, QUIET_SECONDS, seen.now) if pod.spec.node_name else 0.0
    trouble = find_trouble(pod)
    quiet = 0.0 if trouble is not None else _count_quiet(seen, pod, left)
    if quiet > 0:
        return Verdict(look_again=quiet)
    action, wait = _plan_look(seen, pod, trouble)
    if action is not None:
        return Verdict((action,), look_again=AT_ONCE)
    if trouble is None and not pod.compute.began:
        trouble = find_told_trouble(seen.look)
    bound = pod.spec.node_name and (left <= 0 or seen.vmi.status.phase == Phase.SCHEDULED)
    phase = Phase.SCHEDULED if bound else Phase.SCHEDULING
    waits = [seconds for seconds in (left, wait) if seconds > 0]
    return Verdict((), build_starting(seen, pod, phase, trouble), min(waits, default=None))


def _count_quiet(seen: Seen, pod: Pod, bound_left: float) -> float:
    """Return how long nothing is said yet: what was said of troubles is taken back at once."""
    known = seen.vmi.status
    if seen.vmi.may_have_pod or known.reason not in {None, Reason.POD_REJECTED}:
        return 0.0
    return max(bound_left, seconds_left(pod.metadata.creation_timestamp, QUIET_SECONDS, seen.now))


def _plan_look(seen: Seen, pod: Pod, trouble: Trouble | None) -> tuple[ReadEvents | None, float]:
    """Read the events of a pod that starts nothing now, or in so many seconds; 0 means never."""
    if trouble is not None or not pod.spec.node_name or pod.compute.began:
        return None, 0.0
    if seen.look is None:
        left = seconds_left(pod.bound_at, LOOK_SECONDS, seen.now)
    else:
        waited = seconds_since(pod.bound_at, seen.look.at)
        pause = min(max(waited, LOOK_SECONDS), LOOK_AGAIN_SECONDS)
        left = seconds_left(format_time(seen.look.at), pause, seen.now)
    return (None, left) if left > 0 else (ReadEvents(pod.metadata.uid), 0.0)
