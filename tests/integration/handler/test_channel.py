"""The handler opens a launcher's socket, and nothing else that a launcher may put there."""

import asyncio
import os
import socket
from pathlib import Path

import pytest

from api.problem import Problem
from handler.channel import MAX_MESSAGE_BYTES, SOCKET_NAME, open_channel
from handler.domain import DomainPhase
from handler.launcher_socket import open_socket
from protos.virtpod.launcher.v1 import launcher_pb2 as pb
from tests.integration.handler.fake_launcher import POD_UID, FakeLauncher, serve_launcher


@pytest.fixture
def directory(tmp_path: Path) -> Path:
    directory = tmp_path / POD_UID
    directory.mkdir()
    return directory


def count_descriptors() -> int:
    return sum(1 for _ in Path("/proc/self/fd").iterdir())


async def test_info_and_states_arrive(tmp_path: Path) -> None:
    async with (
        serve_launcher(tmp_path, FakeLauncher()) as launcher,
        open_channel(tmp_path, POD_UID) as channel,
    ):
        info = await channel.get_info()
        assert (info.build, info.capabilities) == ("test", frozenset({"pause"}))
        assert info.state.phase is DomainPhase.RUNNING
        phases = []
        async for state in channel.watch_state():
            phases.append(state.phase)
            if len(phases) == 1:
                await launcher.say(pb.DOMAIN_PHASE_STOPPED)
        assert phases == [DomainPhase.RUNNING, DomainPhase.STOPPED]


async def test_a_symbolic_link_to_another_socket_is_refused(
    tmp_path: Path, directory: Path
) -> None:
    with socket.socket(socket.AF_UNIX) as other:
        other.bind(str(tmp_path / "other.sock"))
        other.listen()
        (directory / "launcher.sock").symlink_to(tmp_path / "other.sock")
        with pytest.raises(Problem, match=r"cannot open|is none"):
            async with open_channel(tmp_path, POD_UID):
                pass


async def test_a_linked_directory_is_refused(tmp_path: Path) -> None:
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / POD_UID).symlink_to(real)
    with pytest.raises(Problem, match="cannot open"):
        async with open_channel(tmp_path, POD_UID):
            pass


async def test_a_fifo_is_refused_without_waiting_for_its_writer(
    tmp_path: Path, directory: Path
) -> None:
    os.mkfifo(directory / "launcher.sock")
    before = count_descriptors()
    async with asyncio.timeout(30):
        with pytest.raises(Problem, match="is none"):
            async with open_channel(tmp_path, POD_UID):
                pass
    assert count_descriptors() == before


@pytest.mark.parametrize("name", ["..", "../x", "", "/", "x" * 36, POD_UID.upper()])
def test_a_name_that_is_no_uid_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Problem, match="no pod UID"):
        open_socket(tmp_path, name, SOCKET_NAME)


async def test_what_was_checked_is_what_is_connected(tmp_path: Path, directory: Path) -> None:
    """A socket that is swapped after the check does not get the connection."""
    async with serve_launcher(tmp_path, FakeLauncher()), open_channel(tmp_path, POD_UID) as channel:
        path = directory / "launcher.sock"
        path.rename(directory / "moved.sock")
        path.symlink_to("/nowhere")
        assert (await channel.get_info()).build == "test"


async def test_a_silent_launcher_runs_into_the_deadline(tmp_path: Path) -> None:
    launcher = FakeLauncher()
    launcher.hang = True
    async with serve_launcher(tmp_path, launcher), open_channel(tmp_path, POD_UID) as channel:
        with pytest.raises(Problem, match="DEADLINE_EXCEEDED"):
            await channel.get_info(0.1)


async def test_a_message_that_is_too_large_is_refused(tmp_path: Path) -> None:
    launcher = FakeLauncher()
    launcher.state.message = "x" * (MAX_MESSAGE_BYTES + 1)
    async with serve_launcher(tmp_path, launcher), open_channel(tmp_path, POD_UID) as channel:
        with pytest.raises(Problem, match="RESOURCE_EXHAUSTED"):
            await channel.get_info()
        with pytest.raises(Problem, match="RESOURCE_EXHAUSTED"):
            async for _ in channel.watch_state():
                pass


async def test_a_peer_that_speaks_no_grpc_is_out_of_reach(tmp_path: Path, directory: Path) -> None:
    async def babble(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * 100_000)
        writer.close()

    server = await asyncio.start_unix_server(babble, str(directory / "launcher.sock"))
    async with server:
        with pytest.raises(Problem, match="the launcher answered"):
            async with open_channel(tmp_path, POD_UID) as channel:
                await channel.get_info(30.0)
