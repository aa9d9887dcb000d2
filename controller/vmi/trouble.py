"""Why a pod's guest does not start: the scheduler's, the kubelet's words, made ours."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from api.names import RESOURCE_KVM, Reason
from controller.vmi.pod_view import ContainerStatus, Pod, PodEvent
from controller.vmi.seen import Look

_PULL_REASONS: Final = {
    "ErrImagePull": Reason.ERR_IMAGE_PULL,
    "ImagePullBackOff": Reason.IMAGE_PULL_BACK_OFF,
    "InvalidImageName": Reason.ERR_IMAGE_PULL,
    "ErrImageNeverPull": Reason.ERR_IMAGE_PULL,
    "ImageInspectError": Reason.ERR_IMAGE_PULL,
    "RegistryUnavailable": Reason.ERR_IMAGE_PULL,
    "SignatureValidationFailed": Reason.ERR_IMAGE_PULL,
}
_CREATE_REASONS: Final = frozenset(
    {
        "CreateContainerConfigError",
        "CreateContainerError",
        "PreCreateHookError",
        "PostStartHookError",
        "RunContainerError",
        "CrashLoopBackOff",
    }
)
_WORD: Final = re.compile(r"[A-Z][A-Za-z0-9]{0,127}")
_TOLD_LETTERS: Final = 1024
# What the scheduler adds of those it could have evicted instead.
_NOISE: Final = re.compile(
    r"\.?\s*(no new claims to deallocate,?\s*)?(preemption: .*)?$", re.DOTALL
)
_REJECTED: Final = "Pod was rejected: "  # how the kubelet begins; so do we
_NO_KVM: Final = (
    "; no node offers a working KVM to this VM, and software emulation is not enabled"
    " (KubeVirt, spec.configuration.developerConfiguration.useEmulation)"
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps the guest from running, as the Ready condition says it."""

    reason: str
    message: str


def describe_rejection(pod: Pod) -> Trouble:
    """Say in the kubelet's words why a node turned the pod away."""
    status = pod.status
    text = status.message.removeprefix(_REJECTED) or status.reason or "no reason was given"
    word = f" ({status.reason})" if status.reason and status.message else ""
    where = f"the node {pod.spec.node_name}" if pod.spec.node_name else "its node"
    message = f"{where} rejected the pod{word}: {text}; a new pod will be made"
    return Trouble(Reason.POD_REJECTED, message)


def find_told_trouble(look: Look | None) -> Trouble | None:
    """Return what the pod's events told, when the newest of them is a warning."""
    last = look.last if look is not None else None
    if last is None or last.type != "Warning" or not _WORD.fullmatch(last.reason):
        return None
    return Trouble(last.reason, f"the pod does not start: {last.message[:_TOLD_LETTERS]}")


def find_newest(events: Iterable[PodEvent]) -> PodEvent | None:
    """Return the event that happened last; of the kubelet's repetitions only the last counts."""
    return max(events, key=_time_of, default=None)


def _time_of(event: PodEvent) -> str:
    """Return when it happened last; all are UTC in one format, so that their text is ordered."""
    repeated = event.series.last_observed_time if event.series is not None else None
    return repeated or event.last_timestamp or event.event_time or ""


def find_trouble(pod: Pod) -> Trouble | None:
    """Return what keeps the pod from starting, or nothing while all goes its way."""
    scheduled = pod.find_condition("PodScheduled")
    if scheduled is not None and scheduled.status == "False":
        if scheduled.reason != Reason.UNSCHEDULABLE:
            return None
        hint = _NO_KVM if RESOURCE_KVM in scheduled.message else ""
        return Trouble(Reason.UNSCHEDULABLE, _NOISE.sub("", scheduled.message) + hint)
    troubles = (_find_container_trouble(status) for status in pod.status.container_statuses)
    return next((trouble for trouble in troubles if trouble is not None), None)


def _find_container_trouble(status: ContainerStatus) -> Trouble | None:
    waiting = status.state.waiting
    if waiting is None:
        return None
    text = f"container {status.name}: {waiting.message or waiting.reason}"
    if waiting.reason in _PULL_REASONS:
        return Trouble(_PULL_REASONS[waiting.reason], text)
    if waiting.reason in _CREATE_REASONS:
        return Trouble(Reason.CONTAINER_CREATE_FAILED, text)
    return None
