"""Scheduler, kubelet and handler in one asyncio loop: all that the controller meets, faked."""

import asyncio
from collections.abc import Callable, Mapping
from datetime import UTC, datetime

import msgspec

from kube.client import Client
from kube.config import load_connection
from kube.informer import Informer
from kube.object import Meta
from kube.resource import NODES, PODS, VMIS, Resource
from kube.transport import HttpTransport
from tests.e2e.guests import build_vmi
from tests.e2e.observer import Json

FAKE_NODES = 10
WRITERS = 16
DEADLINE_SECONDS = 30.0
MERGE = "application/merge-patch+json"
PHASES = ("Pending", "Scheduling", "Scheduled", "Running")


class PodSpec(msgspec.Struct, frozen=True, rename="camel"):
    node_name: str = ""


class Pod(msgspec.Struct, frozen=True):
    """Of a pod: whether it is bound, and whether it shall end."""

    metadata: Meta
    spec: PodSpec = PodSpec()


class VmiStatus(msgspec.Struct, frozen=True):
    phase: str = ""


class Vmi(msgspec.Struct, frozen=True):
    """Of a VMI: its phase."""

    metadata: Meta
    status: VmiStatus = VmiStatus()


class FakeCluster:
    """Binds pods, reports them and their VMIs as running, and lets them end."""

    def __init__(self, transport: HttpTransport, namespace: str) -> None:
        self.namespace = namespace
        self._transport = transport
        client = Client(transport)
        self.pods = Informer(client, PODS, Pod, namespace=namespace)
        self.vmis = Informer(client, VMIS, Vmi, namespace=namespace)
        self._work: asyncio.Queue[Pod] = asyncio.Queue()
        self._changed = asyncio.Event()
        self._ended: set[str] = set()
        self._running: set[str] = set()
        self._next_node = 0
        self.pods.on_change(self._hear_pod)
        self.vmis.on_change(self._hear_vmi)

    async def run(self) -> None:
        """Play all parts until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self.pods.run())
            group.create_task(self.vmis.run())
            for _ in range(WRITERS):
                group.create_task(self._work_off())

    async def create_nodes(self) -> None:
        for number in range(FAKE_NODES):
            node = {"apiVersion": "v1", "kind": "Node", "metadata": {"name": f"fake-{number}"}}
            await self.send("POST", NODES.path(), node)

    async def create_vmis(self, number: int) -> None:
        """POST VMIs as fast as the server takes them."""
        path = VMIS.path(self.namespace)
        await self.send_all("POST", [(path, build_vmi(f"vm-{n}")) for n in range(number)])

    async def delete_vmis(self, number: int) -> None:
        targets: list[tuple[str, Json]] = [
            (VMIS.path(self.namespace, f"vm-{n}"), {}) for n in range(number)
        ]
        await self.send_all("DELETE", targets)

    async def until_running(self, number: int) -> None:
        """Wait until so many VMIs are Running."""
        await self._until(lambda: len(self._running) >= number)

    async def until_gone(self) -> None:
        """Wait until neither VMI nor pod is left."""
        await self._until(lambda: len(self.vmis) == 0)

    async def send_all(
        self, method: str, requests: list[tuple[str, Json]], kind: str = "application/json"
    ) -> None:
        """Send requests, a few at a time."""
        turns = iter(requests)

        async def take_turns() -> None:
            for path, body in turns:
                await self.send(method, path, body, kind)

        async with asyncio.TaskGroup() as group:
            for _ in range(WRITERS):
                group.create_task(take_turns())

    async def send(
        self, method: str, path: str, body: Mapping[str, object], kind: str = "application/json"
    ) -> None:
        """Send one request; what is refused is a failure of the measurement."""
        answer = await self._transport.request(
            method,
            path,
            {},
            body=msgspec.json.encode(body),
            content_type=kind,
            deadline_seconds=DEADLINE_SECONDS,
        )
        assert answer.status < 400, f"{method} {path}: {answer.status} {answer.body!r}"

    def _hear_pod(self, _old: Pod | None, new: Pod | None) -> None:
        self._changed.set()
        if new is None:
            return
        unbound = not new.spec.node_name
        ending = new.metadata.deletion_timestamp and new.metadata.uid not in self._ended
        if unbound or ending:
            self._work.put_nowait(new)

    def _hear_vmi(self, _old: Vmi | None, new: Vmi | None) -> None:
        if new is not None and new.status.phase == "Running":
            self._running.add(new.metadata.name)
        self._changed.set()

    async def _work_off(self) -> None:
        while True:
            pod = await self._work.get()
            if pod.metadata.deletion_timestamp:
                self._ended.add(pod.metadata.uid)
                await self._end(pod)
            else:
                await self._start(pod)

    async def _start(self, pod: Pod) -> None:
        """Bind a pod, say that it runs, and that its guest does."""
        name = pod.metadata.name
        node = f"fake-{self._next_node % FAKE_NODES}"
        self._next_node += 1
        binding = {
            "apiVersion": "v1",
            "kind": "Binding",
            "metadata": {"name": name},
            "target": {"kind": "Node", "name": node},
        }
        await self.send("POST", self._path(PODS, name, "binding"), binding)
        ready = [{"type": "Ready", "status": "True"}]
        status = {"phase": "Running", "conditions": ready, "podIP": "10.0.0.1"}
        await self.send("PATCH", self._path(PODS, name, "status"), {"status": status}, MERGE)
        told = build_running(pod, node)
        await self.send("PATCH", self._path(VMIS, name, "status"), {"status": told}, MERGE)

    async def _end(self, pod: Pod) -> None:
        """Say that a guest has ended, and let its pod go."""
        name = pod.metadata.name
        await self.send("PATCH", self._path(VMIS, name, "status"), {"status": build_end()}, MERGE)
        await self.send("DELETE", self._path(PODS, name), {"gracePeriodSeconds": 0})

    def _path(self, resource: Resource, name: str, subresource: str | None = None) -> str:
        return resource.path(self.namespace, name, subresource)

    async def _until(self, is_so: Callable[[], bool]) -> None:
        while not is_so():
            self._changed.clear()
            await self._changed.wait()


def build_running(pod: Pod, node: str) -> Json:
    """Return a status of the size that a handler's has when a guest runs."""
    now = tell_time()
    ready = {"type": "Ready", "status": "True", "reason": "GuestRunning", "lastTransitionTime": now}
    rigid = {
        "type": "LiveMigratable",
        "status": "False",
        "reason": "LiveMigrationNotSupported",
        "message": "this version of virtpod cannot migrate a running VM",
        "lastTransitionTime": now,
    }
    scheduled = {"type": "PodScheduled", "status": "True", "lastTransitionTime": now}
    interface = {
        "name": "default",
        "ipAddress": "10.0.0.1",
        "ipAddresses": ["10.0.0.1"],
        "mac": "02:75:bb:b1:a5:2a",
        "infoSource": "domain",
        "podInterfaceName": "eth0",
        "queueCount": 1,
    }
    memory = ("guestAtBoot", "guestCurrent", "guestRequested")
    return {
        "phase": "Running",
        "nodeName": node,
        "activePods": {pod.metadata.uid: node},
        "conditions": [ready, rigid, scheduled],
        "currentCPUTopology": {"cores": 1, "sockets": 1, "threads": 1},
        "interfaces": [interface],
        "memory": dict.fromkeys(memory, "256Mi"),
        "phaseTransitionTimestamps": [build_stamp(phase, now) for phase in PHASES],
    }


def build_end() -> Json:
    """Return a status of a guest that powered off."""
    now = tell_time()
    ready = {
        "type": "Ready",
        "status": "False",
        "reason": "GuestShutdown",
        "message": "the guest powered off",
        "lastTransitionTime": now,
    }
    phases = (*PHASES, "Succeeded")
    return {
        "phase": "Succeeded",
        "reason": "GuestShutdown",
        "conditions": [ready],
        "phaseTransitionTimestamps": [build_stamp(phase, now) for phase in phases],
    }


def build_stamp(phase: str, now: str) -> Json:
    return {"phase": phase, "phaseTransitionTimestamp": now}


def tell_time() -> str:
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


async def open_transport() -> HttpTransport:
    """Connect as $KUBECONFIG says."""
    return HttpTransport(await load_connection(), "virtpod-bench")
