"""Certificates appear, change and break while the server runs."""

import asyncio
import socket
import threading
from pathlib import Path

import pytest

from api.door import ROLE_GATEWAY, ROLE_HANDLER
from daemon.tls import ClientTls, Material, ServerTls
from handler.console.desk import Caps
from handler.console.door import Door
from handler.console.patience import Patience
from handler.console.server import Server
from handler.console.trust_directory import TrustDirectory
from handler.trust_files import CURRENT, TrustFiles
from tests.authority import Authority
from tests.integration.handler.console.server import Gateway, Launcher, Node, accept, call_on


def test_the_server_waits_for_its_first_certificate(tmp_path: Path) -> None:
    authority = Authority()
    tls = ServerTls(client_certificates="required")
    server = Server(
        tls,
        TrustDirectory(tmp_path / CURRENT, tls),
        Door(tmp_path, Caps(), Patience()),
        Patience(),
    )
    port = server.listen(0, "127.0.0.1")
    thread = threading.Thread(target=server.serve)
    thread.start()
    client = ClientTls()
    client.renew(authority.issue(ROLE_GATEWAY))
    try:
        assert not server.is_ready
        early = socket.create_connection(("127.0.0.1", port), timeout=30)
        TrustFiles(tmp_path).write(authority.issue(ROLE_HANDLER))
        with client.context.wrap_socket(early, server_hostname=ROLE_HANDLER):
            assert server.is_ready
    finally:
        server.stop()
        thread.join(60)


async def test_new_certificates_and_authorities_count_and_sessions_live_on(
    node: Node, gateway: Gateway, launcher: Launcher
) -> None:
    websocket = await gateway.open()
    with await accept(launcher) as console:
        old, new = node.authority, Authority("the next one")
        both = old.certificate + new.certificate
        files = TrustFiles(node.trust)
        files.write(old.issue(ROLE_HANDLER, authorities=both))
        files.write(new.issue(ROLE_HANDLER, authorities=new.certificate))
        node.authority = new
        async with call_on(node) as renewed, asyncio.timeout(30):
            assert (await renewed.ask())[0] == 200
            await websocket.send_bytes(b"still")
            assert await asyncio.to_thread(console.recv, 5) == b"still"
            await websocket.close()


@pytest.mark.parametrize("broken", ["certificate", "key", "authorities"])
async def test_what_cannot_be_used_is_logged_once_and_the_old_stays(
    node: Node,
    gateway: Gateway,
    launcher: Launcher,
    broken: str,
    caplog: pytest.LogCaptureFixture,
) -> None:
    good = node.authority.issue(ROLE_HANDLER)
    parts = {name: getattr(good, name) for name in ("certificate", "key", "authorities")}
    TrustFiles(node.trust).write(Material(**(parts | {broken: b"nonsense"})))
    for _ in range(3):
        async with call_on(node) as fresh:
            assert (await fresh.ask())[0] == 200
    complaints = [one for one in caplog.records if one.message == "certificate not taken"]
    assert len(complaints) == 1


async def test_files_that_are_gone_change_nothing(
    node: Node, gateway: Gateway, launcher: Launcher
) -> None:
    (node.trust / CURRENT).unlink()
    assert (await gateway.ask())[0] == 200
    assert node.server.is_ready
