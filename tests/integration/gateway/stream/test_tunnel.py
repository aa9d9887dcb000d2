"""Ports of guests: TCP and UDP servers stand for guests at 127.0.0.1 and ::1."""

import asyncio
import hashlib
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import cast

import pytest

from gateway.call import GuestPod
from gateway.stream import tunnel, wish
from gateway.stream.liveness import Timing
from tests.integration.gateway.stream.door import ROOT, VMI_ROOT, make_vmi, open_door, read_close
from tests.integration.gateway.stream.test_console import refusal_of

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@pytest.fixture(autouse=True)
def loopback_is_no_matter(monkeypatch: pytest.MonkeyPatch) -> None:
    """Guests of these tests are at loopback addresses, which no pod has."""
    monkeypatch.setattr(wish, "is_strange", lambda _address: False)


@asynccontextmanager
async def guest(serve: Serve, host: str = "127.0.0.1") -> AsyncIterator[int]:
    server = await asyncio.start_server(serve, host, 0)
    async with server:
        yield server.sockets[0].getsockname()[1]


async def echo(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.close()


@pytest.mark.parametrize("resource", ["virtualmachines", "virtualmachineinstances"])
@pytest.mark.parametrize("suffix", ["", "/tcp"])
async def test_tcp_bytes_pass_unchanged_both_ways(resource: str, suffix: str) -> None:
    data = os.urandom(8 << 20)
    async with open_door() as door, guest(echo) as port:
        path = f"{ROOT}/{resource}/vm1/portforward/{port}{suffix}"
        async with door.connect(
            path, max_msg_size=0, protocols=("plain.kubevirt.io",)
        ) as websocket:

            async def send() -> None:
                for start in range(0, len(data), 100_000):
                    await websocket.send_bytes(data[start : start + 100_000])

            sending = asyncio.create_task(send())
            came = b""
            while len(came) < len(data):
                came += (await websocket.receive(timeout=60)).data
            await sending
        assert hashlib.sha256(came).digest() == hashlib.sha256(data).digest()


async def test_the_guests_end_is_1000_after_its_last_byte() -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(bytes(1 << 20))
        writer.close()

    async with (
        open_door() as door,
        guest(talk) as port,
        door.connect(f"{VMI_ROOT}/portforward/{port}") as websocket,
    ):
        came = 0
        while came < 1 << 20:
            came += len((await websocket.receive(timeout=30)).data)
        assert (await read_close(websocket))[0] == 1000


async def test_the_clients_end_reaches_the_guest_after_its_last_byte() -> None:
    whole: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        # Unread by the client: a connection that is just closed would be reset for it.
        writer.write(bytes(300_000))
        await asyncio.sleep(0.2)
        whole.set_result(await reader.read(-1))
        writer.close()

    async with open_door() as door, guest(talk) as port:
        websocket = await door.connect(f"{VMI_ROOT}/portforward/{port}")
        await websocket.send_bytes(b"x" * 500_000)
        await websocket.close()
        assert await asyncio.wait_for(whole, 30) == b"x" * 500_000


async def test_a_guest_that_resets_is_1011() -> None:
    async def talk(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = writer.get_extra_info("socket")
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        writer.close()

    async with (
        open_door() as door,
        guest(talk) as port,
        door.connect(f"{VMI_ROOT}/portforward/{port}") as websocket,
    ):
        assert await read_close(websocket) == (1011, "the guest reset the connection")


async def test_ipv6_is_dialled_too() -> None:
    async with open_door() as door, guest(echo, "::1") as port:
        door.machines.vmi = make_vmi(interfaces=[{"ipAddress": "::1"}])
        door.machines.pod = GuestPod("u", ("::1",))
        async with door.connect(f"{VMI_ROOT}/portforward/{port}") as websocket:
            await websocket.send_bytes(b"six")
            assert (await websocket.receive(timeout=30)).data == b"six"


@pytest.mark.parametrize("port", ["0", "99999", "abc", "-1", "22.5", "0x16", "22/sctp", "22/TCP"])
async def test_what_is_no_port_is_400(port: str) -> None:
    async with open_door() as door:
        assert (await refusal_of(door, f"{VMI_ROOT}/portforward/{port}"))[0] == 400


async def test_a_port_that_nobody_listens_at_is_500_before_the_upgrade() -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        port = closed.getsockname()[1]
        async with open_door() as door:
            code, message = await refusal_of(door, f"{VMI_ROOT}/portforward/{port}")
            assert code == 500
            told = f"tcp port {port}: connection refused"
            assert message == f"Internal error occurred: dialing VM: {told}"


async def test_a_paused_guest_cannot_answer() -> None:
    async with open_door() as door:
        door.machines.vmi = make_vmi(conditions=[{"type": "Paused", "status": "True"}])
        code, message = await refusal_of(door, f"{VMI_ROOT}/portforward/22")
        assert (code, message.endswith("VMI is paused")) == (409, True)


class Datagrams(asyncio.DatagramProtocol):
    """Answers each datagram with its length and itself."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = cast("asyncio.DatagramTransport", transport)

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        self.transport.sendto(b"%d:" % len(data) + data[:100], addr)


@asynccontextmanager
async def udp_guest() -> AsyncIterator[int]:
    loop = asyncio.get_running_loop()
    transport, _ = await loop.create_datagram_endpoint(Datagrams, local_addr=("127.0.0.1", 0))
    yield transport.get_extra_info("sockname")[1]
    transport.close()


async def test_each_message_is_a_datagram_and_back() -> None:
    async with (
        open_door() as door,
        udp_guest() as port,
        door.connect(f"{VMI_ROOT}/portforward/{port}/udp") as websocket,
    ):
        for data in (b"one", b"two", bytes(65_507)):
            await websocket.send_bytes(data)
            told = (await websocket.receive(timeout=30)).data
            assert told == b"%d:" % len(data) + data[:100]
        await websocket.send_bytes(bytes(65_508))
        assert (await read_close(websocket))[0] == 1009


async def test_a_udp_port_that_nobody_listens_at_is_told() -> None:
    with socket.socket(type=socket.SOCK_DGRAM) as closed:
        closed.bind(("127.0.0.1", 0))
        closed.connect(("127.0.0.1", 9))  # it hears nobody else, and nobody else gets its port
        port = closed.getsockname()[1]
        async with (
            open_door() as door,
            door.connect(f"{VMI_ROOT}/portforward/{port}/udp") as websocket,
        ):
            await websocket.send_bytes(b"anybody?")
            assert await read_close(websocket) == (1011, "the guest has nothing at this port")


async def test_an_idle_udp_tunnel_is_closed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tunnel, "_IDLE_SECONDS", 3.0)
    timing = Timing(look=0.05, ping=0.1)
    async with (
        open_door(timing=timing) as door,
        udp_guest() as port,
        door.connect(f"{VMI_ROOT}/portforward/{port}/udp") as websocket,
    ):
        await websocket.send_bytes(b"x")
        await websocket.receive(timeout=30)
        assert (await read_close(websocket))[0] == 1000
