"""`kubectl virt console`: the serial console in a terminal, for one, for several, to its end."""

import hashlib
import os
from collections.abc import Iterator

import pytest

from tests.e2e.cluster import Cluster
from tests.e2e.console import Console
from tests.e2e.guests import build_vmi
from tests.e2e.pipe import Pipe
from tests.e2e.plugin import Virt
from tests.e2e.vm import LOGIN, MakeVm, Vm, destroy

LEAVE = "\x1d"  # Ctrl-]
PROMPT = r"# ?$"
END_SECONDS = 180  # also of a guest that powers off first
NOISE_BYTES = 1 << 20
TYPED_BYTES = 1 << 16


def enter(virt: Virt, name: str, *words: str) -> Console:
    """Return a console in which what follows is live, not the scrollback."""
    console = virt.console(name, *words)
    console.expect("Ctrl-] leaves", 60)
    return console


def end(console: Console) -> int:
    """Wait for the console's end; return its exit code."""
    console.until_ended(END_SECONDS)
    return console.process.wait(60)


def test_a_user_logs_in_runs_a_command_and_leaves(virt: Virt, shared: Vm) -> None:
    with enter(virt, shared.name) as console:
        console.log_in(60)
        assert console.run("expr 6 \\* 7").strip() == "42"
        console.type(LEAVE)
        assert end(console) == 0


def test_two_at_once_see_what_either_types(virt: Virt, shared: Vm) -> None:
    with enter(virt, shared.name) as first:
        first.log_in(60)
        with enter(virt, shared.name) as second:
            second.type("\r")
            second.expect(PROMPT, 60)
            first.run("echo from the first")
            second.expect(r"\nfrom the first", 60)
            second.run("echo from the second")
            first.expect(r"\nfrom the second", 60)
            second.type(LEAVE)
            assert end(second) == 0
        assert first.run("echo still here").strip() == "still here"


def test_who_comes_late_sees_the_boot_first(virt: Virt, shared: Vm) -> None:
    with virt.console(shared.name) as console:
        console.expect("Linux version.*login:", 240)


def test_attach_and_console_are_the_same_terminal(
    virt: Virt, shared: Vm, vm_login: Console
) -> None:
    with enter(virt, shared.name) as console:
        console.type("\r")
        console.expect(PROMPT, 60)
        console.run("echo by the door")
        vm_login.expect(r"\nby the door", 60)
        vm_login.run("echo by the pod")
        console.expect(r"\nby the pod", 60)


def test_who_is_exclusive_throws_the_others_out(virt: Virt, shared: Vm) -> None:
    with enter(virt, shared.name) as first:
        first.log_in(60)
        with enter(virt, shared.name, "--exclusive") as second:
            first.expect("someone asked for this console alone; connect again with", 60)
            assert end(first) == 1
            second.type("\r")
            second.expect(PROMPT, 60)
            assert second.run("echo alone").strip() == "alone"


@pytest.fixture(scope="module")
def mortal(cluster: Cluster) -> Iterator[Vm]:
    """Yield a VM whose log may be filled with noise, and that the last test ends."""
    made = Vm(cluster, build_vmi("door-mortal")).apply()
    made.log_in().close()
    yield made
    destroy([made])


def hear(shell: Pipe) -> Pipe:
    """Wait until a shell that somebody has logged in to answers."""
    shell.write(b"\recho he''re\r")
    shell.read_past(b"here\r\n", 60)
    return shell


def test_every_byte_of_a_guest_comes_to_all_who_watch(virt: Virt, mortal: Vm) -> None:
    with virt.pipe("console", mortal.name) as first, virt.pipe("console", mortal.name) as second:
        for each in (second, first):
            hear(each)
        make = f"head -c {NOISE_BYTES} /dev/urandom >/tmp/noise; sha256sum /tmp/noise"
        show = "stty raw; echo BE''GIN; cat /tmp/noise; stty sane"
        first.write(f"{make}; {show}\r".encode())
        for each in (first, second):
            told = each.read_past(b"  /tmp/noise\r\n", 120)[-64:].decode()
            each.read_past(b"BEGIN\n", 60)
            noise = each.read_exactly(NOISE_BYTES, 240)
            assert hashlib.sha256(noise).hexdigest() == told


def test_every_byte_of_a_user_comes_to_the_guest(virt: Virt, mortal: Vm) -> None:
    noise = os.urandom(TYPED_BYTES)
    with virt.pipe("console", mortal.name) as shell:
        hear(shell)
        take = f"head -c {len(noise)} >/tmp/typed"
        shell.write(
            f"stty raw -echo; echo REA''DY; {take}; stty sane; sha256sum /tmp/typed\r".encode()
        )
        shell.read_past(b"READY\n", 60)
        shell.write(noise)
        told = shell.read_past(b"  /tmp/typed\r\n", 240)[-64:].decode()
    assert hashlib.sha256(noise).hexdigest() == told


def test_a_guest_that_powers_off_ends_its_consoles(virt: Virt, mortal: Vm) -> None:
    with enter(virt, mortal.name) as typing, enter(virt, mortal.name) as watching:
        typing.log_in(60)
        typing.type("poweroff\r")
        assert (end(typing), end(watching)) == (0, 0)


def test_a_console_waits_for_a_vm_that_starts(virt: Virt, vm: MakeVm) -> None:
    made = vm(build_vmi("door-early"))
    with virt.console(made.name) as console:
        # The first byte that the guest writes is not lost: its firmware comes before its kernel.
        console.expect("SeaBIOS|Linux version", 240)
        console.expect(LOGIN, 240)
