"""The launcher's gRPC service: what its node's handler sees and asks for."""

import os
from collections.abc import AsyncIterator
from typing import Final, NoReturn, Protocol, TypeVar

import grpc
from google.protobuf.timestamp_pb2 import Timestamp

from api.problem import Problem
from launcher import VERSION
from launcher.life import Life
from launcher.state import State
from protos.virtpod.launcher.v1 import launcher_pb2 as pb
from protos.virtpod.launcher.v1 import launcher_pb2_grpc as rpc

CAPABILITIES: Final = ("shutdown", "kill", "pause", "reset", "vnc", "serial")
_STATUS_CODES: Final = {
    "DomainNotRunning": grpc.StatusCode.FAILED_PRECONDITION,
    "LibvirtFailed": grpc.StatusCode.INTERNAL,
}
_MESSAGE_BYTES: Final = 64 * 1024  # no request of ours comes near


class Controls(Protocol):
    """What the service can do to the domain."""

    def shut_down(self, grace_seconds: float | None) -> None: ...

    def kill(self, message: str) -> None: ...

    async def pause(self) -> None: ...

    async def resume(self) -> None: ...

    async def reset(self) -> None: ...


_Request = TypeVar("_Request")
_Response = TypeVar("_Response")
Context = grpc.aio.ServicerContext


class LauncherService(rpc.LauncherServiceServicer):
    """Answers the handler."""

    def __init__(self, life: Life, controls: Controls) -> None:
        self._life = life
        self._controls = controls

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
        self._controls.shut_down(grace)
        return pb.ShutdownDomainResponse()

    async def KillDomain(  # noqa: N802
        self,
        request: pb.KillDomainRequest,  # noqa: ARG002
        context: Context[pb.KillDomainRequest, pb.KillDomainResponse],  # noqa: ARG002
    ) -> pb.KillDomainResponse:
        self._controls.kill("the guest was killed on request")
        return pb.KillDomainResponse()

    async def PauseDomain(  # noqa: N802
        self,
        request: pb.PauseDomainRequest,  # noqa: ARG002
        context: Context[pb.PauseDomainRequest, pb.PauseDomainResponse],
    ) -> pb.PauseDomainResponse:
        try:
            await self._controls.pause()
        except Problem as problem:
            await abort(context, problem)
        return pb.PauseDomainResponse()

    async def ResumeDomain(  # noqa: N802
        self,
        request: pb.ResumeDomainRequest,  # noqa: ARG002
        context: Context[pb.ResumeDomainRequest, pb.ResumeDomainResponse],
    ) -> pb.ResumeDomainResponse:
        try:
            await self._controls.resume()
        except Problem as problem:
            await abort(context, problem)
        return pb.ResumeDomainResponse()

    async def ResetDomain(  # noqa: N802
        self,
        request: pb.ResetDomainRequest,  # noqa: ARG002
        context: Context[pb.ResetDomainRequest, pb.ResetDomainResponse],
    ) -> pb.ResetDomainResponse:
        try:
            await self._controls.reset()
        except Problem as problem:
            await abort(context, problem)
        return pb.ResetDomainResponse()


async def abort(context: Context[_Request, _Response], problem: Problem) -> NoReturn:
    """End a call with the status code of a Problem."""
    code = _STATUS_CODES.get(problem.slug, grpc.StatusCode.UNKNOWN)
    await context.abort(code, f"{problem.slug}: {problem.message}")
    raise AssertionError("abort raises")


async def serve(path: str, life: Life, controls: Controls) -> grpc.aio.Server:
    """Listen on a unix socket that only root opens."""
    server = grpc.aio.server(options=[("grpc.max_receive_message_length", _MESSAGE_BYTES)])
    rpc.add_LauncherServiceServicer_to_server(LauncherService(life, controls), server)
    mask = os.umask(0o177)
    try:
        server.add_insecure_port(f"unix:{path}")
    finally:
        os.umask(mask)
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


def build_time(seconds: float) -> Timestamp:
    """Return a timestamp of the protocol."""
    whole = int(seconds)
    return Timestamp(seconds=whole, nanos=int((seconds - whole) * 1e9))
