"""How a life ended, when no handler could say it: from what the kubelet left in the pod."""

import re
from typing import Final

from api.names import Phase, Reason
from api.termination import Ending, StopFacts, decide_ending, decode_termination
from controller.vmi.pod_view import Pod

_WORD: Final = re.compile(r"[A-Z][A-Za-z0-9]{0,127}")
# Set by Kubernetes' pod garbage collector when a node is gone or declared out of service.
_LOST: Final = "DeletionByPodGC"


def find_ending(pod: Pod | None, *, vmi_deleted: bool) -> Ending:
    """Return the last phase and its reason; no pod means that it is gone without a word."""
    if pod is None:
        return decide_ending(StopFacts(pod_deleted=True, vmi_deleted=vmi_deleted))
    disruption = pod.find_condition("DisruptionTarget")
    if disruption is not None and disruption.reason == _LOST:
        text = disruption.message or "the pod's node is gone"
        return Ending(Phase.FAILED, Reason.NODE_LOST, text)
    end = pod.compute.terminated
    if end is None or not pod.has_run:
        return _judge_unstarted(pod)
    return decide_ending(
        StopFacts(
            termination=decode_termination(end.message),
            exit_code=end.exit_code,
            container_reason=end.reason,
            pod_reason=pod.status.reason,
            pod_deleted=pod.deleted,
            vmi_deleted=vmi_deleted,
        )
    )


def _judge_unstarted(pod: Pod) -> Ending:
    """The node turned the pod away, or gave it up, before the launcher ran."""
    reason = pod.status.reason
    end = pod.compute.terminated
    text = pod.status.message or (end and end.message) or "the pod ended before the launcher ran"
    if reason == Reason.EVICTED:
        return Ending(Phase.FAILED, Reason.EVICTED, text)
    if pod.deleted:
        return decide_ending(StopFacts(pod_deleted=True))
    known = bool(_WORD.fullmatch(reason))
    return Ending(Phase.FAILED, reason if known else Reason.START_FAILED, text)
