"""Every crash is harmless, or says what it was."""

import re
from collections.abc import Callable, Iterator
from itertools import pairwise

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.component import CONTROLLER, DEVICE_PLUGIN, HANDLER, Component
from tests.e2e.console import Console
from tests.e2e.guests import build_bare_vmi, build_vmi
from tests.e2e.machine import find_launcher
from tests.e2e.observer import Seen
from tests.e2e.vm import MakeVm, Vm

RECOVERY_SECONDS = 240  # a container's restart, a lease's expiry, and a start
SILENCE_SECONDS = 5.0  # the counter's period is far below; the machine is noisy


@pytest.fixture(params=[CONTROLLER, HANDLER])
def component(cluster: Cluster, request: pytest.FixtureRequest) -> Iterator[Component]:
    """Yield a component that has not crashed yet, and leave it so."""
    component = Component(request.param, cluster.api, cluster.kubectl)
    component.renew()
    yield component
    component.renew()


def test_a_killed_qemu_fails_the_vmi_with_its_reason(vm_running: MakeVm) -> None:
    made = vm_running(build_bare_vmi("qemu-killed"))
    made.qemu().kill()
    status = made.until_phase("Failed", 120)["status"]
    assert status["reason"] == "QemuCrashed"
    assert made.until_pod_phase("Failed", 120)


def test_a_killed_launcher_fails_the_vmi_and_leaves_no_qemu(vm_running: MakeVm) -> None:
    made = vm_running(build_bare_vmi("launcher-killed"))
    with made.watch_qemu() as end:
        find_launcher(made.pod_uid).kill()
        end.wait(120)
    assert made.until_phase("Failed", 120)["status"]["reason"] == "LauncherCrashed"


def test_a_guest_does_not_notice_the_death_of(
    component: Component, shared: Vm, vm_login: Console
) -> None:
    vm_login.type("counter\r")
    vm_login.expect(r"\d+\r+\n\d+\r+\n", 60)
    started = len(vm_login.text)
    component.kill()
    component.until_restarted()
    vm_login.skip()
    vm_login.expect(r"(\d+\r+\n){20}", 60)
    vm_login.type("\x03")
    vm_login.expect(r"# ?$", 60)
    check_counter(vm_login, started)
    assert shared.read()["status"]["phase"] == "Running"


def check_counter(console: Console, start: int) -> None:
    """Fail when the guest's counter missed a number, or fell silent."""
    lines = list(re.finditer(r"(?<=\n)(\d+)\r*\n", console.text[start:]))
    numbers = [int(line.group(1)) for line in lines]
    assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
    stamps = [console.stamp_of(start + line.start()) for line in lines]
    silences = [later - sooner for sooner, later in pairwise(stamps)]
    assert max(silences) < SILENCE_SECONDS


Trigger = Callable[[Cluster, str], Seen]

START_STAGES: dict[str, Trigger] = {
    "accepted": lambda c, name: c.vmis.until(lambda seen: seen.name == name, 120),
    "pod-created": lambda c, name: c.pods.until(lambda seen: seen.name == name, 120),
    "pod-bound": lambda c, name: c.pods.until(
        lambda seen: seen.name == name and "nodeName" in seen.object["spec"], 120
    ),
    "running": lambda c, name: c.vmis.until_phase(name, "Running", 120),
}
END_STAGES: dict[str, Trigger] = {
    "delete-asked": lambda c, name: c.vmis.until(
        lambda seen: seen.name == name and "deletionTimestamp" in seen.object["metadata"], 120
    ),
    "pod-delete-asked": lambda c, name: c.pods.until(
        lambda seen: seen.name == name and "deletionTimestamp" in seen.object["metadata"], 120
    ),
}


@pytest.mark.parametrize("stage", START_STAGES)
def test_a_start_survives_the_death_of(
    component: Component, stage: str, cluster: Cluster, vm: MakeVm
) -> None:
    made = vm(build_bare_vmi(f"killed-{component.name}-{stage}"))
    START_STAGES[stage](cluster, made.name)
    component.kill()
    made.until_phase("Running", RECOVERY_SECONDS)
    component.until_restarted()
    # A node whose device plugin is just coming back may turn a pod away: that one never ran.
    assert len(made.taken_pod_uids()) == 1
    made.qemu()


@pytest.mark.parametrize("stage", END_STAGES)
def test_a_deletion_survives_the_death_of(
    component: Component, stage: str, cluster: Cluster, vm_running: MakeVm
) -> None:
    made = vm_running(build_bare_vmi(f"ended-{component.name}-{stage}", grace_seconds=2))
    with made.watch_qemu() as end:
        made.delete()
        END_STAGES[stage](cluster, made.name)
        component.kill()
        end.wait(RECOVERY_SECONDS)
    made.until_gone(RECOVERY_SECONDS)
    assert len(made.pod_uids()) == 1


def test_vms_run_on_and_start_again_after_the_death_of_the_device_plugin(
    cluster: Cluster, vm_running: MakeVm
) -> None:
    handler = Component(HANDLER, cluster.api, cluster.kubectl)
    handler.renew()
    before = vm_running(build_bare_vmi("before-plugin-death"))
    handler.kill(DEVICE_PLUGIN)
    handler.until_restarted()
    vm_running(build_bare_vmi("after-plugin-death"))
    assert before.read()["status"]["phase"] == "Running"
    before.qemu()
    handler.renew()


def test_an_end_while_the_handler_is_dead_is_told_afterwards(cluster: Cluster, vm: MakeVm) -> None:
    handler = Component(HANDLER, cluster.api, cluster.kubectl)
    handler.renew()
    made = vm(build_vmi("unseen-end"))
    with made.log_in() as console, made.watch_qemu() as end:
        console.type("poweroff -d 1\r")
        handler.kill()
        end.wait(180)
    assert made.until_phase("Succeeded", RECOVERY_SECONDS)["status"]["reason"] == "GuestShutdown"
    handler.renew()
