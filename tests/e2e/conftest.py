"""The fixture ladder of the end-to-end tests: cluster → vm → vm_running → vm_login."""

import os
import secrets
import shutil
import subprocess
import sys
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.e2e.console import Console
from tests.e2e.guests import build_vmi
from tests.e2e.kubectl import Kubectl
from tests.e2e.observer import EVENTS, PODS, VMIS, ApiServer, Json
from tests.e2e.vm import Cluster, MakeVm, Vm, destroy


@pytest.fixture(scope="session")
def kubeconfig() -> Path:
    """Return the admin's kubeconfig: $KUBECONFIG or the embedded cluster's; without one, fail."""
    if given := os.environ.get("KUBECONFIG"):
        return Path(given)
    asked = subprocess.run(
        [sys.executable, "-m", "cluster", "kubeconfig"], capture_output=True, text=True, check=False
    )
    assert asked.returncode == 0, f"no cluster to test on (make up): {asked.stderr.strip()}"
    return Path(asked.stdout.strip())


@pytest.fixture(scope="session")
def kubectl_program() -> str:
    program = os.environ.get("KUBECTL") or shutil.which("kubectl")
    assert program, "no kubectl: put it into PATH or name it in $KUBECTL"
    return program


@pytest.fixture(scope="session")
def api(kubeconfig: Path) -> ApiServer:
    return ApiServer(kubeconfig)


@pytest.fixture(scope="session")
def cluster(api: ApiServer, kubeconfig: Path, kubectl_program: str) -> Iterator[Cluster]:
    """Yield the cluster with a namespace of this run, watched from before its first object."""
    namespace = f"e2e-{secrets.token_hex(3)}"
    kubectl = Kubectl(kubectl_program, kubeconfig, namespace)
    kubectl("create", "namespace", namespace)
    paths = [path.format(namespace=namespace) for path in (VMIS, PODS, EVENTS)]
    with api.watch(paths[0]) as vmis, api.watch(paths[1]) as pods, api.watch(paths[2]) as events:
        yield Cluster(kubectl, api, vmis, pods, events)
    kubectl("delete", "namespace", namespace, "--timeout=100s")


@pytest.fixture
def vm(cluster: Cluster) -> Iterator[MakeVm]:
    """Return a function that makes VMs of this test, applied; they are gone after it."""
    made: list[Vm] = []

    def make(manifest: Json) -> Vm:
        made.append(Vm(cluster, manifest))
        return made[-1].apply()

    yield make
    destroy(made)


@pytest.fixture
def vm_running(vm: MakeVm) -> MakeVm:
    """Return a function that makes VMs and waits until they run."""
    return lambda manifest: vm(manifest).until_running()


@pytest.fixture(scope="session")
def shared(cluster: Cluster) -> Iterator[Vm]:
    """Yield a VM with a tiny guest, up to its login prompt; tests leave it as they found it."""
    made = Vm(cluster, build_vmi("shared")).apply().until_login()
    yield made
    destroy([made])


@pytest.fixture
def vm_login(shared: Vm) -> Iterator[Console]:
    """Yield a terminal with a root shell in the shared guest."""
    with shared.attach() as console:
        console.log_in(20)
        yield console


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item,
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Let a failure tell what the cluster looked like."""
    report = yield
    cluster = getattr(item, "funcargs", {}).get("cluster")
    if report.failed and cluster is not None:
        report.sections.append(("cluster", describe(cluster)))
    return report


def describe(cluster: Cluster) -> str:
    """Return what a user would look at first."""
    wide = cluster.kubectl("get", "vmi,pods,pvc", "-o", "wide")
    events = cluster.kubectl("get", "events", "--sort-by=.lastTimestamp")
    return f"{wide}\n" + "\n".join(events.splitlines()[-30:])
