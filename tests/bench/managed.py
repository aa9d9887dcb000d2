"""What a VirtualMachine adds to the start of a VMI: time, and writes."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from tests.bench.cost import count_requests, select_namespace, select_ours
from tests.bench.figure import Figure
from tests.bench.scenario import Bench, is_write_of_state
from tests.e2e.cluster import Cluster
from tests.e2e.guests import build_vm_of, build_vmi
from tests.e2e.observer import VMIS, VMS, Json, Seen

START_SECONDS = 60
AUDIT_SECONDS = 2.0  # for the last lines of the audit log
GOAL_SECONDS = 0.1
GOAL_WRITES = 6


@dataclass(frozen=True, slots=True)
class Start:
    """One start: when the instance ran, when the VM said so, and what was written for it."""

    instance: float
    told: float
    writes: list[Json]


def measure_managed(bench: Bench) -> list[Figure]:
    """Start VMIs and VMs in turn; the first round warms up."""
    turns = range(bench.rounds + 1)
    pairs = [(start_vmi(bench, n), *start_vm_twice(bench, n)) for n in turns][1:]
    bare, first, again = zip(*pairs, strict=True)
    more = tuple(vm.instance - vmi.instance for vmi, vm, _ in pairs)
    return [
        Figure("VMI: Running", "s", tuple(one.instance for one in bare)),
        Figure("VM: its VMI Running", "s", tuple(one.instance for one in first)),
        Figure("VM: Running by its own status", "s", tuple(one.told for one in first)),
        Figure("VM beside VMI: Running later by", "s", more, GOAL_SECONDS),
        Figure("VM started again: its VMI Running", "s", tuple(one.instance for one in again)),
        figure_writes("VMI", bare),
        figure_writes("VM applied", first, GOAL_WRITES),
        figure_writes("VM started again", again, GOAL_WRITES),
    ]


def figure_writes(what: str, starts: Sequence[Start], goal: float | None = None) -> Figure:
    counted = count_requests(starts[-1].writes)
    note = ", ".join(f"{number} {name}" for name, number in sorted(counted.items()))
    writes = tuple(float(len(start.writes)) for start in starts)
    return Figure(f"{what}: own API writes but events", "", writes, goal, note=note)


def start_vmi(bench: Bench, number: int) -> Start:
    """Start a VMI and end it."""
    name, cluster, audit = f"alone-{number}", bench.cluster, bench.audit()
    posted = time.monotonic()
    cluster.api.create(VMIS.format(namespace=cluster.namespace), build_guest(name))
    running = cluster.vmis.until_phase(name, "Running", START_SECONDS).at - posted
    time.sleep(AUDIT_SECONDS)
    writes = select_writes(audit.read(), cluster)
    cluster.api.delete(cluster.path(VMIS, name))
    cluster.vmis.until_gone(name, START_SECONDS)
    cluster.pods.until_gone(name, START_SECONDS)
    return Start(running, running, writes)


def start_vm_twice(bench: Bench, number: int) -> tuple[Start, Start]:
    """Apply a VM that starts, stop it, start it again, and end it."""
    name, cluster = f"managed-{number}", bench.cluster
    path, manifest = cluster.path(VMS, name), build_vm_of(build_guest(name))
    collection = VMS.format(namespace=cluster.namespace)
    first = follow_start(bench, name, lambda: cluster.api.create(collection, manifest))
    mark = len(cluster.vms.events)
    cluster.api.merge(path, {"spec": {"runStrategy": "Halted"}})
    await_status(cluster, name, "Stopped", mark)
    cluster.pods.until_gone(name, START_SECONDS)
    again = follow_start(
        bench, name, lambda: cluster.api.merge(path, {"spec": {"runStrategy": "Always"}})
    )
    cluster.api.delete(path)
    cluster.vms.until_gone(name, START_SECONDS)
    return first, again


def follow_start(bench: Bench, name: str, start: Callable[[], object]) -> Start:
    """Note when a VM's instance runs, when the VM says so, and the writes until then."""
    cluster, audit = bench.cluster, bench.audit()
    vms, vmis = len(cluster.vms.events), len(cluster.vmis.events)
    began = time.monotonic()
    start()
    instance = cluster.vmis.until(
        lambda seen: seen.name == name and seen.phase == "Running",
        START_SECONDS,
        f"Running of {name}",
        after=vmis,
    )
    told = await_status(cluster, name, "Running", vms)
    time.sleep(AUDIT_SECONDS)
    writes = select_writes(audit.read(), cluster)
    return Start(instance.at - began, told.at - began, writes)


def await_status(cluster: Cluster, name: str, word: str, after: int) -> Seen:
    """Wait for a printableStatus later than so many events."""

    def shows(seen: Seen) -> bool:
        return seen.name == name and seen.object["status"].get("printableStatus") == word

    return cluster.vms.until(shows, START_SECONDS, f"{word} of {name}", after=after)


def select_writes(events: Sequence[Json], cluster: Cluster) -> list[Json]:
    """Keep our components' writes of state in the namespace of the bench."""
    ours = select_ours(select_namespace(events, cluster.namespace))
    return [event for event in ours if is_write_of_state(event)]


def build_guest(name: str) -> Json:
    return build_vmi(name, terminationGracePeriodSeconds=0)
