"""Verbs and doors of guests in their good and bad states, asked for through the API server."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final, Literal

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.door import GROUP, UPGRADE, Door, Reply
from tests.e2e.guests import build_bare_vmi
from tests.e2e.observer import Json
from tests.e2e.tenant import build_tenant, grant
from tests.e2e.vm import Vm, destroy

Ask = Callable[..., Reply]
RUNS, PAUSED, BARE, ENDED, MISSING = "doors-runs", "doors-paused", "doors-bare", "doors-ended", "no"
VERBS: Final = ("pause", "unpause", "reset", "softreboot", "freeze", "unfreeze")
TELLS: Final = ("guestosinfo", "userlist", "filesystemlist")
SOCKETS: Final = ("console", "vnc", "portforward/22")
SHOWS: Final = ("vnc/screenshot", "metrics")
QUIET_SECONDS = 3.0

NOT_RUNNING, IS_PAUSED = "VMI is not running", "VMI is paused"
NO_AGENT = "VMI does not have guest agent connected"
# What is said of each verb in a state: words of a 409, or another code and its words.
REFUSED: Final[dict[tuple[str, str], str | tuple[int, str]]] = {
    **{(RUNS, each): NO_AGENT for each in ("freeze", "unfreeze", *TELLS)},
    (RUNS, "unpause"): "VMI is not paused",
    (PAUSED, "pause"): "VMI is already paused",
    **{(PAUSED, each): IS_PAUSED for each in ("softreboot", "freeze", "unfreeze", *TELLS)},
    (PAUSED, "portforward/22"): IS_PAUSED,
    (BARE, "softreboot"): "VMI has neither a guest agent connected nor ACPI enabled",
    (BARE, "console"): (400, "No serial consoles are present."),
    (BARE, "vnc"): (400, "No graphics devices are present."),
    (BARE, "vnc/screenshot"): (400, "No graphics devices are present."),
    **{(ENDED, each): NOT_RUNNING for each in (*VERBS, *TELLS, *SOCKETS, *SHOWS)},
}


def build_without_doors(name: str) -> Json:
    """Return a VMI with neither console nor ACPI."""
    vmi = build_bare_vmi(name)
    vmi["spec"]["domain"]["features"] = {"acpi": {"enabled": False}}
    vmi["spec"]["domain"]["devices"] = {
        "autoattachSerialConsole": False,
        "autoattachGraphicsDevice": False,
    }
    return vmi


@pytest.fixture(scope="module")
def ask(cluster: Cluster) -> Iterator[Ask]:
    """Return a function that calls a VMI's subresource; those that are sockets, by an upgrade."""
    with Door(Path(cluster.kubectl.env["KUBECONFIG"])) as door:

        def call(name: str, rest: str, body: object = None, version: str = "v1") -> Reply:
            where = f"{GROUP}/{version}/namespaces/{cluster.namespace}/virtualmachineinstances"
            method: Literal["PUT", "GET"] = "PUT" if rest in VERBS else "GET"
            is_socket = rest.partition("?")[0] in SOCKETS or rest.startswith("portforward/")
            headers = UPGRADE if is_socket else {}
            return door.ask(method, f"{where}/{name}/{rest}", body, headers=headers)

        yield call


@pytest.fixture(scope="module")
def guests(cluster: Cluster, ask: Ask) -> Iterator[dict[str, Vm]]:
    """Yield firmware that runs, that is paused, that has no doors, and that has ended."""
    manifests = [build_bare_vmi(name) for name in (RUNS, PAUSED, ENDED)]
    made = {vmi["metadata"]["name"]: Vm(cluster, vmi).apply() for vmi in manifests}
    made[BARE] = Vm(cluster, build_without_doors(BARE)).apply()
    for vm in made.values():
        vm.until_running()
    made[ENDED].qemu().kill()
    made[ENDED].until_phase("Failed", 60)
    assert ask(PAUSED, "pause", {}).code == 200
    made[PAUSED].until_condition("Paused", "True", "PausedByUser")
    yield made
    destroy(list(made.values()))


@pytest.mark.usefixtures("guests")
@pytest.mark.parametrize(("name", "rest"), REFUSED)
def test_what_a_state_forbids(ask: Ask, name: str, rest: str) -> None:
    wanted = REFUSED[name, rest]
    for version in ("v1", "v1alpha3"):
        code, reason, message = ask(name, rest, version=version).told
        if isinstance(wanted, str):
            what = f'Operation cannot be fulfilled on virtualmachineinstance.kubevirt.io "{name}"'
            assert (code, reason, message) == (409, "Conflict", f"{what}: {wanted}")
        else:
            assert code == wanted[0]
            assert message.startswith(wanted[1])


@pytest.mark.usefixtures("guests")
@pytest.mark.parametrize("rest", [*VERBS, *TELLS, *SOCKETS, *SHOWS])
def test_a_vmi_that_there_is_not(ask: Ask, rest: str) -> None:
    wanted = f'virtualmachineinstance.kubevirt.io "{MISSING}" not found'
    assert ask(MISSING, rest).told == (404, "NotFound", wanted)


def test_a_guest_is_paused_once_and_goes_on_once(ask: Ask, guests: dict[str, Vm]) -> None:
    vm = guests[RUNS]
    assert ask(RUNS, "pause", {"dryRun": ["All"]}).code == 200
    assert ask(RUNS, "unpause").code == 409  # it was dry
    assert ask(RUNS, "pause").code == 200
    assert ask(RUNS, "pause").told[2].endswith("VMI is already paused")
    vm.until_condition("Paused", "True", "PausedByUser")
    vm.until_event("Paused")
    assert ask(RUNS, "unpause", {"dryRun": ["All"]}).code == 200
    assert ask(RUNS, "unpause").code == 200
    assert ask(RUNS, "unpause").told[2].endswith("VMI is not paused")
    vm.until_event("Unpaused")


def test_doors_of_a_paused_guest(ask: Ask, guests: dict[str, Vm]) -> None:
    """Its screen stands still, and who looks at its consoles may wait."""
    picture = ask(PAUSED, "vnc/screenshot")
    assert (picture.code, picture.media_type) == (200, "image/png")
    assert picture.body.startswith(b"\x89PNG\r\n")
    assert ask(PAUSED, "console").code == 101
    assert ask(PAUSED, "vnc").code == 101


@pytest.mark.usefixtures("guests")
@pytest.mark.parametrize("name", [RUNS, PAUSED, BARE])
def test_what_a_guest_has_used(ask: Ask, name: str) -> None:
    """Its CPU time never shrinks, also while it is paused."""
    told = [json.loads(ask(name, "metrics").body) for _ in range(2)]
    assert told[0]["time"] < told[1]["time"]
    assert told[0]["vcpus"] == 1
    assert 0 < told[0]["cpuSeconds"] <= told[1]["cpuSeconds"]
    assert told[0]["memory"]["bytes"] > 0
    assert told[0]["memory"]["residentBytes"] > 0
    assert told[0]["viewers"].keys() == {"serial", "vnc"}


def test_a_reset_keeps_the_process(ask: Ask, guests: dict[str, Vm]) -> None:
    vm = guests[RUNS]
    pod_uid, qemu = vm.pod_uid, vm.qemu()
    assert ask(RUNS, "reset").code == 200
    assert (vm.pod_uid, vm.qemu()) == (pod_uid, qemu)
    assert ask(RUNS, "softreboot").code == 200


BAD_PORTS = ["0", "99999", "65536", "abc", "-1", "22/sctp", "22/TCP", "1e3", "022222222"]


@pytest.mark.usefixtures("guests")
@pytest.mark.parametrize("port", BAD_PORTS)
def test_a_port_that_is_none(ask: Ask, port: str) -> None:
    assert ask(RUNS, f"portforward/{port}").told[:2] == (400, "BadRequest")


BAD_QUERIES = [
    "vnc?preserveSession=maybe",
    "vnc?preserveSession=true&preserveSession=false",
    "console?exclusive=2",
    "vnc/screenshot?moveCursor=maybe",
    "vnc/screenshot?moveCursor=true&moveCursor=true",
]


@pytest.mark.usefixtures("guests")
@pytest.mark.parametrize("rest", BAD_QUERIES)
def test_a_query_that_says_nothing(ask: Ask, rest: str) -> None:
    assert ask(RUNS, rest).told[:2] == (400, "BadRequest")


@pytest.mark.usefixtures("guests")
@pytest.mark.parametrize("rest", SOCKETS)
def test_a_socket_that_is_asked_for_without_an_upgrade(cluster: Cluster, rest: str) -> None:
    where = f"{GROUP}/v1/namespaces/{cluster.namespace}/virtualmachineinstances/{RUNS}/{rest}"
    with Door(Path(cluster.kubectl.env["KUBECONFIG"])) as door:
        assert door.ask("GET", where).told[:2] == (400, "BadRequest")
        assert door.ask("PUT", where).told[:2] == (405, "MethodNotAllowed")


@pytest.mark.usefixtures("guests")
def test_a_freeze_for_no_time(ask: Ask) -> None:
    for timeout in ("soon", "-5m", "1000h", ""):
        assert ask(RUNS, "freeze", {"unfreezeTimeout": timeout}).told[0] == 400


# What is no path, to whoever may edit. With dots in it the API server judges one path, and virt-api
# judges again: the path that it is asked for.
TRICKS = [
    "{vmis}//{name}/pause",
    "{vmis}/{name}//pause",
    "{vmis}/{name}/pause/",
    "{vmis}/{name}/pause;a=b",
    "{vmis}/{name}/PAUSE",
    "{vmis}/{name}/pause%00",
    "{vmis}/{name}/pause%0a",
    "{vmis}/{name}/pause%2f",
    "{vmis}/{name}/pause%3fdryRun=All",
    "{vmis}/{name}/%2570ause",
    "{vmis}/{name}/..%2f{name}%2fpause",
    "{vmis}/{name}/p%C3%A4use",
    "{vmis}/{upper}/pause",
    "{vmis}/./{name}/pause",
    "{vmis}/x/../{name}/pause",
    "{vmis}/{name}/console/../pause",
]
# Spelled otherwise they are the same path: the API server decodes it before it asks who may.
SAME = ["{vmis}/{name}/%70ause", "{vmis}/{name}%2fpause", "{vmis}/%64{rest}/pause"]


@pytest.mark.parametrize("trick", TRICKS)
@pytest.mark.parametrize("method", ["PUT", "GET"])
def test_only_the_path_itself_is_a_path(
    cluster: Cluster, guests: dict[str, Vm], trick: str, editor: Door, method: str
) -> None:
    path = spell(cluster, trick)
    assert editor.ask(method, path, {} if method == "PUT" else None).code in {401, 403, 404}
    conditions = guests[RUNS].read()["status"]["conditions"]
    assert not [each for each in conditions if each["type"] == "Paused"]


@pytest.mark.parametrize("same", SAME)
def test_what_is_judged_is_what_is_done(
    cluster: Cluster, guests: dict[str, Vm], same: str, editor: Door, viewer: Door
) -> None:
    path = spell(cluster, same)
    assert viewer.ask("PUT", path, {}).code == 403
    assert editor.ask("PUT", path, {"dryRun": ["All"]}).code == 200


def spell(cluster: Cluster, trick: str) -> str:
    vmis = f"{GROUP}/v1/namespaces/{cluster.namespace}/virtualmachineinstances"
    return trick.format(vmis=vmis, name=RUNS, upper=RUNS.upper(), rest=RUNS[1:])


@pytest.mark.usefixtures("guests")
@pytest.mark.parametrize("way", ["..", "%2e%2e", ".%2e", "..%2f"])
def test_no_way_leads_from_one_right_to_another(
    cluster: Cluster, consoles_only: Door, way: str
) -> None:
    for rest in (f"console/{way}/vnc/screenshot", f"console/{way}/{way}/{PAUSED}/vnc/screenshot"):
        path = spell(cluster, "{vmis}/{name}/") + rest
        assert consoles_only.ask("GET", path).code in {401, 403, 404}
    assert consoles_only.ask("GET", spell(cluster, "{vmis}/{name}/console")).code == 400


@pytest.fixture(scope="module")
def viewer(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    kubectl = build_tenant(cluster, "path-viewer", tmp_path_factory.mktemp("viewer"), "view")
    with Door(Path(kubectl.env["KUBECONFIG"])) as door:
        yield door


@pytest.fixture(scope="module")
def consoles_only(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    kubectl = build_tenant(cluster, "path-consoles", tmp_path_factory.mktemp("consoles"))
    grant(cluster, "path-consoles", "get virtualmachineinstances/console")
    with Door(Path(kubectl.env["KUBECONFIG"])) as door:
        yield door


@pytest.fixture(scope="module")
def editor(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Door]:
    """Yield a user who may edit, and no more: what is let through, is let through by rights."""
    kubectl = build_tenant(cluster, "path-editor", tmp_path_factory.mktemp("editor"), "edit")
    with Door(Path(kubectl.env["KUBECONFIG"])) as door:
        yield door


def test_a_paused_guest_does_not_count_on(ask: Ask, shared: Vm) -> None:
    with shared.attach() as console:
        console.log_in(60)
        console.type("counter\r")
        console.expect(r"\b20\r", 60)
        assert ask(shared.name, "pause").code == 200
        try:
            shared.until_condition("Paused", "True")
            console.until_silent(QUIET_SECONDS)  # what it had said before is on its way still
        finally:  # other tests use this guest
            assert ask(shared.name, "unpause").code == 200
        # a whole one: it may have been paused while it wrote
        first = int(console.expect(r"\n(\d+)\r", 60)[1])
        console.expect(rf"\b{first + 20}\r", 60)  # it went on where it stood
        console.type("\x03")
        console.expect(r"# ?$", 60)
