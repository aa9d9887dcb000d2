"""What is measured without any VM: idle requests, the control plane's memory, the install."""

import subprocess
import time
from pathlib import Path

from tests.bench.cost import count_requests, select_ours
from tests.bench.figure import Figure
from tests.bench.scenario import Bench

IDLE_SECONDS = 60


def measure_idle(bench: Bench) -> list[Figure]:
    """The cluster without any VM: requests, and the memory of controllers and handler."""
    audit = bench.audit()
    time.sleep(IDLE_SECONDS)
    requests = select_ours(audit.read())
    node = bench.cluster.api.get("/api/v1/nodes")["items"][0]["metadata"]["name"]
    memory = bench.books.read_memory_mib(node)
    note = ", ".join(f"{name} {size:.0f}" for name, size in sorted(memory.items()))
    rate = len(requests) / IDLE_SECONDS
    what = ", ".join(f"{n} {w}" for w, n in count_requests(requests).most_common())
    return [
        Figure("idle: own API requests a second", "", (rate,), 0.3, 5.0, what),
        Figure("controllers and handler: PSS", "MiB", (sum(memory.values()),), 250, 966, note),
    ]


def measure_install(bench: Bench, overlay: Path) -> list[Figure]:
    """kubectl delete -k, then kubectl apply -k up to everything ready."""
    kubectl = bench.cluster.kubectl
    kubectl("delete", "-k", str(overlay), "--wait", seconds=180)
    began = time.monotonic()
    kubectl("apply", "-k", str(overlay))
    applied = time.monotonic() - began
    for workload in ("deployment/virt-controller", "daemonset/virt-handler"):
        kubectl("-n", "kubevirt", "rollout", "status", workload, "--timeout=120s", seconds=150)
    ready = time.monotonic() - began
    return [
        Figure("install: kubectl apply -k returned", "s", (applied,)),
        Figure("install: ready", "s", (ready,), 20, 78),
    ]


def describe_machine() -> dict[str, str]:
    """Return what the figures depend on."""
    model = next(
        line.partition(":")[2].strip()
        for line in Path("/proc/cpuinfo").read_text().splitlines()
        if line.startswith("model name")
    )
    cores = subprocess.run(["nproc"], check=True, capture_output=True, text=True).stdout.strip()
    head = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], check=True, capture_output=True, text=True
    ).stdout.strip()
    return {
        "cpu": model,
        "cores": cores,
        "kernel": Path("/proc/sys/kernel/osrelease").read_text().strip(),
        "load": Path("/proc/loadavg").read_text().split()[0],
        "commit": head,
    }
