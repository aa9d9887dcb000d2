"""Start, stop and restart in the good and the bad states of every run strategy, as they are asked
for through the API server: code, reason and words. All of the table is dry: nothing is changed."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.door import GROUP, Door, Reply
from tests.e2e.guests import build_bare_vmi, build_vm_of
from tests.e2e.virtual_machine import VirtualMachine, destroy_all

Ask = Callable[..., Reply]
NOW_SECONDS = 25.0  # what "at once" may take on a busy machine
STAY_SECONDS = 5.0
DRY: Final = {"dryRun": ["All"]}

ALREADY, STOPPED = "VM is already running", "VM is not running"
NO_RESTART = "RunStrategy {} does not support manual restart requests"
# What becomes of a verb: 202, or the words of a 409.
RUNNING: Final = {
    "Always": {"start": ALREADY, "stop": 202, "restart": 202},
    "RerunOnFailure": {"start": ALREADY, "stop": 202, "restart": 202},
    "Manual": {"start": ALREADY, "stop": 202, "restart": 202},
    "Once": {"start": ALREADY, "stop": 202, "restart": NO_RESTART.format("Once")},
}
OFF: Final = {
    "Halted": {"start": 202, "stop": STOPPED, "restart": NO_RESTART.format("Halted")},
    "RerunOnFailure": {"start": 202, "stop": STOPPED, "restart": STOPPED},
    "Manual": {"start": 202, "stop": STOPPED, "restart": STOPPED},
}
BAD_BODIES = [
    ("stop", {"gracePeriod": -1}, 400, "gracePeriod has to be greater or equal to 0"),
    ("stop", {"gracePeriod": "soon"}, 400, "the body cannot be read"),
    ("stop", {"gracePeriod": 1.5}, 400, "the body cannot be read"),
    ("restart", {"gracePeriodSeconds": -1}, 400, "gracePeriod has to be greater or equal to 0"),
    ("restart", {"gracePeriodSeconds": 5}, 400, "only gracePeriod=0 is supported"),
    ("start", {"dryRun": ["Some"]}, 400, "the only value is All"),
    ("start", {"paused": "perhaps"}, 400, "the body cannot be read"),
    ("start", [], 400, "the body cannot be read"),
    ("start", "words", 400, "the body cannot be read"),
]
# Bodies as they are sent, with the type that they claim to have.
RAW_BODIES = [
    (b"{", "application/json", 400),
    (b"{}", "text/html", 415),
    (b"{}", "application/x-www-form-urlencoded", 415),
    (b"\xff\xfe", "application/json", 400),
    (b"dryRun: [All]", "application/yaml", 202),
    (b"a: &a [1]\nb: *a\n", "application/yaml", 400),
    (b'{"a":' * 2000 + b"1" + b"}" * 2000, "application/json", 400),
    (b" " * (3 << 20) + b"{}", "application/json", 413),
    (b'{"dryRun": ["All"], "unknown": 1}', "application/json", 202),
]


def name_vm(strategy: str) -> str:
    return f"verbs-{strategy.lower()}"


@pytest.fixture(scope="module")
def ask(cluster: Cluster) -> Iterator[Ask]:
    """Return a function that asks for a verb of a VM in the tests' namespace."""
    with Door(Path(cluster.kubectl.env["KUBECONFIG"])) as door:

        def call(name: str, verb: str, body: object = None, version: str = "v1") -> Reply:
            where = f"{GROUP}/{version}/namespaces/{cluster.namespace}/virtualmachines"
            return door.ask("PUT", f"{where}/{name}/{verb}", body)

        yield call


@pytest.fixture(scope="module")
def machines(cluster: Cluster) -> Iterator[dict[str, VirtualMachine]]:
    """Yield a VM of each run strategy, running unless it says otherwise."""
    made = {}
    for strategy in (*RUNNING, "Halted"):
        vmi = build_bare_vmi(name_vm(strategy), grace_seconds=40)
        made[strategy] = VirtualMachine(cluster, build_vm_of(vmi, strategy)).apply()
    made["Manual"].until_stopped()
    made["Manual"].start()
    for strategy in RUNNING:
        made[strategy].until_running()
    yield made
    destroy_all(list(made.values()))


def check(reply: Reply, wanted: object, name: str) -> None:
    """Fail unless a verb was taken, or refused in these words."""
    if isinstance(wanted, int):
        assert (reply.code, reply.body) == (wanted, b""), reply.body
        return
    what = f'Operation cannot be fulfilled on virtualmachine.kubevirt.io "{name}": {wanted}'
    assert reply.told == (409, "Conflict", what)


def check_all(ask: Ask, strategy: str, table: dict[str, object]) -> None:
    for verb, wanted in table.items():
        for version in ("v1", "v1alpha3"):
            check(ask(name_vm(strategy), verb, DRY, version), wanted, name_vm(strategy))


@pytest.mark.parametrize("strategy", RUNNING)
def test_a_running_vm(ask: Ask, machines: dict[str, VirtualMachine], strategy: str) -> None:
    uid = machines[strategy].instance_uid
    check_all(ask, strategy, dict(RUNNING[strategy]))
    assert machines[strategy].instance_uid == uid
    assert not machines[strategy].read()["status"].get("stateChangeRequests")


@pytest.mark.usefixtures("machines")
@pytest.mark.parametrize(("verb", "body", "code", "words"), BAD_BODIES)
def test_a_body_that_is_none(ask: Ask, verb: str, body: object, code: int, words: str) -> None:
    told = ask(name_vm("Always"), verb, body).told
    assert told[:2] == (code, "BadRequest")
    assert words in told[2]


@pytest.mark.usefixtures("machines")
@pytest.mark.parametrize(("body", "kind", "code"), RAW_BODIES)
def test_bodies_as_they_are_sent(cluster: Cluster, body: bytes, kind: str, code: int) -> None:
    path = f"{GROUP}/v1/namespaces/{cluster.namespace}/virtualmachines/{name_vm('Always')}/restart"
    with Door(Path(cluster.kubectl.env["KUBECONFIG"])) as door:
        reply = door.send("PUT", path, body, {"Content-Type": kind})
    assert reply.code == code, reply.body
    assert code == 202 or reply.told[0] == code


@pytest.mark.parametrize("verb", ["start", "stop", "restart", "migrate"])
def test_a_vm_that_there_is_not(ask: Ask, verb: str) -> None:
    reply = ask("no-such-vm", verb)
    assert reply.told == (404, "NotFound", 'virtualmachine.kubevirt.io "no-such-vm" not found')
    assert reply.status["details"] == {
        "name": "no-such-vm",
        "group": "kubevirt.io",
        "kind": "virtualmachine",
    }


def test_restart_without_grace_ends_a_deaf_guest_at_once(
    ask: Ask, machines: dict[str, VirtualMachine]
) -> None:
    made = machines["Always"]
    uid = made.instance_uid
    with made.instance.watch_qemu() as end:
        check(ask(made.name, "restart", {"gracePeriodSeconds": 0}), 202, made.name)
        end.wait(NOW_SECONDS)
    assert made.until_next_instance(uid)


def test_a_second_wish_waits_for_the_first(ask: Ask, machines: dict[str, VirtualMachine]) -> None:
    made = machines["Manual"]
    uid = made.instance_uid
    made.mark()
    check(ask(made.name, "restart"), 202, made.name)
    again = ask(made.name, "restart", DRY)
    assert again.code in {202, 409}  # 202: it was so quick that the first is over
    if again.code == 409:
        assert "already underway" in again.told[2]
    check(ask(made.name, "stop", {"gracePeriod": 0}), 202, made.name)
    made.until_stopped()
    assert made.instance_uids()[0] == uid


def test_what_is_off_can_be_started_alone(ask: Ask, machines: dict[str, VirtualMachine]) -> None:
    machines["RerunOnFailure"].mark()
    check(ask(name_vm("RerunOnFailure"), "stop", {"gracePeriod": 0}), 202, "")
    machines["RerunOnFailure"].until_stopped()
    for strategy, table in OFF.items():
        machines[strategy].until_stopped()
        check_all(ask, strategy, dict(table))


def test_stop_without_grace_halts_what_runs_always(
    ask: Ask, machines: dict[str, VirtualMachine]
) -> None:
    made = machines["Always"].until_running()
    with made.instance.watch_qemu() as end:
        made.mark()
        check(ask(made.name, "stop", {"gracePeriod": 0}), 202, made.name)
        end.wait(NOW_SECONDS)
    made.until_stopped()
    assert made.read()["spec"]["runStrategy"] == "Halted"
    check(ask(made.name, "stop"), STOPPED, made.name)


@pytest.mark.parametrize("strategy", ["Halted", "Manual", "RerunOnFailure"])
def test_a_paused_start_waits_for_the_unpause(
    ask: Ask, cluster: Cluster, machines: dict[str, VirtualMachine], strategy: str
) -> None:
    made = machines[strategy]
    made.mark()
    check(ask(made.name, "start", {"paused": True}), 202, made.name)
    made.until_status("Paused")
    made.instance.until_condition("Paused", "True", "PausedByUser")
    with pytest.raises(AssertionError, match="within"):
        cluster.vms.until(
            lambda seen: (
                seen.name == made.name and seen.object["status"].get("printableStatus") != "Paused"
            ),
            STAY_SECONDS,
            after=len(cluster.vms.events),
        )
    where = f"{GROUP}/v1/namespaces/{cluster.namespace}/virtualmachineinstances/{made.name}"
    made.mark()
    with Door(Path(cluster.kubectl.env["KUBECONFIG"])) as door:
        assert door.ask("PUT", f"{where}/unpause", {}).code == 200
    made.until_running()
