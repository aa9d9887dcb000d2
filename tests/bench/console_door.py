"""The gateway's hop before a node's: `python -m tests.bench.console_door NODE-PORT` serves it.

Its websockets are the gateway's own; what they ask of the API server is answered on the spot.
"""

import asyncio
import contextlib
import os
import socket
import ssl
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec
from aiohttp import web

from api.config import KubeVirtConfiguration
from api.door import SessionKind
from api.vmi import VirtualMachineInstance
from daemon.tls import ClientTls, Material, ServerTls
from gateway.call import Backend, Call, GuestPod
from gateway.route import ROOT, find_routes
from gateway.session import Sessions
from gateway.stream import node
from gateway.stream.assembly import build_handlers
from gateway.stream.registry import Limits
from gateway.user import User
from kube.client import Client as KubeClient
from tests.authority import Authority
from tests.bench.console_path import POD_UID, Client, NodeWay, ended, open_node_way

_NAMES = {SessionKind.SERIAL: "console", SessionKind.VNC: "vnc"}
_VM = f"{ROOT}/v1/namespaces/bench/virtualmachineinstances/vm"


@dataclass
class DoorWay:
    """Both hops."""

    node: NodeWay
    port: int
    tls: ClientTls
    process: subprocess.Popen[str]

    @property
    def pids(self) -> tuple[int, ...]:
        return (self.process.pid, *self.node.pids)

    @property
    def launchers(self) -> Path:
        return self.node.launchers

    def connect(self, kind: SessionKind = SessionKind.SERIAL) -> Client:
        """Open the websocket as the API server does for its user."""
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=10)
        raw.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with contextlib.ExitStack() as stack:
            stack.enter_context(raw)
            connection = self.tls.context.wrap_socket(raw, server_hostname="gateway")
            client = Client(stack.enter_context(connection))
            client.upgrade(f"{_VM}/{_NAMES[kind]}", "gateway")
            stack.pop_all()
            return client


@contextmanager
def open_door_way(root: Path) -> Iterator[DoorWay]:
    """Start a node's console server and a gateway before it."""
    with open_node_way(root) as hop:
        authority = Authority()
        tls = ClientTls()
        tls.renew(authority.issue("client"))
        content = msgspec.json.encode((authority.issue("gateway"), hop.material))
        (root / "door").write_bytes(content)
        program = [sys.executable, "-m", "tests.bench.console_door", str(hop.port), str(root)]
        environment = {"PATH": os.environ["PATH"], "MALLOC_ARENA_MAX": "2"}
        process = subprocess.Popen(program, env=environment, stdout=subprocess.PIPE, text=True)
        with ended(process):
            assert process.stdout is not None
            yield DoorWay(hop, int(process.stdout.readline()), tls, process)


@dataclass
class _Machines:
    vmi: VirtualMachineInstance

    async def read_vmi(self, namespace: str, name: str) -> VirtualMachineInstance:
        del namespace, name
        return self.vmi

    async def read_pod(self, vmi: VirtualMachineInstance) -> GuestPod:
        del vmi
        return GuestPod(POD_UID, ())


@dataclass
class _Nodes:
    tls: ClientTls = field(default_factory=ClientTls)

    def find_address(self, name: str) -> str:
        del name
        return "127.0.0.1"


async def serve(served: ssl.SSLContext, shown: Material) -> None:
    """Serve until killed; prints the port."""
    content = {
        "metadata": {"name": "vm", "namespace": "bench"},
        "spec": {"domain": {"devices": {}}},
        "status": {"phase": "Running", "nodeName": "here"},
    }
    nodes = _Nodes()
    nodes.tls.renew(shown)
    unused: KubeClient = None  # type: ignore[assignment]  # consoles ask it nothing
    machines = _Machines(msgspec.convert(content, VirtualMachineInstance))
    backend = Backend(unused, nodes, machines, Sessions(), KubeVirtConfiguration)
    handlers = build_handlers(backend, Limits(1000, 1000, 1000))

    async def is_still_allowed() -> bool:
        return True

    async def handle(request: web.BaseRequest) -> web.StreamResponse:
        routes, target = find_routes(request.path) or ({}, None)
        assert target is not None
        route = routes["GET"]
        call = Call(request, route, target, User("bench"), b"", is_still_allowed)
        return await handlers[route.key](call)

    runner = web.ServerRunner(web.Server(handle), access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0, ssl_context=served).start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


def main(node_port: str, root: str) -> None:
    """Take the place of a gateway's pod."""
    vars(node)["SESSION_PORT"] = int(node_port)  # that of all nodes; here any
    content = (Path(root) / "door").read_bytes()
    own, shown = msgspec.json.decode(content, type=tuple[Material, Material])
    tls = ServerTls(client_certificates="optional")
    tls.renew(own)
    asyncio.run(serve(tls.context, shown))


if __name__ == "__main__":
    main(*sys.argv[1:])
