"""When processes began and what CPU time they took, from the kernel's own books."""

import os
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.e2e.machine import PROC, list_processes

TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Stat:
    """What /proc/PID/stat tells."""

    started: float  # time.monotonic()
    own_seconds: float  # user and system time
    waited_seconds: float  # the same of children that ended and were waited for


def read_stat(pid: int) -> Stat:
    """Read a process's start and CPU time."""
    fields = (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    user, system, child_user, child_system, started = (
        int(fields[index]) / TICKS for index in (11, 12, 13, 14, 19)
    )
    # Starts are told since boot, which also counts what a suspended machine slept.
    slept = time.clock_gettime(time.CLOCK_BOOTTIME) - time.monotonic()
    return Stat(started - slept, user + system, child_user + child_system)


def read_cpu_seconds(pids: Iterable[int]) -> float:
    """Return the CPU time of some processes and of the children they waited for."""
    stats = [read_stat(pid) for pid in pids]
    return sum(stat.own_seconds + stat.waited_seconds for stat in stats)


def find_pod_cgroup(pod_uid: str) -> Path:
    """Return the directory that accounts a pod's CPU time, of cgroup v1 or v2."""
    processes = list_processes(pod_uid)
    assert processes, f"pod {pod_uid} has no process"
    for line in (PROC / str(processes[0].pid) / "cgroup").read_text().splitlines():
        _, controllers, path = line.split(":", 2)
        pod = path[: path.index(f"pod{pod_uid}")] + f"pod{pod_uid}" if pod_uid in path else None
        if pod and "cpuacct" in controllers.split(","):
            return Path("/sys/fs/cgroup/cpuacct") / pod.lstrip("/")
        if pod and not controllers:
            return Path("/sys/fs/cgroup") / pod.lstrip("/")
    raise AssertionError(f"no cgroup accounts pod {pod_uid}")


def read_cgroup_seconds(cgroup: Path) -> float:
    """Return the CPU time that a cgroup's processes ever took, ended ones included."""
    usage = cgroup / "cpuacct.usage"
    if usage.exists():
        return int(usage.read_text()) / 1e9
    stat = dict(line.split() for line in (cgroup / "cpu.stat").read_text().splitlines())
    return int(stat["usage_usec"]) / 1e6


def subtract(after: Mapping[str, float], before: Mapping[str, float]) -> dict[str, float]:
    """Return what was added to each counter."""
    return {name: value - before.get(name, 0.0) for name, value in after.items()}
