"""Who is not the gateway gets nothing, and what is no request gets an answer that says so."""

import asyncio
import json
import socket
import ssl

import pytest

from api.door import ROLE_HANDLER, SESSION_PATH
from daemon.tls import ClientTls
from tests.authority import Authority, sign_self
from tests.integration.handler.console.server import (
    Gateway,
    Launcher,
    Node,
    call_on,
)

POST = f"POST {SESSION_PATH} HTTP/1.1\r\nHost: n\r\n"
UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


def talk(connection: socket.socket, request: bytes) -> bytes:
    """Send a request and read all that is answered until the server closes."""
    connection.sendall(request)
    answer = b""
    while data := connection.recv(65536):
        answer += data
    return answer


async def exchange(node: Node, request: str) -> tuple[int, dict[str, str], bytes]:
    """Return status, body and whole answer of one request, after which the server must close."""

    def call() -> bytes:
        with node.dial() as connection:
            return talk(connection, request.encode("latin-1"))

    answer = await asyncio.to_thread(call)
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body), answer


@pytest.mark.parametrize("role", ["virt-handler", "virt-controller", "VIRT-API", "admin"])
async def test_another_role_of_our_authority_is_403(
    node: Node, role: str, launcher: Launcher
) -> None:
    async with call_on(node, role) as other:
        status, refusal = await other.ask()
        assert (status, refusal["reason"]) == (403, "RoleForbidden")


async def test_another_role_cannot_use_a_gateways_token(
    node: Node, gateway: Gateway, launcher: Launcher
) -> None:
    _, grant = await gateway.ask()
    node.client.renew(node.authority.issue("virt-controller"))
    request = f"GET /?token={grant['token']} HTTP/1.1\r\nHost: n\r\n{UPGRADE}\r\n"

    def call() -> bytes:
        raw = socket.create_connection(("127.0.0.1", node.port), timeout=30)
        with node.client.context.wrap_socket(raw, server_hostname=ROLE_HANDLER) as connection:
            return talk(connection, request.encode())

    assert (await asyncio.to_thread(call)).startswith(b"HTTP/1.1 403 ")
    await gateway.connect(grant["token"])


@pytest.mark.parametrize("whose", ["nobody", "self", "stranger", "expired"])
async def test_without_our_authoritys_certificate_there_is_no_answer(
    node: Node, whose: str
) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.load_verify_locations(cadata=node.authority.certificate.decode())
    if whose != "nobody":
        material = {
            "self": lambda: sign_self("virt-api"),
            "stranger": lambda: Authority("other").issue("virt-api"),
            "expired": lambda: node.authority.issue("virt-api", valid=False),
        }[whose]()
        client = ClientTls()
        client.renew(material)
        context = client.context
        context.load_verify_locations(cadata=node.authority.certificate.decode())

    def call() -> bytes:
        raw = socket.create_connection(("127.0.0.1", node.port), timeout=30)
        with context.wrap_socket(raw, server_hostname=ROLE_HANDLER) as connection:
            return talk(connection, b"GET / HTTP/1.1\r\nHost: n\r\n\r\n")

    with pytest.raises((ssl.SSLError, ConnectionError)):
        await asyncio.to_thread(call)


@pytest.mark.parametrize(
    ("request_text", "status"),
    [
        ("GET / HTTP/1.1\r\nHost: n\r\n\r\n", 426),
        ("GET /etc/passwd HTTP/1.1\r\nHost: n\r\n\r\n", 426),
        (f"GET / HTTP/1.1\r\nHost: n\r\n{UPGRADE}\r\n", 400),
        (f"GET /?token=a&token=b HTTP/1.1\r\nHost: n\r\n{UPGRADE}\r\n", 400),
        (f"GET /x?token=a HTTP/1.1\r\nHost: n\r\n{UPGRADE}\r\n", 400),
        (f"GET /?token=a HTTP/1.1\r\nHost: n\r\n{UPGRADE}\r\n", 403),
        ("PUT / HTTP/1.1\r\nHost: n\r\n\r\n", 501),
        ("POST / HTTP/1.1\r\nHost: n\r\nContent-Length: 0\r\n\r\n", 404),
        (f"{POST}\r\n", 411),
        (f"{POST}Content-Length: -1\r\n\r\n", 411),
        (f"{POST}Content-Length: 999999999\r\n\r\n", 413),
        (f"{POST}Content-Length: 4\r\nContent-Length: 3\r\n\r\nnull", 411),
        (f"{POST}Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),
        ("no such thing\r\n\r\n", 400),
        ("GET / HTTP/1.1\r\n" + "X: y\r\n" * 200 + "\r\n", 431),
        ("GET /" + "x" * 70_000 + " HTTP/1.1\r\n\r\n", 414),
    ],
)
async def test_what_is_no_request_is_refused_and_the_connection_closed(
    node: Node, request_text: str, status: int
) -> None:
    found, refusal, _ = await exchange(node, request_text)
    assert found == status
    assert refusal.keys() == {"reason", "message"}


@pytest.mark.parametrize("missing", ["Sec-WebSocket-Key", "Sec-WebSocket-Version"])
async def test_half_an_upgrade_is_400_and_costs_no_slot(
    node: Node, gateway: Gateway, launcher: Launcher, missing: str
) -> None:
    _, grant = await gateway.ask()
    upgrade = UPGRADE.replace(missing, "X-Other")
    status, _, _ = await exchange(
        node, f"GET /?token={grant['token']} HTTP/1.1\r\nHost: n\r\n{upgrade}\r\n"
    )
    assert status == 400
    await node.until(lambda: node.door.taken_slots == 0)


@pytest.mark.parametrize(
    "body",
    [b"", b"null", b"[]", b"{", b'{"podUid": 1}', b'{"kind": "ssh"}', b"\xff\xfe", b"[" * 4000],
)
async def test_a_body_that_is_no_request_is_400(gateway: Gateway, body: bytes) -> None:
    async with gateway.session.post(
        gateway.url + SESSION_PATH, data=body, server_hostname=ROLE_HANDLER
    ) as answer:
        assert answer.status == 400
        assert (await answer.json())["reason"] == "RequestInvalid"


@pytest.mark.parametrize("uid", ["", "..", "../..", "/", "x" * 36, "0f2f9a4e"])
async def test_a_pod_that_is_none_is_404(gateway: Gateway, uid: str) -> None:
    status, refusal = await gateway.ask(pod_uid=uid)
    assert (status, refusal["reason"]) == (404, "PodUidInvalid")


async def test_a_console_that_is_not_there_is_404(gateway: Gateway) -> None:
    status, refusal = await gateway.ask()
    assert (status, refusal["reason"]) == (404, "SocketMissing")
