"""VirtualMachineInstance.spec: what a VM should be."""

from typing import Annotated

import msgspec

from api.credential import AccessCredential
from api.domain import DomainSpec
from api.meta import ApiStruct, DnsLabel, DnsSubdomain, Labels, ShortText, limits, one_of
from api.network import Network
from api.placement import (
    Affinity,
    PodDNSConfig,
    PodResourceClaim,
    Probe,
    Toleration,
    TopologySpreadConstraint,
)
from api.volume import PersistentVolumeClaimSource, Volume


class UtilityVolume(ApiStruct, frozen=True):
    """A claim that is attached to the VM's pod, and not to the guest."""

    name: DnsLabel
    """Name of the volume."""
    persistent_volume_claim: PersistentVolumeClaimSource | None = None
    """The claim."""
    type: ShortText | None = None
    """What it is for."""


class VirtualMachineInstanceSpec(ApiStruct, frozen=True):
    """What the VM should be. It cannot be changed while the VM exists."""

    domain: DomainSpec
    """The machine: CPU, memory, firmware, clock, features and devices."""
    volumes: Annotated[tuple[Volume, ...], limits(maxItems=256)] = ()
    """Where the bytes of the disks come from; each is shown by the disk of its name."""
    networks: Annotated[tuple[Network, ...], limits(maxItems=256)] = ()
    """Networks that interfaces of the same name connect to."""
    hostname: DnsLabel | None = None
    """Host name that the guest gets by DHCP and cloud-init; the VM's name by default."""
    subdomain: DnsSubdomain | None = None
    """DNS name hostname.subdomain.namespace.svc, with a headless Service named subdomain."""
    architecture: Annotated[str, one_of("amd64", "arm64", "s390x")] | None = None
    """Architecture of the guest; the cluster's default when absent."""
    node_selector: Labels = msgspec.field(default_factory=dict)
    """Labels that a node must have to run the VM."""
    affinity: Affinity | None = None
    """Scheduling constraints, as a pod's."""
    tolerations: tuple[Toleration, ...] = ()
    """Taints that the VM tolerates, as a pod's."""
    topology_spread_constraints: tuple[TopologySpreadConstraint, ...] = ()
    """How a group of VMs spreads over places, as a pod's."""
    scheduler_name: ShortText | None = None
    """Scheduler that places the VM; the cluster's default when absent."""
    priority_class_name: ShortText | None = None
    """Priority of the VM's pod."""
    service_account_name: ShortText | None = None
    """Service account of the VM's pod; its token is not given to the guest."""
    dns_policy: (
        Annotated[str, one_of("ClusterFirst", "ClusterFirstWithHostNet", "Default", "None")] | None
    ) = None
    """Where the guest's DNS settings come from; ClusterFirst by default."""
    dns_config: PodDNSConfig | None = None
    """DNS parameters added to those of dnsPolicy."""
    termination_grace_period_seconds: (
        Annotated[int, limits(format="int64", minimum=0, maximum=31536000)] | None
    ) = None
    """Seconds the guest has to power off before it is killed; 30 by default."""
    eviction_strategy: (
        Annotated[str, one_of("None", "LiveMigrate", "LiveMigrateIfPossible", "External")] | None
    ) = None
    """What an eviction does: None stops the VM; the cluster's default when absent."""
    start_strategy: Annotated[str, one_of("Paused")] | None = None
    """Paused: the VM starts with its vCPUs stopped."""
    liveness_probe: Probe | None = None
    """The VM ends when this fails."""
    readiness_probe: Probe | None = None
    """The VM is not Ready, and gets no traffic from Services, while this fails."""
    access_credentials: Annotated[tuple[AccessCredential, ...], limits(maxItems=256)] = ()
    """SSH keys and passwords that the guest gets."""
    resource_claims: tuple[PodResourceClaim, ...] = ()
    """Claims of dynamic resource allocation."""
    utility_volumes: tuple[UtilityVolume, ...] = ()
    """Claims attached to the VM's pod, and not to the guest."""
