"""A launcher's pod puts whatever it likes in place of its sockets (F42): none of it is opened."""

import asyncio
import os
import socket
import threading
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.handler.console.server import POD_UID, Gateway, Launcher, Node


def put_link_to_file(path: Path) -> None:
    secret = path.parent.parent / "secret"
    secret.write_text("root only")
    path.symlink_to(secret)


def put_device(path: Path) -> None:
    os.mknod(path, 0o666 | 0o020000, os.makedev(1, 5))  # /dev/zero


def put_sparse_file(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(1 << 40)


@pytest.mark.parametrize(
    "put",
    [
        put_link_to_file,
        os.mkfifo,
        put_device,
        Path.mkdir,
        Path.touch,
        put_sparse_file,
        lambda path: path.symlink_to("/proc/self/fd/0"),
        lambda path: path.symlink_to(path.name),
    ],
)
async def test_what_is_no_socket_is_404(
    node: Node, gateway: Gateway, put: Callable[[Path], object]
) -> None:
    directory = node.launchers / POD_UID
    directory.mkdir()
    put(directory / "serial0")
    async with asyncio.timeout(60):
        status, refusal = await gateway.ask()
    assert status == 404
    assert refusal["reason"] in {"SocketMissing", "NotASocket"}


async def test_a_link_to_another_socket_is_404(
    node: Node, gateway: Gateway, tmp_path: Path
) -> None:
    directory = node.launchers / POD_UID
    directory.mkdir()
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(tmp_path / "cri.sock"))
        other.listen()
        other.settimeout(0.2)
        (directory / "serial0").symlink_to(tmp_path / "cri.sock")
        assert (await gateway.ask())[0] == 404
        (directory / "serial0").unlink()
        directory.rmdir()
        directory.symlink_to(tmp_path)
        (tmp_path / "serial0").symlink_to("cri.sock")
        assert (await gateway.ask())[0] == 404
        with pytest.raises(TimeoutError):
            await asyncio.to_thread(other.accept)


async def test_a_socket_that_is_swapped_for_a_link_in_a_loop_never_leads_elsewhere(
    node: Node, gateway: Gateway, launcher: Launcher, tmp_path: Path
) -> None:
    elsewhere = socket.socket(socket.AF_UNIX)
    elsewhere.bind(str(tmp_path / "cri.sock"))
    elsewhere.listen()
    elsewhere.setblocking(False)
    real, fake = (launcher.path.with_name(name) for name in ("real", "fake"))
    launcher.path.rename(real)
    done = threading.Event()

    def swap() -> None:
        while not done.is_set():
            fake.symlink_to(tmp_path / "cri.sock")
            fake.rename(launcher.path)
            fake.hardlink_to(real)
            fake.rename(launcher.path)

    thread = threading.Thread(target=swap)
    thread.start()
    answers = set()
    try:
        for _ in range(300):
            answers.add((await gateway.ask(user=os.urandom(4).hex(), name=os.urandom(4).hex()))[0])
    finally:
        done.set()
        thread.join()
    assert answers <= {200, 404}
    with elsewhere, pytest.raises(BlockingIOError):
        elsewhere.accept()


async def test_a_launcher_that_accepts_nothing_is_an_answer_in_time(
    node: Node, gateway: Gateway
) -> None:
    directory = node.launchers / POD_UID
    directory.mkdir()
    with socket.socket(socket.AF_UNIX) as full:
        full.bind(str(directory / "serial0"))
        full.listen(0)
        waiting = [socket.socket(socket.AF_UNIX) for _ in range(2)]
        waiting[0].connect(str(directory / "serial0"))
        _, grant = await gateway.ask()
        async with asyncio.timeout(60):
            with pytest.raises(Exception, match=r"50[24]"):
                await gateway.connect(grant["token"])
        for one in waiting:
            one.close()
    assert node.door.taken_slots == 0
