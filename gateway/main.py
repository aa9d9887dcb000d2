"""The gateway's process: watches what it must know, serves, and ends in an orderly way."""

import argparse
import asyncio
import logging
import os
import signal
import sys
from dataclasses import dataclass
from typing import Final

from api.names import COMPONENT_API, INSTALL_NAMESPACE, SECRET_API_CERTIFICATE
from daemon.log import configure_logging
from daemon.metric import count_request
from daemon.process import run_process
from daemon.server import build_app, serve_health
from daemon.tls import ClientTls, Material, ServerTls
from daemon.trust import Trust
from gateway import expand, guest, info, metric, power
from gateway.admission.webhook import build_webhooks
from gateway.call import Backend, Handlers
from gateway.catalogue import Catalogue
from gateway.config import ConfigWatch
from gateway.front_proxy import FrontProxyWatch
from gateway.listener import listen
from gateway.machine import MachineReader
from gateway.node import NodeClient, NodeDirectory
from gateway.review import Reviewer
from gateway.server import Served, Server
from gateway.session import Sessions
from gateway.stream import assembly as stream
from gateway.stream.page import PAGE_HEADERS, build_pages
from gateway.ui.assembly import Door, Place
from kube.client import Client, connect
from kube.config import load_server

log = logging.getLogger(__name__)

# So long, nodes may still send new connections to a pod that is to end.
DRAIN_SECONDS: Final = 3.0
CLOSE_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Options:
    """How this replica runs."""

    namespace: str
    host: str
    port: int
    ui_port: int
    metrics_port: int
    drain_seconds: float
    guestfs_image: str
    log_level: str


def parse_options(arguments: list[str]) -> Options:
    """Read the command line; the environment gives the defaults."""
    env = os.environ
    parser = argparse.ArgumentParser(prog="gateway", description=__doc__)
    parser.add_argument("--namespace", default=env.get("NAMESPACE", INSTALL_NAMESPACE))
    parser.add_argument("--host", default="", help="address to listen at; all of them")
    parser.add_argument("--port", type=int, default=8443, help="of the API, with TLS")
    parser.add_argument("--ui-port", type=int, default=8444, help="of the pages, with TLS")
    parser.add_argument("--metrics-port", type=int, default=8080, help="of health and metrics")
    parser.add_argument(
        "--drain-seconds", type=float, default=DRAIN_SECONDS, help="between SIGTERM and the end"
    )
    parser.add_argument(
        "--guestfs-image", default="", help="image with libguestfs that clients are told of"
    )
    parser.add_argument("--log-level", default=env.get("LOG_LEVEL", "INFO"))
    return Options(**vars(parser.parse_args(arguments)))


class Gateway:
    """Everything that runs, wired together."""

    def __init__(self, client: Client, options: Options, pages: Place | None = None) -> None:
        """``pages`` says where the graphical interface is; without it there is none."""
        self.door = Door(client, options.namespace, options.host, pages or Place())
        self.listening: asyncio.Future[int] = asyncio.get_running_loop().create_future()
        self._options = options
        self._sessions = Sessions()
        self._ending = False
        self._server_tls = ServerTls(client_certificates="optional")
        self._client_tls = ClientTls()
        self._front_proxy = FrontProxyWatch(client)
        self._trust = Trust(client, SECRET_API_CERTIFICATE, options.namespace)
        self._config = ConfigWatch(client, options.namespace)
        self._directory = NodeDirectory(client, options.namespace, self._client_tls)
        self._nodes = NodeClient(self._directory)
        self._trust.on_change(self._client_tls.renew)
        self._trust.on_change(self.door.renew)
        self._trust.on_change(lambda _: self._renew_server())
        self._front_proxy.on_change(self._renew_server)
        reviewer = Reviewer(client)
        self._catalogue = Catalogue(client)
        served = Served(
            self._build_handlers(client, reviewer),
            build_webhooks(client, self._catalogue, self._config.read),
            build_pages(),
            PAGE_HEADERS,
        )
        self._server = Server(served, reviewer, lambda: self._front_proxy.current)
        metric.SESSIONS.set_function(lambda: len(self._sessions))

    def _build_handlers(self, client: Client, reviewer: Reviewer) -> Handlers:
        machines = MachineReader(client)
        read_config = self._config.read
        backend = Backend(client, self._directory, machines, self._sessions, read_config)
        return {
            **power.build_handlers(client, machines),
            **guest.build_handlers(machines, self._nodes),
            **expand.build_handlers(client, reviewer, self._catalogue, read_config),
            **info.build_handlers(self.is_ready, self._options.guestfs_image),
            **stream.build_handlers(backend),
        }

    def is_ready(self) -> bool:
        """Tell whether calls can be answered."""
        known = (
            self._trust.ready,
            self._front_proxy.ready,
            self._directory.informer.synced,
            self._config.informer.synced,  # else webhooks write defaults that are not the cluster's
        )
        return not self._ending and all(each.is_set() for each in known)

    def _renew_server(self) -> None:
        """Take new material. Until the front proxies are known nobody is let in at all."""
        material: Material | None = self._trust.material
        proxy = self._front_proxy.current
        if material is not None and proxy is not None:
            self._server_tls.renew(material, proxy.authorities)

    async def run(self, stop: asyncio.Event) -> None:
        """Run everything until ``stop``."""
        app = build_app(healthy=lambda: True, ready=self.is_ready)
        runs = [self._trust.run, self._front_proxy.run, self._config.informer.run]
        runs += [self._directory.informer.run, *self.door.runs]
        runs += [informer.run for informer in self._catalogue.informers]
        metrics = serve_health(app, port=self._options.metrics_port)
        async with metrics, asyncio.TaskGroup() as group:
            tasks = [group.create_task(run()) for run in runs]
            pages = group.create_task(self.door.run(stop, self._options.drain_seconds))
            await self._serve(stop)
            await pages
            for task in tasks:
                task.cancel()
        await self._nodes.close()

    async def _serve(self, stop: asyncio.Event) -> None:
        context, where = self._server_tls.context, self._options
        async with listen(self._server, context, host=where.host, port=where.port) as listener:
            self.listening.set_result(listener.port)
            await stop.wait()
            log.info("stopping", extra={"sessions": len(self._sessions)})
            self._ending = True
            listener.end_connections()
            await asyncio.sleep(self._options.drain_seconds)
            await self._sessions.close(CLOSE_SECONDS)


async def run(options: Options) -> None:
    """Connect, and run until SIGTERM or SIGINT."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    client = await connect(COMPONENT_API, observe=count_request)
    try:
        pages = Place(await load_server(), options.ui_port)
        await Gateway(client, options, pages).run(stop)
    finally:
        await client.close()


def main() -> int:
    """Run the gateway; the exit code is 1 when it could not go on."""
    options = parse_options(sys.argv[1:])
    configure_logging(COMPONENT_API, options.log_level)
    return run_process(run(options))
