"""Networks that a VM's interfaces connect to."""

from typing import Annotated

import msgspec

from api.meta import ApiStruct, DnsLabel, NonEmpty, ShortText, limits

NetworkName = Annotated[
    str,
    limits(
        title="a name such as namespace/name",
        pattern=r"^([a-z0-9]([-a-z0-9]*[a-z0-9])?/)?[a-z0-9]([-a-z0-9.]*[a-z0-9])?$",
        maxLength=317,
    ),
]


class PodNetwork(ApiStruct, frozen=True):
    """The pod's own network, as every pod of the cluster has it."""

    vm_network_cidr: ShortText | None = msgspec.field(name="vmNetworkCIDR", default=None)
    """IPv4 network of the guest with masquerade; 10.0.2.0/24 by default."""
    vm_ipv6_network_cidr: ShortText | None = msgspec.field(name="vmIPv6NetworkCIDR", default=None)
    """IPv6 network of the guest with masquerade; fd10:0:2::/120 by default."""


class MultusNetwork(ApiStruct, frozen=True):
    """A network that Multus attaches."""

    network_name: NetworkName
    """A NetworkAttachmentDefinition: [namespace/]name."""
    default: bool = False
    """Attach it in place of the pod network."""


class ClaimRequest(ApiStruct, frozen=True):
    """A device of a resource claim."""

    claim_name: NonEmpty
    """One of spec.resourceClaims."""
    request_name: NonEmpty
    """A request within that claim."""


class Network(ApiStruct, frozen=True):
    """A network, and exactly one source for it."""

    name: DnsLabel
    """Name; an interface of the same name connects to it."""
    pod: PodNetwork | None = None
    """The pod's own network."""
    multus: MultusNetwork | None = None
    """A network that Multus attaches."""
    resource_claim: ClaimRequest | None = None
    """A network device by dynamic resource allocation."""
