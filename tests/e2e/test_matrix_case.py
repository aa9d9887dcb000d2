"""Rights that name one VM, or a part of a subresource; and what the log tells of who did what."""

import json
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.names import COMPONENT_API, INSTALL_NAMESPACE
from tests.e2e.cluster import Cluster
from tests.e2e.door import GROUP, UPGRADE, Door
from tests.e2e.guests import build_vm
from tests.e2e.kubectl import Kubectl
from tests.e2e.observer import Json
from tests.e2e.tenant import build_tenant, grant
from tests.e2e.virtctl import open_virtctl
from tests.e2e.vm import Vm

LOG_SECONDS = 120.0


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("users")


def path_of(cluster: Cluster, rest: str, version: str = "v1") -> str:
    """Return the path of "virtualmachines/NAME/…" in the tests' namespace."""
    return f"{GROUP}/{version}/namespaces/{cluster.namespace}/{rest}"


def open_door(kubectl: Kubectl) -> Door:
    return Door(Path(kubectl.env["KUBECONFIG"]))


# Rights, and what becomes of a call of the second of them. Where only the part before the slash is
# theirs, virt-api refuses; where only the whole is, the API server does not see it.
PARTS = [
    ("get virtualmachineinstances/vnc", "", 401),
    ("", "get virtualmachineinstances/vnc/screenshot", 403),
    ("get virtualmachineinstances/vnc", "get virtualmachineinstances/vnc/screenshot", 404),
    ("get virtualmachineinstances/sev", "", 401),
    ("", "get virtualmachineinstances/sev/fetchcertchain", 403),
    ("get virtualmachineinstances/sev", "get virtualmachineinstances/sev/fetchcertchain", 501),
    ("update virtualmachines/evacuate", "", 401),
    ("", "update virtualmachines/evacuate/cancel", 403),
    ("update virtualmachines/evacuate", "update virtualmachines/evacuate/cancel", 501),
]
WHOLE = {
    "vnc": ("GET", "virtualmachineinstances", "vnc/screenshot"),
    "sev": ("GET", "virtualmachineinstances", "sev/fetchcertchain"),
    "evacuate": ("PUT", "virtualmachines", "evacuate/cancel"),
}


@pytest.mark.parametrize(("part", "whole", "code"), PARTS)
def test_a_right_to_a_part_is_none_to_the_whole(
    cluster: Cluster, folder: Path, part: str, whole: str, code: int
) -> None:
    name = f"part-{PARTS.index((part, whole, code))}"
    kubectl = build_tenant(cluster, name, folder)
    grant(cluster, name, *filter(None, (part, whole)))
    word = (part or whole).split("/")[1]
    method, resource, subresource = WHOLE[word]
    with open_door(kubectl) as door:
        for version in ("v1", "v1alpha3"):
            path = path_of(cluster, f"{resource}/no-such-vm/{subresource}", version)
            assert door.ask(method, path).code == code
        if word == "vnc" and part:
            # nor is what they may refused: there is no such VM
            console = path_of(cluster, "virtualmachineinstances/no-such-vm/vnc")
            assert door.ask("GET", console, headers=UPGRADE).code == 404


def test_the_refusal_is_text_that_names_the_right(cluster: Cluster, folder: Path) -> None:
    kubectl = build_tenant(cluster, "told", folder)
    grant(cluster, "told", "get virtualmachineinstances/vnc")
    with open_door(kubectl) as door:
        path = path_of(cluster, "virtualmachineinstances/no-such-vm/vnc/screenshot")
        reply = door.ask("GET", path)
    assert (reply.code, reply.media_type) == (401, "text/plain")
    assert b"told' cannot get virtualmachineinstances/vnc/screenshot no-such-vm" in reply.body


def test_a_right_to_one_vm_is_none_to_another(cluster: Cluster, folder: Path) -> None:
    kubectl = build_tenant(cluster, "limited", folder)
    rights = ("update virtualmachines/start", "get virtualmachineinstances/console")
    grant(cluster, "limited", *rights, only=("mine",))
    console = "virtualmachineinstances/{}/console"
    start = "virtualmachines/{}/start"
    with open_door(kubectl) as door:
        assert door.ask("PUT", path_of(cluster, start.format("mine"))).code == 404
        assert door.ask("PUT", path_of(cluster, start.format("yours"))).code == 403
        for name, code in (("mine", 404), ("yours", 403), ("mine2", 403)):
            path = path_of(cluster, console.format(name))
            assert door.ask("GET", path, headers=UPGRADE).code == code


class Log:
    """What the replicas of virt-api tell, from a moment on."""

    def __init__(self, cluster: Cluster) -> None:
        self._kubectl = cluster.kubectl.within(INSTALL_NAMESPACE)
        self._since = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())

    def read(self) -> list[Json]:
        selector = f"--selector=kubevirt.io={COMPONENT_API}"
        told = self._kubectl("logs", selector, f"--since-time={self._since}", "--tail=-1")
        return [dict(json.loads(line)) for line in told.splitlines()]

    def until(self, **fields: object) -> Json:
        """Wait for a line with these fields; the kubelet passes lines on a moment later."""
        deadline = time.monotonic() + LOG_SECONDS
        while True:
            lines = self.read()
            for line in lines:
                if fields.items() <= line.items():
                    return line
            assert time.monotonic() < deadline, f"no line with {fields} among {lines}"


@pytest.fixture(scope="module")
def halted(cluster: Cluster) -> Iterator[str]:
    cluster.kubectl.apply(build_vm("audited", "Halted"))
    yield "audited"
    cluster.kubectl("delete", "vm", "audited", "--timeout=150s")


def test_the_log_tells_who_did_what_to_which_vm_from_where(
    cluster: Cluster, folder: Path, shared: Vm, halted: str
) -> None:
    kubectl = build_tenant(cluster, "watched", folder, "edit")
    user = f"system:serviceaccount:{cluster.namespace}:watched"
    log = Log(cluster)
    with open_door(kubectl) as door:
        stop = door.ask("PUT", path_of(cluster, f"virtualmachines/{halted}/stop"))
        assert stop.code == 409
        for verb in ("pause", "unpause"):
            path = path_of(cluster, f"virtualmachineinstances/{shared.name}/{verb}")
            assert door.ask("PUT", path, {}).code == 200
    with open_virtctl(kubectl).terminal("console", shared.name) as console:
        console.expect("Successfully connected", 60)
        console.log_in(60)
    who = {"user": user, "namespace": cluster.namespace}
    lines = [
        log.until(**who, message="call", vm=halted, subresource="stop", code=409),
        log.until(**who, message="call", vm=shared.name, subresource="pause", code=200),
        log.until(**who, message="call", vm=shared.name, subresource="unpause", code=200),
        log.until(**who, message="session opened", vm=shared.name, kind="console"),
        log.until(**who, message="session closed", vm=shared.name, kind="console"),
    ]
    assert all(line["source"] and line["time"] for line in lines)
    assert not [line for line in lines if "Bearer" in json.dumps(line)]
