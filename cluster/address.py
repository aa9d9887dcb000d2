"""The address plan: which network belongs to nodes, pods and Services, and who has which part."""

from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network
from typing import Final

NODE_NETWORK: Final = IPv4Network("172.30.0.0/24")
POD_NETWORK: Final = IPv4Network("10.244.0.0/16")
SERVICE_NETWORK: Final = IPv4Network("10.96.0.0/16")

# The machine itself is the router between nodes and the world, and serves the API here.
HOST_IP: Final = NODE_NETWORK[1]
API_SERVICE_IP: Final = SERVICE_NETWORK[1]
DNS_SERVICE_IP: Final = SERVICE_NETWORK[10]
API_PORT: Final = 6443
API_URL: Final = f"https://{HOST_IP}:{API_PORT}"
CLUSTER_DOMAIN: Final = "cluster.local"

BRIDGE: Final = "virtpod0"
MTU: Final = 1500
MAX_NODES: Final = 200


@dataclass(frozen=True, slots=True)
class Node:
    """A node's place in the plan follows from its number."""

    name: str
    index: int

    @property
    def ip(self) -> IPv4Address:
        return NODE_NETWORK[10 + self.index]

    @property
    def pod_subnet(self) -> IPv4Network:
        """Return the /24 that this node's pods get their addresses from."""
        start = POD_NETWORK.network_address + 256 * self.index
        return IPv4Network((start, 24))

    @property
    def gateway(self) -> IPv4Address:
        return self.pod_subnet[1]

    @property
    def link(self) -> str:
        """Return the name of the host's end of the node's cable."""
        return f"virtpod-n{self.index}"


def next_index(taken: set[int]) -> int:
    """Return the smallest number that no node has."""
    return next(index for index in range(1, MAX_NODES + 1) if index not in taken)
