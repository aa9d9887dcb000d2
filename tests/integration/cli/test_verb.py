"""Verbs: what they ask the API, what they say, and how long they wait; kubectl is the real one."""

import json

import pytest

from tests.integration.cli.conftest import Virt
from tests.integration.cli.server import SUBRESOURCES, Json, Server
from tests.integration.cli.waiting import wait_until

SPACE = f"{SUBRESOURCES}/namespaces/default"
VM = f"{SPACE}/virtualmachines"
VMI = f"{SPACE}/virtualmachineinstances"
READY: Json = {"conditions": [{"type": "Ready", "status": "True"}], "printableStatus": "Running"}
PAUSED: Json = {"conditions": [{"type": "Paused", "status": "True"}], "phase": "Running"}


@pytest.mark.parametrize(
    ("words", "path", "body", "said"),
    [
        (("start", "a"), f"{VM}/a/start", {}, "virtualmachine.kubevirt.io/a started\n"),
        (("start", "--paused", "vm/a"), f"{VM}/a/start", {"paused": True}, None),
        (("stop", "a", "--grace-period=3"), f"{VM}/a/stop", {"gracePeriod": 3}, None),
        (
            ("restart", "a", "--force", "--grace-period", "0"),
            f"{VM}/a/restart",
            {"gracePeriodSeconds": 0},
            None,
        ),
        (
            ("stop", "a", "--dry-run"),
            f"{VM}/a/stop",
            {"dryRun": ["All"]},
            "virtualmachine.kubevirt.io/a stopped (server dry run)\n",
        ),
        (
            ("pause", "vm", "a"),
            f"{VMI}/a/pause",
            {},
            "virtualmachineinstance.kubevirt.io/a paused\n",
        ),
        (
            ("unpause", "vmi/a", "-oname"),
            f"{VMI}/a/unpause",
            {},
            "virtualmachineinstance.kubevirt.io/a\n",
        ),
        (("reset", "a"), f"{VMI}/a/reset", {}, None),
        (("soft-reboot", "a"), f"{VMI}/a/softreboot", {}, None),
    ],
)
def test_a_verb_is_one_put(
    server: Server, virt: Virt, words: tuple[str, ...], path: str, body: Json, said: str | None
) -> None:
    server.answer(path, 202)
    done = virt(*words)
    assert (done.returncode, done.stderr) == (0, b"")
    assert [(call.path, json.loads(call.body)) for call in server.find_calls("PUT")] == [
        (path, body)
    ]
    if said is not None:
        assert done.stdout.decode() == said


def test_several_names_are_done_whatever_becomes_of_one(server: Server, virt: Virt) -> None:
    server.answer(f"{VM}/a/start", 202)
    server.refuse(f"{VM}/b/start", 409, "Conflict", "VM is already running")
    server.answer(f"{VM}/c/start", 202)
    done = virt("start", "a", "b", "c")
    assert done.returncode == 1
    assert done.stdout.decode().split() == [
        "virtualmachine.kubevirt.io/a",
        "started",
        "virtualmachine.kubevirt.io/c",
        "started",
    ]
    assert done.stderr.decode() == "Error from server (Conflict): VM is already running\n"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        (400, "BadRequest"),
        (403, "Forbidden"),
        (404, "NotFound"),
        (409, "Conflict"),
        (500, "InternalError"),
        (501, "NotImplemented"),
        (503, "ServiceUnavailable"),
    ],
)
def test_a_refusal_is_relayed(server: Server, virt: Virt, code: int, reason: str) -> None:
    server.refuse(f"{VM}/a/start", code, reason, "the server's words")
    done = virt("start", "a")
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr.decode() == f"Error from server ({reason}): the server's words\n"


def test_a_missing_right_is_told_from_missing_credentials(server: Server, virt: Virt) -> None:
    server.answer(f"{VM}/a/start", 401, "you may not update virtualmachines/start")
    done = virt("start", "a")
    assert done.returncode == 1
    assert "or they lack the right to do this" in done.stderr.decode()


def test_a_cluster_without_virtpod_is_told(server: Server, virt: Virt) -> None:
    server.answer(f"{VM}/a/start", 404, "404 page not found")
    done = virt("start", "a")
    assert done.returncode == 1
    assert "is virtpod's API server there?" in done.stderr.decode()


def test_a_server_of_another_version_is_named_after_a_failure(server: Server, virt: Virt) -> None:
    server.refuse(f"{VM}/a/start", 501, "NotImplemented", "not built")
    server.answer(f"{SUBRESOURCES}/version", 200, {"gitVersion": "v7.3.1"})
    done = virt("start", "a")
    assert done.stderr.decode().endswith("the server's is v7.3.1\n")
    server.answer(f"{VM}/a/start", 202)
    assert virt("start", "a").stderr == b""


def test_an_instance_of_a_stopped_vm_is_told_as_such(server: Server, virt: Virt) -> None:
    server.refuse(f"{VMI}/a/pause", 404, "NotFound", 'virtualmachineinstances "a" not found')
    server.put("virtualmachines", "a")
    done = virt("pause", "a")
    assert done.stderr.decode() == "virtualmachine a is not running\n"


def test_waiting_ends_with_the_event(server: Server, virt: Virt) -> None:
    server.answer(f"{VM}/a/start", 202)
    server.put("virtualmachines", "a", status={"printableStatus": "Starting"})
    process = virt.start("start", "a", "--wait", "--timeout=60s")
    wait_until(lambda: bool(server.watchers))
    server.put("virtualmachines", "a", status=READY)
    out, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, b"")  # no terminal: no progress
    assert out == b"virtualmachine.kubevirt.io/a started\n"


def test_progress_is_shown_on_a_terminal(server: Server, virt: Virt) -> None:
    server.answer(f"{VM}/a/start", 202)
    server.put("virtualmachines", "a", status={"printableStatus": "Provisioning"})
    with virt.terminal("start", "a", "--wait") as console:
        console.expect("a: Provisioning", 60)
        server.put("virtualmachines", "a", status=READY)
        console.expect("a started", 60)


def test_a_timeout_has_a_code_of_its_own_and_says_why(server: Server, virt: Virt) -> None:
    server.answer(f"{VM}/a/start", 202)
    condition = {"type": "Ready", "status": "False", "reason": "X", "message": "no node fits"}
    server.put("virtualmachines", "a", status={"conditions": [condition]})
    done = virt("start", "a", "--wait", "--timeout=10s")
    assert (done.returncode, done.stdout) == (124, b"")
    assert done.stderr.decode() == "timed out: a is not started yet: no node fits\n"


def test_a_restart_waits_for_another_instance(server: Server, virt: Virt) -> None:
    server.answer(f"{VM}/a/restart", 202)
    server.put("virtualmachineinstances", "a", status=READY)
    process = virt.start("restart", "a", "--wait")
    wait_until(lambda: bool(server.watchers))
    server.delete("virtualmachineinstances", "a")
    server.put("virtualmachineinstances", "a", metadata={"name": "a", "uid": "new"}, status=READY)
    assert process.wait(60) == 0
    process.communicate()


def test_a_vm_that_is_deleted_meanwhile_is_not_waited_for(server: Server, virt: Virt) -> None:
    server.answer(f"{VM}/a/stop", 202)
    server.put("virtualmachines", "a", status=READY)
    process = virt.start("stop", "a", "--wait")
    wait_until(lambda: bool(server.watchers))
    server.delete("virtualmachines", "a")
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (1, b"virtualmachine a was deleted meanwhile\n")


def test_pause_waits_for_the_condition_and_prints_the_object(server: Server, virt: Virt) -> None:
    server.answer(f"{VMI}/a/pause", 200)
    server.put("virtualmachineinstances", "a", status=PAUSED)
    done = virt("pause", "a", "--wait", "-o", "json")
    assert done.returncode == 0
    assert json.loads(done.stdout)["status"] == PAUSED


def test_guest_data_are_printed(server: Server, virt: Virt) -> None:
    for command, subresource in (
        ("guestosinfo", "guestosinfo"),
        ("userlist", "userlist"),
        ("fslist", "filesystemlist"),
    ):
        server.answer(f"{VMI}/a/{subresource}", 200, {"items": [command]})
        assert json.loads(virt(command, "a").stdout) == {"items": [command]}
        assert virt(command, "vm/a", "-oyaml").stdout.decode() == f"items:\n- {command}\n"


def test_version_asks_the_server_unless_told_not_to(server: Server, virt: Virt) -> None:
    server.answer(f"{SUBRESOURCES}/version", 200, {"gitVersion": "v9.9.9"})
    assert virt("version").stdout == b"Client Version: v0.1.0\nServer Version: v9.9.9\n"
    asked = len(server.calls)
    assert virt("version", "--client").stdout == b"Client Version: v0.1.0\n"
    assert len(server.calls) == asked
    both = json.loads(virt("version", "-o", "json").stdout)
    assert both["serverVersion"] == {"gitVersion": "v9.9.9"}


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("start",), 2, "the following arguments are required"),
        (("start", "a", "--fly"), 2, "unrecognized arguments"),
        (("start", "a", "--timeout=soon"), 2, "no duration"),
        (("stop", "a", "--force"), 1, "--force goes with --grace-period=0"),
        (("stop", "a", "--dry-run=client"), 1, "--dry-run=server"),
        (("start", "pod/a"), 1, "the type is none of vm"),
        (("start", "vmi/a"), 1, "the type is none of vm"),
        (("start", "A_b"), 1, "is no name"),
        (("reset", "a", "--wait"), 2, "unrecognized arguments"),
    ],
)
def test_bad_words_are_told_in_a_sentence(
    server: Server, virt: Virt, words: tuple[str, ...], code: int, said: str
) -> None:
    done = virt(*words)
    assert (done.returncode, done.stdout) == (code, b"")
    assert said in done.stderr.decode()
    assert b"Traceback" not in done.stderr
    assert server.find_calls("PUT") == []


def test_expose_creates_the_service_of_a_vm(server: Server, virt: Virt) -> None:
    server.put("virtualmachines", "a", spec={"template": {"spec": {"domain": {}}}})
    done = virt("expose", "vm", "a", "--name=a-ssh", "--port=22", "--type=NodePort")
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"service/a-ssh created\n"
    (call,) = server.find_calls("POST")
    assert call.path == "/api/v1/namespaces/default/services"
    assert json.loads(call.body)["spec"] == {
        "type": "NodePort",
        "selector": {"vmi.kubevirt.io/id": "a"},
        "ports": [{"port": 22, "protocol": "TCP", "targetPort": 22}],
    }
