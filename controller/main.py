"""The controller's process: one leader reconciles, everybody serves health and metrics."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from asyncio import sslproto
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Final

from api.bound import describe_struct
from api.kubevirt import KubeVirt
from api.names import COMPONENT_CONTROLLER, INSTALL_NAMESPACE
from api.vm import VirtualMachineSpec
from controller import metric
from controller.assembly import Assembly
from controller.bundle import Bundle
from controller.cache import Caches
from controller.installation import Installation
from controller.trust.flag import add_interval_flags, find_interval_fault, read_intervals
from controller.trust.reconcile import Authority
from controller.trust.seen import Intervals
from controller.trust.session_keeper import SessionKeeper
from controller.vmi.pod import Images
from daemon.log import configure_logging
from daemon.metric import count_request
from daemon.process import run_process
from daemon.server import build_app, serve_health
from kube.client import Client, connect
from kube.event import EventRecorder
from kube.lease import Election
from kube.object import key_of

log = logging.getLogger(__name__)

_EVENT_SOURCE: Final = "virtualmachine-controller"  # as KubeVirt's users know it
_FLUSH_SECONDS: Final = 2.0
_TLS_BUFFER_BYTES: Final = 32 * 1024  # two TLS records; by default 256 KiB


@dataclass(frozen=True, slots=True)
class Options:
    """How this replica runs."""

    launcher_image: str
    namespace: str
    identity: str
    port: int
    workers: int
    bundle: bool
    intervals: Intervals
    log_level: str


def parse_options(arguments: list[str]) -> Options:
    """Read the command line; the environment gives the defaults."""
    env = os.environ
    parser = argparse.ArgumentParser(prog="controller", description=__doc__)
    parser.add_argument("--launcher-image", default=env.get("LAUNCHER_IMAGE"))
    parser.add_argument("--namespace", default=env.get("NAMESPACE", INSTALL_NAMESPACE))
    parser.add_argument("--identity", default=env.get("POD_NAME", f"process-{os.getpid()}"))
    parser.add_argument("--port", type=int, default=8080, help="of health and metrics")
    parser.add_argument(
        "--workers", type=int, default=16, help="objects of each kind worked on at once"
    )
    parser.add_argument(
        "--bundle", action="store_true", help="install the instancetypes and preferences we bring"
    )
    add_interval_flags(parser)
    parser.add_argument("--log-level", default=env.get("LOG_LEVEL", "INFO"))
    parsed = vars(parser.parse_args(arguments))
    if not parsed["launcher_image"]:
        parser.error("the launcher's image is needed: --launcher-image or $LAUNCHER_IMAGE")
    intervals = read_intervals(parsed)
    fault = find_interval_fault(intervals)
    if fault:
        parser.error(fault)
    return Options(intervals=intervals, **parsed)


async def run(options: Options) -> None:
    """Serve, wait to be the leader, lead until told to stop."""
    describe_struct(VirtualMachineSpec)  # takes 0.1 s once; not on the way of the first VM
    client = await connect(COMPONENT_CONTROLLER, observe=count_request)
    anyway = client.unfenced()
    election = Election(anyway, options.namespace, COMPONENT_CONTROLLER, options.identity)
    events = EventRecorder(anyway, _EVENT_SOURCE, options.identity)
    client.fence = election.check
    app = build_app(healthy=lambda: True, ready=lambda: True)
    try:
        async with serve_health(app, port=options.port):
            metric.READY.set(1)
            await election.acquire()
            metric.LEADING.set(1)
            await hold(election, events, _lead(client, election, events, options))
    finally:
        await client.close()


async def hold(
    election: Election, events: EventRecorder, work: Coroutine[None, None, None]
) -> None:
    """Work as the leader. At the end, first another may lead; then the last events are told.

    They tell of what was done, so they are posted also when the lease was lost.
    """
    async with asyncio.TaskGroup() as group:
        poster = group.create_task(events.run())
        try:
            await work
        finally:
            await election.release()
            await events.flush(_FLUSH_SECONDS)
            poster.cancel()


async def _lead(
    client: Client, election: Election, events: EventRecorder, options: Options
) -> None:
    caches = Caches(client)
    assembly = Assembly(client, caches, events, Images(options.launcher_image))
    installation = Installation(client, caches.kubevirts)
    caches.kubevirts.on_change(lambda _old, new: _add_kubevirt(installation, new))
    metric.register(caches, assembly.workers, events)
    authority = Authority(client, options.namespace, options.intervals)
    keeper = SessionKeeper(client, options.namespace)
    async with asyncio.TaskGroup() as group:
        group.create_task(election.keep())
        group.create_task(authority.run())  # first: others wait for their certificates
        group.create_task(keeper.informer.run())
        group.create_task(keeper.run())
        for informer in (*caches.informers, *caches.late_informers):
            group.create_task(informer.run())
        for informer in caches.informers:
            await informer.synced.wait()
        log.info(
            "caches are filled",
            extra={"vms": len(caches.vms), "vmis": len(caches.vmis), "pods": len(caches.pods)},
        )
        group.create_task(installation.queue.run(installation.work, workers=1))
        if options.bundle:
            bundle = Bundle(client, caches)
            bundle.connect()
            group.create_task(bundle.queue.run(bundle.work, workers=1))
        for worker in assembly.workers:
            group.create_task(worker.run(options.workers))


def _add_kubevirt(installation: Installation, new: KubeVirt | None) -> None:
    if new is not None:
        installation.queue.add(key_of(new))


async def run_until_signal(options: Options) -> None:
    """Run until SIGTERM or SIGINT, then give the lease back."""
    task = asyncio.create_task(run(options))
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, task.cancel)
    try:
        await task
    except asyncio.CancelledError:
        log.info("stopped")


def main() -> int:
    """Run the controller; the exit code is 1 when it could not go on."""
    options = parse_options(sys.argv[1:])
    # asyncio holds this much for each connection, and most of ours are watches that say little.
    sslproto.SSLProtocol.max_size = _TLS_BUFFER_BYTES
    configure_logging(COMPONENT_CONTROLLER, options.log_level)
    return run_process(run_until_signal(options))
