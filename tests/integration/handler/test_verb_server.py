"""The door for verbs over real TLS, with a launcher on a real socket behind it."""

import asyncio
import logging
import ssl
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import aiohttp
import grpc
import msgspec
import pytest

from api.door import ROLE_GATEWAY, ROLE_HANDLER, NodeVerb, build_verb_path
from daemon.tls import ClientTls
from daemon.trust import Trust
from handler import verb_server as module
from handler.verb import MAX_SCREENSHOT_BYTES, MAX_WAITING, Guest
from handler.verb_server import VerbServer
from kube.client import Client
from tests.authority import Authority
from tests.integration.handler.fake_launcher import POD_UID
from tests.integration.handler.verb_launcher import PNG
from tests.integration.handler.verb_world import (
    DEADLINE_SECONDS,
    NAMESPACE,
    SECRET,
    UID,
    World,
    serving,
)

FAILED = grpc.StatusCode.FAILED_PRECONDITION


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    async with serving(tmp_path) as world:
        yield world


@pytest.mark.parametrize(
    ("verb", "call"),
    [
        (NodeVerb.PAUSE, "pause"),
        (NodeVerb.UNPAUSE, "resume"),
        (NodeVerb.RESET, "reset"),
        (NodeVerb.SOFT_REBOOT, "reboot"),
        (NodeVerb.UNFREEZE, "thaw"),
    ],
)
async def test_a_verb_is_one_call_of_the_launcher(world: World, verb: NodeVerb, call: str) -> None:
    answer = await world.do(verb)
    assert (answer.status, answer.content_type, answer.json) == (200, "application/json", {})
    assert world.launcher.calls == [(call, {})]


async def test_freeze_passes_on_when_to_thaw(world: World) -> None:
    assert (await world.do(NodeVerb.FREEZE, thawAfterSeconds=300)).status == 200
    assert world.launcher.calls == [("freeze", {"thaw_after": 300})]


async def test_guest_info_is_what_the_agent_tells(world: World) -> None:
    answer = await world.do(NodeVerb.GUEST_INFO)
    assert answer.status == 200
    assert answer.json["kind"] == "VirtualMachineInstanceGuestAgentInfo"
    assert answer.json["hostname"] == "guest"


async def test_metrics_are_what_the_launcher_counts(world: World) -> None:
    answer = await world.do(NodeVerb.METRICS)
    assert (answer.status, answer.json["vcpus"]) == (200, 3)
    assert answer.json["viewers"] == {"serial": 1, "vnc": 0}
    assert world.launcher.calls == [("metrics", {})]


async def test_metrics_leave_a_line_when_they_fail_alone(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "handler.verb_server"):
        await world.do(NodeVerb.METRICS)
        world.launcher.refusal = (FAILED, "DomainNotRunning: no")
        await world.do(NodeVerb.METRICS)
    lines = [each for each in caplog.records if each.message == "verb"]
    assert [each.code for each in lines] == [409]  # type: ignore[attr-defined]


async def test_a_screenshot_arrives_whole(world: World) -> None:
    answer = await world.do(NodeVerb.SCREENSHOT, moveCursor=True)
    assert (answer.status, answer.content_type, answer.body) == (200, "image/png", PNG)
    assert world.launcher.calls == [("screenshot", {"move_cursor": True})]


@pytest.mark.parametrize(
    ("verb", "reason"), [(NodeVerb.RESET, "Reset"), (NodeVerb.SOFT_REBOOT, "SoftRebooted")]
)
async def test_what_no_status_shows_is_an_event(world: World, verb: NodeVerb, reason: str) -> None:
    await world.do(verb)
    assert [(note.type, note.reason) for note in world.notes] == [("Normal", reason)]


async def test_a_freeze_that_failed_is_an_event(world: World) -> None:
    world.launcher.refusal = (grpc.StatusCode.INTERNAL, "AgentFailed: hook said no")
    answer = await world.do(NodeVerb.FREEZE)
    assert (answer.status, answer.reason) == (409, "AgentFailed")
    assert [(note.type, note.reason) for note in world.notes] == [("Warning", "FreezeError")]
    assert "hook said no" in world.notes[0].message


@pytest.mark.parametrize(
    ("slug", "message"),
    [
        ("DomainNotRunning", "VMI is not running"),
        ("AlreadyPaused", "VMI is already paused"),
        ("NotPaused", "VMI is not paused"),
        ("DomainPaused", "VMI is paused"),
        ("AgentNotConnected", "VMI does not have guest agent connected"),
    ],
)
async def test_a_wrong_state_is_a_conflict(world: World, slug: str, message: str) -> None:
    world.launcher.refusal = (FAILED, f"{slug}: whatever")
    for verb in NodeVerb:
        answer = await world.do(verb)
        assert (answer.status, answer.reason) == (409, slug)
        assert answer.json["message"] == message
    assert world.notes == []


@pytest.mark.parametrize(
    ("code", "detail", "status", "reason"),
    [
        (grpc.StatusCode.UNIMPLEMENTED, "", 409, "LauncherTooOld"),
        (grpc.StatusCode.INTERNAL, "LibvirtFailed: no", 502, "LauncherUnreachable"),
        (grpc.StatusCode.UNAVAILABLE, "gone", 502, "LauncherUnreachable"),
        (grpc.StatusCode.DEADLINE_EXCEEDED, "slow", 504, "LauncherUnresponsive"),
        # Words that are ours to say, in a launcher's mouth.
        (grpc.StatusCode.UNKNOWN, "NotFound: x", 502, "LauncherUnreachable"),
        (grpc.StatusCode.UNKNOWN, "Forbidden: x", 502, "LauncherUnreachable"),
        (grpc.StatusCode.UNKNOWN, "\x1b[2J" + "x" * 5000, 502, "LauncherUnreachable"),
    ],
)
async def test_a_failing_launcher_is_not_the_callers_fault(
    world: World, code: grpc.StatusCode, detail: str, status: int, reason: str
) -> None:
    world.launcher.refusal = (code, detail)
    answer = await world.do(NodeVerb.PAUSE)
    assert (answer.status, answer.reason) == (status, reason)
    assert len(answer.body) < 1024
    assert b"\\u001b" not in answer.body


async def test_a_launcher_that_hangs_runs_into_the_deadline(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "SECONDS", dict.fromkeys(NodeVerb, 0.2))
    world.launcher.wait = asyncio.Event()
    for verb in (NodeVerb.PAUSE, NodeVerb.GUEST_INFO, NodeVerb.SCREENSHOT):
        answer = await world.do(verb)
        assert (answer.status, answer.reason) == (504, "LauncherUnresponsive")


async def test_a_launcher_whose_socket_is_gone_is_bad_gateway(world: World) -> None:
    (world.root / POD_UID / "launcher.sock").unlink()
    answer = await world.do(NodeVerb.PAUSE)
    assert (answer.status, answer.reason) == (502, "LauncherUnreachable")


async def test_a_vmi_that_is_not_here_is_not_found(world: World) -> None:
    for namespace, name, uid in (("ns", "vm1", "x"), ("ns", "vm2", UID), ("other", "vm1", UID)):
        body = msgspec.json.encode({"uid": uid})
        path = build_verb_path(namespace, name, NodeVerb.PAUSE)
        answer = await world.post(path, body, world.context())
        assert (answer.status, answer.reason) == (404, "NotFound")
    assert world.launcher.calls == []


async def test_a_guest_that_does_not_run_is_a_conflict(world: World) -> None:
    world.guest = Guest(POD_UID, running=False)
    answer = await world.do(NodeVerb.PAUSE)
    assert (answer.status, answer.json["message"]) == (409, "VMI is not running")
    assert world.launcher.calls == []


async def test_only_so_many_wait_for_one_vmi(world: World) -> None:
    world.launcher.wait = asyncio.Event()
    async with asyncio.TaskGroup() as group:
        waiting = [group.create_task(world.do(NodeVerb.PAUSE)) for _ in range(MAX_WAITING)]
        for _ in waiting:
            await asyncio.wait_for(world.launcher.arrived.acquire(), DEADLINE_SECONDS)
        refused = await world.do(NodeVerb.PAUSE)
        assert (refused.status, refused.reason) == (503, "Busy")
        world.launcher.wait.set()
    assert [task.result().status for task in waiting] == [200] * MAX_WAITING
    assert (await world.do(NodeVerb.PAUSE)).status == 200  # the places are free again


@pytest.mark.parametrize("role", [ROLE_HANDLER, "virt-api2", "system:admin"])
async def test_only_the_gateway_is_let_in(world: World, role: str) -> None:
    body = msgspec.json.encode({"uid": UID})
    for path in (build_verb_path("ns", "vm1", NodeVerb.PAUSE), "/nothing"):
        answer = await world.post(path, body, world.context(role))
        assert (answer.status, answer.reason) == (403, "Forbidden")
    assert world.launcher.calls == []


async def test_nobody_without_our_authoritys_certificate_gets_a_word(world: World) -> None:
    path = build_verb_path("ns", "vm1", NodeVerb.PAUSE)
    nameless = ssl.create_default_context(cadata=world.authority.certificate.decode())
    foreign = ClientTls()
    foreign.renew(Authority().issue(ROLE_GATEWAY, authorities=world.authority.certificate))
    for context in (nameless, foreign.context):
        with pytest.raises((aiohttp.ClientError, ConnectionError)):
            await world.post(path, b"{}", context)
    assert world.launcher.calls == []


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "pause", b"", 400),
        ("POST", "pause", b"{", 400),
        ("POST", "pause", b"[]", 400),
        ("POST", "pause", b"{}", 400),
        ("POST", "pause", b'{"uid": 1}', 400),
        ("POST", "pause", b'{"uid": "\xff"}', 400),
        ("POST", "freeze", b'{"uid": "a", "thawAfterSeconds": -1}', 400),
        ("POST", "freeze", b'{"uid": "a", "thawAfterSeconds": 4294967296}', 400),
        ("POST", "pause", b" " * 70_000, 413),
        ("POST", "nothing", b"{}", 404),
        ("POST", "vnc", b"{}", 404),
        ("POST", "pause/", b"{}", 404),
        ("POST", "../../../healthz", b"{}", 404),
        ("GET", "pause", b"", 405),
    ],
)
async def test_bad_calls_are_refused_with_a_body_that_says_so(
    world: World, method: str, path: str, body: bytes, status: int
) -> None:
    root = "/v1/namespaces/ns/virtualmachineinstances/vm1/"
    answer = await world.post(root + path, body, world.context(), method)
    assert answer.status == status
    assert answer.json.keys() == {"reason", "message"}
    assert world.launcher.calls == []


async def test_a_body_that_does_not_come_is_not_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BODY_SECONDS", 0.2)

    async def drip() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(DEADLINE_SECONDS)

    timeout = aiohttp.ClientTimeout(total=DEADLINE_SECONDS / 2)
    url = f"https://127.0.0.1:{world.port}{build_verb_path('ns', 'vm1', NodeVerb.PAUSE)}"
    async with (
        aiohttp.ClientSession(timeout=timeout) as session,
        session.post(url, data=drip(), ssl=world.context(), server_hostname=ROLE_HANDLER) as answer,
    ):
        assert answer.status == 408


@pytest.mark.parametrize("pieces", [[], [b""], [b"GIF89a" + PNG[:9000]], [b"<html>"]])
async def test_a_screenshot_that_is_none_is_refused(world: World, pieces: list[bytes]) -> None:
    world.launcher.pieces = pieces
    answer = await world.do(NodeVerb.SCREENSHOT)
    assert (answer.status, answer.reason) == (502, "ScreenshotInvalid")


@pytest.mark.parametrize(
    "fault",
    [
        {"break_off": (grpc.StatusCode.INTERNAL, "LibvirtFailed: no")},
        {"pieces": [PNG[:32768]] * (MAX_SCREENSHOT_BYTES // 32768 + 1)},
        {"pieces": [PNG[:32768], b"x" * 100_000]},
    ],
)
async def test_a_screenshot_that_breaks_off_never_looks_whole(
    world: World, fault: dict[str, Any]
) -> None:
    for name, value in fault.items():
        setattr(world.launcher, name, value)
    with pytest.raises(aiohttp.ClientError):
        await world.do(NodeVerb.SCREENSHOT)
    world.launcher.pieces, world.launcher.break_off = [PNG[:32768]], None
    assert (await world.do(NodeVerb.SCREENSHOT)).status == 200


async def test_a_reader_that_goes_away_leaves_nothing_behind(world: World) -> None:
    world.launcher.pieces = [PNG[:32768]] * 256
    url = f"https://127.0.0.1:{world.port}{build_verb_path('ns', 'vm1', NodeVerb.SCREENSHOT)}"
    body = msgspec.json.encode({"uid": UID})
    for _ in range(MAX_WAITING + 1):
        async with aiohttp.ClientSession() as session:
            answer = await session.post(
                url, data=body, ssl=world.context(), server_hostname=ROLE_HANDLER
            )
            await answer.content.readany()
            answer.close()
    async with asyncio.timeout(DEADLINE_SECONDS):
        while (await world.do(NodeVerb.PAUSE)).status == 503:  # noqa: ASYNC110 - it notices soon
            await asyncio.sleep(0.01)


async def test_calls_go_on_while_the_certificate_is_renewed(world: World) -> None:
    path = build_verb_path("ns", "vm1", NodeVerb.PAUSE)
    body = msgspec.json.encode({"uid": UID})
    kept = aiohttp.ClientSession()
    async with kept:
        url = f"https://127.0.0.1:{world.port}{path}"
        context = world.context()
        for _ in range(3):
            async with kept.post(
                url, data=body, ssl=context, server_hostname=ROLE_HANDLER
            ) as answer:
                assert answer.status == 200
            assert (await world.do(NodeVerb.PAUSE)).status == 200
            world.renew()
            await asyncio.wait_for(world.renewed.wait(), DEADLINE_SECONDS)
    assert len(world.launcher.calls) == 6


async def test_an_authority_that_is_replaced_changes_who_is_let_in(world: World) -> None:
    former = world.context()
    path, body = build_verb_path("ns", "vm1", NodeVerb.PAUSE), msgspec.json.encode({"uid": UID})
    world.authority = Authority("new")
    world.renew()
    await asyncio.wait_for(world.renewed.wait(), DEADLINE_SECONDS)
    assert (await world.do(NodeVerb.PAUSE)).status == 200
    with pytest.raises((aiohttp.ClientError, ConnectionError)):
        await world.post(path, body, former)


async def test_without_a_certificate_the_door_stays_shut_until_one_comes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "VERB_PORT", 0)
    served = asyncio.Event()
    monkeypatch.setattr(module.log, "info", lambda message, **_: served.set())
    world = World(tmp_path)
    trust = Trust(Client(world.api), SECRET, NAMESPACE)
    server = VerbServer(tmp_path, trust, find_guest=world.find, emit=world.emit)
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(trust.run()), group.create_task(server.run())]
        await asyncio.sleep(0.1)
        assert not served.is_set()
        world.renew()
        await asyncio.wait_for(served.wait(), DEADLINE_SECONDS)
        for task in tasks:
            task.cancel()
