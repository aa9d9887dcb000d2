"""The controller on a fake API server, with scheduler, kubelet and handler played by hand."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

from api.names import LABEL_RUNS_VMS
from controller.assembly import Assembly
from controller.cache import Caches
from controller.vmi.pod import Images
from kube.client import Client
from kube.event import EventRecorder
from kube.object import key_of
from kube.queue import WorkQueue
from tests.unit.controller.fake_api import CrashError, FakeApi, Json

VMIS = "virtualmachineinstances"
VMS = "virtualmachines"
REVISIONS = "controllerrevisions"
START = datetime(2026, 11, 22, 12, 0, 0, tzinfo=UTC)


class Clock:
    """A clock that the tests set."""

    def __init__(self) -> None:
        self.now = START

    def __call__(self) -> datetime:
        return self.now

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


class Controller:
    """One life of a controller's process."""

    def __init__(self, api: FakeApi, clock: Clock) -> None:
        client = Client(api)
        self.caches = Caches(client)
        self.events = EventRecorder(client, "virtualmachine-controller")
        self.assembly = Assembly(
            client,
            self.caches,
            self.events,
            Images("launcher:1"),
            clock=clock,
            make_queue=lambda: WorkQueue(jitter=lambda: 0.0),
        )

    async def run(self) -> None:
        async with asyncio.TaskGroup() as group:
            group.create_task(self.events.run())
            for informer in (*self.caches.informers, *self.caches.late_informers):
                group.create_task(informer.run())
            for informer in self.caches.informers:
                await informer.synced.wait()
            for worker in self.assembly.workers:
                group.create_task(worker.run(2))


class World:
    """A fake API server and the controllers that live on it, one after the other."""

    def __init__(self) -> None:
        self.api = FakeApi()
        self.clock = Clock()
        self.api.clock = self.stamp
        for name in ("ns", "elsewhere"):
            marked = {"name": name, "labels": {LABEL_RUNS_VMS: "true"}}
            self.api.put("namespaces", {"metadata": marked}, "")
        self.crashes = 0
        self._controller: Controller | None = None
        self._task: asyncio.Task[None] | None = None

    @property
    def controller(self) -> Controller:
        assert self._controller is not None
        return self._controller

    async def start(self) -> None:
        self._controller = Controller(self.api, self.clock)
        self._task = asyncio.create_task(self._controller.run())

    async def stop(self) -> None:
        """End the controller like kill -9: nothing is written."""
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError, ExceptionGroup):
                await self._task
            self._task = None

    async def settle(self) -> None:
        """Wait until the controller has nothing more to do now; start it anew when it crashed."""
        quiet = 0
        while quiet < 40:
            await asyncio.sleep(0)
            if self._task is not None and self._task.done():
                self._task_result()
                await self.start()
                quiet = 0
            before = (self.api.requests, self.api.version)
            await asyncio.sleep(0)
            quiet = quiet + 1 if before == (self.api.requests, self.api.version) else 0

    async def look_again(self, name: str = "vm", seconds: float = 0.0) -> None:
        """Let time pass and every timer ring."""
        self.clock.pass_seconds(seconds)
        if self._controller is not None:
            caches, assembly = self._controller.caches, self._controller.assembly
            for vmi in caches.vmis:
                assembly.vmi.queue.add(key_of(vmi))
            for vm in caches.vms:
                assembly.vm.queue.add(key_of(vm))
            for replica_set in caches.replica_sets:
                assembly.replica_set.queue.add(key_of(replica_set))
        await self.settle()

    def _task_result(self) -> None:
        assert self._task is not None
        error = self._task.exception()
        if isinstance(error, BaseExceptionGroup) and is_crash(error):
            self.crashes += 1
            return
        raise error or AssertionError("the controller ended")

    # The other players.

    def bind(self, name: str = "vm", node: str = "node1") -> None:
        condition = {"type": "PodScheduled", "status": "True", "lastTransitionTime": self.stamp()}
        self.api.change(
            "pods", name, {"spec": {"nodeName": node}, "status": {"conditions": [condition]}}
        )

    def run_guest(self, name: str = "vm") -> None:
        """The handler reports Running."""
        condition = {"type": "Ready", "status": "True", "reason": "GuestRunning"}
        status = {"phase": "Running", "nodeName": "node1", "conditions": [condition]}
        self.api.change(VMIS, name, {"status": status})

    def end_guest(self, name: str = "vm", phase: str = "Succeeded") -> None:
        """The handler reports the end."""
        self.api.change(VMIS, name, {"status": {"phase": phase, "reason": "GuestShutdown"}})

    def end_pod(self, name: str = "vm", **terminated: object) -> None:
        """The kubelet reports that compute ended."""
        end = {"exitCode": 0, "startedAt": self.stamp(), "finishedAt": self.stamp()} | terminated
        statuses = [{"name": "compute", "state": {"terminated": end}}]
        self.api.change("pods", name, {"status": {"containerStatuses": statuses}})

    def stamp(self) -> str:
        return self.clock.now.strftime("%Y-%m-%dT%H:%M:%SZ")

    # What tests ask.

    def vmi(self, name: str = "vm") -> Json | None:
        return self.api.find(VMIS, name)

    def status(self, name: str = "vm") -> Json:
        vmi = self.vmi(name)
        assert vmi is not None
        status: Json = vmi.get("status", {})
        return status

    def pod(self, name: str = "vm") -> Json | None:
        return self.api.find("pods", name)

    def deletion_grace(self, name: str = "vm") -> int | None:
        """Seconds that a pod has to end; None while it need not."""
        pod = self.pod(name)
        assert pod is not None
        seconds: int | None = pod["metadata"].get("deletionGracePeriodSeconds")
        return seconds

    def condition(self, type_: str, name: str = "vm") -> Json:
        found = [c for c in self.status(name).get("conditions", []) if c["type"] == type_]
        assert found, self.status(name)
        condition: Json = found[0]
        return condition

    def vm(self, name: str = "vm") -> Json | None:
        return self.api.find(VMS, name)

    def vm_status(self, name: str = "vm") -> Json:
        vm = self.vm(name)
        assert vm is not None
        status: Json = vm["status"]
        return status

    def vm_condition(self, type_: str, name: str = "vm") -> Json | None:
        conditions: list[Json] = self.vm_status(name).get("conditions", [])
        return next((each for each in conditions if each["type"] == type_), None)

    def revisions(self) -> list[str]:
        return sorted(name for plural, _, name in self.api.objects if plural == REVISIONS)

    def events(self) -> list[tuple[str, str]]:
        return [
            (item["type"], item["reason"])
            for (plural, _, _), item in self.api.objects.items()
            if plural == "events"
        ]


def is_crash(group: BaseExceptionGroup[BaseException]) -> bool:
    rest = group.split(CrashError)[1]
    return rest is None


def build_vmi(name: str = "vm", **spec: object) -> Json:
    """Return a small VMI."""
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachineInstance",
        "metadata": {"name": name},
        "spec": {
            "domain": {
                "memory": {"guest": "128Mi"},
                "devices": {
                    "disks": [{"name": "boot", "disk": {"bus": "virtio"}}],
                    "interfaces": [{"name": "default", "masquerade": {}}],
                },
            },
            "networks": [{"name": "default", "pod": {}}],
            "volumes": [{"name": "boot", "containerDisk": {"image": "tiny:1"}}],
            **spec,
        },
    }


def build_vm(name: str = "vm", strategy: str = "Always", **spec: object) -> Json:
    """Return a VM of the small VMI."""
    template: Json = {"spec": build_vmi()["spec"], "metadata": {"labels": {"app": "web"}}}
    return {
        "apiVersion": "kubevirt.io/v1",
        "kind": "VirtualMachine",
        "metadata": {"name": name},
        "spec": {"runStrategy": strategy, "template": template, **spec},
    }


@contextlib.asynccontextmanager
async def run_world() -> AsyncIterator[World]:
    """A world with a controller in it."""
    world = World()
    await world.start()
    try:
        await world.settle()
        yield world
    finally:
        await world.stop()
