"""KubeVirt's own client at our consoles and ports."""

import re
import shlex
import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.bench.control_plane import find_free_ports
from tests.e2e.cluster import Cluster
from tests.e2e.guests import WEB_PORT
from tests.e2e.kubectl import Kubectl, KubectlError
from tests.e2e.virtctl import open_virtctl
from tests.e2e.vm import Vm

LEAVE = "\x1d"  # Ctrl-]
CONNECTED = "Successfully connected to .* console"
PNG = b"\x89PNG\r\n\x1a\n"
RFB = b"RFB 003.008\n"
GET = b"GET / HTTP/1.0\r\n\r\n"
SECONDS = 60.0


@pytest.fixture(scope="module")
def virtctl(cluster: Cluster) -> Kubectl:
    return open_virtctl(cluster.kubectl)


def list_words(virtctl: Kubectl, *words: str) -> list[str]:
    return [virtctl.program, "--namespace", virtctl.namespace, *words]


@contextmanager
def run_until_ready(virtctl: Kubectl, words: Sequence[str], ready: str) -> Iterator[re.Match[str]]:
    """Run virtctl in the background, from the line on that says that it is ready."""
    with subprocess.Popen(
        list_words(virtctl, *words),
        env=virtctl.env,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        timer = threading.Timer(SECONDS, process.kill)
        timer.start()
        try:
            said = ""
            for line in process.stdout:
                said += line
                if match := re.search(ready, said):
                    timer.cancel()
                    yield match
                    return
            raise AssertionError(f"no /{ready}/ in {said!r}")
        finally:
            timer.cancel()
            process.kill()


def talk(port: int, sent: bytes) -> bytes:
    """Send bytes to a local port; return all that comes back until the end."""
    with closing(connect(port)) as connection:
        connection.sendall(sent)
        return b"".join(iter(lambda: connection.recv(65536), b""))


def connect(port: int) -> socket.socket:
    """Connect to a port that virtctl opens a moment after it has said so."""
    deadline = time.monotonic() + SECONDS
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port), SECONDS)
        except ConnectionRefusedError:
            assert time.monotonic() < deadline, "virtctl does not listen"
            time.sleep(0.02)


def test_a_user_logs_in_on_the_serial_console_and_leaves(virtctl: Kubectl, shared: Vm) -> None:
    with virtctl.terminal("console", shared.name) as console:
        console.expect(CONNECTED, SECONDS)
        console.log_in(60)
        assert console.run("expr 6 \\* 7").strip() == "42"
        console.type(LEAVE)
        console.until_ended(60)
        assert console.process.wait(60) == 0


def test_nobody_is_thrown_off_the_serial_console(virtctl: Kubectl, shared: Vm) -> None:
    """KubeVirt's server would end the first session."""
    with virtctl.terminal("console", shared.name) as first:
        first.expect(CONNECTED, SECONDS)
        first.log_in(SECONDS)
        with virtctl.terminal("console", shared.name) as second:
            second.expect(CONNECTED, SECONDS)
            second.log_in(SECONDS)
            second.run("echo second")
        assert first.run("echo first").strip() == "first"
        first.type(LEAVE)
        first.until_ended(60)


def test_the_console_of_no_vm_ends_at_once(virtctl: Kubectl) -> None:
    with virtctl.terminal("console", "no-such-vm", "--timeout=1") as console:
        console.expect('"no-such-vm" not found', SECONDS)
        console.until_ended(60)
        assert console.process.wait(60) != 0


def test_a_viewer_is_given_the_screen(virtctl: Kubectl, shared: Vm) -> None:
    words = ("vnc", shared.name, "--proxy-only")
    with (
        run_until_ready(virtctl, words, r'"port":\s*(\d+)') as match,
        closing(connect(int(match[1]))) as viewer,
        viewer.makefile("rb") as said,
    ):
        assert said.read(len(RFB)) == RFB
        viewer.sendall(RFB)
        count = said.read(1)[0]
        assert 1 in said.read(count)  # security type None


def test_a_picture_of_the_screen(virtctl: Kubectl, shared: Vm, tmp_path: Path) -> None:
    for options in ((), ("--move-cursor",)):
        path = tmp_path / "screen.png"
        virtctl("vnc", "screenshot", shared.name, f"--file={path}", *options)
        assert path.read_bytes().startswith(PNG)


@pytest.mark.parametrize("kind", ["vmi", "virtualmachineinstance"])
def test_a_port_of_the_guest(cluster: Cluster, virtctl: Kubectl, shared: Vm, kind: str) -> None:
    (local,) = find_free_ports(1)
    target = f"{kind}/{shared.name}/{cluster.namespace}"
    words = ("port-forward", target, f"{local}:{WEB_PORT}")
    with run_until_ready(virtctl, words, "forwarding"):
        for _ in range(3):  # each connection is a websocket of its own
            assert talk(local, GET).startswith(b"HTTP/1.")


def fetch_page(words: Sequence[str], env: Mapping[str, str]) -> bytes:
    """Talk to a guest's web server through a program's standard input and output."""
    with subprocess.Popen(
        words, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        timer = threading.Timer(SECONDS, process.kill)
        timer.start()
        process.stdin.write(GET)
        process.stdin.flush()
        line = process.stdout.readline()
        timer.cancel()
        process.kill()
    return line


def test_a_port_over_standard_input_and_output(virtctl: Kubectl, shared: Vm) -> None:
    words = ("port-forward", "--stdio=true", f"vmi/{shared.name}", str(WEB_PORT))
    assert fetch_page(list_words(virtctl, *words), virtctl.env).startswith(b"HTTP/1.")


def test_ssh_is_given_a_command_that_reaches_the_guest(
    virtctl: Kubectl, shared: Vm, tmp_path: Path
) -> None:
    """With a program in ssh's place: the tiny guest has no server of it, but one of the web."""
    ssh = tmp_path / "ssh"
    ssh.write_text("#!/bin/sh\nprintf '%s\\n' \"$@\"\n")
    ssh.chmod(0o755)
    env = {**virtctl.env, "PATH": f"{tmp_path}:{virtctl.env['PATH']}"}
    options = (f"--port={WEB_PORT}", "--known-hosts=", f"root@vmi/{shared.name}")
    words = list_words(virtctl, "ssh", *options)
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=True, timeout=60)
    proxy = re.search(r"^(?:-o)?\s*ProxyCommand=(.*)$", done.stdout, re.MULTILINE)
    assert proxy is not None, done.stdout
    command = shlex.split(proxy[1].replace("%h", "ignored").replace("%p", str(WEB_PORT)))
    assert fetch_page(command, env).startswith(b"HTTP/1.")


def test_a_port_that_nobody_listens_at(virtctl: Kubectl, shared: Vm) -> None:
    with pytest.raises(KubectlError, match=r"connection refused|port 9"):
        virtctl("port-forward", "--stdio=true", f"vmi/{shared.name}", "9", seconds=SECONDS)


def test_a_usb_device_is_refused_with_the_reason(
    virtctl: Kubectl, shared: Vm, tmp_path: Path
) -> None:
    """The client looks for its helper first: any program of that name will do."""
    program = shutil.which("true")
    assert program is not None
    (tmp_path / "usbredirect").symlink_to(program)
    env = {**virtctl.env, "PATH": f"{tmp_path}:{virtctl.env['PATH']}"}
    words = list_words(virtctl, "usbredir", "1234:5678", shared.name)
    done = subprocess.run(words, env=env, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode != 0
    assert "virtpod has no USB redirection yet" in done.stderr


@pytest.mark.parametrize("words", [("vnc", "--proxy-only"), ("vnc", "screenshot", "-f", "-")])
def test_the_screen_of_no_vm(virtctl: Kubectl, words: tuple[str, ...]) -> None:
    with pytest.raises(KubectlError, match='"no-such-vm" not found'):
        virtctl(*words, "no-such-vm", seconds=SECONDS)
