"""The controller alone: many VMIs against a real API server, everything else faked."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

from cluster.binaries import find_program
from cluster.paths import find_layout
from tests.bench.clock import read_stat
from tests.bench.control_plane import ControlPlane, find_free_ports, run_control_plane, run_program
from tests.bench.fake_cluster import FakeCluster, open_transport
from tests.bench.figure import Figure, fit_exponent
from tests.e2e.component import LEASES
from tests.e2e.machine import read_pss_kib
from tests.e2e.observer import ApiServer

ROOT = Path(__file__).resolve().parents[2]
NAMESPACE = "scale"
SETTLE_SECONDS = 4.0  # longer than anything the controller does by timer for a new VMI


@dataclass(frozen=True, slots=True)
class Scale:
    """What a number of VMIs took."""

    number: int
    start_seconds: float
    end_seconds: float
    start_cpu: float
    end_cpu: float
    memory_kib: float  # grown by
    memory_mib: float  # in all


def measure_scale(sizes: Sequence[int]) -> list[Figure]:
    """Measure each size on a new API server, then the growth over them."""
    scales = [measure_size(size) for size in sorted(sizes)]
    figures = [figure for scale in scales for figure in build_figures(scale)]
    if len(scales) > 1:
        numbers = [scale.number for scale in scales]
        for name, costs in (
            ("time to Running", [scale.start_seconds for scale in scales]),
            ("CPU to Running", [scale.start_cpu for scale in scales]),
        ):
            exponent = fit_exponent(numbers, costs)
            figures.append(Figure(f"growth exponent of {name}", "", (exponent,), 1.05))
        # What 100 VMIs need once, such as buffers and code, is not what each further one needs.
        last, first = scales[-1], scales[-2]
        slope = (last.memory_kib - first.memory_kib) / (last.number - first.number)
        figures.append(Figure("controller memory, each further VMI", "KiB", (slope,), 10, 173))
    return figures


def build_figures(scale: Scale) -> list[Figure]:
    """Return one size's figures; the goals per VMI are for 1,000."""
    of, n = f"{scale.number:,} VMIs", scale.number
    goal = scale.number == 1000
    return [
        Figure(f"{of}: all Running", "s", (scale.start_seconds,)),
        Figure(f"{of}: all gone", "s", (scale.end_seconds,)),
        Figure(
            f"{of}: controller CPU to Running, each",
            "ms",
            (1000 * scale.start_cpu / n,),
            10 if goal else None,
            80 if goal else None,
        ),
        Figure(f"{of}: controller CPU to gone, each", "ms", (1000 * scale.end_cpu / n,)),
        Figure(
            f"{of}: controller memory, each",
            "KiB",
            (scale.memory_kib / n,),
            10 if goal else None,
            173 if goal else None,
        ),
        Figure(f"{of}: controller memory", "MiB", (scale.memory_mib,)),
    ]


def measure_size(number: int) -> Scale:
    """Start so many VMIs at once and end them, with a controller of their own."""
    with run_control_plane() as plane, ExitStack() as stack:
        install_types(plane)
        api = ApiServer(plane.kubeconfig)
        os.environ["KUBECONFIG"] = str(plane.kubeconfig)  # the controller's, and the fakes'
        controller = stack.enter_context(run_program(plan_controller(), plane.folder))
        wait_for_leader(api)
        try:
            return asyncio.run(drive(controller.pid, number))
        except BaseException:
            log = plane.folder / f"{Path(sys.executable).name}.log"
            sys.stderr.write(log.read_text()[-3000:])
            raise


def plan_controller() -> list[str]:
    """Return the command of a controller beside whatever else listens on this machine."""
    (port,) = find_free_ports(1)
    return [sys.executable, "-m", "controller", f"--port={port}", "--launcher-image=launcher:0"]


def install_types(plane: ControlPlane) -> None:
    """Apply our CRDs and make the namespaces."""
    program = str(find_program(find_layout(), "kubectl"))
    kubectl = [program, f"--kubeconfig={plane.kubeconfig}"]
    for args in (
        ["apply", "--server-side", "-k", str(ROOT / "manifests" / "crds")],
        ["wait", "--for=condition=Established", "crd", "--all", "--timeout=30s"],
        ["create", "namespace", "kubevirt"],
        ["create", "namespace", NAMESPACE],
    ):
        done = subprocess.run([*kubectl, *args], capture_output=True, text=True, check=False)
        assert done.returncode == 0, f"kubectl {' '.join(args)}: {done.stderr}"


def wait_for_leader(api: ApiServer) -> None:
    """Wait until the controller holds its lease."""
    with api.watch(LEASES) as leases:
        leases.until(lambda seen: bool(seen.object["spec"].get("holderIdentity")), 30, "leader")


async def drive(pid: int, number: int) -> Scale:
    """Create VMIs, wait, delete them, wait; read the controller's books in between."""
    transport = await open_transport()
    fake = FakeCluster(transport, NAMESPACE)
    await fake.create_nodes()
    playing = asyncio.create_task(fake.run())
    await asyncio.gather(fake.pods.synced.wait(), fake.vmis.synced.wait())
    await asyncio.sleep(SETTLE_SECONDS)
    cpu, memory = read_stat(pid).own_seconds, read_pss_kib(pid)

    async def life() -> Scale:
        began = time.monotonic()
        await fake.create_vmis(number)
        await fake.until_running(number)
        running = time.monotonic() - began
        await asyncio.sleep(SETTLE_SECONDS)
        cpu_running, memory_running = read_stat(pid).own_seconds, read_pss_kib(pid)
        began = time.monotonic()
        await fake.delete_vmis(number)
        await fake.until_gone()
        gone = time.monotonic() - began
        await asyncio.sleep(SETTLE_SECONDS)
        return Scale(
            number,
            running,
            gone,
            cpu_running - cpu,
            read_stat(pid).own_seconds - cpu,
            memory_running - memory,
            memory_running / 1024,
        )

    living = asyncio.create_task(life())
    # Should a fake part fail, say so instead of waiting for what will never come.
    await asyncio.wait([living, playing], return_when=asyncio.FIRST_COMPLETED)
    if playing.done():
        living.cancel()
        playing.result()
    playing.cancel()
    await asyncio.gather(playing, return_exceptions=True)
    await transport.close()
    return await living
