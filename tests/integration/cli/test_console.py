"""The serial console on a terminal and between pipes, through a real `kubectl proxy`."""

import os
import signal
import subprocess
import termios
import threading
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest
from aiohttp import WSMsgType, web

from tests.integration.cli.conftest import Virt
from tests.integration.cli.server import SUBRESOURCES, Server
from tests.integration.cli.waiting import wait_until

CONSOLE = f"{SUBRESOURCES}/namespaces/default/virtualmachineinstances/myvm/console"
Talk = Callable[[web.WebSocketResponse], Awaitable[None]]


def serve_console(server: Server, talk: Talk, path: str = CONSOLE) -> None:
    async def handle(request: web.Request) -> web.StreamResponse:
        websocket = web.WebSocketResponse(protocols=["plain.kubevirt.io"])
        await websocket.prepare(request)
        assert websocket.ws_protocol == "plain.kubevirt.io"
        await talk(websocket)
        return websocket

    server.handlers[path] = handle


async def echo(websocket: web.WebSocketResponse) -> None:
    """A guest that says what it hears, up to a "Q"."""
    async for message in websocket:
        assert message.type is WSMsgType.BINARY
        await websocket.send_bytes(message.data)
        if message.data.endswith(b"Q"):
            break
    await websocket.close()


def test_between_pipes_every_byte_arrives_both_ways(server: Server, virt: Virt) -> None:
    serve_console(server, echo)
    sent = os.urandom(1 << 20).replace(b"Q", b"q") + b"Q"
    done = virt("console", "myvm", given=sent)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == sent
    assert virt.list_leftovers() == []


def test_a_paste_of_a_mebibyte_loses_nothing(server: Server, virt: Virt) -> None:
    heard = bytearray()

    async def listen(websocket: web.WebSocketResponse) -> None:
        await websocket.send_bytes(b"ready")
        async for message in websocket:
            heard.extend(message.data)
            if heard.endswith(b"\x04"):
                await websocket.send_bytes(b"heard")

    serve_console(server, listen)
    pasted = b"0123456789abcdef" * (1 << 16) + b"\x04"
    with virt.terminal("console", "myvm") as console:
        console.expect("ready", 60)
        threading.Thread(target=console.type, args=(pasted.decode(),)).start()
        console.expect("heard", 60)
        console.type("\x1d")
        assert console.process.wait(60) == 0
    assert bytes(heard) == pasted


def read_fresh_terminal() -> list[object]:
    """Return the settings that every new terminal has."""
    master, slave = os.openpty()
    try:
        return termios.tcgetattr(master)
    finally:
        os.close(master)
        os.close(slave)


def test_a_terminal_is_as_before_after_leaving(server: Server, virt: Virt) -> None:
    serve_console(server, echo)
    with virt.terminal("console", "vm/myvm", "--exclusive") as console:
        console.expect("connected to myvm; Ctrl-] leaves", 60)
        console.type("hello")
        console.expect("hello", 60)
        console.type("\x1d")
        assert console.process.wait(60) == 0
        assert termios.tcgetattr(console._master) == read_fresh_terminal()
    assert [call.query for call in server.calls if call.path == CONSOLE] == ["exclusive=true"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP, signal.SIGINT])
def test_a_terminal_is_as_before_after_a_signal(
    server: Server, virt: Virt, number: signal.Signals
) -> None:
    serve_console(server, echo)
    with virt.terminal("console", "myvm") as console:
        console.expect("connected to myvm", 60)
        assert termios.tcgetattr(console._master) != read_fresh_terminal()
        console.process.send_signal(number)
        assert console.process.wait(60) in {128 + number, 130}
        assert termios.tcgetattr(console._master) == read_fresh_terminal()
    wait_until(lambda: virt.list_leftovers() == [])


def list_children(pid: int) -> list[int]:
    said = subprocess.run(["pgrep", "-P", str(pid)], capture_output=True, text=True, check=False)
    found = [int(line) for line in said.stdout.split()]
    return [*found, *(grandchild for child in found for grandchild in list_children(child))]


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_whatever_ends_it_no_proxy_stays(
    server: Server, virt: Virt, number: signal.Signals
) -> None:
    serve_console(server, echo)
    process = virt.start("console", "myvm")
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.write(b"hello")
    process.stdin.flush()
    assert process.stdout.read(5) == b"hello"
    children = list_children(process.pid)
    assert len(children) == 2  # the guard and kubectl
    process.send_signal(number)
    process.communicate(timeout=60)
    wait_until(lambda: not any(Path(f"/proc/{child}").exists() for child in children))
    wait_until(lambda: virt.list_leftovers() == [])


def test_a_guest_that_goes_ends_it_in_peace(server: Server, virt: Virt) -> None:
    async def say_bye(websocket: web.WebSocketResponse) -> None:
        await websocket.send_bytes(b"bye\r\n")
        await websocket.close(code=1000)

    serve_console(server, say_bye)
    done = virt("console", "myvm")
    assert (done.returncode, done.stdout, done.stderr) == (0, b"bye\r\n", b"")


def test_a_lost_console_says_how_to_come_back(server: Server, virt: Virt) -> None:
    async def stop(websocket: web.WebSocketResponse) -> None:
        await websocket.close(code=1001, message=b"this server \x1b[2Jstops")

    serve_console(server, stop)
    done = virt("console", "myvm")
    assert done.returncode == 1
    words = b"this server  [2Jstops; connect again with: kubectl virt console myvm\n"
    assert done.stderr == words


def test_a_vm_that_is_starting_is_waited_for(server: Server, virt: Virt) -> None:
    server.refuse(CONSOLE, 400, "BadRequest", "VMI is not running")
    server.put("virtualmachineinstances", "myvm", status={"phase": "Scheduling"})
    process = virt.start("console", "myvm")
    wait_until(lambda: bool(server.watchers))

    async def greet(websocket: web.WebSocketResponse) -> None:
        await websocket.send_bytes(b"hello")
        await websocket.close()

    serve_console(server, greet)
    server.put("virtualmachineinstances", "myvm", status={"phase": "Running"})
    out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (0, b"hello", b"")


def test_a_vm_that_is_not_there_is_told_in_the_servers_words(server: Server, virt: Virt) -> None:
    words = 'virtualmachineinstances.kubevirt.io "myvm" not found'
    server.refuse(CONSOLE, 404, "NotFound", words)
    done = virt("console", "myvm")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == f"Error from server (NotFound): {words}\n"


def test_a_stopped_vm_is_told_with_what_to_do(server: Server, virt: Virt) -> None:
    server.refuse(CONSOLE, 404, "NotFound", "not found")
    server.put("virtualmachines", "myvm", spec={"runStrategy": "Halted"})
    done = virt("console", "myvm")
    assert done.returncode == 1
    assert done.stderr.decode() == (
        "virtualmachine myvm is not running; start it with: kubectl virt start myvm\n"
    )


@pytest.mark.parametrize(
    ("code", "reason", "words"),
    [
        (401, "Unauthorized", "no right"),
        (403, "Forbidden", "no right"),
        (409, "Conflict", "the VMI failed"),
        (501, "NotImplemented", "consoles are not built"),
        (503, "ServiceUnavailable", "too many sessions"),
    ],
)
def test_a_refusal_is_relayed(
    server: Server, virt: Virt, code: int, reason: str, words: str
) -> None:
    server.refuse(CONSOLE, code, reason, words)
    server.put("virtualmachineinstances", "myvm", status={"phase": "Running"})
    done = virt("console", "myvm")
    assert done.returncode == 1
    assert done.stderr.decode().startswith(f"Error from server ({reason}): {words}\n")


def test_a_refusal_in_plain_words_is_relayed(server: Server, virt: Virt) -> None:
    server.answer(CONSOLE, 401, "you may not")
    done = virt("console", "myvm")
    assert done.stderr.decode() == "Error from server (Unauthorized): you may not\n"


def test_a_name_that_is_none_reaches_no_server(server: Server, virt: Virt) -> None:
    done = virt("console", "../secrets")
    assert (done.returncode, server.calls) == (1, [])
