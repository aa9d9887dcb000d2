"""The controller alone with VirtualMachines: made, started, stopped, deleted; idle."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

import msgspec

from kube.client import Client
from kube.informer import Informer
from kube.object import KubeObject, Meta
from kube.resource import VMS
from tests.bench.clock import read_stat
from tests.bench.control_plane import ControlPlane, run_control_plane, run_program
from tests.bench.fake_cluster import MERGE, FakeCluster, open_transport
from tests.bench.figure import Figure, fit_exponent
from tests.bench.scale import (
    NAMESPACE,
    SETTLE_SECONDS,
    install_types,
    plan_controller,
    wait_for_leader,
)
from tests.e2e.guests import build_bare_vmi, build_vm_of
from tests.e2e.machine import read_pss_kib
from tests.e2e.observer import ApiServer, Json

T = TypeVar("T")

CHANGES = 20
DEADLINE_SECONDS = 60.0
STAGES = ("created", "started", "stopped", "deleted")


class VmStatus(msgspec.Struct, frozen=True, rename="camel"):
    printable_status: str = ""
    observed_generation: int = 0


class Vm(msgspec.Struct, frozen=True):
    """Of a VM: what it says of itself."""

    metadata: Meta
    status: VmStatus = VmStatus()

    def shows(self, word: str) -> bool:
        return (
            self.status.printable_status == word
            and self.status.observed_generation == self.metadata.generation
        )


@dataclass(frozen=True, slots=True)
class Stage:
    """What one stage took of all VMs."""

    seconds: float
    cpu: float
    memory_kib: float  # of the controller afterwards, beyond what it had without VMs


class Fleet:
    """Many VirtualMachines, and the fakes that they run on."""

    def __init__(self, fake: FakeCluster, client: Client) -> None:
        self.fake = fake
        self.vms = Informer(client, VMS, Vm, namespace=NAMESPACE)
        self.vms.on_change(self._hear)
        self._changed = asyncio.Event()

    async def create(self, numbers: range, strategy: str = "Halted") -> None:
        path = VMS.path(NAMESPACE)
        await self.fake.send_all("POST", [(path, build_machine(n, strategy)) for n in numbers])

    async def set_strategy(self, numbers: range, strategy: str) -> None:
        patch: Json = {"spec": {"runStrategy": strategy}}
        await self.fake.send_all("PATCH", [(locate(n), patch) for n in numbers], MERGE)

    async def delete(self, numbers: range) -> None:
        await self.fake.send_all("DELETE", [(locate(n), {}) for n in numbers])

    async def until_all(self, number: int, word: str) -> None:
        await self.until(lambda: sum(vm.shows(word) for vm in self.vms) >= number)

    async def until(self, is_so: Callable[[], bool]) -> None:
        """Wait until something is so; looks at most ten times a second at thousands of VMs."""
        while not is_so():
            self._changed.clear()
            await self._changed.wait()
            if len(self.vms) > 100:
                await asyncio.sleep(0.1)

    def _hear(self, _old: Vm | None, _new: Vm | None) -> None:
        self._changed.set()


def build_machine(number: int, strategy: str = "Halted") -> Json:
    return build_vm_of(build_bare_vmi(f"vm-{number:05}"), strategy)


def locate(number: int) -> str:
    return VMS.path(NAMESPACE, f"vm-{number:05}")


def measure_fleet(sizes: Sequence[int]) -> list[Figure]:
    """Measure whole lives of so many VMs, and the growth over the sizes."""
    lives = {size: measure_size(size) for size in sorted(sizes)}
    figures = [figure for size, stages in lives.items() for figure in build_figures(size, stages)]
    if len(lives) < 2:
        return figures
    numbers = list(lives)
    for name, costs in (
        ("total time", [sum(stage.seconds for stage in stages) for stages in lives.values()]),
        ("controller CPU", [sum(stage.cpu for stage in stages) for stages in lives.values()]),
    ):
        figures.append(
            Figure(f"growth exponent of {name}", "", (fit_exponent(numbers, costs),), 1.05)
        )
    return figures


def measure_size(size: int) -> list[Stage]:
    """Measure so many VMs on a new API server."""
    with run_control_plane() as plane:
        install_types(plane)
        with run_controller(plane) as controller:
            return asyncio.run(with_fleet(lambda fleet: live(fleet, controller.pid, size)))


@contextmanager
def run_controller(plane: ControlPlane) -> Iterator[subprocess.Popen[bytes]]:
    """Run a controller that leads; show its log when the block fails."""
    os.environ["KUBECONFIG"] = str(plane.kubeconfig)  # the controller's, and the fakes'
    with run_program(plan_controller(), plane.folder) as controller:
        try:
            wait_for_leader(ApiServer(plane.kubeconfig))
            yield controller
        except BaseException:
            log = plane.folder / f"{Path(sys.executable).name}.log"
            sys.stderr.write(log.read_text()[-3000:])
            raise


async def with_fleet(measure: Callable[[Fleet], Awaitable[T]]) -> T:
    """Run a measurement beside the fakes; should one of them fail, say so at once."""
    transport = await open_transport()
    client = Client(transport)
    fleet = Fleet(FakeCluster(transport, NAMESPACE), client)
    playing = [asyncio.create_task(part) for part in (fleet.fake.run(), fleet.vms.run())]
    informers = (fleet.fake.pods, fleet.fake.vmis)
    await asyncio.gather(fleet.vms.synced.wait(), *(each.synced.wait() for each in informers))
    measuring = asyncio.ensure_future(measure(fleet))
    try:
        await asyncio.wait([measuring, *playing], return_when=asyncio.FIRST_COMPLETED)
        for task in playing:
            if task.done():
                measuring.cancel()
                task.result()
        return await measuring
    finally:
        for task in playing:
            task.cancel()
        await asyncio.gather(*playing, return_exceptions=True)
        await transport.close()


async def live(fleet: Fleet, pid: int, size: int) -> list[Stage]:
    """Create VMs, start, stop and delete them, all together each time."""
    everyone = range(size)
    stages: list[Stage] = []
    await fleet.fake.create_nodes()
    await asyncio.sleep(SETTLE_SECONDS)
    memory = read_pss_kib(pid)

    async def stage(act: Awaitable[None], finish: Awaitable[None]) -> None:
        began, cpu = time.monotonic(), read_stat(pid).own_seconds
        await act
        await finish
        seconds = time.monotonic() - began
        await asyncio.sleep(SETTLE_SECONDS)
        stages.append(Stage(seconds, read_stat(pid).own_seconds - cpu, read_pss_kib(pid) - memory))

    await stage(fleet.create(everyone), fleet.until_all(size, "Stopped"))
    await stage(fleet.set_strategy(everyone, "Always"), fleet.until_all(size, "Running"))
    await stage(fleet.set_strategy(everyone, "Halted"), fleet.until_all(size, "Stopped"))
    await stage(fleet.delete(everyone), fleet.until(lambda: len(fleet.vms) == 0))
    return stages


def measure_crowd(number: int) -> list[Figure]:
    """Measure one change among idle VMs, and a controller that starts among them."""
    with run_control_plane() as plane:
        install_types(plane)
        with run_controller(plane) as controller:
            asyncio.run(with_fleet(lambda fleet: fill(fleet, number)))
            changes = asyncio.run(with_fleet(lambda fleet: change_each(fleet, number)))
            memory = read_pss_kib(controller.pid) / 1024
        cold, cold_cpu = measure_cold(plane, number)
    of = f"{number:,} idle VMs"
    return [
        Figure(f"{of}: one started, until its VMI is there", "s", changes, 0.05),
        Figure(f"{of}: a cold controller acts on the last of them", "s", (cold,), 10),
        Figure(f"{of}: CPU of the controller until then", "s", (cold_cpu,)),
        Figure(f"{of}: controller memory", "MiB", (memory,)),
    ]


async def fill(fleet: Fleet, number: int) -> None:
    await fleet.fake.create_nodes()
    await fleet.create(range(number))
    await fleet.until_all(number, "Stopped")


async def change_each(fleet: Fleet, number: int) -> tuple[float, ...]:
    """Start a few VMs one after the other; return how long each took to get its VMI."""
    return tuple([await change(fleet, n * number // CHANGES) for n in range(CHANGES)])


async def change(fleet: Fleet, which: int) -> float:
    """Start one VM; return the seconds from the PATCH until its VMI was seen."""
    seen = expect_instance(fleet, which)
    began = time.monotonic()
    await fleet.set_strategy(range(which, which + 1), "Always")
    return await asyncio.wait_for(seen, DEADLINE_SECONDS) - began


def expect_instance(fleet: Fleet, which: int) -> asyncio.Future[float]:
    """Return a future that becomes the moment at which a VM's new instance is seen."""
    seen: asyncio.Future[float] = asyncio.get_running_loop().create_future()
    name = f"vm-{which:05}"

    def hear(_old: object, new: KubeObject | None) -> None:
        if new is not None and new.metadata.name == name and not seen.done():
            seen.set_result(time.monotonic())

    fleet.fake.vmis.on_change(hear)
    return seen


def measure_cold(plane: ControlPlane, number: int) -> tuple[float, float]:
    """Start the last VM while there is no controller; return what a new one takes to act.

    The last one is the last of the list, too: all others have been looked at before it. Returns
    the seconds since the process began, and its CPU seconds.
    """

    async def measure(fleet: Fleet) -> tuple[float, float]:
        await fleet.set_strategy(range(number - 1, number), "Always")
        seen = expect_instance(fleet, number - 1)
        began = time.monotonic()
        with run_program(plan_controller(), plane.folder) as controller:
            moment = await asyncio.wait_for(seen, DEADLINE_SECONDS)
            return moment - began, read_stat(controller.pid).own_seconds

    return asyncio.run(with_fleet(measure))


def build_figures(size: int, stages: Sequence[Stage]) -> list[Figure]:
    of = f"{size:,} VMs"
    total = sum(stage.seconds for stage in stages)
    cpu = sum(stage.cpu for stage in stages)
    return [
        Figure(f"{of}: created, started, stopped, deleted", "s", (total,)),
        *(
            Figure(f"{of}: all {name}", "s", (stage.seconds,))
            for name, stage in zip(STAGES, stages, strict=True)
        ),
        Figure(f"{of}: controller CPU of a whole life, each", "ms", (1000 * cpu / size,)),
        Figure(f"{of}: controller memory of a stopped VM", "KiB", (stages[0].memory_kib / size,)),
        Figure(f"{of}: controller memory of a running VM", "KiB", (stages[1].memory_kib / size,)),
    ]
