"""The handlers of all websocket routes, wired together."""

import logging
from asyncio import constants, sslproto
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Final

from aiohttp import web

from api.door import SessionKind, SessionRequest
from api.vmi import VirtualMachineInstance
from gateway.call import Backend, Call, Handler, Handlers
from gateway.refusal import Refused
from gateway.route import VM, VMI, RouteKey
from gateway.stream.ending import SHUTDOWN
from gateway.stream.far_end import FarEnd
from gateway.stream.liveness import Timing
from gateway.stream.node import open_console
from gateway.stream.registry import Limits, Registry
from gateway.stream.relay import CLOSE_SECONDS, MAX_FRAME_BYTES, Relay
from gateway.stream.socket_option import watch_over
from gateway.stream.subject import Kind, Subject, read_source
from gateway.stream.tunnel import dial
from gateway.stream.wish import (
    Port,
    check_graphics,
    check_reachable,
    check_serial,
    choose_address,
    read_flag,
    read_port,
)

SUBPROTOCOL: Final = "plain.kubevirt.io"


def build_handlers(
    backend: Backend, limits: Limits | None = None, timing: Timing | None = None
) -> Handlers:
    """Return what serves consoles and ports."""
    bound_buffers()
    # It would warn of each client that offers another subprotocol, in the client's words.
    logging.getLogger("aiohttp.websocket").setLevel(logging.ERROR)
    streams = Streams(backend, Registry(limits or Limits(), timing or Timing()))
    forward: Handler = streams.forward_port
    return {
        RouteKey(VMI, "console"): streams.open_console,
        RouteKey(VMI, "vnc"): streams.open_vnc,
        RouteKey(VMI, "portforward"): forward,
        RouteKey(VM, "portforward"): forward,
    }


def bound_buffers() -> None:
    """Let connections keep small buffers, in the whole process.

    asyncio gives each TLS connection 256 KiB to read into, and writes up to 512 KiB ahead of a
    slow reader. A session has two of them, and most are idle consoles: 600 KiB each, 110 with this.
    Reads of a whole TLS record (16 KiB) would cost 16 KiB more, and save a sixth of the CPU time.
    """
    sslproto.SSLProtocol.max_size = 8 * 1024
    # KiB; there is no other way to them for the connections that aiohttp makes
    constants.FLOW_CONTROL_HIGH_WATER_SSL_READ = 64  # type: ignore[misc]
    constants.FLOW_CONTROL_HIGH_WATER_SSL_WRITE = 64  # type: ignore[misc]


class Streams:
    """What routes of websockets do."""

    def __init__(self, backend: Backend, registry: Registry) -> None:
        self._backend = backend
        self._registry = registry

    async def open_console(self, call: Call) -> web.StreamResponse:
        """Serve the serial console."""
        exclusive = read_flag(call.request.query, "exclusive")
        vmi = await self._read(call)
        check_serial(vmi)
        wanted = await self._build_request(call, vmi, SessionKind.SERIAL, exclusive=exclusive)
        return await self._join(call, Kind.CONSOLE, partial(self._open_node, vmi, wanted))

    async def open_vnc(self, call: Call) -> web.StreamResponse:
        """Serve the graphical console."""
        preserve = read_flag(call.request.query, "preserveSession")
        vmi = await self._read(call)
        check_graphics(vmi)
        wanted = await self._build_request(call, vmi, SessionKind.VNC, preserve=preserve)
        return await self._join(call, Kind.VNC, partial(self._open_node, vmi, wanted))

    async def forward_port(self, call: Call) -> web.StreamResponse:
        """Serve a port of the guest."""
        port = read_port(call.target.parameters)
        vmi = await self._read(call)
        check_reachable(vmi)
        detail = f"{port.number}/{port.protocol}"
        return await self._join(call, Kind.PORT, partial(self._dial, vmi, port), detail)

    async def _read(self, call: Call) -> VirtualMachineInstance:
        return await self._backend.machines.read_vmi(call.target.namespace, call.target.name)

    async def _build_request(
        self,
        call: Call,
        vmi: VirtualMachineInstance,
        kind: SessionKind,
        *,
        exclusive: bool = False,
        preserve: bool = False,
    ) -> SessionRequest:
        return SessionRequest(
            pod_uid=(await self._backend.machines.read_pod(vmi)).uid,
            namespace=call.target.namespace,
            name=call.target.name,
            kind=kind,
            user=call.user.name,
            exclusive=exclusive,
            preserve=preserve,
        )

    async def _open_node(self, vmi: VirtualMachineInstance, wanted: SessionRequest) -> FarEnd:
        return await open_console(self._backend.nodes, vmi.status.node_name or "", wanted)

    async def _dial(self, vmi: VirtualMachineInstance, port: Port) -> FarEnd:
        pod = await self._backend.machines.read_pod(vmi)
        return await dial(choose_address(vmi, pod.addresses), port)

    async def _join(
        self, call: Call, kind: Kind, open_far: Callable[[], Awaitable[FarEnd]], detail: str = ""
    ) -> web.StreamResponse:
        """Open the far end, then upgrade the client, so that what fails has an HTTP answer."""
        request = call.request
        websocket = web.WebSocketResponse(
            protocols=(SUBPROTOCOL,),
            autoping=False,
            compress=False,
            max_msg_size=MAX_FRAME_BYTES + 1,
            timeout=CLOSE_SECONDS,
        )
        if not websocket.can_prepare(request).ok:
            raise Refused(400, "this is a websocket: send an upgrade (RFC 6455, version 13)")
        subject = Subject(
            kind=kind,
            namespace=call.target.namespace,
            name=call.target.name,
            user=call.user,
            resource=call.route.resource,
            source=read_source(request.headers, request.remote),
            detail=detail,
        )
        with self._registry.admit(subject):
            far = await open_far()
            try:
                await websocket.prepare(request)
            except OSError:  # it left
                await far.close()
                return web.Response(status=499)
            except BaseException:
                await far.close()
                raise
            await self._run(call, subject, websocket, far)
        return websocket

    async def _run(
        self, call: Call, subject: Subject, websocket: web.WebSocketResponse, far: FarEnd
    ) -> None:
        transport = call.request.transport
        if transport is None:  # it left while we upgraded
            await far.close()
            return
        watch_over(transport.get_extra_info("socket"))
        relay = Relay(websocket, far, transport.abort)

        async def stop() -> None:
            relay.end(SHUTDOWN)

        with self._backend.sessions.hold(stop):
            await self._registry.run(subject, relay, call.is_still_allowed)
