"""`python -m handler`: the node agent of a DaemonSet's pod."""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from prometheus_client import REGISTRY

from api.names import (
    COMPONENT_HANDLER,
    HOST_LAUNCHERS_DIR,
    INSTALL_NAMESPACE,
    SECRET_HANDLER_CERTIFICATE,
)
from api.problem import Problem
from daemon.log import bound, configure_logging
from daemon.server import build_app, serve_health
from daemon.trust import Trust
from handler.descriptor import raise_descriptor_limit
from handler.hurry import Hurry
from handler.leftover import remove_directory, remove_leftovers
from handler.metric import KVM_USABLE, REQUESTS, VmiCollector
from handler.node import Node, NodeLabeller
from handler.pod import Pod, Vmi
from handler.probe import FACTS_PATH, NodeFacts, read_facts
from handler.report import POD_SELECTOR, Record, Reporter
from handler.socket_watch import SocketWatch
from handler.supervise import Supervisor
from handler.trust_files import TrustFiles
from handler.verb_server import VerbServer
from kube.client import Client, connect
from kube.event import EventRecorder
from kube.informer import Informer
from kube.resource import NODES, PODS, VMIS

log = logging.getLogger(__name__)

FLUSH_SECONDS = 2.0
TRUST_DIR = "/run/virtpod-trust"  # in memory, for the container `console`


@dataclass(frozen=True, slots=True)
class Settings:
    """What the pod's environment says."""

    node: str
    port: int
    launchers: Path
    facts: Path
    trust: Path
    log_level: str


def read_settings(environment: Mapping[str, str]) -> Settings:
    """Read the environment; NODE_NAME has no default."""
    node = environment.get("NODE_NAME", "")
    if not node:
        raise Problem("NodeNameMissing", "the environment has no NODE_NAME")
    port = environment.get("PORT", "8080")
    if not (port.isdecimal() and int(port) < 65536):
        raise Problem("PortInvalid", f"PORT is {port!r}, and no port number")
    return Settings(
        node=node,
        port=int(port),
        launchers=Path(environment.get("LAUNCHERS_DIR", HOST_LAUNCHERS_DIR)),
        facts=Path(environment.get("FACTS_PATH", FACTS_PATH)),
        trust=Path(environment.get("TRUST_DIR", TRUST_DIR)),
        log_level=environment.get("LOG_LEVEL", "INFO"),
    )


class Handler:
    """Everything that runs, wired together."""

    def __init__(self, settings: Settings, facts: NodeFacts, client: Client) -> None:
        node = settings.node
        self._settings = settings
        self._client = client
        self._pods = Informer(
            client,
            PODS,
            Pod,
            label_selector=POD_SELECTOR,
            field_selector=f"spec.nodeName={node}",
        )
        self._vmis = Informer(client, VMIS, Vmi, field_selector=f"status.nodeName={node}")
        self._nodes = Informer(client, NODES, Node, field_selector=f"metadata.name={node}")
        self._labeller = NodeLabeller(client, self._nodes, node, facts)
        self._events = EventRecorder(client, COMPONENT_HANDLER, node)
        self._tidying: set[asyncio.Task[None]] = set()
        settings.launchers.mkdir(mode=0o700, parents=True, exist_ok=True)
        self._sockets = SocketWatch(settings.launchers)
        self._reporter = Reporter(
            client,
            self._pods,
            self._vmis,
            self._events,
            supervise=self._supervise,
            tidy=self._tidy,
        )
        # Nothing of this is needed to start or stop a VM: it may come late, or not at all.
        self._trust = Trust(client, SECRET_HANDLER_CERTIFICATE, INSTALL_NAMESPACE)
        self._trust.on_change(TrustFiles(settings.trust).write)
        self._verbs = VerbServer(
            settings.launchers,
            self._trust,
            find_guest=self._reporter.find_guest,
            emit=self._reporter.emit,
        )
        self._hurry = Hurry(settings.launchers, self._pods)
        self.collector = VmiCollector(node, self._reporter.list_lines)

    def _supervise(self, pod_uid: str, record: Record) -> Supervisor:
        return Supervisor(self._settings.launchers, pod_uid, self._sockets, record)

    def _tidy(self, pod_uid: str) -> None:
        task = asyncio.create_task(remove_directory(self._settings.launchers, pod_uid))
        self._tidying.add(task)
        task.add_done_callback(self._tidying.discard)

    async def _tidy_up(self) -> None:
        """Remove what pods left behind while no handler was here."""
        await self._pods.synced.wait()
        pod_uids = {pod.metadata.uid for pod in self._pods}
        await remove_leftovers(self._settings.launchers, pod_uids)

    def is_ready(self) -> bool:
        """Tell whether VMs can be placed here and will be reported."""
        synced = self._pods.synced.is_set() and self._vmis.synced.is_set()
        return synced and self._labeller.is_ready()

    async def run(self, stop: asyncio.Event) -> None:
        """Run everything until ``stop``."""
        parts = (
            self._sockets,
            self._pods,
            self._vmis,
            self._nodes,
            self._reporter,
            self._labeller,
            self._events,
            self._trust,
            self._verbs,
            self._hurry,
        )
        app = build_app(healthy=lambda: True, ready=self.is_ready)
        metrics = serve_health(app, port=self._settings.port)
        async with metrics, asyncio.TaskGroup() as group:
            tasks = [group.create_task(part.run(), name=type(part).__name__) for part in parts]
            tasks.append(group.create_task(self._tidy_up()))
            await stop.wait()
            log.info("stopping")
            await self._events.flush(FLUSH_SECONDS)
            for task in tasks:
                task.cancel()


async def run_handler(settings: Settings) -> None:
    """Connect and run until SIGTERM; guests, labels and pods stay as they are."""
    facts = read_facts(settings.facts)
    KVM_USABLE.set(facts.kvm)
    log.info("handler starts", extra={"kvm": facts.kvm, "kvm_reason": facts.kvm_reason})
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)

    def observe(verb: str, resource: str, code: int) -> None:
        REQUESTS.labels(verb, resource, code).inc()

    client = await connect(COMPONENT_HANDLER, observe=observe)
    try:
        handler = Handler(settings, facts, client)
        REGISTRY.register(handler.collector)
        await handler.run(stop)
    finally:
        await client.close()


def main() -> int:
    """Run the handler; a Problem at the start is one line and exit code 1."""
    try:
        settings = read_settings(os.environ)
        configure_logging(COMPONENT_HANDLER, settings.log_level)
        raise_descriptor_limit()
        with bound(node=settings.node):
            asyncio.run(run_handler(settings))
    except Problem as problem:
        log.critical(
            "handler cannot start", extra={"reason": problem.slug, "error": problem.message}
        )
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
