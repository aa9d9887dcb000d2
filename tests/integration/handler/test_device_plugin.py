"""The device plugins against a kubelet's registration socket."""

import asyncio
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import grpc.aio
import pytest

from handler import device_plugin
from handler.device_plugin import Device, PluginHost
from protos.kubelet.deviceplugin.v1beta1 import deviceplugin_pb2 as pb
from protos.kubelet.deviceplugin.v1beta1 import deviceplugin_pb2_grpc as pb_grpc

TUN = Device("devices.kubevirt.io/tun", "/dev/net/tun", 1000)
KVM = Device("devices.kubevirt.io/kvm", "/dev/kvm", 0)


@pytest.fixture(autouse=True)
def no_call_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that was slow is made twice, and these tests count."""
    monkeypatch.setattr(device_plugin, "CALL_SECONDS", 60.0)


class FakeKubelet(pb_grpc.RegistrationServicer):
    """Takes registrations, and keeps each plugin's stream open as the kubelet does."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.requests: list[pb.RegisterRequest] = []
        self.refuse = 0
        self.devices: dict[str, list[str]] = {}
        self.streams: dict[str, asyncio.Task[None]] = {}

    async def Register(self, request: pb.RegisterRequest, context: Any) -> pb.Empty:  # noqa: N802
        if self.refuse:
            self.refuse -= 1
            await context.abort(grpc.StatusCode.UNAVAILABLE, "not yet")
        self.requests.append(request)
        self.streams[request.endpoint] = asyncio.create_task(self._follow(request))
        return pb.Empty()

    async def _follow(self, request: pb.RegisterRequest) -> None:
        resource = request.resource_name
        async with self.connect(resource) as stub:
            try:
                async for answer in stub.ListAndWatch(pb.Empty()):
                    self.devices[resource] = [device.ID for device in answer.devices]
            except grpc.aio.AioRpcError:
                if request is self._latest(resource):
                    self.devices.pop(resource, None)

    async def list_devices(self, resource: str) -> list[str]:
        """Return what a plugin offers, once it does."""
        await until(lambda: resource in self.devices)
        return self.devices[resource]

    async def hang_up(self) -> None:
        """Drop all streams."""
        for stream in self.streams.values():
            stream.cancel()
        await asyncio.gather(*self.streams.values(), return_exceptions=True)

    def _latest(self, resource: str) -> pb.RegisterRequest:
        return [item for item in self.requests if item.resource_name == resource][-1]

    @asynccontextmanager
    async def connect(self, resource: str) -> AsyncIterator[Any]:
        options = (("grpc.use_local_subchannel_pool", 1),)
        target = f"unix:{self.directory / self._latest(resource).endpoint}"
        async with grpc.aio.insecure_channel(target, options=options) as channel:
            yield pb_grpc.DevicePluginStub(channel)


def sweep(directory: Path) -> None:
    for path in list(directory.iterdir()):
        path.unlink()


@asynccontextmanager
async def run_kubelet(directory: Path, refuse: int = 0) -> AsyncIterator[FakeKubelet]:
    """Sweep the directory and listen, as a starting kubelet does."""
    sweep(directory)
    kubelet = FakeKubelet(directory)
    kubelet.refuse = refuse
    server = grpc.aio.server()
    servicer: Any = kubelet
    pb_grpc.add_RegistrationServicer_to_server(servicer, server)
    server.add_insecure_port(f"unix:{directory / 'kubelet.sock'}")
    await server.start()
    try:
        yield kubelet
    finally:
        await kubelet.hang_up()
        await server.stop(None)


@asynccontextmanager
async def run_plugins(directory: Path) -> AsyncIterator[PluginHost]:
    host = PluginHost(directory, (KVM, TUN))
    task = asyncio.create_task(host.run())
    try:
        yield host
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def until(true: Callable[[], bool], seconds: float = 60.0) -> None:
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110 - the one wait helper here
            await asyncio.sleep(0.01)


async def test_both_devices_are_registered_once(tmp_path: Path) -> None:
    async with run_kubelet(tmp_path) as kubelet, run_plugins(tmp_path) as host:
        await until(host.registered.is_set)
        await asyncio.sleep(0.3)
        assert [item.resource_name for item in kubelet.requests] == [KVM.resource, TUN.resource]
        assert {item.version for item in kubelet.requests} == {"v1beta1"}
        assert await kubelet.list_devices(KVM.resource) == []
        tuns = await kubelet.list_devices(TUN.resource)
        assert (len(tuns), tuns[-1]) == (1000, "tun999")


async def test_a_container_gets_its_device_node_once(tmp_path: Path) -> None:
    async with run_kubelet(tmp_path) as kubelet, run_plugins(tmp_path) as host:
        await until(host.registered.is_set)
        async with kubelet.connect(TUN.resource) as stub:
            wish = pb.ContainerAllocateRequest(devices_ids=["tun1", "tun2"])
            answer = await stub.Allocate(pb.AllocateRequest(container_requests=[wish]))
            options = await stub.GetDevicePluginOptions(pb.Empty())
        [container] = answer.container_responses
        [device] = container.devices
        assert (device.container_path, device.host_path) == ("/dev/net/tun", "/dev/net/tun")
        assert device.permissions == "rw"
        assert not options.pre_start_required


async def test_plugins_wait_for_a_kubelet_that_comes_later(tmp_path: Path) -> None:
    async with run_plugins(tmp_path) as host:
        await asyncio.sleep(0.2)
        assert not host.registered.is_set()
        async with run_kubelet(tmp_path) as kubelet:
            await until(host.registered.is_set)
            assert len(kubelet.requests) == 2


async def test_plugins_register_again_with_a_restarted_kubelet(tmp_path: Path) -> None:
    async with run_plugins(tmp_path) as host:
        async with run_kubelet(tmp_path):
            await until(host.registered.is_set)
        async with run_kubelet(tmp_path) as second:
            await until(lambda: len(second.requests) >= 2)
            await until(host.registered.is_set)
            assert len(await second.list_devices(TUN.resource)) == 1000
            registered = len(second.requests)
            await asyncio.sleep(0.3)
            assert len(second.requests) == registered


async def test_a_plugin_socket_that_is_removed_comes_back(tmp_path: Path) -> None:
    async with run_kubelet(tmp_path) as kubelet, run_plugins(tmp_path) as host:
        await until(host.registered.is_set)
        (tmp_path / kubelet.requests[-1].endpoint).unlink()
        await until(lambda: len(kubelet.requests) >= 4)
        assert len(await kubelet.list_devices(TUN.resource)) == 1000


async def test_a_refused_registration_is_tried_again(tmp_path: Path) -> None:
    async with run_kubelet(tmp_path, refuse=1) as kubelet, run_plugins(tmp_path) as host:
        await until(host.registered.is_set)
        assert [item.resource_name for item in kubelet.requests][-2:] == [
            KVM.resource,
            TUN.resource,
        ]


async def test_what_a_killed_process_left_behind_is_swept(tmp_path: Path) -> None:
    async with run_kubelet(tmp_path) as kubelet:
        left = tmp_path / f"{TUN.socket_prefix}killed.sock"
        with socket.socket(socket.AF_UNIX) as listener:
            listener.bind(str(left))
        async with run_plugins(tmp_path) as host:
            await until(host.registered.is_set)
            assert not left.exists()
            assert len(await kubelet.list_devices(TUN.resource)) == 1000


async def test_an_update_overlaps_without_a_gap(tmp_path: Path) -> None:
    async with run_kubelet(tmp_path) as kubelet:
        async with run_plugins(tmp_path) as old:
            await until(old.registered.is_set)
            host = PluginHost(tmp_path, (KVM, TUN))
            new = asyncio.create_task(host.run())
            await until(host.registered.is_set)
        assert len(await kubelet.list_devices(TUN.resource)) == 1000
        assert host.registered.is_set()
        new.cancel()
        await asyncio.gather(new, return_exceptions=True)


async def test_a_kubelet_that_lets_go_of_a_plugin_is_told_of_it_again(tmp_path: Path) -> None:
    async with run_kubelet(tmp_path) as kubelet, run_plugins(tmp_path) as host:
        await until(host.registered.is_set)
        await kubelet.hang_up()
        await until(lambda: len(kubelet.requests) >= 4)
