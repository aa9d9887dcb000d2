"""The handlers of the nodes: where they are, and how a verb is asked for."""

import logging
from collections.abc import Mapping
from typing import Final

import aiohttp
import msgspec

from api.door import (
    ROLE_HANDLER,
    VERB_PORT,
    NodeVerb,
    VerbRequest,
    build_verb_path,
)
from api.door import Refusal as NodeRefusal
from api.names import COMPONENT_HANDLER, LABEL_COMPONENT
from api.problem import Problem
from api.vmi import VirtualMachineInstance
from daemon.tls import ClientTls
from gateway.refusal import Refused, refuse_state
from gateway.route import VMI
from kube.client import Client
from kube.informer import Informer
from kube.object import Meta
from kube.resource import PODS

log = logging.getLogger(__name__)

_CONNECT_SECONDS: Final = 5.0
# Longer than the handler's own deadlines, whose answers say more than ours could.
_DEADLINE_SECONDS: Final[Mapping[NodeVerb, float]] = {
    NodeVerb.PAUSE: 12,
    NodeVerb.UNPAUSE: 12,
    NodeVerb.RESET: 12,
    NodeVerb.SOFT_REBOOT: 17,
    NodeVerb.FREEZE: 62,
    NodeVerb.UNFREEZE: 62,
    NodeVerb.GUEST_INFO: 17,
    NodeVerb.SCREENSHOT: 17,
    NodeVerb.METRICS: 12,
}
_ANSWER_BYTES: Final[Mapping[NodeVerb, int]] = {NodeVerb.SCREENSHOT: 16 << 20}
_ANSWER_BYTES_ELSE: Final = 1 << 20
_SAME_CODES: Final = frozenset({503, 504})


class PodSpec(msgspec.Struct, frozen=True, rename="camel"):
    """Where a pod is placed."""

    node_name: str = ""


class PodStatus(msgspec.Struct, frozen=True, rename={"pod_ip": "podIP"}):
    """Where a pod is reached."""

    pod_ip: str = ""


class HandlerPod(msgspec.Struct, frozen=True):
    """A handler's pod."""

    metadata: Meta
    spec: PodSpec = PodSpec()
    status: PodStatus = PodStatus()


class NodeDirectory:
    """Which handler is on which node."""

    def __init__(self, client: Client, namespace: str, tls: ClientTls) -> None:
        self.tls = tls
        self.informer = Informer(
            client,
            PODS,
            HandlerPod,
            namespace=namespace,
            label_selector=f"{LABEL_COMPONENT}={COMPONENT_HANDLER}",
        )

    def find_address(self, node: str) -> str:
        """Return the IP address of the node's handler, of two the one that stays; or Refused."""
        found = [pod for pod in self.informer if pod.spec.node_name == node and pod.status.pod_ip]
        if not node or not found:
            raise Refused(503, f"no virt-handler runs on node {node!r}")
        newest = max(found, key=_rank)
        return newest.status.pod_ip


class NodeClient:
    """Asks handlers for verbs."""

    def __init__(self, directory: NodeDirectory, *, port: int = VERB_PORT) -> None:
        self._directory = directory
        self._port = port
        self._session = aiohttp.ClientSession(trust_env=False, auto_decompress=False)

    async def close(self) -> None:
        await self._session.close()

    async def ask(self, vmi: VirtualMachineInstance, verb: NodeVerb, request: VerbRequest) -> bytes:
        """Have the VMI's node do the verb; returns the body of its answer, or raises Refused."""
        meta = vmi.metadata
        address = self._directory.find_address(vmi.status.node_name or "")
        host = f"[{address}]" if ":" in address else address
        limit = _ANSWER_BYTES.get(verb, _ANSWER_BYTES_ELSE)
        deadline = _DEADLINE_SECONDS[verb]
        try:
            async with self._session.post(
                f"https://{host}:{self._port}{build_verb_path(meta.namespace, meta.name, verb)}",
                data=msgspec.json.encode(request),
                headers={"Content-Type": "application/json"},
                timeout=aiohttp.ClientTimeout(total=deadline, sock_connect=_CONNECT_SECONDS),
                ssl=self._directory.tls.context,
                server_hostname=ROLE_HANDLER,
                allow_redirects=False,
            ) as answer:
                body = await _read(answer, limit)
        except TimeoutError as error:
            text = f"node {vmi.status.node_name} did not answer within {deadline} s"
            raise Refused(504, text) from error
        except (aiohttp.ClientError, OSError) as error:
            fields = {"node": vmi.status.node_name, "error": str(error) or type(error).__name__}
            log.warning("handler not reached", extra=fields)
            text = f"virt-handler on node {vmi.status.node_name} cannot be reached"
            raise Refused(503, text) from error
        if answer.status != 200:
            raise _translate(vmi, answer.status, body)
        return body


def _rank(pod: HandlerPod) -> tuple[bool, str]:
    return pod.metadata.deletion_timestamp is None, pod.metadata.creation_timestamp


async def _read(answer: aiohttp.ClientResponse, limit: int) -> bytes:
    body = bytearray()
    async for chunk in answer.content.iter_any():
        body += chunk
        if len(body) > limit:
            raise Problem("AnswerTooLarge", f"virt-handler answered with more than {limit} bytes")
    return bytes(body)


def _translate(vmi: VirtualMachineInstance, code: int, body: bytes) -> Refused:
    """Return what a node's refusal is to the user; a VMI that it does not know runs no more."""
    name = vmi.metadata.name
    try:
        said = msgspec.json.decode(body, type=NodeRefusal).message
    except msgspec.DecodeError:
        said = ""
    if code == 404:
        return refuse_state(VMI, name, "VMI is not running")
    if code == 409:
        return refuse_state(VMI, name, said or "the node refuses")
    extra = {"node": vmi.status.node_name, "code": code, "error": said}
    log.warning("handler refused", extra=extra)
    text = said or f"virt-handler on node {vmi.status.node_name} answered {code}"
    return Refused(code if code in _SAME_CODES else 500, text)
