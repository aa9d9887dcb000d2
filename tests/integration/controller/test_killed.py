"""A controller that dies after every single write: what it leaves is always gone on with."""

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
import pytest

from kube.client import Client
from kube.informer import Informer
from kube.object import Meta
from kube.resource import CONTROLLER_REVISIONS, PODS, VMIS, VMS
from kube.transport import HttpTransport
from tests.bench.control_plane import ControlPlane, find_free_ports, run_control_plane
from tests.bench.fake_cluster import MERGE, FakeCluster, open_transport
from tests.bench.scale import NAMESPACE, install_types
from tests.e2e.guests import build_vm
from tests.e2e.observer import Json
from tests.integration.controller import dying

ROOT = Path(__file__).resolve().parents[3]
DEADLINE_SECONDS = 300.0
NAME = "mortal"


class VmStatus(msgspec.Struct, frozen=True, rename="camel"):
    printable_status: str = ""
    observed_generation: int = 0


class Vm(msgspec.Struct, frozen=True):
    metadata: Meta
    status: VmStatus = VmStatus()


class Bare(msgspec.Struct, frozen=True):
    metadata: Meta


@dataclass
class Census:
    """Every object of a kind that there ever was, and how many there were at once."""

    living: set[str] = field(default_factory=set)
    ever: list[str] = field(default_factory=list)
    most: int = 0

    def hear(self, old: Bare | None, new: Bare | None) -> None:
        if old is not None:
            self.living.discard(old.metadata.uid)
        if new is not None:
            self.living.add(new.metadata.uid)
            if new.metadata.uid not in self.ever:
                self.ever.append(new.metadata.uid)
        self.most = max(self.most, len(self.living))


class Stage:
    """One API server, the fake parts around it, and a controller that keeps dying."""

    def __init__(self, transport: HttpTransport, plane: ControlPlane) -> None:
        client = Client(transport)
        self.fake = FakeCluster(transport, NAMESPACE)
        self.vms = Informer(client, VMS, Vm, namespace=NAMESPACE)
        self.counts = {resource: Census() for resource in (VMIS, PODS, CONTROLLER_REVISIONS)}
        self.counted = [
            Informer(client, resource, Bare, namespace=NAMESPACE) for resource in self.counts
        ]
        for informer in self.counted:
            informer.on_change(self.counts[informer.resource].hear)
        self.vms.on_change(lambda _old, _new: self.changed.set())
        self.changed = asyncio.Event()
        self.deaths: list[str] = []
        self._plane = plane

    async def live_and_die(self) -> None:
        """Run one controller after the other; each makes one write."""
        while True:
            (port,) = find_free_ports(1)
            life = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                dying.__name__,
                f"--port={port}",
                "--launcher-image=launcher:0",
                "--identity=phoenix",  # a restarted container's: it takes its own lease up
                cwd=ROOT,
                stderr=asyncio.subprocess.PIPE,
            )
            try:
                _, said = await life.communicate()
            finally:
                if life.returncode is None:
                    life.kill()
                    await life.wait()
            last = said.decode().strip().splitlines()[-1]
            assert life.returncode == dying.DEATH, last
            self.deaths.append(last.removeprefix("died after "))

    async def patch(self, spec: Json) -> None:
        await self.fake.send("PATCH", VMS.path(NAMESPACE, NAME), {"spec": spec}, MERGE)

    async def until(self, is_so: Callable[[Vm | None], bool], what: str) -> None:
        """Wait until the VM is as wanted."""
        limit = time.monotonic() + DEADLINE_SECONDS
        while not is_so(self.vms.get(NAMESPACE, NAME)):
            self.changed.clear()
            try:
                await asyncio.wait_for(self.changed.wait(), limit - time.monotonic())
            except TimeoutError:
                vm = self.vms.get(NAMESPACE, NAME)
                raise AssertionError(f"not {what}: {vm}; writes: {self.deaths}") from None

    async def until_status(self, wanted: str) -> None:
        await self.until(
            lambda vm: (
                vm is not None
                and vm.status.printable_status == wanted
                and vm.status.observed_generation == vm.metadata.generation
            ),
            wanted,
        )


@pytest.fixture(scope="module")
def plane() -> Iterator[ControlPlane]:
    with run_control_plane() as running:
        install_types(running)
        yield running


@asynccontextmanager
async def open_stage(plane: ControlPlane) -> AsyncIterator[Stage]:
    os.environ["KUBECONFIG"] = str(plane.kubeconfig)
    transport = await open_transport()
    stage = Stage(transport, plane)
    await stage.fake.create_nodes()
    tasks = [asyncio.create_task(informer.run()) for informer in stage.counted]
    tasks += [
        asyncio.create_task(stage.vms.run()),
        asyncio.create_task(stage.fake.run()),
        asyncio.create_task(stage.live_and_die()),
    ]
    try:
        await stage.vms.synced.wait()
        for informer in stage.counted:
            await informer.synced.wait()
        yield stage
    finally:
        for task in tasks:
            task.cancel()
        ends = await asyncio.gather(*tasks, return_exceptions=True)
        await transport.close()
    assert all(isinstance(end, asyncio.CancelledError) for end in ends), ends


async def test_dying_after_every_write_never_makes_a_second_vmi_or_pod(
    plane: ControlPlane, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("KUBECONFIG", str(plane.kubeconfig))
    async with open_stage(plane) as stage:
        await stage.fake.send("POST", VMS.path(NAMESPACE), build_vm(NAME))
        await stage.until_status("Running")
        assert [len(census.ever) for census in stage.counts.values()] == [1, 1, 1]
        await stage.patch({"runStrategy": "Halted"})
        await stage.until_status("Stopped")
        await stage.patch({"runStrategy": "Always"})
        await stage.until_status("Running")
        assert [len(census.ever) for census in stage.counts.values()] == [2, 2, 2]
        await stage.fake.send("DELETE", VMS.path(NAMESPACE, NAME), {})
        await stage.until(lambda vm: vm is None, "gone")
        vmis, pods, _ = stage.counts.values()
        assert (vmis.most, pods.most) == (1, 1)
        assert (len(vmis.ever), len(pods.ever)) == (2, 2)
        assert len(stage.deaths) >= 15, stage.deaths
