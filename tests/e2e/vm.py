"""A VM under test: its manifest, its objects, its terminals, its processes."""

import time
from collections.abc import Callable
from contextlib import suppress
from typing import Self

from tests.e2e.cluster import Cluster
from tests.e2e.console import Console
from tests.e2e.machine import Deathwatch, Process, find_qemu
from tests.e2e.observer import PODS, VMIS, Json, RefusedError, Seen

START_SECONDS = 240  # generous: the machine has two cores and may be busy with other guests
LOGIN = r"login:\s*$"


class Vm:
    """One VMI under test and the pod that runs it."""

    def __init__(self, cluster: Cluster, manifest: Json) -> None:
        self.cluster = cluster
        self.manifest = manifest
        self.name = str(manifest["metadata"]["name"])

    @property
    def grace_seconds(self) -> int:
        """How long the guest may take to end."""
        return int(self.manifest.get("spec", {}).get("terminationGracePeriodSeconds", 30))

    def apply(self) -> Self:
        self.cluster.kubectl.apply(self.manifest)
        return self

    def delete(self) -> float:
        """Ask for the end through the API; return the moment of asking."""
        asked = time.monotonic()
        self.cluster.api.delete(self.cluster.path(VMIS, self.name))
        return asked

    def read(self) -> Json:
        return self.cluster.api.get(self.cluster.path(VMIS, self.name))

    def read_pod(self) -> Json:
        return self.cluster.api.get(self.cluster.path(PODS, self.name))

    @property
    def pod_uid(self) -> str:
        return str(self.read_pod()["metadata"]["uid"])

    def qemu(self) -> Process:
        return find_qemu(self.pod_uid)

    def watch_qemu(self) -> Deathwatch:
        return Deathwatch(self.qemu())

    def until_phase(self, phase: str, seconds: float = START_SECONDS) -> Json:
        """Wait for a phase and return the VMI as it first showed it."""
        return self.cluster.vmis.until_phase(self.name, phase, seconds).object

    def until_running(self) -> Self:
        self.until_phase("Running")
        return self

    def until_gone(self, seconds: float) -> Seen:
        return self.cluster.vmis.until_gone(self.name, seconds)

    def until_pod_phase(self, phase: str, seconds: float) -> Seen:
        return self.cluster.pods.until_phase(self.name, phase, seconds)

    def last_reason(self) -> tuple[str, str]:
        """Return phase and reason as the VMI last showed them, also after it is gone."""
        status = self.cluster.vmis.last(self.name).object["status"]
        return str(status["phase"]), str(status.get("reason"))

    def until_condition(
        self, kind: str, status: str, reason: str | None = None, seconds: float = START_SECONDS
    ) -> Json:
        """Wait for a condition of the VMI and return it."""

        def shows(seen: Seen) -> bool:
            found = find_condition(seen.object, kind)
            return (
                seen.name == self.name
                and found is not None
                and found["status"] == status
                and reason in {None, found.get("reason")}
            )

        wanted = f"{kind}={status} {reason or ''} of {self.name}"
        seen = self.cluster.vmis.until(shows, seconds, wanted)
        condition = find_condition(seen.object, kind)
        assert condition is not None
        return condition

    def until_event(self, reason: str, seconds: float = START_SECONDS) -> str:
        """Wait for an event about the VMI and return its message."""

        def tells(seen: Seen) -> bool:
            about = seen.object["involvedObject"]
            return bool(seen.object["reason"] == reason and about["name"] == self.name)

        return str(self.cluster.events.until(tells, seconds, reason).object["message"])

    def until_containers_run(self) -> None:
        """Wait for the kubelet's word that the pod runs; it comes up to a second after ours."""
        self.cluster.pods.until_newest(self.name, has_started, START_SECONDS)

    def logs(self, *options: str) -> Console:
        """kubectl logs -f NAME, in a terminal."""
        self.until_containers_run()
        return self.cluster.kubectl.terminal("logs", "-f", self.name, *options)

    def attach(self) -> Console:
        """kubectl attach -it NAME, in a terminal."""
        self.until_containers_run()
        return self.cluster.kubectl.terminal("attach", "-it", self.name)

    def until_login(self, seconds: float = START_SECONDS) -> Self:
        """Wait until the guest's console shows a login prompt."""
        with self.logs() as console:
            console.expect(LOGIN, seconds)
        return self

    def until_networked(self, seconds: float = START_SECONDS) -> Self:
        """Wait until the guest has an address and serves its page: later than its login prompt."""
        self.until_login(seconds)
        with self.attach() as console:
            console.log_in(seconds)
            console.run("until ip route | grep -q ^default; do usleep 100000; done", seconds)
            # The route comes first, then the resolver, the hostname, and at last a page with it.
            console.run("until grep -q '^[^(]' /www/index.html; do usleep 100000; done", seconds)
            console.run("until wget -qO /dev/null localhost; do usleep 100000; done", seconds)
            console.type("exit\r")
            console.expect(LOGIN, seconds)
        return self

    def log_in(self, seconds: float = START_SECONDS) -> Console:
        """Return a terminal on the guest's serial console with a root shell in it."""
        self.until_login(seconds)
        console = self.attach()
        console.log_in(seconds)
        return console

    def pod_uids(self) -> set[str]:
        """Return the UIDs of all pods of the VMI's name that there ever were."""
        return {
            str(seen.object["metadata"]["uid"])
            for seen in self.cluster.pods.events
            if seen.name == self.name
        }

    def taken_pod_uids(self) -> set[str]:
        """Return the UIDs of those pods that their node did not turn away."""
        rejected = {
            str(seen.object["metadata"]["uid"])
            for seen in self.cluster.pods.events
            if seen.name == self.name and is_rejected(seen.object)
        }
        return self.pod_uids() - rejected


MakeVm = Callable[[Json], Vm]


def destroy(vms: list[Vm]) -> None:
    """Delete VMs, all together, and wait until they are gone."""
    for made in vms:
        with suppress(RefusedError):  # the test itself deleted it
            made.delete()
    for made in vms:
        made.until_gone(120 + made.grace_seconds)


def has_started(pod: Json) -> bool:
    """Tell whether the kubelet says of all containers that they run, or have run."""
    states = [each["state"] for each in pod.get("status", {}).get("containerStatuses", [])]
    return bool(states) and all("waiting" not in state for state in states)


def is_rejected(pod: Json) -> bool:
    """Tell whether the kubelet failed a pod without starting anything of it."""
    status = pod.get("status", {})
    return status.get("phase") == "Failed" and not status.get("containerStatuses")


def find_condition(thing: Json, kind: str) -> Json | None:
    """Return an object's condition of a type."""
    conditions = thing.get("status", {}).get("conditions") or []
    return next((dict(found) for found in conditions if found["type"] == kind), None)
