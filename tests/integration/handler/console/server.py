"""A console server in this process, launchers' sockets, and gateways that call on it."""

import asyncio
import socket
import ssl
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp
import msgspec

from api.door import (
    ROLE_GATEWAY,
    ROLE_HANDLER,
    SESSION_PATH,
    SessionGrant,
    SessionKind,
    SessionRequest,
)
from daemon.tls import ClientTls, ServerTls
from handler.console.desk import Caps
from handler.console.door import Door
from handler.console.patience import Patience
from handler.console.server import Server
from handler.console.trust_directory import TrustDirectory
from handler.trust_files import CURRENT, TrustFiles
from tests.authority import Authority
from tests.bench.console_path import Client

POD_UID = "0f2f9a4e-0b1c-4f6e-9d0a-000000000001"
_USUAL = SessionRequest(POD_UID, "tests", "vm", SessionKind.SERIAL, "alice")


@dataclass
class Node:
    """A running console server and what one needs to call on it."""

    door: Door
    server: Server
    port: int
    launchers: Path
    trust: Path
    authority: Authority
    client: ClientTls = field(default_factory=ClientTls)

    async def until(self, holds: Callable[[], bool], seconds: float = 60) -> None:
        """Wait for what is so once some connection has ended."""
        assert await asyncio.to_thread(self.wait, holds, seconds)

    def wait(self, holds: Callable[[], bool], seconds: float = 60) -> bool:
        """Do as ``until``, and tell whether it is so."""
        with self.server._ended:
            return self.server._ended.wait_for(holds, seconds)

    def dial(self) -> ssl.SSLSocket:
        """Return a gateway's bare connection."""
        raw = socket.create_connection(("127.0.0.1", self.port), timeout=60)
        return self.wrap(raw)

    def wrap(self, raw: socket.socket) -> ssl.SSLSocket:
        """Return a gateway's end of a connection, after the handshake."""
        return self.build_context().wrap_socket(raw, server_hostname=ROLE_HANDLER)

    def fetch_token(self, client: Client, **wanted: Any) -> str:
        """POST on a bare connection."""
        body = client.post(SESSION_PATH, "node", msgspec.json.encode(build_request(**wanted)))
        return msgspec.json.decode(body, type=SessionGrant).token

    def build_context(self, name: str = ROLE_GATEWAY) -> ssl.SSLContext:
        """Return a client's context of a fresh certificate of this name."""
        self.client.renew(self.authority.issue(name))
        return self.client.context


@contextmanager
def run_node(
    root: Path,
    *,
    caps: Caps | None = None,
    patience: Patience | None = None,
    host: str = "127.0.0.1",
) -> Iterator[Node]:
    """Run a console server in a thread; it must stop within its deadline at the end."""
    patience = patience or Patience()
    launchers, trust = root / "l", root / "t"
    launchers.mkdir()
    trust.mkdir()
    authority = Authority()
    TrustFiles(trust).write(authority.issue(ROLE_HANDLER))
    tls = ServerTls(client_certificates="required")
    door = Door(launchers, caps or Caps(), patience)
    trusted = TrustDirectory(trust / CURRENT, tls)
    trusted.refresh()  # the thread might first look after the test has changed the files
    server = Server(tls, trusted, door, patience)
    port = server.listen(0, host)
    thread = threading.Thread(target=server.serve)
    thread.start()
    node = Node(door, server, port, launchers, trust, authority)
    try:
        yield node
    finally:
        server.stop()
        thread.join(60)
        assert not thread.is_alive()
    assert node.wait(lambda: server.connections == 0)  # it waits for their threads a second only
    door.sweep(float("inf"))  # tokens that were never used
    assert door.taken_slots == door.tally.count_open() == 0


class Launcher:
    """The launcher's side of a console: every connection is handed to the test."""

    def __init__(self, launchers: Path, kind: SessionKind = SessionKind.SERIAL) -> None:
        directory = launchers / POD_UID
        directory.mkdir(exist_ok=True)
        self.path = directory / kind.value
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(self.path))
        self._listener.listen(512)
        self._listener.settimeout(60)

    def accept(self) -> socket.socket:
        """Return the next connection, which must come within seconds."""
        connection, _ = self._listener.accept()
        connection.settimeout(60)
        return connection

    def close(self) -> None:
        self._listener.close()


class Gateway:
    """Calls on a node as the gateway does."""

    def __init__(self, node: Node, session: aiohttp.ClientSession) -> None:
        self.node = node
        self.session = session
        self.websockets: list[aiohttp.ClientWebSocketResponse] = []
        self.url = f"https://127.0.0.1:{node.port}"

    async def ask(self, **wanted: Any) -> tuple[int, dict[str, str]]:
        """POST for a token; returns status and body."""
        body = msgspec.json.encode(build_request(**wanted))
        async with self.session.post(
            self.url + SESSION_PATH, data=body, server_hostname=ROLE_HANDLER
        ) as answer:
            return answer.status, await answer.json()

    async def connect(self, token: str, **how: Any) -> aiohttp.ClientWebSocketResponse:
        """Make the websocket of a token; ``how`` is for aiohttp."""
        websocket: aiohttp.ClientWebSocketResponse = await self.session.ws_connect(
            f"{self.url}/?token={token}", server_hostname=ROLE_HANDLER, **how
        )
        self.websockets.append(websocket)
        return websocket

    async def open(self, **wanted: Any) -> aiohttp.ClientWebSocketResponse:
        """Get a token and make its websocket."""
        status, body = await self.ask(**wanted)
        assert status == 200, body
        return await self.connect(body["token"])


def build_request(**wanted: Any) -> SessionRequest:  # Any: of any field
    """Return a request of alice for the serial console of the one VMI here."""
    return msgspec.structs.replace(_USUAL, **wanted)


@asynccontextmanager
async def call_on(node: Node, role: str = ROLE_GATEWAY) -> AsyncIterator[Gateway]:
    """Be a gateway, or someone else of our authority."""
    connector = aiohttp.TCPConnector(ssl=node.build_context(role), limit=0)
    # aiohttp itself gives up a handshake after 30 s, which many at once may take together.
    timeout = aiohttp.ClientTimeout(total=600)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session:
        gateway = Gateway(node, session)
        yield gateway
        await asyncio.gather(*(websocket.close() for websocket in gateway.websockets))
    await node.until(lambda: node.server.connections == 0)


async def accept(launcher: Launcher) -> socket.socket:
    """Wait for a launcher's next connection without holding up the gateway."""
    return await asyncio.to_thread(launcher.accept)
