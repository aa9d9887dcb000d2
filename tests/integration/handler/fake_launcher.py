"""A launcher on a real unix socket that says what a test tells it to."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc.aio

from protos.virtpod.launcher.v1 import launcher_pb2 as pb
from protos.virtpod.launcher.v1 import launcher_pb2_grpc as pb_grpc

POD_UID = "0c8a4a7e-35ec-4d6b-a52c-5f0b1d2c3e4f"


class FakeLauncher(pb_grpc.LauncherServiceServicer):
    """Answers GetInfo and WatchState; ``hang`` makes it answer nothing at all."""

    def __init__(self, phase: "pb.DomainPhase.ValueType" = pb.DOMAIN_PHASE_RUNNING) -> None:
        self.state = pb.DomainState(sequence=1, phase=phase)
        self.hang = False
        self.close_stream = False
        self.watchers = 0
        self.flood = 0
        self._changed = asyncio.Condition()

    async def say(self, phase: "pb.DomainPhase.ValueType", **fields: Any) -> None:
        """Change the state, as seen by all watchers."""
        self.state = pb.DomainState(sequence=self.state.sequence + 1, phase=phase, **fields)
        async with self._changed:
            self._changed.notify_all()

    async def GetInfo(self, request: pb.GetInfoRequest, context: object) -> pb.GetInfoResponse:  # noqa: N802
        if self.hang:
            await asyncio.Event().wait()
        return pb.GetInfoResponse(build="test", capabilities=["pause"], state=self.state)

    async def WatchState(  # noqa: N802
        self, request: pb.WatchStateRequest, context: object
    ) -> AsyncIterator[pb.WatchStateResponse]:
        self.watchers += 1
        for _ in range(self.flood):
            yield pb.WatchStateResponse(state=self.state)
        while True:
            seen = self.state
            yield pb.WatchStateResponse(state=seen)
            if self.close_stream or seen.phase == pb.DOMAIN_PHASE_STOPPED:
                return
            async with self._changed:
                while self.state is seen:
                    await self._changed.wait()

    async def refuse(self, request: Any, context: Any) -> Any:
        await context.abort(grpc.StatusCode.UNIMPLEMENTED, "not here")

    ShutdownDomain = KillDomain = PauseDomain = ResumeDomain = ResetDomain = refuse
    RebootDomain = FreezeFilesystems = ThawFilesystems = GetGuestInfo = GetMetrics = refuse

    async def TakeScreenshot(  # noqa: N802
        self, request: pb.TakeScreenshotRequest, context: Any
    ) -> AsyncIterator[pb.TakeScreenshotResponse]:
        await self.refuse(request, context)
        yield pb.TakeScreenshotResponse()


@asynccontextmanager
async def serve_launcher(
    root: Path, launcher: FakeLauncher, pod_uid: str = POD_UID
) -> AsyncIterator[FakeLauncher]:
    """Listen where the pod's launcher would; leaving the block is its sudden death."""
    directory = root / pod_uid
    directory.mkdir(exist_ok=True)
    server = grpc.aio.server()
    servicer: Any = launcher
    pb_grpc.add_LauncherServiceServicer_to_server(servicer, server)
    server.add_insecure_port(f"unix:{directory / 'launcher.sock'}")
    await server.start()
    try:
        yield launcher
    finally:
        await server.stop(None)
