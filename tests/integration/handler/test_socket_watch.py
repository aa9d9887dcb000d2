"""Sockets are noticed whenever they appear, relative to when their pod is seen."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from handler.socket_watch import SocketWatch
from tests.integration.handler.fake_launcher import POD_UID


@pytest.fixture
async def watch(tmp_path: Path) -> AsyncIterator[SocketWatch]:
    sockets = SocketWatch(tmp_path)
    running = asyncio.create_task(sockets.run())
    yield sockets
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def until_noticed(sockets: SocketWatch) -> None:
    async with asyncio.timeout(30):
        await sockets.wait(POD_UID)


async def is_overlooked(sockets: SocketWatch) -> bool:
    """Tell whether nothing is noticed for a while."""
    try:
        async with asyncio.timeout(0.3):
            await sockets.wait(POD_UID)
    except TimeoutError:
        return True
    return False


def make_socket(root: Path) -> None:
    (root / POD_UID).mkdir(exist_ok=True)
    (root / POD_UID / "launcher.sock").touch()


async def test_a_socket_older_than_the_pods_sight_is_noticed(
    tmp_path: Path, watch: SocketWatch
) -> None:
    make_socket(tmp_path)
    watch.expect(POD_UID)
    await until_noticed(watch)
    await until_noticed(watch)  # and again after a failed connection


async def test_a_directory_that_appears_later_is_noticed(
    tmp_path: Path, watch: SocketWatch
) -> None:
    watch.expect(POD_UID)
    assert await is_overlooked(watch)
    waiting = asyncio.create_task(until_noticed(watch))
    await asyncio.sleep(0)
    make_socket(tmp_path)
    await waiting


async def test_a_socket_that_appears_later_is_noticed(tmp_path: Path, watch: SocketWatch) -> None:
    (tmp_path / POD_UID).mkdir()
    watch.expect(POD_UID)
    assert await is_overlooked(watch)
    waiting = asyncio.create_task(until_noticed(watch))
    await asyncio.sleep(0)
    make_socket(tmp_path)
    await waiting


async def test_a_socket_moved_into_place_is_noticed(tmp_path: Path, watch: SocketWatch) -> None:
    (tmp_path / POD_UID).mkdir()
    watch.expect(POD_UID)
    waiting = asyncio.create_task(until_noticed(watch))
    await asyncio.sleep(0)
    (tmp_path / "new").touch()
    (tmp_path / "new").rename(tmp_path / POD_UID / "launcher.sock")
    await waiting


async def test_a_hundred_racing_pods_are_all_noticed(tmp_path: Path, watch: SocketWatch) -> None:
    uids = [f"{POD_UID[:-4]}{number:04x}" for number in range(100)]

    def make(uid: str) -> None:
        (tmp_path / uid).mkdir()
        (tmp_path / uid / "launcher.sock").touch()

    loop = asyncio.get_running_loop()
    making = [loop.run_in_executor(None, make, uid) for uid in uids]
    for uid in uids:
        watch.expect(uid)
    async with asyncio.timeout(30):
        await asyncio.gather(*(watch.wait(uid) for uid in uids), *making)


async def test_directories_of_others_are_not_looked_into(
    tmp_path: Path, watch: SocketWatch
) -> None:
    (tmp_path / "stranger").mkdir()
    (tmp_path / "stranger" / "launcher.sock").touch()
    watch.expect("stranger")
    watch.expect("..")
    watch.expect(POD_UID)
    assert await is_overlooked(watch)
    watch.forget(POD_UID)
    watch.forget("stranger")


async def test_a_pods_directory_that_vanishes_is_no_trouble(
    tmp_path: Path, watch: SocketWatch
) -> None:
    (tmp_path / POD_UID).mkdir()
    watch.expect(POD_UID)
    (tmp_path / POD_UID).rmdir()
    assert await is_overlooked(watch)
    make_socket(tmp_path)
    await until_noticed(watch)
    watch.forget(POD_UID)
