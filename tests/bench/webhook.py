"""What the admission webhooks cost: a call, and a write through them."""

import http.client
import json
import ssl
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from api.names import COMPONENT_API, CONFIG_AUTHORITIES, INSTALL_NAMESPACE
from tests.bench.figure import Figure
from tests.e2e.cluster import Cluster
from tests.e2e.component import AS_CONTROLLER
from tests.e2e.guests import build_vm, build_vmi
from tests.e2e.observer import VMS, ApiServer, Json

PORT: Final = 8443
CALLS: Final = 500
WRITES: Final = 60
GOAL_MS: Final = 10.0


def measure_webhook(cluster: Cluster) -> list[Figure]:
    """Measure calls to one replica, as the API server makes them, and whole writes."""
    sized = build_vm("bench-webhook", "Halted")
    domain = sized["spec"]["template"]["spec"]["domain"]
    del domain["memory"]
    sized["spec"]["instancetype"] = {"name": "u1.small"}
    calls = {
        "VM, mutate": ("/virtualmachines-mutate", build_vm("bench-webhook", "Halted")),
        "VM, validate": ("/virtualmachines-validate", build_vm("bench-webhook", "Halted")),
        "VM with an instancetype, validate": ("/virtualmachines-validate", sized),
        "VMI, mutate": ("/virtualmachineinstances-mutate", build_vmi("bench-webhook")),
        "VMI, validate": ("/virtualmachineinstances-validate-create", build_vmi("bench-webhook")),
    }
    figures = []
    with _connect(cluster) as call:
        for name, (path, item) in calls.items():
            item["metadata"]["namespace"] = cluster.namespace
            body = _build_review(item)
            samples = sorted(_time(lambda p=path, b=body: call(p, b), CALLS))  # type: ignore[misc]
            figures.append(Figure(f"{name}: P50", "ms", (samples[CALLS // 2],)))
            tail = (samples[CALLS * 99 // 100],)
            figures.append(Figure(f"{name}: P99", "ms", tail, goal=GOAL_MS))
    return [*figures, *_measure_writes(cluster)]


def _measure_writes(cluster: Cluster) -> list[Figure]:
    """Compare a VM's creation by a user with the same by who is exempt."""
    vm = build_vm("bench-webhook", "Halted")
    url = f"{VMS.format(namespace=cluster.namespace)}?dryRun=All"
    controller = ApiServer(Path(cluster.kubectl.env["KUBECONFIG"]), headers=AS_CONTROLLER)
    through: list[float] = []
    exempt: list[float] = []
    for _ in range(WRITES):  # by turns, so that a busy machine is as busy for both
        through += _time(lambda: cluster.api.create(url, vm), 1)
        exempt += _time(lambda: controller.create(url, vm), 1)
    note = "mutating and validating webhook together, as the difference of two medians"
    added = statistics.median(through) - statistics.median(exempt)
    return [
        Figure("creation of a VM, with webhooks", "ms", tuple(through)),
        Figure("creation of a VM, without", "ms", tuple(exempt)),
        Figure("creation of a VM, added", "ms", (added,), goal=2 * GOAL_MS, note=note),
    ]


def _time(work: Callable[[], object], count: int) -> list[float]:
    """Return how many milliseconds each of so many runs takes."""
    samples = []
    for _ in range(count):
        began = time.perf_counter()
        work()
        samples.append((time.perf_counter() - began) * 1000)
    return samples


def _build_review(item: Json) -> bytes:
    group, _, version = item["apiVersion"].partition("/")
    request = {
        "uid": "bench",
        "operation": "CREATE",
        "kind": {"group": group, "version": version, "kind": item["kind"]},
        "name": item["metadata"]["name"],
        "namespace": item["metadata"]["namespace"],
        "object": item,
    }
    review = {"apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "request": request}
    return json.dumps(review).encode()


@contextmanager
def _connect(cluster: Cluster) -> Iterator[Callable[[str, bytes], bytes]]:
    """Yield a function that calls a replica on one connection, as the API server does."""
    install = cluster.kubectl.within(INSTALL_NAMESPACE)
    pods = json.loads(install("get", "pods", "-l", f"kubevirt.io={COMPONENT_API}", "-o", "json"))
    address = pods["items"][0]["status"]["podIP"]
    authorities = install.get("configmap", CONFIG_AUTHORITIES)["data"]["ca-bundle"]
    context = ssl.create_default_context(cadata=authorities)
    context.check_hostname = False  # the certificate names the service, not the pod's address
    connection = http.client.HTTPSConnection(address, PORT, context=context, timeout=10)

    def call(path: str, body: bytes) -> bytes:
        connection.request("POST", path, body, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        said = answer.read()
        assert answer.status == 200, said
        assert json.loads(said)["response"]["allowed"], said
        return said

    try:
        yield call
    finally:
        connection.close()
