"""VirtualMachine: a VM that is defined once, started and stopped at will."""

from typing import Annotated

import msgspec

from api.data_volume import DataVolumeTemplateSpec
from api.meta import (
    ApiStruct,
    Condition,
    Count,
    Labels,
    NonEmpty,
    NoTime,
    ObjectMeta,
    RawObject,
    ShortText,
    Time,
    Told,
    limits,
    one_of,
)
from api.names import API_VERSION, PrintableStatus, RunStrategy
from api.spec import VirtualMachineInstanceSpec

# A name that becomes part of a URL's path. Go's clients may write an empty one for none.
ObjectName = Annotated[
    str,
    limits(
        title="a name: a-z, 0-9, - and dots",
        pattern=r"^([a-z0-9]([-.a-z0-9]*[a-z0-9])?)?$",
        maxLength=253,
    ),
]
InferenceFailurePolicy = Annotated[str, one_of("Reject", "Ignore")]


class Matcher(ApiStruct, frozen=True):
    """Which instancetype or preference a VM uses."""

    name: ObjectName | None = None
    """Name of the instancetype or preference."""
    kind: ShortText | None = None
    """Its kind, namespaced or cluster-wide; cluster-wide when absent."""
    revision_name: ObjectName | None = None
    """Name of a ControllerRevision that holds it as it once was."""
    infer_from_volume: ShortText | None = None
    """Name of a volume whose claim says by its labels which one to use."""
    infer_from_volume_failure_policy: InferenceFailurePolicy | None = None
    """Whether a volume without these labels keeps the VM from starting; Reject when absent."""


class InstancetypeMatcher(Matcher, frozen=True):
    """Which instancetype gives the VM its size."""


class PreferenceMatcher(Matcher, frozen=True):
    """Which preference fills in what the VM leaves open."""


class TemplateMeta(ApiStruct, frozen=True):
    """Metadata that each instance of the template gets."""

    name: ShortText | None = None
    """Ignored: an instance has the name of its owner, or one of its own."""
    generate_name: ShortText | None = None
    """Ignored, as name is."""
    namespace: ShortText | None = None
    """Ignored: an instance is in the namespace of its owner."""
    creation_timestamp: NoTime | None = None
    """Ignored; programs write null here."""
    labels: Labels = msgspec.field(default_factory=dict)
    """Labels of the instance, and of its pod."""
    annotations: Annotated[
        dict[str, Annotated[str, limits(maxLength=262144)]], limits(maxProperties=64)
    ] = msgspec.field(default_factory=dict)
    """Annotations of the instance."""


class VirtualMachineInstanceTemplateSpec(ApiStruct, frozen=True):
    """What a VirtualMachineInstance is made from."""

    spec: VirtualMachineInstanceSpec
    """What the VM should be, when it runs."""
    metadata: Annotated[TemplateMeta, limits(default={})] = msgspec.field(
        default_factory=TemplateMeta
    )
    """Labels and annotations of the instance."""


class VirtualMachineSpec(ApiStruct, frozen=True):
    """What the VM should be, and when it should run."""

    template: VirtualMachineInstanceTemplateSpec
    """The VirtualMachineInstance that the VM becomes when it runs."""
    run_strategy: Annotated[str, one_of(*RunStrategy)] | None = None
    """When the VM runs: Always; Halted; Manual, when asked to; RerunOnFailure; Once."""
    running: bool | None = None
    """Deprecated: true means runStrategy Always, false means Halted."""
    instancetype: InstancetypeMatcher | None = None
    """Instancetype that gives the VM its CPUs and memory."""
    preference: PreferenceMatcher | None = None
    """Preference that fills in what the template leaves open."""
    data_volume_templates: tuple[DataVolumeTemplateSpec, ...] = ()
    """DataVolumes that are made for the VM, and deleted with it."""
    update_volumes_strategy: Annotated[str, one_of("Replacement", "Migration")] | None = None
    """What happens when the volumes of a running VM change."""


class StateChangeRequest(ApiStruct, frozen=True):
    """A wish to start or to stop the VM, which the controller fulfils and removes."""

    action: Annotated[str, one_of("Start", "Stop")]
    """Start or Stop."""
    data: dict[str, str] = msgspec.field(default_factory=dict)
    """Details of a start: paused "true" starts the guest paused."""
    uid: ShortText | None = None
    """The VirtualMachineInstance that is to be stopped: no other will be."""


class StartFailure(ApiStruct, frozen=True):
    """How often in a row the VM did not start."""

    consecutive_fail_count: Count | None = None
    """Number of failures in a row."""
    last_failed_vmi_uid: ShortText | None = msgspec.field(name="lastFailedVMIUID", default=None)
    """UID of the instance that failed last."""
    retry_after_timestamp: Time | None = None
    """When the next try is made."""


class ControllerRevisionRef(ApiStruct, frozen=True):
    """Which ControllerRevision."""

    name: ShortText | None = None
    """Its name."""


class InstancetypeStatusRef(ApiStruct, frozen=True):
    """Which instancetype or preference the VM uses, in which revision."""

    name: ShortText | None = None
    """Name of the instancetype or preference."""
    kind: ShortText | None = None
    """Its kind."""
    controller_revision_ref: ControllerRevisionRef | None = None
    """The ControllerRevision that holds it as it was when the VM first used it."""
    infer_from_volume: ShortText | None = None
    """The volume that it was inferred from."""
    infer_from_volume_failure_policy: InferenceFailurePolicy | None = None
    """What a volume without labels would have meant."""


class VolumeSnapshotStatus(ApiStruct, frozen=True):
    """Whether a volume can be part of a snapshot."""

    name: NonEmpty
    """Name of the volume."""
    enabled: bool
    """True when it can."""
    reason: Told | None = None
    """Why it cannot."""


class VirtualMachineInstanceSummary(ApiStruct, frozen=True):
    """Where the VM runs and how big it is; virtpod's own, for `kubectl get vm -o wide`."""

    node_name: Told | None = None
    """Node that the VM runs on."""
    ip_address: Told | None = None
    """The VM's first IP address."""
    vcpus: Count | None = None
    """Number of virtual CPUs, instancetype included."""
    memory: Told | None = None
    """Memory of the guest, instancetype included."""
    reason: Told | None = None
    """Why it cannot run, in one word."""


class VirtualMachineStatus(ApiStruct, frozen=True):
    """What the VM is."""

    created: bool | None = None
    """True while there is a VirtualMachineInstance."""
    ready: bool | None = None
    """True while that instance is Ready."""
    printable_status: (
        Annotated[str, one_of(*PrintableStatus), limits(default=PrintableStatus.STOPPED.value)]
        | None
    ) = None
    """A word for humans: Stopped, Starting, Running, CrashLoopBackOff and so on."""
    run_strategy: Annotated[str, one_of(*RunStrategy)] | None = None
    """The run strategy that was last acted on."""
    observed_generation: Count | None = None
    """metadata.generation that the status tells of; of a running VM, what it was started from."""
    desired_generation: Count | None = None
    """metadata.generation when the status was written."""
    conditions: tuple[Condition, ...] = ()
    """Aspects of the VM; Ready tells in a sentence why the VM does not run, and what to do."""
    state_change_requests: tuple[StateChangeRequest, ...] = ()
    """Wishes to start or stop that are not fulfilled yet."""
    start_failure: StartFailure | None = None
    """Failures to start in a row, and when the next try is made."""
    instancetype_ref: InstancetypeStatusRef | None = None
    """The instancetype in the revision that the VM uses."""
    preference_ref: InstancetypeStatusRef | None = None
    """The preference in the revision that the VM uses."""
    volume_requests: tuple[RawObject, ...] = ()
    """Volumes that are to be plugged or unplugged."""
    volume_snapshot_statuses: tuple[VolumeSnapshotStatus, ...] = ()
    """Which volumes can be part of a snapshot."""
    memory_dump_request: RawObject | None = None
    """A memory dump that was asked for."""
    snapshot_in_progress: ShortText | None = None
    """Name of the snapshot that is being taken."""
    restore_in_progress: ShortText | None = None
    """Name of the restore that is being made."""
    volume_update_state: RawObject | None = None
    """How far a change of volumes has come."""
    changed_block_tracking: RawObject | None = None
    """State of changed block tracking."""
    instance: VirtualMachineInstanceSummary | None = None
    """Node, address and size of the VM in short."""


class VirtualMachine(ApiStruct, frozen=True):
    """A virtual machine that stays defined while it is stopped. It runs as a VirtualMachineInstance
    of the same name.
    """

    metadata: ObjectMeta
    spec: VirtualMachineSpec
    """What the VM should be, and when it should run."""
    status: VirtualMachineStatus = msgspec.field(default_factory=VirtualMachineStatus)
    """What the VM is."""
    api_version: str = msgspec.field(default=API_VERSION)
    kind: str = "VirtualMachine"


def find_run_strategy(spec: VirtualMachineSpec) -> RunStrategy:
    """Return the run strategy, whichever of its two spellings the user chose; Halted for none."""
    if spec.run_strategy is not None:
        return RunStrategy(spec.run_strategy)
    return RunStrategy.ALWAYS if spec.running else RunStrategy.HALTED
