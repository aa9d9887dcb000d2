"""A VirtualMachine under test: its strategy, its status, its instances one after the other."""

from collections.abc import Callable
from contextlib import suppress
from typing import Self

from tests.e2e.cluster import Cluster
from tests.e2e.component import AS_CONTROLLER
from tests.e2e.observer import VMS, Json, RefusedError, Seen
from tests.e2e.vm import START_SECONDS, Vm, find_condition

# kubectl's words for these headers.
UNASKED = (
    f"--as={AS_CONTROLLER['Impersonate-User']}",
    f"--as-group={AS_CONTROLLER['Impersonate-Group']}",
)


class VirtualMachine:
    """One VirtualMachine and the VMI of its name.

    What is waited for is looked for from the last action on: a status that was there before it
    does not count.
    """

    def __init__(self, cluster: Cluster, manifest: Json) -> None:
        self.cluster = cluster
        self.manifest = manifest
        self.name = str(manifest["metadata"]["name"])
        self.instance = Vm(cluster, manifest)
        self._mark = 0

    @property
    def path(self) -> str:
        return self.cluster.path(VMS, self.name)

    def apply(self) -> Self:
        self.mark()
        self.cluster.kubectl.apply(self.manifest)
        return self

    def apply_unasked(self) -> Self:
        """Make the VM as when no webhook is there to ask: the controller judges it as well."""
        self.mark()
        self.cluster.kubectl.apply(self.manifest, flags=UNASKED)
        return self

    def delete(self, *options: str) -> None:
        """kubectl delete vm NAME, without waiting."""
        self.mark()
        self.cluster.kubectl("delete", "vm", self.name, "--wait=false", *options)

    def read(self) -> Json:
        return self.cluster.api.get(self.path)

    def patch(self, spec: Json) -> Json:
        """Merge-patch the spec, as kubectl patch does."""
        self.mark()
        return self.cluster.api.merge(self.path, {"spec": spec})

    def set_strategy(self, strategy: str) -> None:
        self.patch({"runStrategy": strategy})

    def request(self, *requests: Json) -> None:
        """Ask for starts and stops in status.stateChangeRequests."""
        self.mark()
        self.cluster.api.patch_status(self.path, {"stateChangeRequests": list(requests)})

    def start(self) -> None:
        self.request({"action": "Start"})

    def stop(self) -> None:
        self.request({"action": "Stop", "uid": self.instance_uid})

    def restart(self) -> None:
        self.request({"action": "Stop", "uid": self.instance_uid}, {"action": "Start"})

    @property
    def instance_uid(self) -> str:
        return str(self.instance.read()["metadata"]["uid"])

    def instance_uids(self) -> list[str]:
        """Return the UIDs of all VMIs of the VM's name that there ever were, oldest first."""
        uids = (
            str(seen.object["metadata"]["uid"])
            for seen in self.cluster.vmis.events
            if seen.name == self.name
        )
        return list(dict.fromkeys(uids))

    def until(
        self, is_so: Callable[[Json], bool], wanted: str, seconds: float = START_SECONDS
    ) -> Json:
        """Wait until the VM, since the last action, is as wanted; return it as it then was."""

        def shows(seen: Seen) -> bool:
            return seen.name == self.name and is_so(seen.object)

        what = f"{wanted} of {self.name}"
        return self.cluster.vms.until(shows, seconds, what, after=self._mark).object

    def until_status(self, word: str, seconds: float = START_SECONDS) -> Json:
        """Wait for a printableStatus."""
        return self.until(lambda vm: vm["status"].get("printableStatus") == word, word, seconds)

    def until_condition(
        self, kind: str, status: str, reason: str | None = None, seconds: float = START_SECONDS
    ) -> Json:
        """Wait for a condition and return it."""

        def shows(vm: Json) -> bool:
            found = find_condition(vm, kind)
            right = found is not None and found["status"] == status
            return bool(right and found is not None and reason in {None, found.get("reason")})

        vm = self.until(shows, f"{kind}={status} {reason or ''}", seconds)
        condition = find_condition(vm, kind)
        assert condition is not None
        return condition

    def until_running(self) -> Self:
        self.until_status("Running")
        return self

    def until_stopped(self) -> Json:
        """Wait until there is no VMI and the VM says so."""
        return self.until(
            lambda vm: (
                vm["status"].get("printableStatus") == "Stopped" and not vm["status"].get("created")
            ),
            "Stopped",
        )

    def until_next_instance(self, old_uid: str, seconds: float = START_SECONDS) -> str:
        """Wait until another VMI than this one runs; return its UID."""

        def runs(seen: Seen) -> bool:
            other = seen.object["metadata"]["uid"] != old_uid
            late = seen.object["metadata"]["uid"] not in before
            return seen.name == self.name and other and late and seen.phase == "Running"

        uids = self.instance_uids()
        before = set(uids[: uids.index(old_uid)])
        seen = self.cluster.vmis.until(runs, seconds, f"next instance of {self.name}")
        return str(seen.object["metadata"]["uid"])

    def until_gone(self, seconds: float = 300) -> None:
        self.cluster.vms.until(
            lambda seen: seen.name == self.name and seen.kind == "DELETED",
            seconds,
            f"end of {self.name}",
            after=self._mark,
        )

    def until_event(self, reason: str, seconds: float = START_SECONDS) -> str:
        """Wait for an event about the VM and return its message."""

        def tells(seen: Seen) -> bool:
            about = seen.object["involvedObject"]
            right = about["name"] == self.name and about["kind"] == "VirtualMachine"
            return bool(right and seen.object["reason"] == reason)

        return str(self.cluster.events.until(tells, seconds, reason).object["message"])

    def mark(self) -> None:
        """Count what is told from now on: something is done to the VM from outside."""
        self._mark = len(self.cluster.vms.events)


MakeVirtualMachine = Callable[[Json], VirtualMachine]


def destroy_all(vms: list[VirtualMachine]) -> None:
    """Delete VirtualMachines with their instances, all together, and wait until they are gone."""
    for made in vms:
        with suppress(RefusedError):  # the test itself deleted it
            made.cluster.api.delete(made.path)
    for made in vms:
        made.until_gone()
