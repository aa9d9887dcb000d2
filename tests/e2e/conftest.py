"""The fixture ladder of the end-to-end tests: cluster → vm → vm_running → vm_login."""

import subprocess
from collections.abc import Generator, Iterator

import pytest

from tests.e2e.cluster import Cluster, open_cluster
from tests.e2e.console import Console
from tests.e2e.debian import Guest, open_guest
from tests.e2e.guests import build_vmi
from tests.e2e.kubectl import KubectlError
from tests.e2e.observer import ApiServer, Json
from tests.e2e.plugin import Virt
from tests.e2e.screen import Font
from tests.e2e.virtual_machine import MakeVirtualMachine, VirtualMachine, destroy_all
from tests.e2e.virtual_terminal import learn_font
from tests.e2e.vm import MakeVm, Vm, destroy


@pytest.fixture(scope="session")
def cluster() -> Iterator[Cluster]:
    """Yield the cluster with a namespace of this run; without a cluster, fail."""
    with open_cluster("e2e") as opened:
        yield opened


@pytest.fixture(scope="session")
def api(cluster: Cluster) -> ApiServer:
    return cluster.api


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


@pytest.fixture
def virtual_machine(cluster: Cluster) -> Iterator[MakeVirtualMachine]:
    """Return a function that makes VirtualMachines of this test, applied; gone after it."""
    made: list[VirtualMachine] = []

    def make(manifest: Json) -> VirtualMachine:
        made.append(VirtualMachine(cluster, manifest))
        return made[-1].apply()

    yield make
    destroy_all(made)


@pytest.fixture(scope="session")
def shared(cluster: Cluster) -> Iterator[Vm]:
    """Yield a VM with a tiny guest, up to its web server; tests leave it as they found it."""
    made = Vm(cluster, build_vmi("shared")).apply().until_networked()
    yield made
    destroy([made])


@pytest.fixture
def vm_login(shared: Vm) -> Iterator[Console]:
    """Yield a terminal with a root shell in the shared guest."""
    with shared.attach() as console:
        console.log_in(60)
        yield console


@pytest.fixture(scope="session")
def virt(cluster: Cluster) -> Virt:
    return Virt(cluster.kubectl)


@pytest.fixture(scope="session")
def font(virt: Virt, shared: Vm, tmp_path_factory: pytest.TempPathFactory) -> Font:
    """Return what reads the pixels of the shared guest's screen."""
    return learn_font(virt, shared, tmp_path_factory.mktemp("font"))


@pytest.fixture(scope="session")
def guest(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guest]:
    """Yield a Debian guest with sshd and the guest agent; tests leave it as they found it."""
    with open_guest(cluster, tmp_path_factory.mktemp("ssh")) as made:
        yield made


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
    try:
        wide = cluster.kubectl("get", "vm,vmi,pods,pvc", "-o", "wide")
        events = cluster.kubectl("get", "events", "--sort-by=.lastTimestamp")
    except (KubectlError, subprocess.TimeoutExpired) as error:
        return str(error)
    return f"{wide}\n" + "\n".join(events.splitlines()[-30:])
