"""KubeVirt: the object that describes an installation."""

from typing import Annotated

import msgspec

from api.config import KubeVirtConfiguration
from api.meta import (
    ApiStruct,
    Condition,
    Count,
    Duration,
    LocalObjectReference,
    ObjectMeta,
    RawObject,
    ShortText,
    Told,
    limits,
    one_of,
)
from api.names import API_VERSION
from api.placement import Affinity, Toleration
from api.volume import PullPolicy


class CertConfig(ApiStruct, frozen=True):
    """Life of a certificate."""

    duration: Duration | None = None
    """How long it is valid."""
    renew_before: Duration | None = None
    """How long before its end it is renewed."""


class SelfSignConfiguration(ApiStruct, frozen=True):
    """Certificates of our own authority."""

    ca: CertConfig | None = None
    """The authority's own certificate."""
    server: CertConfig | None = None
    """Certificates that it signs."""
    ca_rotate_interval: Duration | None = None
    """Deprecated: see ca."""
    cert_rotate_interval: Duration | None = None
    """Deprecated: see server."""
    ca_overlap_interval: Duration | None = None
    """Deprecated: see ca."""


class CertificateRotateStrategy(ApiStruct, frozen=True):
    """How certificates are renewed."""

    self_signed: SelfSignConfiguration | None = None
    """By our own authority."""


class NodePlacement(ApiStruct, frozen=True):
    """Nodes that components run on."""

    node_selector: Annotated[dict[str, str], limits(maxProperties=64)] = msgspec.field(
        default_factory=dict
    )
    """Labels that the node must have."""
    affinity: Affinity | None = None
    """Scheduling constraints."""
    tolerations: Annotated[tuple[Toleration, ...], limits(maxItems=64)] = ()
    """Taints that are tolerated."""


class ComponentConfig(ApiStruct, frozen=True):
    """Where, and how many times, components run."""

    node_placement: NodePlacement | None = None
    """Nodes that they run on."""
    replicas: Annotated[int, limits(format="int32", minimum=0, maximum=255)] | None = None
    """How many of each; 2 by default."""


class WorkloadUpdateStrategy(ApiStruct, frozen=True):
    """How running VMs get a new launcher."""

    workload_update_methods: Annotated[
        tuple[Annotated[str, one_of("LiveMigrate", "Evict")], ...], limits(maxItems=2)
    ] = ()
    """LiveMigrate and Evict; none of them leaves running VMs alone."""
    batch_eviction_size: Count | None = None
    """How many VMs at once; 10 by default."""
    batch_eviction_interval: Duration | None = None
    """Time between batches; 1m by default."""


class KubeVirtSpec(ApiStruct, frozen=True):
    """What the installation should be."""

    configuration: KubeVirtConfiguration = msgspec.field(default_factory=KubeVirtConfiguration)
    """Settings of the installation."""
    image_registry: Annotated[str, limits(maxLength=1024)] | None = None
    """Registry of our images."""
    image_tag: ShortText | None = None
    """Tag of our images."""
    image_pull_policy: PullPolicy | None = None
    """Pull policy of our images."""
    image_pull_secrets: Annotated[tuple[LocalObjectReference, ...], limits(maxItems=16)] = ()
    """Secrets with the registry's credentials."""
    certificate_rotate_strategy: CertificateRotateStrategy | None = None
    """How certificates are renewed."""
    infra: ComponentConfig | None = None
    """Where components of the cluster run."""
    workloads: ComponentConfig | None = None
    """Where handlers, and so VMs, run."""
    workload_update_strategy: WorkloadUpdateStrategy | None = None
    """How running VMs get a new launcher."""
    uninstall_strategy: (
        Annotated[str, one_of("RemoveWorkloads", "BlockUninstallIfWorkloadsExist")] | None
    ) = None
    """Whether this object can be deleted while there are VMs."""
    customize_components: RawObject | None = None
    """Patches and flags of components."""
    monitor_namespace: ShortText | None = None
    """Namespace of Prometheus."""
    service_monitor_namespace: ShortText | None = None
    """Namespace of our ServiceMonitor."""
    monitor_account: ShortText | None = None
    """Service account of Prometheus."""
    product_name: Annotated[str, limits(maxLength=63)] | None = None
    """Label app.kubernetes.io/part-of of components."""
    product_version: Annotated[str, limits(maxLength=63)] | None = None
    """Label app.kubernetes.io/version of components."""
    product_component: Annotated[str, limits(maxLength=63)] | None = None
    """Label app.kubernetes.io/component of components."""
    synchronization_port: ShortText | None = None
    """Port of migrations between clusters."""


class GenerationStatus(ApiStruct, frozen=True):
    """Generation of a component that was last seen."""

    group: Told
    """Group of the object."""
    resource: Told
    """Resource of the object."""
    name: Told
    """Name of the object."""
    last_generation: Annotated[int, limits(format="int64")]
    """Its generation."""
    namespace: Told | None = None
    """Namespace of the object."""
    hash: Told | None = None
    """Hash of an object without a generation."""


class KubeVirtStatus(ApiStruct, frozen=True):
    """What the installation is."""

    phase: Annotated[str, one_of("Deploying", "Deployed", "Deleting", "Deleted")] | None = None
    """Deploying, Deployed, Deleting or Deleted."""
    conditions: Annotated[tuple[Condition, ...], limits(maxItems=32)] = ()
    """Created, Available, Progressing, Degraded, Synchronized."""
    operator_version: Told | None = None
    """Version of the operator."""
    target_kube_virt_registry: Annotated[str, limits(maxLength=1024)] | None = None
    """Registry that is rolled out."""
    target_kube_virt_version: Told | None = None
    """Version that is rolled out."""
    target_deployment_config: Annotated[str, limits(maxLength=65536)] | None = None
    """Settings that are rolled out."""
    target_deployment_id: Told | None = msgspec.field(name="targetDeploymentID", default=None)
    """ID of the settings that are rolled out."""
    observed_kube_virt_registry: Annotated[str, limits(maxLength=1024)] | None = None
    """Registry that runs."""
    observed_kube_virt_version: Told | None = None
    """Version that runs."""
    observed_deployment_config: Annotated[str, limits(maxLength=65536)] | None = None
    """Settings that run."""
    observed_deployment_id: Told | None = msgspec.field(name="observedDeploymentID", default=None)
    """ID of the settings that run."""
    outdated_virtual_machine_instance_workloads: Count | None = None
    """VMs whose launcher is not the newest."""
    observed_generation: Count | None = None
    """The metadata.generation that this status is of."""
    default_architecture: Told | None = None
    """Architecture of VMs that do not say."""
    generations: Annotated[tuple[GenerationStatus, ...], limits(maxItems=256)] = ()
    """Generations of components that were last seen."""


class KubeVirt(ApiStruct, frozen=True):
    """An installation of virtpod, and its settings."""

    metadata: ObjectMeta
    spec: KubeVirtSpec = msgspec.field(default_factory=KubeVirtSpec)
    """What the installation should be."""
    status: KubeVirtStatus = msgspec.field(default_factory=KubeVirtStatus)
    """What the installation is."""
    api_version: str = API_VERSION
    kind: str = "KubeVirt"
