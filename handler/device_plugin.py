"""Offers the node's devices to the kubelet, again each time the kubelet starts."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc
import grpc.aio
from asyncinotify import Inotify, Mask

from api.names import RESOURCE_KVM, RESOURCE_TUN
from api.problem import Problem
from handler.metric import REGISTRATIONS
from handler.probe import NodeFacts
from protos.kubelet.deviceplugin.v1beta1 import deviceplugin_pb2 as pb
from protos.kubelet.deviceplugin.v1beta1 import deviceplugin_pb2_grpc as pb_grpc

log = logging.getLogger(__name__)

VERSION: Final = "v1beta1"
KUBELET_SOCKET: Final = "kubelet.sock"
DEVICES_EACH: Final = 1000  # as many as KubeVirt offers: not what runs short on a node
CALL_SECONDS: Final = 5.0
RETRY_SECONDS: Final = 2.0
Identity = tuple[int, int]  # of a socket: a new kubelet has another


@dataclass(frozen=True, slots=True)
class Device:
    """A device node that any number of pods may share."""

    resource: str
    path: str
    count: int

    @property
    def socket_name(self) -> str:
        return self.resource.replace("/", "-") + ".sock"


def plan_devices(facts: NodeFacts) -> tuple[Device, ...]:
    """Return what to offer; a device that does not work is offered zero times."""
    return (
        Device(RESOURCE_KVM, "/dev/kvm", DEVICES_EACH if facts.kvm else 0),
        Device(RESOURCE_TUN, "/dev/net/tun", DEVICES_EACH if facts.tun else 0),
    )


class DevicePlugin(pb_grpc.DevicePluginServicer):
    """The kubelet's view of one device."""

    def __init__(self, device: Device) -> None:
        self._device = device

    async def GetDevicePluginOptions(  # noqa: N802 - the contract's name
        self, request: pb.Empty, context: object
    ) -> pb.DevicePluginOptions:
        """Tell that we want no optional call."""
        del request, context
        return pb.DevicePluginOptions()

    async def ListAndWatch(  # noqa: N802 - the contract's name
        self, request: pb.Empty, context: object
    ) -> AsyncIterator[pb.ListAndWatchResponse]:
        """Send the list, and keep the stream open: its end would mean that the devices are gone."""
        del request, context
        name = self._device.path.rpartition("/")[2]
        devices = [
            pb.Device(ID=f"{name}{index}", health="Healthy") for index in range(self._device.count)
        ]
        yield pb.ListAndWatchResponse(devices=devices)
        await asyncio.Event().wait()

    async def Allocate(  # noqa: N802 - the contract's name
        self, request: pb.AllocateRequest, context: object
    ) -> pb.AllocateResponse:
        """Give each container the device node, once, however many it asked for."""
        del context
        spec = pb.DeviceSpec(
            container_path=self._device.path, host_path=self._device.path, permissions="rw"
        )
        answer = pb.ContainerAllocateResponse(devices=[spec])
        return pb.AllocateResponse(container_responses=[answer for _ in request.container_requests])


class PluginHost:
    """Serves the plugins and registers them, once for each kubelet's socket."""

    def __init__(self, directory: Path, devices: tuple[Device, ...]) -> None:
        self.registered = asyncio.Event()
        self._directory = directory
        self._devices = devices

    async def run(self) -> None:
        """Serve until cancelled; what the directory holds decides, events only wake us."""
        with Inotify() as inotify:
            mask = Mask.CREATE | Mask.MOVED_TO | Mask.DELETE | Mask.ONLYDIR
            inotify.add_watch(self._directory, mask)
            while True:
                kubelet = self._identify_kubelet()
                if kubelet is None:
                    await inotify.get()
                    continue
                async with AsyncExitStack() as stack:
                    if not await self._offer(stack):
                        await asyncio.sleep(RETRY_SECONDS)
                        continue
                    self.registered.set()
                    while self._identify_kubelet() == kubelet and self._has_sockets():
                        await inotify.get()
                    self.registered.clear()

    async def _offer(self, stack: AsyncExitStack) -> bool:
        """Serve and register every plugin; returns whether the kubelet took them."""
        try:
            for device in self._devices:
                await self._serve(stack, device)
                await self._register(device)
        except Problem as problem:
            log.warning("devices not registered", extra={"error": problem.message})
            return False
        return True

    async def _serve(self, stack: AsyncExitStack, device: Device) -> None:
        path = self._directory / device.socket_name
        path.unlink(missing_ok=True)
        server = grpc.aio.server()
        # The generated signature wants a servicer's context class that nobody can name.
        servicer: Any = DevicePlugin(device)
        pb_grpc.add_DevicePluginServicer_to_server(servicer, server)
        try:
            server.add_insecure_port(f"unix:{path}")
        except RuntimeError as error:
            raise Problem("PluginSocketFailed", f"cannot listen on {path}: {error}") from error
        await server.start()
        stack.push_async_callback(server.stop, None)

    async def _register(self, device: Device) -> None:
        target = f"unix:{self._directory / KUBELET_SOCKET}"
        options = (("grpc.use_local_subchannel_pool", 1), ("grpc.enable_http_proxy", 0))
        request = pb.RegisterRequest(
            version=VERSION, endpoint=device.socket_name, resource_name=device.resource
        )
        try:
            async with grpc.aio.insecure_channel(target, options=options) as channel:
                stub = pb_grpc.RegistrationStub(channel)
                await stub.Register(request, timeout=CALL_SECONDS, wait_for_ready=True)
        except grpc.aio.AioRpcError as error:
            text = f"the kubelet refused {device.resource}: {error.details() or error.code().name}"
            raise Problem("RegistrationFailed", text[:512], retryable=True) from error
        REGISTRATIONS.labels(device.resource).inc()
        log.info("device registered", extra={"resource": device.resource, "count": device.count})

    def _identify_kubelet(self) -> Identity | None:
        try:
            found = (self._directory / KUBELET_SOCKET).lstat()
        except FileNotFoundError:
            return None
        return found.st_ino, found.st_ctime_ns

    def _has_sockets(self) -> bool:
        """Tell whether our sockets are still there: a starting kubelet sweeps the directory."""
        return all((self._directory / device.socket_name).exists() for device in self._devices)
