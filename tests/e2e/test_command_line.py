"""`kubectl virt` on a cluster: each command where it works, and where it is refused."""

import json
import subprocess
import threading
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml

from tests.e2e.cluster import Cluster
from tests.e2e.guests import TINY, WEB_PORT
from tests.e2e.plugin import Virt
from tests.e2e.vm import LOGIN, Vm

FIRST, SECOND = "line-first", "line-second"
WAIT = ("--wait", "--timeout=240s")


@pytest.fixture(scope="module")
def virt(cluster: Cluster) -> Virt:
    return Virt(cluster.kubectl)


@pytest.fixture(scope="module")
def made(cluster: Cluster, virt: Virt) -> Iterator[tuple[str, str]]:
    """Yield two VMs as `create vm` writes them."""
    for name in (FIRST, SECOND):
        flags = ("--run-strategy=Halted", "--memory=128Mi", "--termination-grace-period=0")
        disk = f"--volume-containerdisk=src:{TINY},pullpolicy:IfNotPresent"
        manifest = virt("create", "vm", f"--name={name}", *flags, disk)
        cluster.kubectl("create", "-f", "-", given=manifest)
    yield FIRST, SECOND
    cluster.kubectl("delete", "vm", FIRST, SECOND)


@pytest.fixture
def pair(cluster: Cluster, virt: Virt, made: tuple[str, str]) -> tuple[str, str]:
    """Return the two VMs, stopped, whatever became of an earlier test."""
    for name in made:
        # The controller has its first word a moment after the VM is made.
        cluster.kubectl.wait(f"vm/{name}", "jsonpath={.status.printableStatus}")
        if cluster.kubectl.get("vm", name)["status"]["printableStatus"] != "Stopped":
            virt("stop", name, *WAIT, seconds=300)
    return made


def refuse(virt: Virt, *words: str) -> str:
    """Run what is refused; return the words."""
    done = virt.run(*words)
    assert (done.returncode, done.stdout) == (1, ""), done
    return done.stderr


def read_instance(cluster: Cluster, name: str) -> str:
    return str(cluster.kubectl.get("vmi", name)["metadata"]["uid"])


def test_power_of_several_vms(cluster: Cluster, virt: Virt, pair: tuple[str, str]) -> None:
    started = virt("start", *pair, *WAIT, seconds=300)
    assert started.splitlines() == [f"virtualmachine.kubevirt.io/{name} started" for name in pair]
    assert "VM is already running" in refuse(virt, "start", FIRST)
    assert "runs" in virt("why", FIRST)

    assert virt("pause", "vm", FIRST, "--wait").endswith("paused\n")
    assert "VMI is already paused" in refuse(virt, "pause", FIRST)
    assert "VMI is paused" in refuse(virt, "soft-reboot", FIRST)
    assert virt("unpause", f"vmi/{FIRST}", "--wait", "-o", "name").endswith(f"/{FIRST}\n")
    assert "VMI is not paused" in refuse(virt, "unpause", FIRST)
    assert virt("reset", *pair).count(" reset\n") == 2

    before = read_instance(cluster, FIRST)
    assert "dry run" in virt("restart", FIRST, "--dry-run")
    assert read_instance(cluster, FIRST) == before
    virt("restart", FIRST, "--force", "--grace-period=0", *WAIT, seconds=300)
    assert read_instance(cluster, FIRST) != before
    assert "only gracePeriod=0" in refuse(virt, "restart", FIRST, "--grace-period=5")

    stopped = json.loads(virt("stop", *pair, *WAIT, "-o", "json", seconds=300))
    assert [vm["status"]["printableStatus"] for vm in stopped["items"]] == ["Stopped"] * 2
    assert "VM is not running" in refuse(virt, "stop", FIRST)
    assert f"{FIRST} is not running" in refuse(virt, "pause", FIRST)
    assert "not found" in refuse(virt, "start", "line-nobody")


def test_a_vm_can_be_started_paused(cluster: Cluster, virt: Virt, pair: tuple[str, str]) -> None:
    virt("start", FIRST, "--paused", *WAIT, seconds=300)
    assert cluster.kubectl.get("vm", FIRST)["status"]["printableStatus"] == "Paused"
    virt("unpause", FIRST, "--wait")


def test_a_wait_that_is_too_short_ends_with_124(
    cluster: Cluster, virt: Virt, pair: tuple[str, str]
) -> None:
    done = virt.run("start", SECOND, "--wait", "--timeout=10ms")
    assert (done.returncode, done.stdout) == (124, "")
    assert done.stderr.startswith(f"timed out: {SECOND} is not started yet")
    cluster.kubectl.wait(f"vm/{SECOND}", "condition=Ready", 240)


@pytest.mark.parametrize("command", ["console", "vnc"])
def test_a_stopped_vm_has_no_console(virt: Virt, pair: tuple[str, str], command: str) -> None:
    said = refuse(virt, command, SECOND)
    assert said.endswith(f"start it with: kubectl virt start {SECOND}\n")
    assert "not found" in refuse(virt, command, "line-nobody")


def test_a_console_waits_for_a_vm_that_starts(virt: Virt, pair: tuple[str, str]) -> None:
    virt("start", SECOND)
    with virt.console(SECOND) as console:
        console.expect(LOGIN, 240)
        console.type("\x1d")
        console.until_ended(60)
    virt("stop", SECOND, "--force", "--grace-period=0", *WAIT, seconds=300)


def test_a_screenshot_is_a_picture(virt: Virt, shared: Vm, tmp_path: Path) -> None:
    target = tmp_path / "screen.png"
    virt("vnc", "screenshot", shared.name, "-f", str(target), "-m")
    assert target.read_bytes().startswith(b"\x89PNG\r\n")
    assert "not found" in refuse(virt, "vnc", "screenshot", "line-nobody", "-f", "-")


def test_the_browsers_page_comes_through_the_proxy(virt: Virt, shared: Vm) -> None:
    with (
        virt.serve("vnc", shared.name, "--browser") as url,
        urllib.request.urlopen(url.strip(), timeout=60) as page,
    ):
        assert page.headers.get_content_type() == "text/html"
        assert b"<!doctype html>" in page.read().lower()


def await_web(url: str) -> None:
    """Ask until somebody answers: a guest may be logged in to before its network is up."""
    deadline = time.monotonic() + 60
    pause = threading.Event()
    while True:
        try:
            urllib.request.urlopen(url, timeout=60).close()
        except OSError:
            assert time.monotonic() < deadline
            pause.wait(0.5)
        else:
            return


def test_a_port_of_the_guest_is_a_port_here(virt: Virt, shared: Vm) -> None:
    with virt.serve("port-forward", f"vmi/{shared.name}", f"0:{WEB_PORT}") as line:
        url = f"http://{line.split()[2]}/"
        await_web(url)
        for _ in range(3):
            with urllib.request.urlopen(url, timeout=60) as answer:
                assert answer.read()
    assert "not found" in refuse(virt, "port-forward", "line-nobody", "0:80")


def test_the_log_is_the_serial_consoles(virt: Virt, shared: Vm) -> None:
    assert "Linux version" in virt("logs", shared.name)
    assert "Linux version" not in virt("logs", shared.name, "--tail=1")
    assert json.loads(virt("logs", shared.name, "--launcher").splitlines()[0])
    assert "not found" in refuse(virt, "logs", "line-nobody")


@pytest.mark.parametrize("command", ["guestosinfo", "userlist", "fslist"])
def test_a_guest_without_an_agent_tells_nothing(virt: Virt, shared: Vm, command: str) -> None:
    assert "does not have guest agent connected" in refuse(virt, command, shared.name)


def test_a_service_leads_to_the_vm(cluster: Cluster, virt: Virt, shared: Vm) -> None:
    words = ("expose", "vmi", shared.name, "--name=line-web", f"--port={WEB_PORT}")
    dry = yaml.safe_load(virt(*words, "--dry-run=server", "-o", "yaml"))
    assert dry["spec"]["selector"] == {"vmi.kubevirt.io/id": shared.name}
    assert virt(*words) == "service/line-web created\n"
    assert "already exists" in refuse(virt, *words)
    cluster.kubectl("delete", "service", "line-web")


def test_sizes_are_created(cluster: Cluster, virt: Virt) -> None:
    size = virt("create", "instancetype", "--namespaced", "--name=line", "--cpu=1", "--memory=64Mi")
    advice = virt("create", "preference", "--namespaced", "--name=line", "--cpu-topology=cores")
    cluster.kubectl("create", "-f", "-", given=f"{size}---\n{advice}")
    kinds = (f"virtualmachine{family}/line" for family in ("instancetype", "preference"))
    size_flag, advice_flag = (
        f"--{kind.removeprefix('virtualmachine').partition('/')[0]}={kind}" for kind in kinds
    )
    vm = virt("create", "vm", "--name=line-sized", size_flag, advice_flag, "--run-strategy=Halted")
    cluster.kubectl("create", "-f", "-", given=vm)
    spec = yaml.safe_load(virt("expand", "line-sized"))["spec"]["template"]["spec"]
    assert spec["domain"]["memory"]["guest"] == "64Mi"
    cluster.kubectl("delete", "vm", "line-sized")


def test_versions_go_together(virt: Virt) -> None:
    told = json.loads(virt("version", "-o", "json"))
    assert told["serverVersion"]["gitVersion"]
    assert told["clientVersion"]["gitVersion"]


def test_kubectl_completes_names(cluster: Cluster, virt: Virt, pair: tuple[str, str]) -> None:
    scope = ("--namespace", cluster.namespace)
    done = subprocess.run(
        [cluster.kubectl.program, "__complete", "virt", *scope, "start", "line-f"],
        env=virt.env,
        capture_output=True,
        text=True,
        check=True,
    )
    assert FIRST in done.stdout.splitlines()
