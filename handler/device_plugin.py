"""`python -m handler.device_plugin`: offers the node's devices to the kubelet.

A container of its own: while a plugin is away, the kubelet turns down pods that want its device,
and nothing of the handler's other work is worth that.
"""

import asyncio
import logging
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import grpc
import grpc.aio
from asyncinotify import Inotify, Mask

from api.names import RESOURCE_KVM, RESOURCE_TUN
from api.problem import Problem
from daemon.log import bound, configure_logging
from handler.probe import FACTS_PATH, NodeFacts, read_facts
from protos.kubelet.deviceplugin.v1beta1 import deviceplugin_pb2 as pb
from protos.kubelet.deviceplugin.v1beta1 import deviceplugin_pb2_grpc as pb_grpc

log = logging.getLogger(__name__)

DIRECTORY: Final = "/var/lib/kubelet/device-plugins"
VERSION: Final = "v1beta1"
KUBELET_SOCKET: Final = "kubelet.sock"
DEVICES_EACH: Final = 1000  # as many as KubeVirt offers: not what runs short on a node
CALL_SECONDS: Final = 5.0
RETRY_SECONDS: Final = 2.0
LOST_SECONDS: Final = 0.5
Identity = tuple[int, int]  # of a socket: a new kubelet has another


@dataclass(frozen=True, slots=True)
class Device:
    """A device node that any number of pods may share."""

    resource: str
    path: str
    count: int

    @property
    def socket_prefix(self) -> str:
        return self.resource.replace("/", "-") + "."


def plan_devices(facts: NodeFacts) -> tuple[Device, ...]:
    """Return what to offer; a device that does not work is offered zero times."""
    return (
        Device(RESOURCE_KVM, "/dev/kvm", DEVICES_EACH if facts.kvm else 0),
        Device(RESOURCE_TUN, "/dev/net/tun", DEVICES_EACH if facts.tun else 0),
    )


class DevicePlugin(pb_grpc.DevicePluginServicer):
    """The kubelet's view of one device."""

    def __init__(self, device: Device, lost: Callable[[], None]) -> None:
        self._device = device
        self._lost = lost

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
        try:
            yield pb.ListAndWatchResponse(devices=devices)
            await asyncio.Event().wait()
        finally:
            self._lost()

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
    """Serves the plugins and registers them, again whenever the kubelet lost sight of one.

    Each process has sockets of its own name: during an update, two of them overlap, and the one
    that goes must not take the other's socket with it.
    """

    def __init__(self, directory: Path, devices: tuple[Device, ...]) -> None:
        self.registered = asyncio.Event()
        self._directory = directory
        self._devices = devices
        self._suffix = f"{os.getpid()}-{time.time_ns() & 0xFFFFFF:x}.sock"
        self._news = asyncio.Event()

    async def run(self) -> None:
        """Serve until cancelled; what the directory holds decides, events only wake us."""
        for device in self._devices:
            sweep(self._directory, device.socket_prefix)
        with Inotify() as inotify:
            mask = Mask.CREATE | Mask.MOVED_TO | Mask.DELETE | Mask.ONLYDIR
            inotify.add_watch(self._directory, mask)
            watching = asyncio.create_task(self._watch(inotify))
            try:
                while True:
                    await self._serve_once()
            finally:
                watching.cancel()

    async def _watch(self, inotify: Inotify) -> None:
        async for _ in inotify:
            self._news.set()

    async def _serve_once(self) -> None:
        """Offer the devices to the kubelet that is there, until it is not the same any more."""
        self._news.clear()
        kubelet = _identify(self._directory / KUBELET_SOCKET)
        if kubelet is None:
            await self._news.wait()
            return
        async with AsyncExitStack() as stack:
            lost = asyncio.Event()
            if not await self._offer(stack, lost):
                await asyncio.sleep(RETRY_SECONDS)
                return
            self.registered.set()
            while self._is_settled(kubelet) and not lost.is_set():
                await self._news.wait()
                self._news.clear()
            self.registered.clear()
            if lost.is_set():
                await asyncio.sleep(LOST_SECONDS)  # a kubelet that always hangs up is not chased

    def _is_settled(self, kubelet: Identity) -> bool:
        """Tell whether it is the same kubelet still, and it did not sweep our sockets away."""
        same = _identify(self._directory / KUBELET_SOCKET) == kubelet
        return same and all(self._path(device).exists() for device in self._devices)

    def _path(self, device: Device) -> Path:
        return self._directory / (device.socket_prefix + self._suffix)

    async def _offer(self, stack: AsyncExitStack, lost: asyncio.Event) -> bool:
        """Serve and register every plugin; returns whether the kubelet took them."""

        def lose() -> None:
            lost.set()
            self._news.set()

        try:
            for device in self._devices:
                await self._serve(stack, device, lose)
                await self._register(device)
        except Problem as problem:
            log.warning("devices not registered", extra={"error": problem.message})
            return False
        return True

    async def _serve(self, stack: AsyncExitStack, device: Device, lose: Callable[[], None]) -> None:
        path = self._path(device)
        path.unlink(missing_ok=True)
        server = grpc.aio.server()
        # The generated signature wants a servicer's context class that nobody can name.
        servicer: Any = DevicePlugin(device, lose)
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
            version=VERSION, endpoint=self._path(device).name, resource_name=device.resource
        )
        try:
            async with grpc.aio.insecure_channel(target, options=options) as channel:
                stub = pb_grpc.RegistrationStub(channel)
                await stub.Register(request, timeout=CALL_SECONDS, wait_for_ready=True)
        except grpc.aio.AioRpcError as error:
            text = f"the kubelet refused {device.resource}: {error.details() or error.code().name}"
            raise Problem("RegistrationFailed", text[:512], retryable=True) from error
        log.info("device registered", extra={"resource": device.resource, "count": device.count})


def sweep(directory: Path, prefix: str) -> None:
    """Remove the sockets of processes that are gone."""
    for path in directory.glob(f"{prefix}*"):
        with socket.socket(socket.AF_UNIX) as probe:
            probe.settimeout(1.0)
            try:
                probe.connect(str(path))
            except ConnectionRefusedError:
                path.unlink(missing_ok=True)
            except OSError as error:
                log.info("socket left alone", extra={"path": str(path), "error": str(error)})


def _identify(path: Path) -> Identity | None:
    try:
        found = path.lstat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_ctime_ns


async def run_plugins(directory: Path, facts: NodeFacts) -> None:
    """Serve until SIGTERM."""
    loop = asyncio.get_running_loop()
    serving = loop.create_task(PluginHost(directory, plan_devices(facts)).run())
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, serving.cancel)
    try:
        await serving
    except asyncio.CancelledError:
        log.info("stopping")


def main() -> int:
    """Run the plugins; a Problem at the start is one line and exit code 1."""
    configure_logging("virt-handler-devices")
    directory = Path(os.environ.get("DEVICE_PLUGINS_DIR", DIRECTORY))
    try:
        facts = read_facts(Path(os.environ.get("FACTS_PATH", FACTS_PATH)))
        with bound(node=os.environ.get("NODE_NAME", "")):
            asyncio.run(run_plugins(directory, facts))
    except Problem as problem:
        log.critical("cannot start", extra={"reason": problem.slug, "error": problem.message})
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
