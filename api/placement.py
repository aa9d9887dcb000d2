"""What is passed on to the pod as it is: affinity, tolerations, spread, DNS, probes."""

from typing import Annotated

from api.meta import (
    ApiStruct,
    Count,
    IntOrString,
    LabelSelector,
    LongText,
    NonEmpty,
    Positive,
    ShortText,
    limits,
    one_of,
)


class NodeSelectorRequirement(ApiStruct, frozen=True):
    """A key of a node's labels or fields, and what its values may be."""

    key: NonEmpty
    """The label's or field's name."""
    operator: Annotated[str, one_of("In", "NotIn", "Exists", "DoesNotExist", "Gt", "Lt")]
    """How the key relates to the values."""
    values: tuple[ShortText, ...] = ()
    """The values; exactly one integer for Gt and Lt, none for Exists and DoesNotExist."""


class NodeSelectorTerm(ApiStruct, frozen=True):
    """Requirements on a node, all ANDed; an empty term matches no node."""

    match_expressions: tuple[NodeSelectorRequirement, ...] = ()
    """Requirements on the node's labels."""
    match_fields: tuple[NodeSelectorRequirement, ...] = ()
    """Requirements on the node's fields."""


class NodeSelector(ApiStruct, frozen=True):
    """Terms on nodes; a node must match one of them."""

    node_selector_terms: tuple[NodeSelectorTerm, ...]
    """The terms, ORed."""


class PreferredSchedulingTerm(ApiStruct, frozen=True):
    """A preference for nodes, with a weight."""

    weight: Annotated[int, limits(format="int32", minimum=1, maximum=100)]
    """Weight, 1 to 100."""
    preference: NodeSelectorTerm
    """Which nodes are preferred."""


class NodeAffinity(ApiStruct, frozen=True):
    """Which nodes the VM may, or had better, run on."""

    required_during_scheduling_ignored_during_execution: NodeSelector | None = None
    """Nodes that match are the only ones."""
    preferred_during_scheduling_ignored_during_execution: tuple[PreferredSchedulingTerm, ...] = ()
    """Nodes that match are preferred."""


class PodAffinityTerm(ApiStruct, frozen=True):
    """Pods that this VM is to be near to, or far from."""

    topology_key: NonEmpty
    """Node label whose equal values mean the same place, such as kubernetes.io/hostname."""
    label_selector: LabelSelector | None = None
    """Which pods."""
    namespaces: tuple[ShortText, ...] = ()
    """Namespaces of the pods; empty together with no namespaceSelector means this one."""
    namespace_selector: LabelSelector | None = None
    """Namespaces of the pods, by their labels."""
    match_label_keys: tuple[ShortText, ...] = ()
    """Label keys whose values are taken from the pod itself."""
    mismatch_label_keys: tuple[ShortText, ...] = ()
    """Label keys whose values must differ from the pod's own."""


class WeightedPodAffinityTerm(ApiStruct, frozen=True):
    """A preference for places near pods, with a weight."""

    weight: Annotated[int, limits(format="int32", minimum=1, maximum=100)]
    """Weight, 1 to 100."""
    pod_affinity_term: PodAffinityTerm
    """Which pods, and how near."""


class PodAffinity(ApiStruct, frozen=True):
    """Which pods the VM must, or had better, be near to (or, as podAntiAffinity, far from)."""

    required_during_scheduling_ignored_during_execution: tuple[PodAffinityTerm, ...] = ()
    """What must hold at scheduling."""
    preferred_during_scheduling_ignored_during_execution: tuple[WeightedPodAffinityTerm, ...] = ()
    """What is preferred at scheduling."""


class Affinity(ApiStruct, frozen=True):
    """Scheduling constraints, as a pod's."""

    node_affinity: NodeAffinity | None = None
    """Which nodes."""
    pod_affinity: PodAffinity | None = None
    """Near which pods."""
    pod_anti_affinity: PodAffinity | None = None
    """Far from which pods."""


class Toleration(ApiStruct, frozen=True):
    """A taint that the VM's pod tolerates."""

    key: ShortText | None = None
    """The taint's key; empty with operator Exists matches all."""
    operator: Annotated[str, one_of("Exists", "Equal", "Lt", "Gt")] | None = None
    """How the key relates to the value; Equal by default."""
    value: ShortText | None = None
    """The taint's value."""
    effect: Annotated[str, one_of("", "NoSchedule", "PreferNoSchedule", "NoExecute")] | None = None
    """Which effect is tolerated; empty means all."""
    toleration_seconds: Annotated[int, limits(format="int64")] | None = None
    """For NoExecute: how long the taint is tolerated."""


class TopologySpreadConstraint(ApiStruct, frozen=True):
    """How pods of a group spread over places."""

    max_skew: Positive
    """By how many pods places may differ."""
    topology_key: NonEmpty
    """Node label whose equal values mean the same place."""
    when_unsatisfiable: Annotated[str, one_of("DoNotSchedule", "ScheduleAnyway")]
    """What to do when the constraint cannot be met."""
    label_selector: LabelSelector | None = None
    """Which pods are counted."""
    min_domains: Positive | None = None
    """How many places there must at least be."""
    node_affinity_policy: Annotated[str, one_of("Honor", "Ignore")] | None = None
    """Whether nodes outside the affinity count; Honor by default."""
    node_taints_policy: Annotated[str, one_of("Honor", "Ignore")] | None = None
    """Whether tainted nodes count; Ignore by default."""
    match_label_keys: tuple[ShortText, ...] = ()
    """Label keys whose values are taken from the pod itself."""


class PodDNSConfigOption(ApiStruct, frozen=True):
    """One option of resolv.conf."""

    name: NonEmpty | None = None
    """Name, such as ndots."""
    value: ShortText | None = None
    """Value, where the option has one."""


class PodDNSConfig(ApiStruct, frozen=True):
    """DNS parameters of the pod, which the guest gets by DHCP."""

    nameservers: Annotated[tuple[ShortText, ...], limits(maxItems=3)] = ()
    """IP addresses of name servers, at most 3."""
    searches: Annotated[tuple[ShortText, ...], limits(maxItems=6)] = ()
    """Search domains, at most 6."""
    options: tuple[PodDNSConfigOption, ...] = ()
    """Further options of resolv.conf."""


class HTTPHeader(ApiStruct, frozen=True):
    """A header of a probe's request."""

    name: NonEmpty
    """Name."""
    value: ShortText
    """Value."""


class HTTPGetAction(ApiStruct, frozen=True):
    """An HTTP GET that must answer 200 to 399."""

    port: IntOrString
    """Port of the guest."""
    path: LongText | None = None
    """Path of the request."""
    host: ShortText | None = None
    """Host to connect to; the pod's IP by default."""
    scheme: Annotated[str, one_of("HTTP", "HTTPS")] | None = None
    """HTTP (the default) or HTTPS."""
    http_headers: tuple[HTTPHeader, ...] = ()
    """Headers to send."""


class TCPSocketAction(ApiStruct, frozen=True):
    """A TCP connection that must open."""

    port: IntOrString
    """Port of the guest."""
    host: ShortText | None = None
    """Host to connect to; the pod's IP by default."""


class ExecAction(ApiStruct, frozen=True):
    """A command in the guest that must end with status 0."""

    command: tuple[LongText, ...] = ()
    """The command and its arguments; run by the guest agent, without a shell."""


class GuestAgentPing(ApiStruct, frozen=True):
    """A ping that the guest agent must answer."""


class Probe(ApiStruct, frozen=True):
    """A check of the guest's health; exactly one of httpGet, tcpSocket, exec, guestAgentPing."""

    http_get: HTTPGetAction | None = None
    """An HTTP GET; needs the pod network."""
    tcp_socket: TCPSocketAction | None = None
    """A TCP connection; needs the pod network."""
    exec: ExecAction | None = None
    """A command in the guest, through the guest agent."""
    guest_agent_ping: GuestAgentPing | None = None
    """A ping of the guest agent."""
    initial_delay_seconds: Count | None = None
    """Seconds after the start before the first probe."""
    timeout_seconds: Count | None = None
    """Seconds until a probe counts as failed; 1 by default."""
    period_seconds: Count | None = None
    """Seconds between probes; 10 by default."""
    success_threshold: Count | None = None
    """Successes in a row that make it healthy; 1 by default."""
    failure_threshold: Count | None = None
    """Failures in a row that make it unhealthy; 3 by default."""


class PodResourceClaim(ApiStruct, frozen=True):
    """A claim of dynamic resource allocation."""

    name: NonEmpty
    """Name within the VM."""
    resource_claim_name: ShortText | None = None
    """Name of a ResourceClaim of this namespace."""
    resource_claim_template_name: ShortText | None = None
    """Name of a ResourceClaimTemplate of this namespace."""
