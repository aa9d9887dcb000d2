"""ssh and scp: the real clients, whose connection is our port-forward."""

import subprocess

import pytest
from aiohttp import web

from tests.integration.cli.conftest import Virt
from tests.integration.cli.server import SUBRESOURCES, Server

SPACE = f"{SUBRESOURCES}/namespaces"


def serve_goodbye(server: Server, path: str) -> list[bytes]:
    """A port that hears a client's greeting and hangs up: no sshd is needed to see it arrive."""
    heard: list[bytes] = []

    async def handle(request: web.Request) -> web.StreamResponse:
        websocket = web.WebSocketResponse(protocols=["plain.kubevirt.io"])
        await websocket.prepare(request)
        heard.append((await websocket.receive()).data)
        await websocket.close()
        return websocket

    server.handlers[path] = handle
    return heard


@pytest.mark.parametrize(
    "words",
    [
        ("ssh", "-l", "me", "vm/myvm/other", "-c", "ls -l"),
        ("ssh", "me@vm/myvm", "--namespace=other", "--", "ls"),
        ("ssh", "-p", "22", "vm/myvm/other", "-t", "-o BatchMode=yes"),
        ("scp", "me@vm/myvm/other:/etc/hosts", "."),
    ],
)
def test_the_client_speaks_to_the_guest(server: Server, virt: Virt, words: tuple[str, ...]) -> None:
    path = f"{SPACE}/other/virtualmachines/myvm/portforward/22/tcp"
    heard = serve_goodbye(server, path)
    done = virt(*words)
    assert done.returncode == 255
    assert b"Traceback" not in done.stderr
    (greeting,) = heard
    assert greeting.startswith(b"SSH-2.0-")
    assert virt.list_leftovers() == []


def test_what_cannot_be_reached_is_told_by_the_connection(server: Server, virt: Virt) -> None:
    path = f"{SPACE}/default/virtualmachineinstances/myvm/portforward/2222/tcp"
    server.refuse(path, 409, "Conflict", "VMI is not running")
    done = virt("ssh", "-p", "2222", "myvm")
    assert done.returncode == 255
    assert b"Error from server (Conflict): VMI is not running" in done.stderr


def test_odd_words_are_no_options_and_no_commands(server: Server, virt: Virt) -> None:
    """What ssh would run is read from `ssh -G`, which prints the options and connects nowhere."""
    done = virt("ssh", "-i", "$(touch v)", "myvm", "--local-ssh-opts=-G")
    assert done.returncode == 0
    lines = done.stdout.decode().splitlines()
    (proxy,) = (line for line in lines if line.startswith("proxycommand "))
    assert proxy.endswith("port-forward --stdio vmi/myvm/default 22")
    for user in ("-oProxyCommand=touch w", "me;touch x$(touch y)`touch z`%h", 'a"b'):
        refused = virt("ssh", f"-l{user}", "myvm", "--local-ssh-opts=-G")
        assert refused.returncode in {1, 255}
        assert b"invalid characters" in refused.stderr or b"cannot be told" in refused.stderr
    assert not {path.name for path in virt.folder.iterdir()} - {"kubeconfig", ".kube"}


def test_flags_of_kubectl_reach_the_connection_whole(server: Server, virt: Virt) -> None:
    path = f"{SPACE}/default/virtualmachineinstances/myvm/portforward/22/tcp"
    heard = serve_goodbye(server, path)
    config = virt.folder / "a b%h';$(touch x)"
    (virt.folder / "kubeconfig").rename(config)
    done = virt("ssh", "--kubeconfig", str(config), "myvm")
    assert (done.returncode, len(heard)) == (255, 1)
    assert not (virt.folder / "x").exists()


def test_without_ssh_there_is_a_sentence(virt: Virt) -> None:
    done = subprocess.run(
        virt.build_command("ssh", "myvm"),
        env={**virt.env, "PATH": "/nowhere"},
        capture_output=True,
        check=False,
    )
    assert (done.returncode, done.stderr) == (1, b"there is no ssh in PATH\n")
