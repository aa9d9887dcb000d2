"""The launcher's pod as the handler sees it: just the fields that a status is made of."""

import msgspec

from api.launch import LaunchDocument, decode_launch
from api.meta import ApiStruct, Condition, ObjectMeta
from api.names import ANNOTATION_LAUNCH_DOCUMENT, CONTAINER_COMPUTE, GROUP
from api.status import VirtualMachineInstanceStatus
from api.stop import OWN_GRACE_SECONDS
from api.termination import Termination, decode_termination

_LAUNCH_DOCUMENT_BYTES = 256 * 1024  # what all annotations together may have
_OWNER_KIND = "VirtualMachineInstance"
_NEVER = "1970-01-01"


class Container(ApiStruct, frozen=True):
    """A container's name and image."""

    name: str
    image: str = ""


class PodSpec(ApiStruct, frozen=True):
    """Where the pod is and what it runs."""

    node_name: str = ""
    containers: tuple[Container, ...] = ()
    termination_grace_period_seconds: int | None = None


class Terminated(ApiStruct, frozen=True):
    """How a container ended."""

    exit_code: int = 0
    reason: str = ""
    message: str = ""
    started_at: str | None = None

    @property
    def ran(self) -> bool:
        """False for what never was started: the kubelet says nothing of when, or 1970."""
        return bool(self.started_at) and not (self.started_at or "").startswith(_NEVER)


class ContainerState(ApiStruct, frozen=True):
    """The one state that matters here."""

    terminated: Terminated | None = None


class ContainerStatus(ApiStruct, frozen=True):
    """What the kubelet says of a container."""

    name: str
    state: ContainerState = ContainerState()


class PodStatus(ApiStruct, frozen=True):
    """What the kubelet says of the pod."""

    phase: str = ""
    reason: str = ""
    qos_class: str = ""
    conditions: tuple[Condition, ...] = ()
    container_statuses: tuple[ContainerStatus, ...] = ()


class Pod(ApiStruct, frozen=True):
    """A launcher's pod."""

    metadata: ObjectMeta
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()

    @property
    def deleted(self) -> bool:
        return self.metadata.deletion_timestamp is not None

    @property
    def compute_image(self) -> str:
        images = (item.image for item in self.spec.containers if item.name == CONTAINER_COMPUTE)
        return next(images, "")


class Vmi(ApiStruct, frozen=True):
    """A VirtualMachineInstance without its spec, which the launch document has."""

    metadata: ObjectMeta
    status: VirtualMachineInstanceStatus = VirtualMachineInstanceStatus()

    @property
    def deleted(self) -> bool:
        return self.metadata.deletion_timestamp is not None


class ComputeEnd(msgspec.Struct, frozen=True):
    """How ``compute`` ended."""

    exit_code: int
    reason: str
    termination: Termination | None


def find_vmi_uid(pod: Pod) -> str:
    """Return the UID of the VMI that owns the pod and shares its name; empty for a stranger."""
    for owner in pod.metadata.owner_references:
        if owner.controller and owner.kind == _OWNER_KIND:
            ours = owner.api_version.partition("/")[0] == GROUP
            return owner.uid if ours and owner.name == pod.metadata.name else ""
    return ""


def find_condition(pod: Pod, type_: str) -> Condition | None:
    """Return the pod's condition of this type."""
    return next((item for item in pod.status.conditions if item.type == type_), None)


def find_compute_end(pod: Pod) -> ComputeEnd | None:
    """Return how the launcher ended; nothing while it lives, or when it never ran."""
    for status in pod.status.container_statuses:
        end = status.state.terminated
        if status.name == CONTAINER_COMPUTE and end is not None and end.ran:
            return ComputeEnd(end.exit_code, end.reason, decode_termination(end.message))
    return None


def has_ended(pod: Pod) -> bool:
    """Tell whether there is no launcher any more, whatever became of it."""
    return pod.status.phase in {"Succeeded", "Failed"} or find_compute_end(pod) is not None


def find_shorter_grace(pod: Pod) -> int | None:
    """Return the seconds that the guest of an ending pod has, if fewer than it was made with."""
    seconds = pod.metadata.deletion_grace_period_seconds
    first = pod.spec.termination_grace_period_seconds
    if seconds is None or first is None or seconds >= first or has_ended(pod):
        return None
    return max(0, seconds - OWN_GRACE_SECONDS)


def read_document(pod: Pod) -> LaunchDocument | None:
    """Read the launch document; one that nobody can read says nothing of the VM."""
    text = pod.metadata.annotations.get(ANNOTATION_LAUNCH_DOCUMENT, "")
    if not text or len(text) > _LAUNCH_DOCUMENT_BYTES:
        return None
    try:
        return decode_launch(text)
    except msgspec.DecodeError:
        return None
