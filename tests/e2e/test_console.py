"""The serial console is the pod's terminal and log."""

import re

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.console import Console
from tests.e2e.kubectl import KubectlError
from tests.e2e.vm import Vm


def test_what_is_typed_through_attach_is_answered(vm_login: Console) -> None:
    assert vm_login.run("expr 6 \\* 7").strip() == "42"


def test_interrupting_a_command_keeps_the_console(vm_login: Console) -> None:
    # Told by the command itself: a shell that is about to start one ends it no longer for a key.
    vm_login.type("sh -c \"echo be''gun; exec sleep 1000\"\r")
    vm_login.expect("begun", 60)
    vm_login.type("\x03")
    vm_login.expect(r"# ?$", 60)
    assert vm_login.run("echo alive").strip() == "alive"


def test_a_screenful_of_scroll_arrives_whole_and_in_order(shared: Vm, vm_login: Console) -> None:
    wanted = [f"line-{number}" for number in range(1, 2001)]
    output = vm_login.run("for n in $(seq 2000); do echo line-$n; done", 60)
    assert output.split() == wanted
    with shared.logs() as log:  # which may be written a moment later than it is shown
        log.expect(r"line-2000\s", 60)
        assert re.findall(r"line-\d+", log.text)[-2000:] == wanted


def test_two_terminals_see_the_same_guest(shared: Vm, vm_login: Console) -> None:
    with shared.attach() as second:
        second.type("\r")
        second.expect(r"# ?$", 60)
        vm_login.run("echo from the first")
        second.expect("from the first", 60)
        second.run("echo from the second")
        vm_login.expect("from the second", 60)


def test_the_log_begins_with_the_first_byte_of_the_boot(cluster: Cluster, shared: Vm) -> None:
    # The firmware writes to the serial line before any kernel does.
    logged = cluster.kubectl("logs", shared.name)
    assert "Linux version" in logged
    assert logged.index("login:") > logged.index("Linux version")


def test_the_console_command_asks_for_a_terminal(cluster: Cluster, shared: Vm) -> None:
    with pytest.raises(KubectlError, match="use: kubectl exec -it NAME -- console"):
        cluster.kubectl("exec", shared.name, "--", "console")


def test_the_console_command_has_a_key_to_leave(
    cluster: Cluster, shared: Vm, vm_login: Console
) -> None:
    with cluster.kubectl.terminal("exec", "-it", shared.name, "--", "console") as console:
        console.type("\r")
        console.expect(r"# ?$", 60)
        console.type("\x1d")
        console.until_ended(60)
    assert vm_login.run("echo still here").strip() == "still here"
