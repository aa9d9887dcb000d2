"""What a life costs: CPU seconds by component, memory, and requests to the API server."""

import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cluster import process
from cluster.paths import Layout, find_layout
from tests.bench.clock import find_pod_cgroup, read_cgroup_seconds, read_cpu_seconds
from tests.e2e.component import CONTROLLER, HANDLER, Component
from tests.e2e.machine import PROC, list_processes, read_pss_kib
from tests.e2e.observer import ApiServer, Json

OURS = "system:serviceaccount:kubevirt:"


@dataclass(frozen=True, slots=True)
class Books:
    """Where to look for what a component of the cluster has used."""

    api: ApiServer
    layout: Layout
    components: tuple[Component, ...]

    def read_cpu(self) -> dict[str, float]:
        """Return CPU seconds so far: our components, and Kubernetes' own."""
        seconds = {
            component.name: sum(
                read_cgroup_seconds(find_pod_cgroup(uid)) for uid in list_uids(component)
            )
            for component in self.components
        }
        for name, pids in self.list_programs().items():
            seconds[name] = read_cpu_seconds(pids)
        return seconds

    def list_programs(self) -> dict[str, list[int]]:
        """Return Kubernetes' own programs on this machine, each with the nsenter around it."""
        found = {path.stem: process.find_running(path) for path in self.layout.pids.glob("*.pid")}
        return {
            name: [pid, *process.children(pid)] for name, pid in found.items() if pid is not None
        }

    def read_memory_mib(self, node: str) -> dict[str, float]:
        """Return the PSS of our components' pods, the handler's only on one node."""
        memory = {}
        for component in self.components:
            for pod in component.list_pods():
                name = str(pod["metadata"]["name"])
                if component.name != HANDLER or pod["spec"]["nodeName"] == node:
                    memory[name] = read_pod_pss_mib(str(pod["metadata"]["uid"]))
        return memory


def open_books(api: ApiServer, components: tuple[Component, ...]) -> Books:
    assert {component.name for component in components} == {CONTROLLER, HANDLER}
    return Books(api, find_layout(), components)


def list_uids(component: Component) -> list[str]:
    return [str(pod["metadata"]["uid"]) for pod in component.list_pods()]


def read_pod_pss_mib(pod_uid: str) -> float:
    """Return the PSS of all processes of a pod."""
    return sum(read_pss_kib(process.pid) for process in list_processes(pod_uid)) / 1024


def read_qemu_overhead_mib(pid: int, guest_kib: int) -> float:
    """Return qemu's PSS without the mapping that is the guest's RAM, found by its size."""
    size = pss = overhead = 0
    for line in (PROC / str(pid) / "smaps").read_text().splitlines():
        key, _, rest = line.partition(":")
        if key == "Size":
            size = int(rest.split()[0])
        elif key == "Pss":
            pss = int(rest.split()[0])
            overhead += 0 if size == guest_kib else pss
    return overhead / 1024


class AuditTail:
    """What the API server's audit log gained since a moment."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self._start = log.stat().st_size

    def read(self) -> list[Json]:
        """Return the finished requests since then."""
        with self._log.open("rb") as file:
            file.seek(self._start)
            events = [json.loads(line) for line in file if line.endswith(b"\n")]
        return [event for event in events if event["stage"] == "ResponseComplete"]


def select_ours(events: Iterable[Json]) -> list[Json]:
    """Keep the requests of our own components."""
    return [event for event in events if event["user"]["username"].startswith(OURS)]


def select_namespace(events: Iterable[Json], namespace: str) -> list[Json]:
    """Keep the requests about one namespace's objects."""
    return [e for e in events if e.get("objectRef", {}).get("namespace") == namespace]


def count_requests(events: Iterable[Json]) -> Counter[str]:
    """Count requests by who, verb and resource."""
    return Counter(describe_request(event) for event in events)


def describe_request(event: Json) -> str:
    """Return who asked for what, without names of objects."""
    user = str(event["user"]["username"]).removeprefix(OURS)
    thing = event.get("objectRef", {})
    resource = "/".join(filter(None, (thing.get("resource"), thing.get("subresource"))))
    return f"{user} {event['verb']} {resource}"


def is_write(event: Json) -> bool:
    return event["verb"] in {"create", "update", "patch", "delete"}
