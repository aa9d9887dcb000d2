"""What passes to kube-apiserver and back, and what does not (A13, A15)."""

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import replace

import aiohttp
import pytest

from gateway.ui.cookie import SESSION
from gateway.ui.proxy import BODY_BYTES
from tests.integration.gateway.ui.server import PODS
from tests.integration.gateway.ui.world import TOKEN, World, spell_token


async def test_a_write_arrives_as_it_was_sent(world: World) -> None:
    browser = await world.log_in()
    headers = {"Content-Type": "application/merge-patch+json", "If-Match": '"3"'}
    path = f"{PODS}/a%3Ab?dryRun=All&fieldManager=a%20b"
    answer = await browser.call("PATCH", f"/k8s{path}", {"a": "ü"}, headers=headers)
    assert answer.code == 200
    seen = world.server.requests[-1]
    assert (seen.method, seen.path, seen.query) == ("PATCH", *path.split("?"))
    assert seen.body == b'{"a": "\\u00fc"}'
    assert seen.headers["Content-Type"] == "application/merge-patch+json"
    assert seen.headers["If-Match"] == '"3"'
    assert seen.headers["X-Forwarded-For"] == "127.0.0.1"  # the audit log names the source


async def test_a_browsers_own_words_about_who_it_is_do_not_pass(world: World) -> None:
    browser = await world.log_in()
    headers: dict[str, str | None] = {
        "Authorization": "Bearer other",
        "X-Remote-User": "admin",
        "X-Remote-Group": "system:masters",
        "X-Forwarded-For": "10.0.0.1",
        "Forwarded": "for=10.0.0.1",
        "Connection": "close, X-Remote-User",
        "Proxy-Authorization": "Basic x",
        "Trailer": "x",
    }
    assert (await browser.call("GET", f"/k8s{PODS}", headers=headers)).code == 200
    sent = world.server.requests[-1].headers
    assert sent["Authorization"] == f"Bearer {TOKEN}"
    assert set(sent) <= {
        "Accept", "Accept-Encoding", "Authorization", "Host", "User-Agent", "X-Forwarded-For",
    }  # fmt: skip
    assert sent["X-Forwarded-For"] == "127.0.0.1"


@pytest.mark.parametrize("name", ["Impersonate-User", "impersonate-group", "Impersonate-Extra-x"])
async def test_who_wants_to_be_somebody_else_is_told_no(world: World, name: str) -> None:
    browser = await world.log_in()
    asked = len(world.server.requests)
    answer = await browser.call("GET", f"/k8s{PODS}", headers={name: "admin"})
    assert answer.code == 400
    assert len(world.server.requests) == asked


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/", 400),
        ("//evil.example/api", 400),
        ("/api/v1/../../logs", 400),
        ("/api/./v1", 400),
        ("/api/v1/%2e%2e/%2e%2e/logs", 400),
        ("/api/v1/namespaces/a%2Fb/pods", 400),
        ("/api/v1/namespaces/a%252Fb/pods", 400),
        ("/api/v1\\pods", 400),
        ("/api/v1/pods%00", 400),
        ("/api/v1/pods%0d%0aHost:x", 400),
        ("/api/v1/pods;x", 400),
        ("/api/v1/%ff", 400),
        ("/api/", 400),
        ("/apix/v1", 404),
        ("/logs/kubelet.log", 404),
        ("/metrics", 404),
        ("/debug/pprof", 404),
        ("/.well-known/openid-configuration", 404),
        ("@169.254.169.254/api", 404),
        ("http://169.254.169.254/api", 400),
        ("/api/v1/namespaces/ns/pods/a/proxy", 403),
        ("/api/v1/namespaces/ns/pods/https:a:443/proxy/index.html", 403),
        ("/api/v1/namespaces/ns/services/a/proxy/", 400),
        ("/api/v1/namespaces/ns/services/a/%70roxy/x", 403),
        ("/api/v1/nodes/n/proxy/configz", 403),
        ("/api/v1/proxy/nodes/n", 403),
    ],
)
async def test_paths_with_tricks_go_nowhere(world: World, path: str, code: int) -> None:
    browser = await world.log_in()
    asked = len(world.server.requests)
    joint = "" if path.startswith("/") else "/"
    answer = await browser.call("GET", f"/k8s{joint}{path}")
    assert answer.code == code, answer.body
    assert len(world.server.requests) == asked


async def test_a_host_in_the_request_line_leads_nowhere_else(world: World) -> None:
    browser = await world.log_in()
    cookie = f"{SESSION}={browser.cookies[SESSION]}"
    reader, writer = await asyncio.open_connection(
        "127.0.0.1", world.port, ssl=browser.context, server_hostname="virt-api"
    )
    target = "https://169.254.169.254/k8s/api"
    writer.write(f"GET {target} HTTP/1.1\r\nHost: x\r\nCookie: {cookie}\r\n\r\n".encode())
    head = await reader.readuntil(b"\r\n\r\n")
    writer.close()
    assert b" 404 " in head.partition(b"\r\n")[0]


async def test_an_answer_never_becomes_a_page(world: World) -> None:
    browser = await world.log_in()
    answer = await browser.call("GET", "/k8s/api/v1/page")
    assert answer.headers["Content-Type"] == "application/octet-stream"
    assert answer.headers["Content-Disposition"] == "attachment"
    assert "sandbox" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-store"
    assert "Set-Cookie" not in answer.headers
    assert "Access-Control-Allow-Origin" not in answer.headers


async def test_nobody_is_sent_elsewhere(world: World) -> None:
    browser = await world.log_in()
    answer = await browser.call("GET", "/k8s/api/v1/moved")
    assert answer.code == 502
    assert "Location" not in answer.headers


async def test_documents_may_be_kept_by_the_browser_alone(world: World) -> None:
    browser = await world.log_in()
    answer = await browser.call("GET", "/k8s/openapi/v3")
    assert (answer.headers["Cache-Control"], answer.headers["ETag"]) == (
        "private, immutable",
        '"7"',
    )


async def test_half_an_answer_is_no_answer(world: World) -> None:
    browser = await world.log_in()
    with pytest.raises(aiohttp.ClientPayloadError):
        await browser.call("GET", "/k8s/api/v1/broken")


async def test_a_body_has_an_end(world: World) -> None:
    browser = await world.log_in()
    assert (await browser.call("POST", f"/k8s{PODS}", b"x" * BODY_BYTES)).code == 200

    async def pour() -> AsyncIterator[bytes]:
        for _ in range(BODY_BYTES // 65536 + 2):
            yield b"x" * 65536

    for body in (b"x" * (BODY_BYTES + 1), pour()):
        answer = await browser.call("POST", f"/k8s{PODS}", body)
        assert answer.code == 413
    packed = {"Content-Encoding": "gzip"}
    assert (await browser.call("POST", f"/k8s{PODS}", b"x", headers=packed)).code == 415


async def test_a_watch_tells_each_event_at_once_and_ends_with_its_reader(world: World) -> None:
    browser = await world.log_in()
    async with browser.connect() as session:
        headers = browser.build_headers("GET", {})
        async with session.get(
            f"{browser.origin}/k8s{PODS}?watch=1", headers=headers, server_hostname="virt-api"
        ) as answer:
            for number in range(3):
                line = b'{"type":"ADDED","number":%d}\n' % number
                await world.server.events.put(line)
                async with asyncio.timeout(60):
                    assert await answer.content.readline() == line
    async with asyncio.timeout(60):
        await world.server.left.wait()


async def test_who_does_not_read_holds_no_memory(world: World) -> None:
    browser = await world.log_in()
    async with browser.connect() as session:
        headers = browser.build_headers("GET", {})
        async with session.get(
            f"{browser.origin}/k8s/api/v1/flood", headers=headers, server_hostname="virt-api"
        ) as answer:
            await answer.content.read(1)
            async with asyncio.timeout(60):
                await world.server.stuck.wait()  # all buffers on the way are full
            assert world.server.sent < 32 << 20
    async with asyncio.timeout(60):
        await world.server.left.wait()


async def test_one_user_cannot_take_every_seat(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(world.gateway.door._seats, "_each", 3)
    world.server.tokens["b"] = "bob"
    alice, bob = await world.log_in(), await world.log_in("b")
    echo = "/k8s/api/v1/echo"
    async with alice.open(echo), alice.open(echo), alice.open(echo):
        full = await alice.call("GET", f"/k8s{PODS}")
        assert (full.code, full.headers["Retry-After"]) == (503, "1")
        assert (await bob.call("GET", f"/k8s{PODS}")).code == 200
    async with asyncio.timeout(60):
        while (await alice.call("GET", f"/k8s{PODS}")).code == 503:
            pass  # the far end of a console may have to hear first that it is over
    monkeypatch.setattr(world.gateway.door._seats, "_total", 0)
    assert (await bob.call("GET", f"/k8s{PODS}")).code == 503


async def test_an_api_server_that_is_away_is_503(world: World) -> None:
    browser = await world.log_in()
    door = world.gateway.door
    assert door._place.server is not None
    assert door._upstream is not None
    # nothing listens at port 1
    door._upstream._server = replace(door._place.server, host="https://127.0.0.1:1")
    answer = await browser.call("GET", f"/k8s{PODS}")
    assert (answer.code, answer.headers["Retry-After"]) == (503, "1")
    assert (await world.open_browser().log_in()).code == 503


# Sessions that end.


async def test_what_runs_ends_with_the_session(world: World) -> None:
    token = spell_token({"exp": time.time() + 15})  # enough to log in
    world.server.tokens[token] = "alice"
    browser = await world.log_in(token)
    async with browser.open("/k8s/api/v1/echo") as websocket:
        async with asyncio.timeout(60):
            message = await websocket.receive()
    assert message.type in {aiohttp.WSMsgType.CLOSED, aiohttp.WSMsgType.ERROR}
    assert (await browser.call("GET", f"/k8s{PODS}")).code == 401
