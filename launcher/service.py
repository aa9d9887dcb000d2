"""The launcher's gRPC service: what its node's handler sees and asks for."""

import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, NoReturn, Protocol, TypeVar

import grpc

from api.problem import Problem
from launcher import VERSION
from launcher.control import Control
from launcher.guest import build_guest_info
from launcher.life import Life
from launcher.metric import build_metrics, build_time
from launcher.state import State
from protos.virtpod.launcher.v1 import launcher_pb2 as pb
from protos.virtpod.launcher.v1 import launcher_pb2_grpc as rpc

CAPABILITIES: Final = (
    "shutdown",
    "kill",
    "pause",
    "reset",
    "reboot",
    "freeze",
    "guest-info",
    "screenshot",
    "metrics",
    "vnc",
    "serial",
    "serial-door",
)
_STATUS_CODES: Final = {
    "AcpiUnavailable": grpc.StatusCode.FAILED_PRECONDITION,
    "AgentFailed": grpc.StatusCode.INTERNAL,
    "AgentNotConnected": grpc.StatusCode.FAILED_PRECONDITION,
    "AlreadyPaused": grpc.StatusCode.FAILED_PRECONDITION,
    "DomainNotRunning": grpc.StatusCode.FAILED_PRECONDITION,
    "DomainPaused": grpc.StatusCode.FAILED_PRECONDITION,
    "LibvirtFailed": grpc.StatusCode.INTERNAL,
    "NoGraphics": grpc.StatusCode.FAILED_PRECONDITION,
    "NotPaused": grpc.StatusCode.FAILED_PRECONDITION,
    "ScreenshotFailed": grpc.StatusCode.INTERNAL,
}
_MESSAGE_BYTES: Final = 64 * 1024  # no request of ours comes near
_CONCURRENT_CALLS: Final = 32


class Ends(Protocol):
    """How the service can end the domain."""

    def shut_down(self, grace_seconds: float | None) -> None: ...

    def kill(self, message: str) -> None: ...


_Request = TypeVar("_Request")
_Response = TypeVar("_Response")
Context = grpc.aio.ServicerContext


class LauncherService(rpc.LauncherServiceServicer):
    """Answers the handler."""

    def __init__(self, life: Life, ends: Ends, control: Control) -> None:
        self._life = life
        self._ends = ends
        self._control = control

    async def GetInfo(  # noqa: N802 - the protocol's name, and below
        self,
        request: pb.GetInfoRequest,  # noqa: ARG002
        context: Context[pb.GetInfoRequest, pb.GetInfoResponse],  # noqa: ARG002
    ) -> pb.GetInfoResponse:
        return pb.GetInfoResponse(
            build=VERSION, capabilities=CAPABILITIES, state=build_state(self._life.state)
        )

    async def WatchState(  # noqa: N802
        self,
        request: pb.WatchStateRequest,  # noqa: ARG002
        context: Context[pb.WatchStateRequest, pb.WatchStateResponse],  # noqa: ARG002
    ) -> AsyncIterator[pb.WatchStateResponse]:
        self._life.watched.set()
        with self._life.subscribe() as news:
            while True:
                news.clear()
                state = self._life.state
                yield pb.WatchStateResponse(state=build_state(state))
                if state.is_over:
                    return
                await news.wait()

    async def ShutdownDomain(  # noqa: N802
        self,
        request: pb.ShutdownDomainRequest,
        context: Context[pb.ShutdownDomainRequest, pb.ShutdownDomainResponse],  # noqa: ARG002
    ) -> pb.ShutdownDomainResponse:
        grace = request.grace_seconds if request.HasField("grace_seconds") else None
        self._ends.shut_down(grace)
        return pb.ShutdownDomainResponse()

    async def KillDomain(  # noqa: N802
        self,
        request: pb.KillDomainRequest,  # noqa: ARG002
        context: Context[pb.KillDomainRequest, pb.KillDomainResponse],  # noqa: ARG002
    ) -> pb.KillDomainResponse:
        self._ends.kill("the guest was killed on request")
        return pb.KillDomainResponse()

    async def PauseDomain(  # noqa: N802
        self,
        request: pb.PauseDomainRequest,  # noqa: ARG002
        context: Context[pb.PauseDomainRequest, pb.PauseDomainResponse],
    ) -> pb.PauseDomainResponse:
        async with answering(context):
            await self._control.pause()
        return pb.PauseDomainResponse()

    async def ResumeDomain(  # noqa: N802
        self,
        request: pb.ResumeDomainRequest,  # noqa: ARG002
        context: Context[pb.ResumeDomainRequest, pb.ResumeDomainResponse],
    ) -> pb.ResumeDomainResponse:
        async with answering(context):
            await self._control.resume()
        return pb.ResumeDomainResponse()

    async def ResetDomain(  # noqa: N802
        self,
        request: pb.ResetDomainRequest,  # noqa: ARG002
        context: Context[pb.ResetDomainRequest, pb.ResetDomainResponse],
    ) -> pb.ResetDomainResponse:
        async with answering(context):
            await self._control.reset()
        return pb.ResetDomainResponse()

    async def RebootDomain(  # noqa: N802
        self,
        request: pb.RebootDomainRequest,  # noqa: ARG002
        context: Context[pb.RebootDomainRequest, pb.RebootDomainResponse],
    ) -> pb.RebootDomainResponse:
        async with answering(context):
            await self._control.reboot()
        return pb.RebootDomainResponse()

    async def FreezeFilesystems(  # noqa: N802
        self,
        request: pb.FreezeFilesystemsRequest,
        context: Context[pb.FreezeFilesystemsRequest, pb.FreezeFilesystemsResponse],
    ) -> pb.FreezeFilesystemsResponse:
        async with answering(context):
            await self._control.freeze(request.thaw_after_seconds)
        return pb.FreezeFilesystemsResponse()

    async def ThawFilesystems(  # noqa: N802
        self,
        request: pb.ThawFilesystemsRequest,  # noqa: ARG002
        context: Context[pb.ThawFilesystemsRequest, pb.ThawFilesystemsResponse],
    ) -> pb.ThawFilesystemsResponse:
        async with answering(context):
            await self._control.thaw()
        return pb.ThawFilesystemsResponse()

    async def GetGuestInfo(  # noqa: N802
        self,
        request: pb.GetGuestInfoRequest,  # noqa: ARG002
        context: Context[pb.GetGuestInfoRequest, pb.GetGuestInfoResponse],
    ) -> pb.GetGuestInfoResponse:
        async with answering(context):
            answers = await self._control.read_guest()
        return pb.GetGuestInfoResponse(info=build_guest_info(answers))

    async def TakeScreenshot(  # noqa: N802
        self,
        request: pb.TakeScreenshotRequest,
        context: Context[pb.TakeScreenshotRequest, pb.TakeScreenshotResponse],
    ) -> AsyncIterator[pb.TakeScreenshotResponse]:
        async with answering(context):
            async for piece in self._control.take_screenshot(move_cursor=request.move_cursor):
                yield pb.TakeScreenshotResponse(png=piece)

    async def GetMetrics(  # noqa: N802
        self,
        request: pb.GetMetricsRequest,  # noqa: ARG002
        context: Context[pb.GetMetricsRequest, pb.GetMetricsResponse],
    ) -> pb.GetMetricsResponse:
        async with answering(context):
            sample = await self._control.read_metrics()
        return pb.GetMetricsResponse(metrics=build_metrics(sample))


@asynccontextmanager
async def answering(context: Context[_Request, _Response]) -> AsyncIterator[None]:
    """Turn a Problem into the end of a call."""
    try:
        yield
    except Problem as problem:
        await abort(context, problem)


async def abort(context: Context[_Request, _Response], problem: Problem) -> NoReturn:
    """End a call with the status code of a Problem."""
    code = _STATUS_CODES.get(problem.slug, grpc.StatusCode.UNKNOWN)
    await context.abort(code, f"{problem.slug}: {problem.message}")
    raise AssertionError("abort raises")


async def serve(path: str, life: Life, ends: Ends, control: Control) -> grpc.aio.Server:
    """Listen on a unix socket that only root opens, in a directory where only root makes files.

    Its mode is not the umask's business: that is the whole process's, and libvirt's thread makes
    directories for qemu meanwhile. Until the mode is set, others may not write, so not connect.
    """
    server = grpc.aio.server(
        options=[("grpc.max_receive_message_length", _MESSAGE_BYTES)],
        maximum_concurrent_rpcs=_CONCURRENT_CALLS,
    )
    rpc.add_LauncherServiceServicer_to_server(LauncherService(life, ends, control), server)
    server.add_insecure_port(f"unix:{path}")
    os.chmod(path, 0o600)  # noqa: PTH101 - a name, as everywhere here
    await server.start()
    return server


def build_state(state: State) -> pb.DomainState:
    """Return the whole state as the protocol has it."""
    ended = state.stop
    accelerator = state.accelerator.upper() or "UNSPECIFIED"
    return pb.DomainState(
        sequence=state.sequence,
        phase=pb.DomainPhase.Value(f"DOMAIN_PHASE_{state.phase.value}"),
        phase_time=build_time(state.phase_time),
        stop_cause=pb.StopCause.Value(f"STOP_CAUSE_{ended.cause.name if ended else 'UNSPECIFIED'}"),
        reason=ended.reason if ended else "",
        message=ended.message if ended else "",
        stop_requested=state.stop_requested,
        pause_cause=pb.PauseCause.Value(f"PAUSE_CAUSE_{state.pause_cause.value}"),
        accelerator=pb.Accelerator.Value(f"ACCELERATOR_{accelerator}"),
        interfaces=[
            pb.GuestInterface(
                name=nic.name,
                mac=nic.mac,
                ip_addresses=nic.ip_addresses,
                pod_interface_name=nic.pod_interface_name,
                info_source="domain",
                link_state="up",
            )
            for nic in state.nics
        ],
        stages=[
            pb.StageTime(name=stage.name, time=build_time(stage.time)) for stage in state.stages
        ],
        agent_connected=state.agent_connected,
        qemu_pid=state.qemu_pid,
    )
