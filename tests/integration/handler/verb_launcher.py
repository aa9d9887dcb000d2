"""A launcher that does verbs: writes down what is asked, and answers what a test wants."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import grpc

from protos.virtpod.launcher.v1 import launcher_pb2 as pb
from tests.integration.handler.fake_launcher import FakeLauncher

PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 300


class VerbLauncher(FakeLauncher):
    """``refusal`` is the code and detail of every answer to come; ``wait`` holds them back."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self.refusal: tuple[grpc.StatusCode, str] | None = None
        self.wait: asyncio.Event | None = None
        self.arrived = asyncio.Semaphore(0)
        self.info = pb.GuestInfo(hostname="guest")
        self.pieces: list[bytes] = [PNG[:32768], PNG[32768:]]
        self.break_off: tuple[grpc.StatusCode, str] | None = None

    async def _take(self, name: str, context: Any, **fields: Any) -> None:
        self.calls.append((name, fields))
        self.arrived.release()
        if self.wait is not None:
            await self.wait.wait()
        if self.refusal is not None:
            await context.abort(*self.refusal)

    async def PauseDomain(self, request: Any, context: Any) -> pb.PauseDomainResponse:  # noqa: N802
        await self._take("pause", context)
        return pb.PauseDomainResponse()

    async def ResumeDomain(self, request: Any, context: Any) -> pb.ResumeDomainResponse:  # noqa: N802
        await self._take("resume", context)
        return pb.ResumeDomainResponse()

    async def ResetDomain(self, request: Any, context: Any) -> pb.ResetDomainResponse:  # noqa: N802
        await self._take("reset", context)
        return pb.ResetDomainResponse()

    async def RebootDomain(self, request: Any, context: Any) -> pb.RebootDomainResponse:  # noqa: N802
        await self._take("reboot", context)
        return pb.RebootDomainResponse()

    async def FreezeFilesystems(  # noqa: N802
        self, request: pb.FreezeFilesystemsRequest, context: Any
    ) -> pb.FreezeFilesystemsResponse:
        await self._take("freeze", context, thaw_after=request.thaw_after_seconds)
        return pb.FreezeFilesystemsResponse()

    async def ThawFilesystems(self, request: Any, context: Any) -> pb.ThawFilesystemsResponse:  # noqa: N802
        await self._take("thaw", context)
        return pb.ThawFilesystemsResponse()

    async def GetGuestInfo(self, request: Any, context: Any) -> pb.GetGuestInfoResponse:  # noqa: N802
        await self._take("info", context)
        return pb.GetGuestInfoResponse(info=self.info)

    async def GetMetrics(self, request: Any, context: Any) -> pb.GetMetricsResponse:  # noqa: N802
        await self._take("metrics", context)
        return pb.GetMetricsResponse(metrics=pb.Metrics(vcpus=3, serial_viewers=1))

    async def TakeScreenshot(  # noqa: N802
        self, request: pb.TakeScreenshotRequest, context: Any
    ) -> AsyncIterator[pb.TakeScreenshotResponse]:
        await self._take("screenshot", context, move_cursor=request.move_cursor)
        for piece in self.pieces:
            yield pb.TakeScreenshotResponse(png=piece)
        if self.break_off is not None:
            await context.abort(*self.break_off)
