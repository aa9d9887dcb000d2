"""One connection to one launcher: opened without following links, bounded in all that it reads."""

import os
import re
import stat
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import grpc
import grpc.aio

from api.names import PATH_LAUNCHER_SOCKET
from api.problem import Problem
from handler.domain import DomainState, read_state
from protos.virtpod.launcher.v1 import launcher_pb2, launcher_pb2_grpc

SOCKET_NAME: Final = PATH_LAUNCHER_SOCKET.rpartition("/")[2]
CALL_SECONDS: Final = 5.0
MAX_MESSAGE_BYTES: Final = 64 * 1024
_UID: Final = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_OPTIONS: Final = (
    ("grpc.max_receive_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_send_message_length", MAX_MESSAGE_BYTES),
    ("grpc.max_metadata_size", 8 * 1024),
    ("grpc.absolute_max_metadata_size", 16 * 1024),
    ("grpc.http2.lookahead_bytes", MAX_MESSAGE_BYTES),
    ("grpc.http2.bdp_probe", 0),  # it would let the window grow
    ("grpc.enable_retries", 0),
    ("grpc.enable_http_proxy", 0),
    # The address is a descriptor's number: the next connection may have the same.
    ("grpc.use_local_subchannel_pool", 1),
    ("grpc.default_authority", "launcher"),
)


def is_pod_uid(name: str) -> bool:
    """Tell whether a directory's name can be a pod's UID."""
    return _UID.fullmatch(name) is not None


def open_socket(root: Path, pod_uid: str) -> int:
    """Return an O_PATH descriptor of the launcher's socket; raises when it is no socket."""
    if not is_pod_uid(pod_uid):
        raise Problem("PodUidInvalid", f"{pod_uid!r} is no pod UID")
    directory = os.open(root / pod_uid, os.O_PATH | os.O_NOFOLLOW | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        found = os.open(SOCKET_NAME, os.O_PATH | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=directory)
    finally:
        os.close(directory)
    if not stat.S_ISSOCK(os.fstat(found).st_mode):
        os.close(found)
        raise Problem("NotASocket", "what the launcher calls its socket is none", pod_uid=pod_uid)
    return found


@dataclass(frozen=True, slots=True)
class LauncherInfo:
    """What a launcher says of itself."""

    build: str
    capabilities: frozenset[str]
    state: DomainState


class Channel:
    """The calls of a connected launcher, each with a deadline."""

    def __init__(self, stub: "launcher_pb2_grpc.LauncherServiceAsyncStub") -> None:
        self._stub = stub

    async def get_info(self, seconds: float = CALL_SECONDS) -> LauncherInfo:
        """Ask for build, capabilities and the state; also the proof that the launcher lives."""
        try:
            answer = await self._stub.GetInfo(launcher_pb2.GetInfoRequest(), timeout=seconds)
        except grpc.aio.AioRpcError as error:
            raise _translate(error) from error
        capabilities = frozenset(text[:64] for text in answer.capabilities[:64])
        return LauncherInfo(answer.build[:64], capabilities, read_state(answer.state))

    async def watch_state(self) -> AsyncIterator[DomainState]:
        """Yield the state now and after each change, until the launcher closes the stream."""
        call = self._stub.WatchState(launcher_pb2.WatchStateRequest())
        try:
            async for message in call:
                yield read_state(message.state)
        except grpc.aio.AioRpcError as error:
            raise _translate(error) from error
        finally:
            call.cancel()


@asynccontextmanager
async def open_channel(root: Path, pod_uid: str) -> AsyncIterator[Channel]:
    """Connect to the launcher of this pod; who it is follows from the directory alone."""
    try:
        descriptor = open_socket(root, pod_uid)
    except OSError as error:
        text = f"cannot open the launcher's socket: {error.strerror}"
        raise Problem("LauncherUnreachable", text, retryable=True) from error
    try:
        # The descriptor's magic link leads to the inode that was checked, whatever is renamed.
        target = f"unix:/proc/self/fd/{descriptor}"
        async with grpc.aio.insecure_channel(target, options=_OPTIONS) as channel:
            yield Channel(launcher_pb2_grpc.LauncherServiceStub(channel))
    finally:
        os.close(descriptor)


def _translate(error: grpc.aio.AioRpcError) -> Problem:
    slow = error.code() is grpc.StatusCode.DEADLINE_EXCEEDED
    slug = "LauncherUnresponsive" if slow else "LauncherUnreachable"
    detail = (error.details() or "")[:256]
    return Problem(slug, f"the launcher answered {error.code().name}: {detail}", retryable=True)
