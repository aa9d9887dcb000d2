"""Consoles and ports as browsers and other clients reach them: websockets of the API server."""

import asyncio
import base64
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from aiohttp import ClientSession, TCPConnector, WSMsgType

from tests.e2e.cluster import Cluster
from tests.e2e.kubectl import Kubectl
from tests.e2e.tenant import build_tenant
from tests.e2e.vm import Vm

RFB = b"RFB 003.008\n"
BEARER = "base64url.bearer.authorization.k8s.io."


class Tenant:
    """A user with a bearer token, and no certificate."""

    def __init__(self, kubectl: Kubectl, vm: str) -> None:
        config = yaml.safe_load(Path(kubectl.env["KUBECONFIG"]).read_text())
        cluster = config["clusters"][0]["cluster"]
        self.token = str(config["users"][0]["user"]["token"])
        authority = base64.b64decode(cluster["certificate-authority-data"]).decode()
        tls = ssl.create_default_context(cadata=authority)
        self._connector = TCPConnector(ssl=tls)
        self._session = ClientSession(connector=self._connector)
        server = cluster["server"]
        self._base = (
            f"{server}/apis/subresources.kubevirt.io/v1"
            f"/namespaces/{kubectl.namespace}/virtualmachineinstances/{vm}"
        )

    @asynccontextmanager
    async def connect(self, path: str, **more: Any) -> AsyncIterator[Any]:
        headers = {"Authorization": f"Bearer {self.token}"}
        url = f"{self._base}/{path}"
        async with self._session.ws_connect(url, **{"headers": headers} | more) as websocket:
            connection = websocket._conn
            assert connection is not None
            transport = connection.transport
            assert transport is not None
            yield websocket
        transport.abort()  # it waits for the goodbye of TLS, and the test's loop ends

    async def ask(self, path: str, **headers: str) -> int:
        """Ask for a websocket that is to be refused; return the code of the answer."""
        upgrade = {
            "Authorization": f"Bearer {self.token}",
            "Connection": "Upgrade",
            "Upgrade": "websocket",
            "Sec-WebSocket-Version": "13",
            "Sec-WebSocket-Key": "dGhlIHNhbXBsZSBub25jZQ==",
        }
        async with self._session.get(f"{self._base}/{path}", headers=upgrade | headers) as answer:
            await answer.read()
            return answer.status

    async def close(self) -> None:
        await self._connector.close(abort_ssl=True)  # waits for no goodbye of TLS
        await self._session.close()


@asynccontextmanager
async def be(kubectl: Kubectl, vm: str) -> AsyncIterator[Tenant]:
    tenant = Tenant(kubectl, vm)
    try:
        yield tenant
    finally:
        await tenant.close()


@pytest.fixture(scope="module")
def editor(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Kubectl:
    return build_tenant(cluster, "stream-editor", tmp_path_factory.mktemp("stream"), "edit")


async def read_until(websocket: Any, wanted: bytes) -> bytes:
    """Read until some bytes came."""
    came = b""
    async with asyncio.timeout(60):
        while wanted not in came:
            message = await websocket.receive()
            assert message.type is WSMsgType.BINARY, message
            came += message.data
    return came


async def test_a_browser_shows_its_token_as_a_subprotocol(editor: Kubectl, shared: Vm) -> None:
    async with be(editor, shared.name) as tenant:
        encoded = base64.urlsafe_b64encode(tenant.token.encode()).decode().rstrip("=")
        protocols = (BEARER + encoded, "plain.kubevirt.io")
        for path, wanted in (("vnc", RFB), ("console", b"login:")):
            async with tenant.connect(path, headers={}, protocols=protocols) as websocket:
                assert websocket.protocol == "plain.kubevirt.io"
                await read_until(websocket, wanted)
        assert await tenant.ask("vnc", Authorization="Bearer x") == 401


async def test_two_viewers_share_a_screen_and_a_third_can_leave_them_alone(
    editor: Kubectl, shared: Vm
) -> None:
    async with (
        be(editor, shared.name) as tenant,
        tenant.connect("vnc") as one,
        tenant.connect("vnc") as two,
    ):
        for websocket in (one, two):
            await read_until(websocket, RFB)
            await websocket.send_bytes(RFB)
            await read_until(websocket, b"\x01\x01")  # one way to authenticate: none
        assert await tenant.ask("vnc?preserveSession=true") == 503


async def test_who_asks_for_the_serial_console_alone_gets_it(editor: Kubectl, shared: Vm) -> None:
    async with (
        be(editor, shared.name) as tenant,
        tenant.connect("console") as first,
        tenant.connect("console?exclusive=true"),
        asyncio.timeout(60),
    ):
        while (message := await first.receive()).type is WSMsgType.BINARY:
            pass
        assert (message.type, message.data) == (WSMsgType.CLOSE, 4001)


async def test_a_port_that_nothing_listens_at_is_told_before_the_upgrade(
    editor: Kubectl, shared: Vm
) -> None:
    async with be(editor, shared.name) as tenant:
        assert await tenant.ask("portforward/1") == 500


async def test_a_revoked_right_ends_an_open_console_within_a_minute(
    cluster: Cluster, tmp_path: Path, shared: Vm
) -> None:
    leaver = build_tenant(cluster, "stream-leaver", tmp_path, "edit")
    async with be(leaver, shared.name) as tenant, tenant.connect("console") as websocket:
        await read_until(websocket, b"login:")
        await asyncio.to_thread(cluster.kubectl, "delete", "rolebinding", "stream-leaver-edit")
        async with asyncio.timeout(90):  # a minute, on a machine that has nothing else to do
            while (message := await websocket.receive()).type is WSMsgType.BINARY:
                pass
        assert (message.type, message.data) == (WSMsgType.CLOSE, 1008)
