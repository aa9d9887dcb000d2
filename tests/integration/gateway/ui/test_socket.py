"""Websockets: consoles as they come, and watches as messages."""

import asyncio

import aiohttp
import pytest
from aiohttp import WSMsgType

from gateway.ui.relay import NEAR_MESSAGE_BYTES
from tests.integration.gateway.ui.server import PODS
from tests.integration.gateway.ui.world import World

TABLE = ("table.watch.virtpod.io",)
WATCH = ("watch.virtpod.io",)


async def test_messages_pass_as_they_are_in_both_directions(world: World) -> None:
    browser = await world.log_in()
    path = "/k8s/api/v1/echo"
    async with browser.open(path, protocols=("x", "plain.kubevirt.io")) as websocket:
        assert websocket.protocol == "plain.kubevirt.io"
        await websocket.send_str("tëxt")
        assert await websocket.receive_str() == "tëxt"
        big = bytes(range(256)) * (NEAR_MESSAGE_BYTES // 256 - 1)
        await websocket.send_bytes(big)
        assert await websocket.receive_bytes() == big
        await websocket.send_str("bye")
        message = await websocket.receive()
        assert (message.type, message.data, message.extra) == (WSMsgType.CLOSE, 4001, "so long")
    seen = world.server.requests[-1]
    assert seen.user == "alice"
    assert "Cookie" not in seen.headers
    assert "Origin" not in seen.headers


async def test_a_page_that_says_too_much_at_once_is_cut_off(world: World) -> None:
    browser = await world.log_in()
    async with browser.open("/k8s/api/v1/echo") as websocket:
        await websocket.send_bytes(b"x" * (NEAR_MESSAGE_BYTES + 1))
        message = await websocket.receive()
        assert (message.type, message.data) == (WSMsgType.CLOSE, 1009)
    async with asyncio.timeout(60):
        await world.server.left.wait()


async def test_the_far_end_hears_when_the_page_goes(world: World) -> None:
    browser = await world.log_in()
    async with browser.open("/k8s/api/v1/echo") as websocket:
        await websocket.send_str("x")
        await websocket.receive()
    async with asyncio.timeout(60):
        await world.server.left.wait()


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/v1/forbidden", 403),
        ("/apis/subresources.kubevirt.io/v1/denied", 403),  # virt-api's 401 is no lost session
        ("/api/v1/denied", 401),
    ],
)
async def test_a_refusal_keeps_its_code(world: World, path: str, code: int) -> None:
    browser = await world.log_in()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with browser.open(f"/k8s{path}"):
            pass
    assert refused.value.status == code


@pytest.mark.parametrize("protocols", ["x", *WATCH])
async def test_a_handshake_that_is_none_is_no_bug(world: World, protocols: str) -> None:
    browser = await world.log_in()
    headers = {"Origin": browser.origin, "Connection": "Upgrade", "Upgrade": "websocket"}
    headers |= {"Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "short"}
    headers["Sec-WebSocket-Protocol"] = protocols
    answer = await browser.call("GET", "/k8s/api/v1/echo", headers=headers)
    assert (answer.code, answer.json["reason"]) == (400, "BadRequest")


async def test_a_websocket_brings_no_token_of_its_own(world: World) -> None:
    browser = await world.log_in()
    with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
        async with browser.open(
            "/k8s/api/v1/echo", protocols=("base64url.bearer.authorization.k8s.io.YQ",)
        ):
            pass
    assert refused.value.status == 400


@pytest.mark.parametrize("path", ["/logs", "/api/v1/nodes/n/proxy/x", "/api/v1/../x"])
async def test_a_websocket_goes_where_requests_go(world: World, path: str) -> None:
    browser = await world.log_in()
    asked = len(world.server.requests)
    with pytest.raises(aiohttp.WSServerHandshakeError):
        async with browser.open(f"/k8s{path}"):
            pass
    assert len(world.server.requests) == asked


@pytest.mark.parametrize("protocols", [WATCH, TABLE])
async def test_a_watch_is_a_message_for_each_event(
    world: World, protocols: tuple[str, ...]
) -> None:
    browser = await world.log_in()
    async with browser.open(f"/k8s{PODS}?watch=1", protocols=protocols) as websocket:
        assert websocket.protocol == protocols[0]
        assert await websocket.receive_str() == ""  # it has begun
        await world.server.events.put(b'{"n":1}\n{"n":2}\n{"n"')
        await world.server.events.put(b":3}\n")
        told = [await websocket.receive_json() for _ in range(3)]
        assert told == [{"n": 1}, {"n": 2}, {"n": 3}]
        await world.server.events.put(None)
        assert (await websocket.receive()).data == 1000
    accept = world.server.requests[-1].headers["Accept"]
    assert ("as=Table" in accept) == (protocols == TABLE)


async def test_a_watch_ends_with_its_page(world: World) -> None:
    browser = await world.log_in()
    async with browser.open(f"/k8s{PODS}?watch=1", protocols=WATCH) as websocket:
        await websocket.receive()
    async with asyncio.timeout(60):
        await world.server.left.wait()


async def test_a_watch_that_is_refused_says_why(world: World) -> None:
    browser = await world.log_in()
    path = "/k8s/api/v1/namespaces/closed/pods"
    async with browser.open(path, protocols=WATCH) as websocket:
        event = await websocket.receive_json()
        assert (event["type"], event["object"]["code"]) == ("ERROR", 403)
        assert event["object"]["message"] == "pods is forbidden: no rule says so"
        assert (await websocket.receive()).data == 1000


async def test_a_watch_that_breaks_says_so(world: World) -> None:
    browser = await world.log_in()
    async with browser.open("/k8s/api/v1/broken", protocols=WATCH) as websocket:
        assert await websocket.receive_str() == ""
        assert (await websocket.receive()).data == 1011


async def test_a_gateway_that_stops_says_so_first(world: World) -> None:
    browser = await world.log_in()
    async with (
        browser.open("/k8s/api/v1/echo") as console,
        browser.open(f"/k8s{PODS}?watch=1", protocols=WATCH) as watch,
    ):
        await watch.receive()
        world.stop.set()
        for websocket in (console, watch):
            assert (await websocket.receive()).data == 1001
