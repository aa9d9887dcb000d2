"""What is measured on the embedded cluster, each scenario a list of figures."""

import statistics
import time
from collections.abc import Sequence
from dataclasses import dataclass

from tests.bench.clock import find_pod_cgroup, read_cgroup_seconds, read_stat, subtract
from tests.bench.cost import (
    AuditTail,
    Books,
    count_requests,
    is_write,
    read_qemu_overhead_mib,
    select_namespace,
    select_ours,
)
from tests.bench.figure import Figure
from tests.bench.life import (
    Life,
    end_pod,
    end_vms,
    split_qemu,
    start_bare_pod,
    start_vms,
)
from tests.e2e.cluster import Cluster
from tests.e2e.machine import read_pss_kib
from tests.e2e.observer import Json

GUEST_KIB = 256 * 1024
SETTLE_SECONDS = 20  # the guest's own start-up work is over, nothing of ours is under way
STAGES = ("accepted", "pod created", "pod bound", "first process", "launcher")


@dataclass(frozen=True, slots=True)
class Bench:
    """Where to measure, and how often."""

    cluster: Cluster
    books: Books
    rounds: int

    def audit(self) -> AuditTail:
        return AuditTail(self.books.layout.audit_log)


@dataclass(frozen=True, slots=True)
class Round:
    """One VM's whole life beside a bare pod's."""

    bare: Life
    start: Life
    end: Life
    cpu: dict[str, float]
    memory_mib: float
    qemu_overhead_mib: float
    start_requests: list[Json]
    requests: list[Json]


def measure_single(bench: Bench) -> list[Figure]:
    """One VM at a time: stages, CPU, memory, requests, deletion; the first round warms up."""
    rounds = [measure_round(bench, number) for number in range(bench.rounds + 1)][1:]
    return [
        *build_start_figures(rounds),
        *build_cpu_figures(rounds),
        *build_cost_figures(rounds),
        *build_end_figures(rounds),
    ]


def build_start_figures(rounds: Sequence[Round]) -> list[Figure]:
    """Return the stages of a start, with a bare pod's beside them."""
    bare = tuple(one.bare.moments["first process"] for one in rounds)
    starts = [one.start for one in rounds]
    login, qemu = pick(starts, "login"), pick(starts, "qemu")
    boots = tuple(up - began for up, began in zip(login, qemu, strict=True))
    goal = statistics.median(bare) + 0.8
    return [
        Figure("bare pod: first process", "s", bare, kubevirt=0.492),
        Figure("bare pod: Running", "s", pick([one.bare for one in rounds], "Running")),
        *(Figure(f"1 VM: {stage}", "s", pick(starts, stage)) for stage in STAGES),
        Figure("1 VM: qemu (so login less the guest's own boot)", "s", qemu, 1.4, 5.0),
        Figure("1 VM: Running", "s", pick(starts, "Running"), goal, 3.733, "bare pod + 0.8 s"),
        Figure("1 VM: guest's own boot", "s", boots, kubevirt=2.5),
        Figure("1 VM: login", "s", login, kubevirt=7.495),
    ]


def build_cost_figures(rounds: Sequence[Round]) -> list[Figure]:
    """Return memory and requests."""
    memory = tuple(one.memory_mib for one in rounds)
    overhead = tuple(one.qemu_overhead_mib for one in rounds)
    requests = tuple(float(len(one.requests)) for one in rounds)
    writes = tuple(float(sum(map(is_write_of_state, one.start_requests))) for one in rounds)
    return [
        Figure("1 VM: PSS without qemu", "MiB", memory, 48, 105),
        Figure("1 VM: qemu beyond guest RAM", "MiB", overhead, 70, 101),
        Figure("1 life: own API requests", "", requests, 9, 26, summarize_requests(rounds)),
        Figure("1 start: own API writes but events", "", writes, 4),
    ]


def build_end_figures(rounds: Sequence[Round]) -> list[Figure]:
    """Return the stages of a deletion without grace."""
    ends = [one.end for one in rounds]
    return [
        Figure("delete (grace 0): qemu ended", "s", pick(ends, "qemu ended"), kubevirt=0.3),
        Figure("delete (grace 0): gone", "s", pick(ends, "gone"), 0.9, 2.934),
        Figure("delete (grace 0): pod gone", "s", pick(ends, "pod gone")),
    ]


def pick(lives: Sequence[Life], moment: str) -> tuple[float, ...]:
    """Return one moment of each life."""
    return tuple(life.moments[moment] for life in lives)


def measure_round(bench: Bench, number: int) -> Round:
    """Measure a bare pod and then a VM, from POST to gone."""
    bare = start_bare_pod(bench.cluster, f"bare-{number}")
    end_pod(bench.cluster, bare)
    audit, cpu_before = bench.audit(), bench.books.read_cpu()
    (start,) = start_vms(bench.cluster, [f"single-{number}"])
    cpu = subtract(bench.books.read_cpu(), cpu_before) | read_pod_cpu(start.pod_uid)
    namespace = bench.cluster.namespace
    start_requests = select_ours(select_namespace(audit.read(), namespace))
    time.sleep(SETTLE_SECONDS)
    memory, overhead = read_pod_memory(start.pod_uid)
    (end,) = end_vms(bench.cluster, [start])
    time.sleep(2)  # for the last lines of the audit log
    requests = select_ours(select_namespace(audit.read(), namespace))
    return Round(bare, start, end, cpu, memory, overhead, start_requests, requests)


def read_pod_cpu(pod_uid: str) -> dict[str, float]:
    """Return the CPU seconds of a VM's pod so far: qemu's, and the rest."""
    qemu, _ = split_qemu(pod_uid)
    own = read_stat(qemu.pid).own_seconds
    return {"qemu": own, "launcher pod": read_cgroup_seconds(find_pod_cgroup(pod_uid)) - own}


def read_pod_memory(pod_uid: str) -> tuple[float, float]:
    """Return MiB of a VM's pod: PSS without qemu, and qemu's beyond the guest's RAM."""
    qemu, others = split_qemu(pod_uid)
    pss = sum(read_pss_kib(process.pid) for process in others) / 1024
    return pss, read_qemu_overhead_mib(qemu.pid, GUEST_KIB)


def is_write_of_state(event: Json) -> bool:
    """Tell a write to an object from a read, and from an event for humans."""
    return is_write(event) and event["objectRef"]["resource"] != "events"


def summarize_requests(rounds: Sequence[Round]) -> str:
    """Return the last round's requests in words."""
    counted = count_requests(rounds[-1].requests)
    return ", ".join(f"{number} {what}" for what, number in sorted(counted.items()))


def build_cpu_figures(rounds: Sequence[Round]) -> list[Figure]:
    """Return the CPU seconds of a start by component."""
    names = sorted(rounds[0].cpu)
    return [
        Figure(f"1 start: CPU of {name}", "s", tuple(one.cpu[name] for one in rounds))
        for name in names
    ]


def measure_eight(bench: Bench) -> list[Figure]:
    """Eight VMs at once."""
    starts: list[list[Life]] = []
    ends: list[list[Life]] = []
    memories: list[tuple[float, float]] = []
    for turn in range(max(1, bench.rounds // 3)):
        lives = start_vms(bench.cluster, [f"eight-{turn}-{number}" for number in range(8)])
        time.sleep(SETTLE_SECONDS)
        starts.append(lives)
        memories += [read_pod_memory(life.pod_uid) for life in lives]
        ends.append(end_vms(bench.cluster, lives))
    running = [pick(lives, "Running") for lives in starts]
    middle = tuple(statistics.median(times) for times in running)
    logins = tuple(max(pick(lives, "login")) for lives in starts)
    gone = tuple(max(pick(lives, "gone")) for lives in ends)
    return [
        Figure("8 VMs: first Running", "s", tuple(map(min, running)), kubevirt=11.8),
        Figure("8 VMs: median Running", "s", middle, kubevirt=18.9),
        Figure("8 VMs: last Running", "s", tuple(map(max, running)), 0.4 * 29.0, 29.0),
        Figure("8 VMs: last login", "s", logins, kubevirt=32.5),
        Figure("8 VMs: PSS without qemu, each", "MiB", tuple(m for m, _ in memories), 28, 46),
        Figure("8 VMs: qemu beyond guest RAM, each", "MiB", tuple(o for _, o in memories), 70, 84),
        Figure("8 VMs: last gone", "s", gone, kubevirt=5.6),
    ]
