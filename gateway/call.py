"""What a handler of a route gets: one call that was matched, identified and authorised."""

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Protocol

from aiohttp import web

from api.config import KubeVirtConfiguration
from api.vmi import VirtualMachineInstance
from daemon.tls import ClientTls
from gateway.route import Route, RouteKey, Target
from gateway.session import Sessions
from gateway.user import User
from kube.client import Client


@dataclass(frozen=True, slots=True)
class Call:
    """One request; its body, if the route has one, was read and is within bounds."""

    request: web.BaseRequest
    route: Route
    target: Target
    user: User
    body: bytes
    # Asks the API server again whether the user still may; for what stays open (A07).
    is_still_allowed: Callable[[], Awaitable[bool]]

    @property
    def query(self) -> Mapping[str, str]:
        return self.request.query


Handler = Callable[[Call], Awaitable[web.StreamResponse]]
Handlers = Mapping[RouteKey, Handler]
# The path of a webhook, and what makes an AdmissionReview's answer of its question, both JSON.
Webhook = Callable[[bytes], Awaitable[bytes]]
Webhooks = Mapping[str, Webhook]


@dataclass(frozen=True, slots=True)
class GuestPod:
    """The pod that a guest runs in."""

    uid: str
    addresses: tuple[str, ...]  # IP addresses, the first is the pod's main one


class Nodes(Protocol):
    """Where the handlers are."""

    tls: ClientTls

    def find_address(self, node: str) -> str:
        """Return the IP address of the node's handler pod, or raise Refused (503)."""


class Machines(Protocol):
    """The VMs, as the API server has them now."""

    async def read_vmi(self, namespace: str, name: str) -> VirtualMachineInstance:
        """Return the VMI, or raise Refused (404)."""

    async def read_pod(self, vmi: VirtualMachineInstance) -> GuestPod:
        """Return the pod that the guest runs in, or raise Refused (409)."""


@dataclass(frozen=True, slots=True)
class Backend:
    """What handlers work with."""

    client: Client
    nodes: Nodes
    machines: Machines
    sessions: Sessions
    read_config: Callable[[], KubeVirtConfiguration]  # of the KubeVirt object, from a cache
