"""Why a pod's guest does not start: the scheduler's, the kubelet's words, made ours."""

from dataclasses import dataclass
from typing import Final

from api.names import RESOURCE_KVM, Reason
from controller.vmi.seen import ContainerStatus, Pod

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
_NO_KVM: Final = (
    "; no node offers a working KVM to this VM, and software emulation is not enabled"
    " (KubeVirt, spec.configuration.developerConfiguration.useEmulation)"
)


@dataclass(frozen=True, slots=True)
class Trouble:
    """What keeps the guest from running, as the Ready condition says it."""

    reason: str
    message: str


def find_trouble(pod: Pod) -> Trouble | None:
    """Return what keeps the pod from starting, or nothing while all goes its way."""
    scheduled = pod.find_condition("PodScheduled")
    if scheduled is not None and scheduled.status == "False":
        if scheduled.reason != Reason.UNSCHEDULABLE:
            return None
        hint = _NO_KVM if RESOURCE_KVM in scheduled.message else ""
        return Trouble(Reason.UNSCHEDULABLE, scheduled.message + hint)
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
