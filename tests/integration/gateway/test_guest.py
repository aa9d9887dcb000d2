"""Verbs of the node: what is checked before it is asked, and what its answers become (B52, B53)."""

import json

import pytest

import gateway.node
from api.door import NodeVerb
from tests.authority import Authority
from tests.integration.gateway.machine import put_vmi
from tests.integration.gateway.world import OF_VMI, World, put_handler
from tests.unit.controller.fake_api import Json

INFO = {
    "apiVersion": "kubevirt.io/v1",
    "kind": "VirtualMachineInstanceGuestAgentInfo",
    "os": {"name": "Debian"},
    "fsInfo": {
        "disks": [
            {
                "diskName": "vda1",
                "mountPoint": "/",
                "fileSystemType": "ext4",
                "usedBytes": 1,
                "totalBytes": 2,
            }
        ]
    },
    "hostname": "vm1",
    "userList": [{"userName": "root"}],
}
PROBES: tuple[Json, ...] = ({"tcpSocket": {"port": 1}}, {"httpGet": {"port": 1}}, {"exec": {}})
AGENT = ("AgentConnected",)


@pytest.mark.parametrize(
    ("verb", "conditions", "asked"),
    [
        ("pause", (), "pause"),
        ("unpause", ("Paused",), "unpause"),
        ("reset", (), "reset"),
        ("reset", ("Paused",), "reset"),
        ("softreboot", (), "softreboot"),
        ("freeze", AGENT, "freeze"),
        ("unfreeze", AGENT, "unfreeze"),
    ],
)
async def test_the_node_is_asked_for_that_very_vmi(
    world: World, verb: str, conditions: tuple[str, ...], asked: str
) -> None:
    vmi = put_vmi(world.api, conditions=conditions)
    answer = await world.put(f"{OF_VMI}/{verb}")
    assert (answer.code, answer.body) == (200, b"")
    (path, request), *more = world.node.asked
    assert path == f"/v1/namespaces/ns/virtualmachineinstances/vm1/{asked}"
    assert request["uid"] == vmi["metadata"]["uid"]
    assert more == []


@pytest.mark.parametrize(
    ("verb", "conditions", "phase", "why"),
    [
        *((verb, AGENT, "Scheduled", "VMI is not running") for verb in ("pause", "reset")),
        *((verb, AGENT, "Failed", "VMI is not running") for verb in ("softreboot", "freeze")),
        ("unpause", (), "Succeeded", "VMI is not running"),
        ("softreboot", ("Paused",), "Running", "VMI is paused"),
        ("freeze", ("Paused", *AGENT), "Running", "VMI is paused"),
        ("freeze", (), "Running", "VMI does not have guest agent connected"),
        ("unfreeze", (), "Running", "VMI does not have guest agent connected"),
    ],
)
async def test_the_wrong_state_is_409_and_the_node_not_asked(
    world: World, verb: str, conditions: tuple[str, ...], phase: str, why: str
) -> None:
    put_vmi(world.api, conditions=conditions, phase=phase)
    code, reason, message = (await world.put(f"{OF_VMI}/{verb}")).status
    assert (code, reason) == (409, "Conflict")
    assert message.endswith(f'"vm1": {why}')
    assert world.node.asked == []


async def test_without_a_vmi_everything_is_404(world: World) -> None:
    message = 'virtualmachineinstance.kubevirt.io "vm1" not found'
    for verb in ("pause", "unpause", "reset", "softreboot", "freeze", "unfreeze"):
        assert (await world.put(f"{OF_VMI}/{verb}")).status == (404, "NotFound", message)
    for verb in ("guestosinfo", "userlist", "filesystemlist", "metrics", "vnc/screenshot"):
        assert (await world.get(f"{OF_VMI}/{verb}")).status == (404, "NotFound", message)


@pytest.mark.parametrize("probe", PROBES)
async def test_a_probe_of_the_guest_forbids_a_pause(world: World, probe: Json) -> None:
    put_vmi(world.api, spec={"livenessProbe": probe})
    assert (await world.put(f"{OF_VMI}/pause")).status[:2] == (403, "Forbidden")


async def test_softreboot_needs_agent_or_acpi(world: World) -> None:
    domain = {"devices": {}, "features": {"acpi": {"enabled": False}}}
    put_vmi(world.api, spec={"domain": domain})
    assert (await world.put(f"{OF_VMI}/softreboot")).status[:2] == (409, "Conflict")


@pytest.mark.parametrize(
    ("conditions", "good", "bad", "why"),
    [
        ((), "pause", "unpause", "VMI is not paused"),
        (("Paused",), "unpause", "pause", "VMI is already paused"),
    ],
)
async def test_a_dry_run_only_looks(
    world: World, conditions: tuple[str, ...], good: str, bad: str, why: str
) -> None:
    put_vmi(world.api, conditions=conditions)
    assert (await world.put(f"{OF_VMI}/{good}", {"dryRun": ["All"]})).code == 200
    code, _, message = (await world.put(f"{OF_VMI}/{bad}", {"dryRun": ["All"]})).status
    assert (code, message.rpartition(": ")[2]) == (409, why)
    assert world.node.asked == []


@pytest.mark.parametrize(("verb", "conditions"), [("pause", ("Paused",)), ("unpause", ())])
async def test_whether_it_is_paused_the_node_knows(
    world: World, verb: str, conditions: tuple[str, ...]
) -> None:
    """The status may be older than the last pause."""
    put_vmi(world.api, conditions=conditions)
    assert (await world.put(f"{OF_VMI}/{verb}")).code == 200
    assert len(world.node.asked) == 1


@pytest.mark.parametrize(
    ("body", "seconds"),
    [
        ({}, 300),
        ({"unfreezeTimeout": "0s"}, 0),
        ({"unfreezeTimeout": "5m0s"}, 300),
        ({"unfreezeTimeout": "1h1m1.5s"}, 3662),
    ],
)
async def test_a_freeze_thaws_by_itself(world: World, body: Json, seconds: int) -> None:
    put_vmi(world.api, conditions=AGENT)
    assert (await world.put(f"{OF_VMI}/freeze", body)).code == 200
    assert world.node.asked[0][1].get("thawAfterSeconds", 0) == seconds


async def test_a_freeze_for_no_time_at_all_is_400(world: World) -> None:
    put_vmi(world.api, conditions=AGENT)
    for timeout in ("", "5", "5x", "-5m", "5m ", "1e3s", "25h", "NaNs"):
        answer = await world.put(f"{OF_VMI}/freeze", {"unfreezeTimeout": timeout})
        assert answer.status[:2] == (400, "BadRequest")


async def test_what_the_agent_tells_comes_in_three_shapes(world: World) -> None:
    put_vmi(world.api, conditions=AGENT)
    world.node.body = json.dumps(INFO).encode()
    info = (await world.get(f"{OF_VMI}/guestosinfo")).json
    assert (info["kind"], info["hostname"]) == (INFO["kind"], "vm1")
    users = (await world.get(f"{OF_VMI}/userlist")).json
    assert users["kind"] == "VirtualMachineInstanceGuestOSUserList"
    assert [user["userName"] for user in users["items"]] == ["root"]
    disks = (await world.get(f"{OF_VMI}/filesystemlist")).json
    assert disks["kind"] == "VirtualMachineInstanceFileSystemList"
    assert [disk["mountPoint"] for disk in disks["items"]] == ["/"]


async def test_metrics_are_the_nodes_answer(world: World) -> None:
    told = {
        "time": "2026-11-23T08:30:00.125000+00:00",
        "vcpus": 1,
        "cpuSeconds": 1.5,
        "memory": {"bytes": 4, "unusedBytes": None, "usableBytes": 2, "residentBytes": 1},
        "disks": [{"name": "root", "readBytes": 0, "writtenBytes": 0, "reads": 0, "writes": 0}],
        "interfaces": [{"name": "default", "receivedBytes": 0, "sentBytes": 0}],
        "viewers": {"serial": 0, "vnc": 0},
    }
    put_vmi(world.api, conditions=("Paused",))  # a paused guest has used something too
    world.node.body = json.dumps(told).encode()
    assert (await world.get(f"{OF_VMI}/metrics")).json == told
    assert world.node.asked[0][0].endswith("/vm1/metrics")
    world.node.body = b'{"vcpus": 1}'
    assert (await world.get(f"{OF_VMI}/metrics")).status[:2] == (500, "InternalError")


async def test_metrics_of_what_does_not_run_are_409(world: World) -> None:
    put_vmi(world.api, phase="Succeeded")
    assert (await world.get(f"{OF_VMI}/metrics")).status[:2] == (409, "Conflict")
    assert world.node.asked == []


async def test_a_screenshot_is_a_picture(world: World) -> None:
    put_vmi(world.api)
    world.node.body = b"\x89PNG\r\n" + bytes(1 << 20)
    answer = await world.get(f"{OF_VMI}/vnc/screenshot?moveCursor=true")
    assert answer.headers["Content-Type"] == "image/png"
    assert answer.body == world.node.body
    assert world.node.asked[0][1]["moveCursor"] is True


async def test_flags_that_say_neither_are_400(world: World) -> None:
    put_vmi(world.api)
    for query in ("moveCursor=maybe", "moveCursor=true&moveCursor=true", "moveCursor=1"):
        assert (await world.get(f"{OF_VMI}/vnc/screenshot?{query}")).status[0] == 400


async def test_no_screen_is_400_and_no_guest_409(world: World) -> None:
    put_vmi(world.api, spec={"domain": {"devices": {"autoattachGraphicsDevice": False}}})
    assert (await world.get(f"{OF_VMI}/vnc/screenshot")).status[0] == 400
    world.api.remove("virtualmachineinstances", "vm1")
    put_vmi(world.api, phase="Scheduling")
    assert (await world.get(f"{OF_VMI}/vnc/screenshot")).status[0] == 409


@pytest.mark.parametrize(
    ("code", "expected"),
    [(404, 409), (409, 409), (502, 500), (503, 503), (504, 504), (403, 500), (302, 500)],
)
async def test_a_nodes_refusal_reaches_the_user(world: World, code: int, expected: int) -> None:
    put_vmi(world.api)
    world.node.code = code
    world.node.body = json.dumps({"reason": "Busy", "message": "the node says why"}).encode()
    answer = await world.put(f"{OF_VMI}/pause")
    assert answer.status[0] == expected
    if code != 404:
        assert "the node says why" in answer.status[2]


async def test_a_node_that_answers_nonsense_is_500(world: World) -> None:
    put_vmi(world.api, conditions=AGENT)
    for code, body in ((500, b"<html>"), (200, b"[1]"), (200, b"\xff" * (2 << 20))):
        world.node.code, world.node.body = code, body
        assert (await world.get(f"{OF_VMI}/guestosinfo")).status[:2] == (500, "InternalError")


async def test_a_node_that_hangs_is_504(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gateway.node, "_DEADLINE_SECONDS", {NodeVerb.PAUSE: 0.2})
    put_vmi(world.api)
    world.node.hangs = True
    assert (await world.put(f"{OF_VMI}/pause")).status[:2] == (504, "Timeout")


async def test_a_node_without_a_handler_is_503(world: World) -> None:
    put_vmi(world.api, nodeName="node9")
    assert (await world.put(f"{OF_VMI}/pause")).status[:2] == (503, "ServiceUnavailable")


async def test_a_handler_that_leaves_makes_way_for_the_next(world: World) -> None:
    put_vmi(world.api)
    leaving = {"deletionTimestamp": "2026-11-22T12:00:00Z"}
    world.api.change("pods", "virt-handler-1", {"metadata": leaving}, "kubevirt")
    world.api.change("pods", "virt-handler-1", {"status": {"podIP": "127.0.9.9"}}, "kubevirt")
    put_handler(world.api, world.node.address, name="virt-handler-0")
    assert (await world.put(f"{OF_VMI}/pause")).code == 200


async def test_who_only_sits_at_a_nodes_address_is_not_talked_to(world: World) -> None:
    put_vmi(world.api)
    world.node.tls.renew(Authority("kubevirt.io").issue("virt-handler"))
    assert (await world.put(f"{OF_VMI}/pause")).status[0] == 503
    world.node.tls.renew(world.own.issue("virt-api"))  # ours, of another role
    assert (await world.put(f"{OF_VMI}/pause")).status[0] == 503
    assert world.node.asked == []
