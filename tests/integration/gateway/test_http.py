"""HTTP as strangers speak it (B56, B58): bounds, deadlines, and never a traceback."""

import asyncio
import gzip

import pytest

import gateway.listener
import gateway.server
from tests.integration.gateway.machine import put_vm
from tests.integration.gateway.world import HOST, OF_NAMESPACE, OF_VM, PROXY, World

START = f"{OF_VM}/start"
CHUNKED = b"Transfer-Encoding: chunked\r\n\r\n"


async def _send(world: World, text: bytes) -> bytes:
    """Send raw bytes as the front proxy; returns all until the gateway hangs up."""
    context = world.build_context(world.front.issue(PROXY))
    reader, writer = await asyncio.open_connection(
        HOST, world.port, ssl=context, server_hostname="virt-api"
    )
    try:
        writer.write(text)
        await writer.drain()
        async with asyncio.timeout(60):
            return await reader.read()
    except ConnectionError:
        return b""  # hung up with our bytes unread
    finally:
        writer.close()


def _head(method: str = "PUT", path: str = START) -> bytes:
    head = f"{method} {path} HTTP/1.1\r\nHost: virt-api\r\nX-Remote-User: alice\r\n"
    return (head + "Connection: close\r\n").encode()


@pytest.mark.parametrize(
    ("body", "content_type", "code"),
    [
        (b"", None, 202),
        (b"", "application/x-www-form-urlencoded", 202),
        (b"null", None, 202),
        (b"{}", "application/json", 202),
        (b"{}", "application/json; charset=utf-8", 202),
        (b'{"unknown": {"a": [1]}, "paused": null}', None, 202),
        (b"paused: false\n", "application/yaml", 202),
        (b"paused: false\n", None, 202),
        (b"not json", None, 400),
        (b"[]", "application/json", 400),
        (b'{"paused": "yes"}', None, 400),
        (b'{"paused": true', None, 400),
        (b"\xff\xfe\x00", None, 400),
        (b"a: &a [1]\nb: *a\n", None, 400),
        (b"[" * 30_000 + b"]" * 30_000, None, 400),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, None, 400),
        (b'a: !!int ""', None, 400),
        (b'{"dryRun": ["Some"]}', None, 400),
        (b"{}", "text/html", 415),
        (b"{}", "multipart/form-data", 415),
        (b"a: " + b"x" * 300_000, None, 413),
        (b"{" + b" " * (64 << 10) + b"}", None, 413),
    ],
)
async def test_bodies_are_read_or_refused(
    world: World, body: bytes, content_type: str | None, code: int
) -> None:
    put_vm(world.api)
    headers = [("Content-Type", content_type)] if content_type else []
    answer = await world.put(START, body, headers=headers)
    assert answer.code == code
    if code >= 400:
        assert "Traceback" not in answer.status[2]


async def test_a_chunked_body_is_a_body(world: World) -> None:
    put_vm(world.api, runStrategy="Manual")
    body = b"10\r\n" + b'{"paused": true}' + b"\r\n0\r\n\r\n"
    assert (await _send(world, _head() + CHUNKED + body)).startswith(b"HTTP/1.1 202")
    vm = world.api.find("virtualmachines", "vm1")
    assert vm is not None
    assert vm["status"]["stateChangeRequests"] == [{"action": "Start", "data": {"paused": "true"}}]


async def test_a_chunked_body_has_the_same_bound(world: World) -> None:
    put_vm(world.api)
    chunk = b"100000\r\n" + b" " * (1 << 20) + b"\r\n"
    answer = await _send(world, _head() + CHUNKED + chunk * 5)
    assert answer == b"" or answer.startswith(b"HTTP/1.1 413")


async def test_a_body_that_trickles_is_given_up(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gateway.server, "BODY_SECONDS", 0.2)
    put_vm(world.api)
    answer = await _send(world, _head() + b"Content-Length: 10\r\n\r\n{")
    assert answer.startswith(b"HTTP/1.1 408")


async def test_a_compressed_body_is_refused(world: World) -> None:
    body = gzip.compress(b"{}")
    answer = await world.put(START, body, headers=[("Content-Encoding", "gzip")])
    assert answer.status[0] == 415


async def test_who_says_nothing_is_dropped(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway.listener, "HEAD_SECONDS", 0.2)
    assert await _send(world, b"PUT /apis HTTP/1.1\r\nHost") == b""


@pytest.mark.parametrize(
    "head",
    [
        _head() + b"Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n{}",
        _head() + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}",
        _head() + b"Content-Length: +2\r\n\r\n{}",
        _head() + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        _head() + b"Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        _head() + b"X-Long: " + b"a" * 100_000 + b"\r\n\r\n",
        _head() + b"".join(b"X-%d: a\r\n" % n for n in range(2000)) + b"\r\n",
        _head() + b"Bad Name: a\r\n\r\n",
        _head() + b"X-Nul: a\0b\r\n\r\n",
        _head() + b"Host: other\r\n\r\n",
        _head(path="/" + "a" * 100_000) + b"\r\n",
        b"\x16\x03\x01\x00\xff",
        b"GET /apis HTTP/9.9\r\nHost: a\r\n\r\n",
    ],
)
async def test_what_is_no_http_is_400_and_the_end(world: World, head: bytes) -> None:
    answer = await _send(world, head + b"\r\n\r\n")
    assert answer.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))
    assert answer.count(b"HTTP/1.") == 1  # what followed was no second request
    assert answer.endswith(b"\r\n\r\nthis is no valid HTTP\n")  # and nothing of what was sent
    assert b"\r\nX-Content-Type-Options: nosniff\r\n" in answer
    assert world.api.reviews == []


async def test_a_target_in_another_form_is_no_path(world: World) -> None:
    for path in (f"https://virt-api{START}", "*", "virt-api:443", "/v\u00ecm"):
        answer = await _send(world, _head("GET", path) + b"\r\n")
        assert answer.split(b"\r\n")[0].split()[1] in {b"400", b"404"}
    assert world.api.reviews == []


async def test_a_user_of_many_groups_is_served(world: World) -> None:
    headers = [("X-Remote-Group", f"group-{number}") for number in range(500)]
    assert (await world.put(START, headers=headers)).code == 404
    assert len(world.api.reviews[0]["groups"]) == 500


async def test_a_bug_tells_users_no_more_than_that(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def break_down(*_: object) -> None:
        raise ZeroDivisionError("a secret detail")

    put_vm(world.api)
    monkeypatch.setattr("gateway.machine.MachineReader.read_both", break_down)
    code, reason, message = (await world.put(START)).status
    assert (code, reason) == (500, "InternalError")
    assert "secret" not in message


async def test_an_object_that_cannot_be_read_is_said_so(world: World) -> None:
    world.api.put("virtualmachines", {"metadata": {"name": "vm1"}, "spec": {"template": 3}})
    assert (await world.put(START)).status[:2] == (500, "InternalError")


async def test_expand_takes_no_more_than_it_reads(world: World) -> None:
    answer = await world.put(f"{OF_NAMESPACE}/expand-vm-spec", b'{"kind": "Pod"}')
    assert answer.status[0] == 400
