"""VirtualMachineInstanceReplicaSet: a number of equal VMs that have no state of their own."""

from typing import Annotated

import msgspec

from api.meta import ApiStruct, Condition, LabelSelector, ObjectMeta, limits
from api.names import API_VERSION
from api.vm import StartFailure, VirtualMachineInstanceTemplateSpec

Replicas = Annotated[int, limits(format="int32", minimum=0)]


class VirtualMachineInstanceReplicaSetSpec(ApiStruct, frozen=True):
    """How many VMs, and what each should be."""

    selector: LabelSelector
    """Labels of the VMs; the template's labels must match."""
    template: VirtualMachineInstanceTemplateSpec
    """What each VM is made from."""
    replicas: Annotated[Replicas, limits(default=1)] | None = None
    """How many VMs there should be; 1 by default."""
    paused: bool | None = None
    """True keeps the number of VMs as it is, whatever replicas says."""


class VirtualMachineInstanceReplicaSetStatus(ApiStruct, frozen=True):
    """How many VMs there are."""

    replicas: Replicas | None = None
    """VMs that exist and have not ended."""
    ready_replicas: Replicas | None = None
    """VMs that are Ready."""
    label_selector: Annotated[str, limits(maxLength=65536)] | None = None
    """spec.selector as text, for the scale subresource."""
    observed_generation: Annotated[int, limits(format="int64", minimum=0)] | None = None
    """metadata.generation that the status tells of."""
    conditions: tuple[Condition, ...] = ()
    """ReplicaFailure, ReplicaPaused."""
    start_failure: StartFailure | None = None
    """VMs that ended at once, again and again, and when they are replaced; virtpod's own."""


class VirtualMachineInstanceReplicaSet(ApiStruct, frozen=True):
    """A number of equal virtual machines without state of their own."""

    metadata: ObjectMeta
    spec: VirtualMachineInstanceReplicaSetSpec
    """How many VMs, and what each should be."""
    status: VirtualMachineInstanceReplicaSetStatus = msgspec.field(
        default_factory=VirtualMachineInstanceReplicaSetStatus
    )
    """How many VMs there are."""
    api_version: str = msgspec.field(default=API_VERSION)
    kind: str = "VirtualMachineInstanceReplicaSet"
