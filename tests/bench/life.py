"""One VM's life from outside: the moments of its start and end, and what they cost."""

import re
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from tests.bench.clock import read_stat
from tests.e2e.cluster import Cluster
from tests.e2e.guests import build_pod, build_vmi
from tests.e2e.machine import (
    PROC,
    Deathwatch,
    Process,
    find_launcher,
    find_process,
    find_qemu,
    list_processes,
)
from tests.e2e.observer import PODS, VMIS, Seen

START_SECONDS = 120
MEMORY = "256Mi"
LOGIN = re.compile(rb"login:\s*$")
SERIAL_SOCKET = "run/virtpod/console/serial0"


@dataclass(slots=True)
class Life:
    """Moments of one VM (or bare pod), in seconds after its POST; zero means not seen."""

    name: str
    posted: float  # time.monotonic() before the POST
    moments: dict[str, float] = field(default_factory=dict)
    pod_uid: str = ""

    def mark(self, moment: str, at: float) -> None:
        self.moments[moment] = at - self.posted


def start_vms(cluster: Cluster, names: Sequence[str]) -> list[Life]:
    """POST VMs all at once; return when every guest shows its login prompt."""
    lives = [Life(name, 0.0) for name in names]
    threads = [threading.Thread(target=follow_start, args=(cluster, life)) for life in lives]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert all("login" in life.moments for life in lives), f"a guest did not come up: {lives}"
    return lives


def follow_start(cluster: Cluster, life: Life) -> None:
    """POST one VM and note the moments of its start."""
    manifest = build_vmi(life.name, memory=MEMORY, terminationGracePeriodSeconds=0)
    life.posted = time.monotonic()
    cluster.api.create(VMIS.format(namespace=cluster.namespace), manifest)
    life.mark("accepted", time.monotonic())
    running = cluster.vmis.until_phase(life.name, "Running", START_SECONDS)
    life.mark("Running", running.at)
    watch_pod(cluster, life)
    life.mark("login", wait_for_login(find_launcher(life.pod_uid), START_SECONDS))
    for moment, process in (
        ("first process", find_process(life.pod_uid, "tini")),
        ("launcher", find_launcher(life.pod_uid)),
        ("qemu", find_qemu(life.pod_uid)),
    ):
        life.mark(moment, read_stat(process.pid).started)


def watch_pod(cluster: Cluster, life: Life) -> None:
    """Note when the pod was created and bound."""
    created = cluster.pods.until(lambda seen: seen.name == life.name, 10)
    bound = cluster.pods.until(lambda seen: is_bound(seen, life.name), 10)
    life.pod_uid = str(created.object["metadata"]["uid"])
    life.mark("pod created", created.at)
    life.mark("pod bound", bound.at)


def is_bound(seen: Seen, name: str) -> bool:
    return seen.name == name and "nodeName" in seen.object["spec"]


def wait_for_login(launcher: Process, seconds: float) -> float:
    """Read the guest's serial console by its socket; return when the login prompt came."""
    with socket.socket(socket.AF_UNIX) as serial:
        serial.settimeout(seconds)
        serial.connect(str(PROC / str(launcher.pid) / "root" / SERIAL_SOCKET))
        shown = b""
        while data := serial.recv(65536):
            shown += data
            if LOGIN.search(shown):
                return time.monotonic()
    raise AssertionError(f"the console ended without a login prompt: {shown[-500:]!r}")


def start_bare_pod(cluster: Cluster, name: str) -> Life:
    """Start a plain pod that sleeps: what Kubernetes itself takes here."""
    life = Life(name, time.monotonic())
    cluster.api.create(
        PODS.format(namespace=cluster.namespace), build_pod(name, ["sleep", "1000000"])
    )
    life.mark("accepted", time.monotonic())
    running = cluster.pods.until_phase(name, "Running", START_SECONDS)
    life.pod_uid = str(running.object["metadata"]["uid"])
    life.mark("Running", running.at)
    sleeper = find_process(life.pod_uid, "1000000")
    life.mark("first process", read_stat(sleeper.pid).started)
    return life


def end_vms(cluster: Cluster, lives: Sequence[Life]) -> list[Life]:
    """Delete VMs that have no grace period, all at once; return the moments of their ends."""
    ends = [Life(life.name, 0.0, pod_uid=life.pod_uid) for life in lives]
    watches = [Deathwatch(find_qemu(life.pod_uid)) for life in lives]
    for end in ends:
        end.posted = time.monotonic()
        cluster.api.delete(cluster.path(VMIS, end.name))
    for end, watch in zip(ends, watches, strict=True):
        with watch:
            end.mark("gone", cluster.vmis.until_gone(end.name, 60).at)
            end.mark("qemu ended", watch.wait(60))
            end.mark("pod gone", cluster.pods.until_gone(end.name, 60).at)
    return ends


def end_pod(cluster: Cluster, life: Life) -> None:
    cluster.api.delete(cluster.path(PODS, life.name), grace_seconds=0)
    cluster.pods.until_gone(life.name, 60)


def split_qemu(pod_uid: str) -> tuple[Process, list[Process]]:
    """Return a pod's qemu, and everything else in the pod."""
    qemu = find_qemu(pod_uid)
    return qemu, [process for process in list_processes(pod_uid) if process != qemu]
