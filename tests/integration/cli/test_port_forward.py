"""Ports of a VM on this machine: TCP, UDP and standard streams, through a real `kubectl proxy`."""

import asyncio
import http.client
import json
import os
import signal
import socket
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from urllib.parse import urlsplit

import pytest
from aiohttp import web

from cli.forward import await_interrupt
from tests.integration.cli.conftest import Virt
from tests.integration.cli.server import SUBRESOURCES, Server
from tests.integration.cli.waiting import wait_until

VMI = f"{SUBRESOURCES}/namespaces/default/virtualmachineinstances/myvm"
OBJECT = "/apis/kubevirt.io/v1/namespaces/default/virtualmachineinstances/myvm"
MOST_BYTES = 1 << 26  # far more than all buffers on the way


def serve_echo(server: Server, path: str, sizes: list[int] | None = None) -> None:
    """A port whose program says what it hears."""

    async def handle(request: web.Request) -> web.StreamResponse:
        websocket = web.WebSocketResponse(protocols=["plain.kubevirt.io"], max_msg_size=1 << 22)
        await websocket.prepare(request)
        async for message in websocket:
            if sizes is not None:
                sizes.append(len(message.data))
            await websocket.send_bytes(message.data)
        return websocket

    server.handlers[path] = handle


@contextmanager
def forward(virt: Virt, *words: str) -> Iterator[list[int]]:
    """Yield the local ports, in the order of the words that ask for them."""
    count = sum(word[-1].isdigit() and ":" in word for word in words)
    process = virt.start("port-forward", *words)
    assert process.stdout is not None
    lines = [process.stdout.readline().decode() for _ in range(count)]
    assert all(lines), process.communicate()
    yield [int(line.split(" ->")[0].rpartition(":")[2]) for line in lines]
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, b"", b"")
    assert virt.list_leftovers() == []


def send_and_hear(port: int, data: bytes) -> bytes:
    """Send, half-close, and read what comes back up to the end."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        with ThreadPoolExecutor(1) as pool:
            sending = pool.submit(connection.sendall, data)
            heard = bytearray()
            while len(heard) < len(data):
                part = connection.recv(1 << 16)
                assert part
                heard += part
            sending.result()
        connection.shutdown(socket.SHUT_WR)
        assert connection.recv(1) == b""
    return bytes(heard)


def test_many_connections_at_once_keep_their_bytes(server: Server, virt: Virt) -> None:
    server.put("virtualmachineinstances", "myvm")
    serve_echo(server, f"{VMI}/portforward/22/tcp")
    serve_echo(server, f"{VMI}/portforward/80/tcp")
    sent = [os.urandom(1 << 20) for _ in range(8)]
    with forward(virt, "myvm", "0:22", "tcp/0:80") as ports, ThreadPoolExecutor(8) as pool:
        heard = pool.map(send_and_hear, ports * 4, sent)
        assert list(heard) == sent


def test_udp_datagrams_stay_whole(server: Server, virt: Virt) -> None:
    server.put("virtualmachines", "myvm", namespace="other")
    sizes: list[int] = []
    vm = f"{SUBRESOURCES}/namespaces/other/virtualmachines/myvm"
    serve_echo(server, f"{vm}/portforward/53/udp", sizes)
    with forward(virt, "vm/myvm/other", "udp/0:53") as (port,):
        clients = [socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(3)]
        for number, client in enumerate(clients):
            client.settimeout(60)
            client.connect(("127.0.0.1", port))
            for data in (b"a" * 40000, b"", bytes([number])):
                client.send(data)
                assert client.recv(1 << 16) == data
            client.close()
    assert sizes == [40000, 0, 1] * 3


def test_standard_streams_are_the_connection(server: Server, virt: Virt) -> None:
    serve_echo(server, f"{VMI}/portforward/22/tcp")
    sent = os.urandom(1 << 20)
    process = virt.start("port-forward", "--stdio=true", "vmi/myvm", "22")
    assert process.stdin is not None
    assert process.stdout is not None
    with ThreadPoolExecutor(1) as pool:
        # Open until all of it is back: after its end a silent guest is not waited for long.
        sending = pool.submit(process.stdin.write, sent)
        flushing = pool.submit(process.stdin.flush)
        assert process.stdout.read(len(sent)) == sent
        sending.result()
        flushing.result()
    rest = process.communicate(timeout=60)
    assert (process.returncode, rest) == (0, (b"", b""))
    assert virt.list_leftovers() == []


def test_a_server_that_stops_is_told_of(server: Server, virt: Virt) -> None:
    async def stop(request: web.Request) -> web.StreamResponse:
        websocket = web.WebSocketResponse(protocols=["plain.kubevirt.io"])
        await websocket.prepare(request)
        await websocket.close(code=1001, message=b"this server stops")
        return websocket

    server.handlers[f"{VMI}/portforward/22/tcp"] = stop
    process = virt.start("port-forward", "--stdio=true", "vmi/myvm", "22")
    assert process.wait(60) == 1  # with its input still open
    assert process.communicate() == (b"", b"this server stops\n")


def test_a_guest_that_does_not_listen_ends_just_that_connection(server: Server, virt: Virt) -> None:
    server.put("virtualmachineinstances", "myvm")
    server.refuse(f"{VMI}/portforward/22/tcp", 500, "InternalError", "connection refused")
    process = virt.start("port-forward", "myvm", "0:22")
    assert process.stdout is not None
    assert process.stderr is not None
    port = int(process.stdout.readline().split(b" ->")[0].rpartition(b":")[2])
    for _ in range(2):
        with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
            assert connection.recv(1) == b""
        said = process.stderr.readline()
        assert said == b"Error from server (InternalError): connection refused\n"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)


def test_a_slow_reader_holds_the_guest_back(server: Server, virt: Virt) -> None:
    server.put("virtualmachineinstances", "myvm")
    sent = [0]
    held_back = threading.Event()

    async def pour(request: web.Request) -> web.StreamResponse:
        websocket = web.WebSocketResponse(protocols=["plain.kubevirt.io"])
        await websocket.prepare(request)
        try:
            while sent[0] < MOST_BYTES:
                async with asyncio.timeout(1):
                    await websocket.send_bytes(b"x" * (1 << 16))
                sent[0] += 1 << 16
        except TimeoutError:
            held_back.set()
        return websocket

    server.handlers[f"{VMI}/portforward/22/tcp"] = pour
    with (
        forward(virt, "myvm", "0:22") as (port,),
        socket.create_connection(("127.0.0.1", port), timeout=60) as connection,
    ):
        assert held_back.wait(60)
        connection.recv(1)
    assert sent[0] < MOST_BYTES


def test_a_port_that_is_taken_stops_it_all(server: Server, virt: Virt) -> None:
    server.put("virtualmachineinstances", "myvm")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        done = virt("port-forward", "myvm", "0:22", f"{port}:80")
    assert done.returncode == 1
    assert done.stdout == b""
    assert f"cannot listen on 127.0.0.1:{port}".encode() in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("myvm", "sctp/22"), "neither tcp nor udp"),
        (("myvm", "0"), "no port number"),
        (("myvm", "70000"), "no port number"),
        (("myvm", "22:x"), "no port number"),
        (("pod/myvm", "22"), "the type is none of vm, vmi"),
        (("vm/a/b/c", "22"), "not TYPE/NAME"),
        (("--stdio", "myvm", "22", "80"), "one TCP port"),
        (("--address", "256.0.0.1", "myvm", "0:22"), "no address"),
        (("other", "0:22"), "not found"),
    ],
)
def test_bad_words_are_told_in_a_sentence(
    server: Server, virt: Virt, words: tuple[str, ...], said: str
) -> None:
    server.put("virtualmachineinstances", "myvm")
    done = virt("port-forward", *words)
    assert done.returncode == 1
    assert said in done.stderr.decode()
    assert b"Traceback" not in done.stderr


def test_vnc_prints_its_port_and_relays_several_viewers(server: Server, virt: Virt) -> None:
    server.put("virtualmachineinstances", "myvm", status={"phase": "Running"})
    serve_echo(server, f"{VMI}/vnc")
    process = virt.start("vnc", "myvm", "--proxy-only", "--preserve-session")
    assert process.stdout is not None
    port = json.loads(process.stdout.readline())["port"]
    with ThreadPoolExecutor(2) as pool:
        heard = list(pool.map(send_and_hear, [port, port], [b"RFB 003.008\n", b"RFB 003.003\n"]))
    assert heard == [b"RFB 003.008\n", b"RFB 003.003\n"]
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 0
    process.communicate()
    queries = {call.query for call in server.calls if call.path == f"{VMI}/vnc"}
    assert queries == {"preserveSession=true"}


SERVING = (
    ("port-forward", "myvm", "0:22"),
    ("vnc", "myvm", "--proxy-only"),
    ("vnc", "myvm", "--browser"),
)


@pytest.mark.parametrize("words", SERVING)
def test_ctrl_c_ends_it_while_it_still_asks_for_the_vm(
    server: Server, virt: Virt, words: tuple[str, ...]
) -> None:
    server.put("virtualmachineinstances", "myvm", status={"phase": "Scheduling"})
    asked, going_on = threading.Event(), threading.Event()

    async def hold(_: web.Request) -> web.StreamResponse:
        asked.set()
        await asyncio.to_thread(going_on.wait)
        return web.Response(status=500)

    server.handlers[OBJECT] = hold
    process = virt.start(*words)
    assert asked.wait(60)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=60)
    going_on.set()
    assert (process.returncode, out, err) == (0, b"", b"")


def test_ctrl_c_ends_it_when_the_first_of_many_ports_is_told(server: Server, virt: Virt) -> None:
    server.put("virtualmachineinstances", "myvm")
    process = virt.start("port-forward", "myvm", *(f"0:{port}" for port in range(1, 200)))
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b"Forwarding from ")
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")
    assert virt.list_leftovers() == []


def test_ctrl_c_is_heard_whichever_thread_it_is_delivered_to() -> None:
    def interrupt_itself() -> None:
        pause.wait(0.2)
        signal.pthread_kill(threading.get_ident(), signal.SIGINT)

    pause = threading.Event()
    threading.Thread(target=interrupt_itself).start()
    await_interrupt()


def test_vnc_starts_the_viewer_that_is_named(server: Server, virt: Virt) -> None:
    server.put("virtualmachineinstances", "myvm", status={"phase": "Running"})
    serve_echo(server, f"{VMI}/vnc")
    viewer = virt.folder / "viewer"
    viewer.write_text(
        "#!/bin/bash\nport=${1##*:}\nexec 3<>/dev/tcp/127.0.0.1/$port\n"
        f"echo RFB >&3\nread -r line <&3\necho $line > {virt.folder}/seen\nexit 3\n"
    )
    viewer.chmod(0o755)
    done = virt("vnc", "myvm", "--vnc-path", str(viewer), "--vnc-type", "tiger")
    assert (done.returncode, done.stderr) == (3, b"")
    assert (virt.folder / "seen").read_text() == "RFB\n"


def test_vnc_shows_the_page_and_nothing_else_to_a_browser(server: Server, virt: Virt) -> None:
    server.put("virtualmachineinstances", "myvm", status={"phase": "Running"})
    page = f"{SUBRESOURCES}/novnc/"
    server.answer(page, 200, "the page")
    server.answer(f"{SUBRESOURCES}/novnc/core/rfb.js", 200, "a part of it")
    server.answer(f"{SUBRESOURCES}/version", 200, "no affair of the page's")
    process = virt.start("vnc", "myvm", "--browser")
    assert process.stdout is not None
    url = process.stdout.readline().decode().strip()
    base = url.removesuffix("?namespace=default&name=myvm")

    def fetch(address: str) -> tuple[int, str]:
        parts = urlsplit(address)
        connection = http.client.HTTPConnection(parts.netloc, timeout=60)
        connection.request("GET", f"{parts.path}?{parts.query}")
        answer = connection.getresponse()
        said = answer.read().decode()
        connection.close()
        return answer.status, said

    assert fetch(url) == (200, "the page")
    assert fetch(f"{base}core/rfb.js") == (200, "a part of it")
    assert fetch(base.replace("/novnc/", "/version"))[0] == 403
    root = "/".join(url.split("/")[:3])
    assert fetch(f"{root}{page}")[0] == 404  # without what nobody can guess
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=60)
    wait_until(lambda: virt.list_leftovers() == [])


def test_a_screenshot_is_written_as_it_comes(server: Server, virt: Virt) -> None:
    picture = b"\x89PNG\r\n" + os.urandom(4096)

    async def draw(_: web.Request) -> web.StreamResponse:
        return web.Response(body=picture, content_type="image/png")

    server.handlers[f"{VMI}/vnc/screenshot"] = draw
    target = virt.folder / "screen.png"
    done = virt("vnc", "screenshot", "myvm", "-f", str(target), "--move-cursor")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"", b"")
    assert target.read_bytes() == picture
    assert virt("vnc", "screenshot", "myvm", "-f", "-").stdout == picture
    queries = [call.query for call in server.calls if call.path == f"{VMI}/vnc/screenshot"]
    assert queries == ["moveCursor=true", ""]
