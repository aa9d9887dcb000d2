"""How a gateway starts, and how it ends: nothing that was begun is lost."""

import asyncio
import logging
from typing import Any

import aiohttp
import pytest

from api.door import ROLE_GATEWAY
from api.problem import Problem
from gateway.document import Documents
from gateway.main import Gateway, Options
from gateway.server import Served
from gateway.session import Sessions
from kube.client import Client
from kube.transport import Response
from tests.authority import Authority
from tests.integration.gateway.api import GatewayApi
from tests.integration.gateway.machine import put_vm, put_vmi
from tests.integration.gateway.world import (
    HOST,
    OF_VM,
    OF_VMI,
    ROOT,
    put_certificate,
    put_front_proxy,
    put_handler,
    run_world,
)

METRICS = (
    b'{"time": "2026-11-23T08:30:00+00:00", "vcpus": 1, "cpuSeconds": 1.5, "disks": [],'
    b' "memory": {"bytes": 4, "unusedBytes": null, "usableBytes": null, "residentBytes": 1},'
    b' "interfaces": [], "viewers": {"serial": 0, "vnc": 0}}'
)


async def test_nobody_is_let_in_before_the_front_proxies_are_known() -> None:
    own, front, api = Authority("kubevirt.io"), Authority("front-proxy-ca"), GatewayApi()
    gateway = Gateway(Client(api), Options("kubevirt", HOST, 0, 0, 0, 0.0, "", "INFO"))
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(gateway.run(stop))
        port = await gateway.listening
        put_certificate(api, own.issue(ROLE_GATEWAY))
        await gateway._trust.ready.wait()
        assert not gateway.is_ready()
        with pytest.raises(OSError):  # noqa: PT011 - of the handshake, in whatever words
            await asyncio.open_connection(HOST, port, ssl=True)
        put_front_proxy(api, front.certificate)
        put_handler(api, "127.0.0.1")
        await gateway._front_proxy.ready.wait()
        await gateway._directory.informer.synced.wait()
        await gateway._config.informer.synced.wait()
        assert gateway.is_ready()
        stop.set()


async def test_it_is_not_ready_before_it_knows_the_configuration() -> None:
    known = asyncio.Event()

    class LateApi(GatewayApi):
        async def request(self, *args: Any, **kwargs: Any) -> Response:  # Any: the transport's
            if args[1].endswith("/kubevirts"):
                await known.wait()
            return await super().request(*args, **kwargs)

    api = LateApi()
    own, front = Authority("kubevirt.io"), Authority("front-proxy-ca")
    put_certificate(api, own.issue(ROLE_GATEWAY))
    put_front_proxy(api, front.certificate)
    gateway = Gateway(Client(api), Options("kubevirt", HOST, 0, 0, 0, 0.0, "", "INFO"))
    stop = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        group.create_task(gateway.run(stop))
        others = (
            gateway._trust.ready,
            gateway._front_proxy.ready,
            gateway._directory.informer.synced,
        )
        for each in others:
            await each.wait()
        assert not gateway.is_ready()
        known.set()
        await gateway._config.informer.synced.wait()
        assert gateway.is_ready()
        stop.set()


async def test_calls_under_way_are_answered_and_connections_end() -> None:
    async with run_world(drain_seconds=15.0) as world:
        put_vmi(world.api)
        world.node.hangs = True
        asked = asyncio.create_task(world.put(f"{OF_VMI}/pause"))
        await world.node.reached.wait()
        world.stop.set()
        await asyncio.sleep(0)
        late = await world.get(f"{ROOT}/version")  # while it drains, newcomers are served
        assert late.headers["Connection"] == "close"
        assert (await world.get(f"{ROOT}/healthz")).code == 500
        world.node.release.set()
        assert (await asked).code == 200
    with pytest.raises(aiohttp.ClientConnectorError):
        await world.get(f"{ROOT}/version")


async def test_sessions_are_told_to_go() -> None:
    sessions, told = Sessions(), asyncio.Event()

    async def close() -> None:
        told.set()

    async def talk() -> None:
        with sessions.hold(close):
            await told.wait()

    task = asyncio.create_task(talk())
    await asyncio.sleep(0)
    assert len(sessions) == 1
    await sessions.close(5)
    assert len(sessions) == 0
    await task


async def test_a_session_that_does_not_go_is_left_behind() -> None:
    sessions = Sessions()
    with sessions.hold(asyncio.Event().wait):
        await sessions.close(0.05)


def test_a_route_that_nobody_serves_does_not_start() -> None:
    with pytest.raises(Problem, match="nobody serves"):
        Served({}, documents=Documents())


async def test_each_call_leaves_a_line(caplog: pytest.LogCaptureFixture) -> None:
    async with run_world() as world:
        put_vm(world.api)
        with caplog.at_level(logging.INFO, "gateway.server"):
            await world.put(f"{OF_VM}/start", headers=[("X-Forwarded-For", "6.6.6.6, 192.0.2.7")])
            await world.get(f"{ROOT}/version")
        (line,) = [each for each in caplog.records if each.message == "call"]
        said = {key: getattr(line, key) for key in ("user", "verb", "resource", "subresource")}
        assert said == {
            "user": "alice",
            "verb": "update",
            "resource": "virtualmachines",
            "subresource": "start",
        }
        assert (line.namespace, line.vm, line.code) == ("ns", "vm1", 202)  # type: ignore[attr-defined]
        assert line.source == "192.0.2.7"  # type: ignore[attr-defined]


async def test_what_pages_poll_leaves_a_line_when_it_is_refused_alone(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async with run_world() as world:
        put_vmi(world.api)
        world.node.body = METRICS
        with caplog.at_level(logging.INFO, "gateway.server"):
            assert (await world.get(f"{OF_VMI}/metrics")).code == 200
            world.api.remove("virtualmachineinstances", "vm1")
            assert (await world.get(f"{OF_VMI}/metrics")).code == 404
        lines = [each for each in caplog.records if each.message == "call"]
        assert [each.code for each in lines] == [404]  # type: ignore[attr-defined]
