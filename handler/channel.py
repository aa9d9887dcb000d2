"""One connection to one launcher: opened without following links, bounded in all that it reads."""

import os
from collections.abc import AsyncGenerator, AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import grpc
import grpc.aio

from api.guest import GuestAgentInfo
from api.metric import GuestMetrics
from api.names import PATH_LAUNCHER_SOCKET
from api.problem import Problem
from handler.domain import DomainState, clean_text, read_state
from handler.guest import read_guest_info
from handler.launcher_socket import open_socket
from handler.sample import read_metrics
from handler.verb import MAX_SCREENSHOT_BYTES, PNG_SIGNATURE, split_detail
from protos.virtpod.launcher.v1 import launcher_pb2, launcher_pb2_grpc

SOCKET_NAME: Final = PATH_LAUNCHER_SOCKET.rpartition("/")[2]
CALL_SECONDS: Final = 5.0
MAX_MESSAGE_BYTES: Final = 64 * 1024
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
        with _translated():
            answer = await self._stub.GetInfo(launcher_pb2.GetInfoRequest(), timeout=seconds)
        capabilities = frozenset(text[:64] for text in answer.capabilities[:64])
        return LauncherInfo(answer.build[:64], capabilities, read_state(answer.state))

    async def watch_state(self) -> AsyncIterator[DomainState]:
        """Yield the state now and after each change, until the launcher closes the stream."""
        call = self._stub.WatchState(launcher_pb2.WatchStateRequest())
        try:
            with _translated():
                async for message in call:
                    yield read_state(message.state)
        finally:
            call.cancel()

    async def shut_down(self, seconds: float, grace_seconds: int) -> None:
        """Power the guest off, and kill it after this long, or sooner if that was said before."""
        request = launcher_pb2.ShutdownDomainRequest(grace_seconds=grace_seconds)
        with _translated():
            await self._stub.ShutdownDomain(request, timeout=seconds)

    async def pause(self, seconds: float) -> None:
        """Stop the vCPUs."""
        with _translated():
            await self._stub.PauseDomain(launcher_pb2.PauseDomainRequest(), timeout=seconds)

    async def resume(self, seconds: float) -> None:
        """Let the vCPUs run again."""
        with _translated():
            await self._stub.ResumeDomain(launcher_pb2.ResumeDomainRequest(), timeout=seconds)

    async def reset(self, seconds: float) -> None:
        """Press the reset button."""
        with _translated():
            await self._stub.ResetDomain(launcher_pb2.ResetDomainRequest(), timeout=seconds)

    async def reboot(self, seconds: float) -> None:
        """Ask the guest to restart."""
        with _translated():
            await self._stub.RebootDomain(launcher_pb2.RebootDomainRequest(), timeout=seconds)

    async def freeze(self, seconds: float, thaw_after_seconds: int) -> None:
        """Freeze file systems; 0 leaves them so."""
        request = launcher_pb2.FreezeFilesystemsRequest(thaw_after_seconds=thaw_after_seconds)
        with _translated():
            await self._stub.FreezeFilesystems(request, timeout=seconds)

    async def thaw(self, seconds: float) -> None:
        """Thaw file systems."""
        with _translated():
            await self._stub.ThawFilesystems(launcher_pb2.ThawFilesystemsRequest(), timeout=seconds)

    async def get_guest_info(self, seconds: float) -> GuestAgentInfo:
        """Ask what the guest's agent tells."""
        with _translated():
            request = launcher_pb2.GetGuestInfoRequest()
            answer = await self._stub.GetGuestInfo(request, timeout=seconds)
        return read_guest_info(answer.info)

    async def get_metrics(self, seconds: float) -> GuestMetrics:
        """Ask what the machine has used."""
        with _translated():
            request = launcher_pb2.GetMetricsRequest()
            answer = await self._stub.GetMetrics(request, timeout=seconds)
        return read_metrics(answer.metrics)

    async def take_screenshot(self, seconds: float, *, move_cursor: bool) -> AsyncGenerator[bytes]:
        """Yield the pieces of a PNG file; raises for what is none, or too large, or cut off."""
        request = launcher_pb2.TakeScreenshotRequest(move_cursor=move_cursor)
        call = self._stub.TakeScreenshot(request, timeout=seconds)
        start, size = b"", 0
        try:
            with _translated():
                async for message in call:
                    size += len(message.png)
                    _check_screenshot(start := start or message.png, size)
                    yield message.png
        finally:
            call.cancel()
        _check_screenshot(start, size)


@asynccontextmanager
async def open_channel(root: Path, pod_uid: str) -> AsyncIterator[Channel]:
    """Connect to the launcher of this pod; who it is follows from the directory alone."""
    try:
        descriptor = open_socket(root, pod_uid, SOCKET_NAME)
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


def _check_screenshot(start: bytes, size: int) -> None:
    if not start.startswith(PNG_SIGNATURE):
        raise Problem("ScreenshotInvalid", "the launcher sent a screenshot that is no PNG")
    if size > MAX_SCREENSHOT_BYTES:
        raise Problem("ScreenshotInvalid", "the launcher sent a screenshot without end")


@contextmanager
def _translated() -> Iterator[None]:
    """Turn a refusal of the launcher into a Problem, named as the launcher names it."""
    try:
        yield
    except grpc.aio.AioRpcError as error:
        raise _translate(error) from error


def _translate(error: grpc.aio.AioRpcError) -> Problem:
    code = error.code()
    detail = clean_text(error.details() or "", 256)
    slug, sentence = split_detail(detail)
    if slug:
        return Problem(slug, sentence)
    if code is grpc.StatusCode.UNIMPLEMENTED:
        return Problem("LauncherTooOld", "the launcher does not know this call")
    slow = code is grpc.StatusCode.DEADLINE_EXCEEDED
    slug = "LauncherUnresponsive" if slow else "LauncherUnreachable"
    return Problem(slug, f"the launcher answered {code.name}: {detail}", retryable=True)
