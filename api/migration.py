"""State of a live migration, as part of VirtualMachineInstance.status."""

from typing import Annotated

import msgspec

from api.meta import ApiStruct, Quantity, ShortText, Time, Told, limits, one_of


class MigrationConfiguration(ApiStruct, frozen=True):
    """How live migrations are done."""

    parallel_migrations_per_cluster: Annotated[int, limits(format="int64", minimum=1)] | None = None
    """Migrations at once in the cluster; 5 by default."""
    parallel_outbound_migrations_per_node: (
        Annotated[int, limits(format="int64", minimum=1)] | None
    ) = None
    """Migrations at once from one node; 2 by default."""
    bandwidth_per_migration: Quantity | None = None
    """Bytes per second of one migration; 0, the default, is no limit."""
    completion_timeout_per_gib: Annotated[int, limits(format="int64", minimum=0)] | None = (
        msgspec.field(name="completionTimeoutPerGiB", default=None)
    )
    """Seconds per GiB that a migration may take; 150 by default."""
    progress_timeout: Annotated[int, limits(format="int64", minimum=0)] | None = None
    """Seconds without progress after which it is given up; 150 by default."""
    unsafe_migration_override: bool | None = None
    """Migrate also what libvirt calls unsafe."""
    allow_auto_converge: bool | None = None
    """Slow the guest down when it writes faster than memory can be copied."""
    allow_post_copy: bool | None = None
    """Switch to post-copy when pre-copy does not end."""
    allow_workload_disruption: bool | None = None
    """Pause the guest when pre-copy does not end."""
    disable_tls: bool | None = msgspec.field(name="disableTLS", default=None)
    """Send memory without encryption."""
    network: ShortText | None = None
    """NetworkAttachmentDefinition for migration traffic."""
    node_drain_taint_key: ShortText | None = None
    """Taint that marks a node as draining; kubevirt.io/drain by default."""
    max_downtime_ms: Annotated[int, limits(format="int64", minimum=0)] | None = None
    """Milliseconds that the guest may stand still; 900 by default."""
    match_selinux_level_on_migration: bool | None = msgspec.field(
        name="matchSELinuxLevelOnMigration", default=None
    )
    """The target has the source's SELinux level."""
    utility_volumes_timeout: Annotated[int, limits(format="int64", minimum=0)] | None = None
    """Seconds to wait for utility volumes to be detached; 150 by default."""


class MigrationSourceState(ApiStruct, frozen=True):
    """Where a migration comes from."""

    node: Told | None = None
    """Node."""
    pod: Told | None = None
    """Pod."""
    migration_uid: Told | None = msgspec.field(name="migrationUID", default=None)
    """UID of the migration object."""


class MigrationTargetState(ApiStruct, frozen=True):
    """Where a migration goes to."""

    node: Told | None = None
    """Node."""
    pod: Told | None = None
    """Pod."""
    migration_uid: Told | None = msgspec.field(name="migrationUID", default=None)
    """UID of the migration object."""


class VirtualMachineInstanceMigrationState(ApiStruct, frozen=True):
    """The last live migration."""

    start_timestamp: Time | None = None
    """When it began."""
    end_timestamp: Time | None = None
    """When it ended."""
    target_node: Told | None = None
    """Node that it goes to."""
    target_pod: Told | None = None
    """Pod that it goes to."""
    target_node_address: Told | None = None
    """Address that the source connects to."""
    target_direct_migration_node_ports: Annotated[dict[str, int], limits(maxProperties=16)] = (
        msgspec.field(default_factory=dict)
    )
    """Ports that the source connects to."""
    source_node: Told | None = None
    """Node that it comes from."""
    source_pod: Told | None = None
    """Pod that it comes from."""
    completed: bool | None = None
    """It has ended, well or not."""
    failed: bool | None = None
    """It has failed."""
    failure_reason: Told | None = None
    """Why it has failed."""
    abort_requested: bool | None = None
    """Somebody asked to give it up."""
    abort_status: Annotated[str, one_of("Succeeded", "Failed", "Aborting")] | None = None
    """What became of that."""
    migration_uid: Told | None = None
    """UID of the migration object."""
    mode: Annotated[str, one_of("PreCopy", "PostCopy", "Paused")] | None = None
    """PreCopy, PostCopy or Paused."""
    migration_policy_name: Told | None = None
    """Policy that was applied."""
    migration_configuration: MigrationConfiguration | None = None
    """Settings that were applied."""
    target_cpu_set: tuple[int, ...] = msgspec.field(name="targetCPUSet", default=())
    """CPUs of the target."""
    target_node_topology: Told | None = None
    """Topology of the target node."""
    source_state: MigrationSourceState | None = None
    """Where it comes from."""
    target_state: MigrationTargetState | None = None
    """Where it goes to."""
    migration_network_type: Told | None = None
    """Network of the migration traffic: Pod or Migration."""
