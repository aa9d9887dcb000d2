"""The launcher with the real libvirt and qemu: what its RPCs do to a guest that runs."""

import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass

import grpc
import pytest

from protos.virtpod.launcher.v1 import launcher_pb2 as pb
from tests.integration.launcher.pod import LOGIN_SECONDS, Pod, Terminal, Trees, build_spec
from tests.integration.launcher.rfb import Viewer

SECONDS = 180.0  # emulated, beside whatever else runs
PICTURE_START = b"\x89PNG\r\n\x1a\n"


@dataclass(frozen=True, slots=True)
class Guest:
    """A guest with its login shell on the serial console."""

    pod: Pod
    terminal: Terminal

    @property
    def state(self) -> pb.DomainState:
        return self.pod.stub.GetInfo(pb.GetInfoRequest(), timeout=SECONDS).state


@pytest.fixture(scope="module")
def guest(trees: Trees) -> Iterator[Guest]:
    """Boot one guest for all tests that leave it as it was."""
    with Pod(trees, build_spec()) as pod:
        pod.until(pb.DOMAIN_PHASE_RUNNING)
        with pod.open_serial() as terminal:
            terminal.log_in()
            yield Guest(pod, terminal)


def pause(pod: Pod) -> None:
    pod.stub.PauseDomain(pb.PauseDomainRequest(), timeout=SECONDS)


def resume(pod: Pod) -> None:
    pod.stub.ResumeDomain(pb.ResumeDomainRequest(), timeout=SECONDS)


def reboot(pod: Pod) -> None:
    pod.stub.RebootDomain(pb.RebootDomainRequest(), timeout=SECONDS)


def shut_down(pod: Pod, grace_seconds: int) -> None:
    request = pb.ShutdownDomainRequest(grace_seconds=grace_seconds)
    pod.stub.ShutdownDomain(request, timeout=SECONDS)


def take_screenshot(pod: Pod, *, move_cursor: bool = False) -> bytes:
    request = pb.TakeScreenshotRequest(move_cursor=move_cursor)
    pieces = [answer.png for answer in pod.stub.TakeScreenshot(request, timeout=SECONDS)]
    assert all(0 < len(piece) <= 32 * 1024 for piece in pieces)
    return b"".join(pieces)


def refusal(error: grpc.RpcError) -> tuple[str, str]:
    """Return the status code and the slug; a call's error is its call as well."""
    call: grpc.Call = error  # type: ignore[assignment]  # grpcio's types do not say so
    return call.code().name, (call.details() or "").partition(":")[0]


def test_a_paused_start_waits_to_be_resumed(trees: Trees) -> None:
    with Pod(trees, build_spec(paused=True)) as pod:
        story = pod.until(pb.DOMAIN_PHASE_PAUSED)
        assert "RUNNING" not in story.phases
        assert story.last.pause_cause == pb.PAUSE_CAUSE_USER
        with pod.open_serial() as terminal:
            resume(pod)
            terminal.expect("Linux version", SECONDS)
        state = pod.stub.GetInfo(pb.GetInfoRequest(), timeout=SECONDS).state
        assert state.phase == pb.DOMAIN_PHASE_RUNNING
        assert state.pause_cause == pb.PAUSE_CAUSE_UNSPECIFIED


def test_a_paused_start_can_be_stopped(trees: Trees) -> None:
    with Pod(trees, build_spec(paused=True)) as pod:
        pod.until(pb.DOMAIN_PHASE_PAUSED)
        shut_down(pod, 0)
        assert pod.until(pb.DOMAIN_PHASE_STOPPED).last.stop_cause == pb.STOP_CAUSE_KILLED
        assert pod.process.wait(SECONDS) != 0


def test_pause_and_resume_show_in_the_state_at_once(guest: Guest) -> None:
    for _ in range(5):
        pause(guest.pod)
        assert guest.state.phase == pb.DOMAIN_PHASE_PAUSED
        assert guest.state.pause_cause == pb.PAUSE_CAUSE_USER
        resume(guest.pod)
        assert guest.state.phase == pb.DOMAIN_PHASE_RUNNING
    assert guest.terminal.run("echo alive") == "alive\n"


def test_what_is_so_already_and_what_a_pause_forbids_is_refused(guest: Guest) -> None:
    with pytest.raises(grpc.RpcError) as running:
        resume(guest.pod)
    pause(guest.pod)
    try:
        with pytest.raises(grpc.RpcError) as paused:
            pause(guest.pod)
        with pytest.raises(grpc.RpcError) as rebooted:
            reboot(guest.pod)
        with pytest.raises(grpc.RpcError) as asked:
            guest.pod.stub.GetGuestInfo(pb.GetGuestInfoRequest(), timeout=SECONDS)
    finally:
        resume(guest.pod)
    assert refusal(running.value) == ("FAILED_PRECONDITION", "NotPaused")
    assert refusal(paused.value) == ("FAILED_PRECONDITION", "AlreadyPaused")
    assert refusal(rebooted.value) == ("FAILED_PRECONDITION", "DomainPaused")
    assert refusal(asked.value) == ("FAILED_PRECONDITION", "DomainPaused")


def test_the_graphical_console_shows_a_login_prompt_and_hears_keys(guest: Guest) -> None:
    guest.terminal.run("until grep -q 'login: ' /dev/vcs1; do usleep 50000; done", LOGIN_SECONDS)
    with Viewer(guest.pod.host / "vnc", shared=True) as viewer:
        assert viewer.look() == viewer.width * viewer.height
        viewer.type("root\n")
        # what is typed before the shell listens, login throws away
        guest.terminal.run("until grep -q '# ' /dev/vcs1; do usleep 50000; done")
        viewer.type("echo Typed at VNC >/dev/ttyS0\n")
        guest.terminal.expect("Typed at VNC")
        viewer.type("exit\n")


def test_nobody_throws_another_viewer_out(guest: Guest) -> None:
    path = guest.pod.host / "vnc"
    with Viewer(path, shared=True) as first, Viewer(path, shared=False) as second:
        assert second.look() > 0
        with Viewer(path, shared=False) as third:
            assert third.look() > 0
        assert first.look() == first.width * first.height
        assert second.look() == second.width * second.height


@pytest.mark.parametrize("name", ["launcher.sock", "serial0", "vnc"])
def test_root_without_capabilities_can_connect_and_nobody_else(guest: Guest, name: str) -> None:
    path = guest.pod.host / name
    assert (path.stat().st_uid, path.stat().st_mode & 0o777) == (0, 0o600)
    dial = "import socket, sys; socket.socket(socket.AF_UNIX).connect(sys.argv[1])"
    command = ["/usr/bin/python3", "-c", dial, str(path)]
    powerless = ["setpriv", "--bounding-set=-all", "--inh-caps=-all"]
    subprocess.run([*powerless, *command], check=True)
    stranger = ["setpriv", "--reuid=107", "--regid=107", "--clear-groups"]
    refused = subprocess.run([*stranger, *command], check=False, capture_output=True, text=True)
    assert "PermissionError" in refused.stderr


def test_a_screenshot_is_a_picture_also_while_nobody_watches(guest: Guest) -> None:
    picture = take_screenshot(guest.pod)
    assert picture.startswith(PICTURE_START)
    assert picture.endswith(b"IEND\xaeB`\x82")
    width, height = (int.from_bytes(picture[at : at + 4], "big") for at in (16, 20))
    assert (width, height) == (720, 400)
    guest.terminal.run("echo seen >/dev/tty1")
    assert take_screenshot(guest.pod, move_cursor=True) != picture
    pause(guest.pod)
    try:
        assert take_screenshot(guest.pod).startswith(PICTURE_START)
    finally:
        resume(guest.pod)


def read_metrics(pod: Pod) -> pb.Metrics:
    return pod.stub.GetMetrics(pb.GetMetricsRequest(), timeout=SECONDS).metrics


def test_metrics_count_what_the_guest_does(guest: Guest) -> None:
    before = read_metrics(guest.pod)
    assert before.vcpus == 1
    assert before.resident_bytes > 0
    assert before.memory_bytes > 0
    guest.terminal.run("head -c 3000000 /dev/urandom | md5sum")
    after = read_metrics(guest.pod)
    assert after.cpu_seconds > before.cpu_seconds > 0
    assert after.time.ToMilliseconds() > before.time.ToMilliseconds()


def until_viewers(pod: Pod, vnc: int, serial: int) -> None:
    """Wait until so many look; nothing but the count tells that somebody came or went."""
    deadline = time.monotonic() + SECONDS
    while True:
        seen = read_metrics(pod)
        if (seen.vnc_viewers, seen.serial_viewers) == (vnc, serial):
            return
        assert time.monotonic() < deadline, seen


def test_metrics_count_who_looks(guest: Guest) -> None:
    until_viewers(guest.pod, 0, 1)  # one is the guest's terminal
    with (
        Viewer(guest.pod.host / "vnc", shared=True),
        Viewer(guest.pod.host / "vnc", shared=True) as viewer,
        socket.socket(socket.AF_UNIX) as serial,
    ):
        viewer.look()
        serial.connect(str(guest.pod.host / "serial0"))
        until_viewers(guest.pod, 2, 2)
    until_viewers(guest.pod, 0, 1)


def test_a_guest_tells_of_its_memory_while_somebody_asks(guest: Guest) -> None:
    told = read_metrics(guest.pod)
    for _ in range(int(SECONDS)):
        if told.HasField("usable_bytes"):
            break
        guest.terminal.run("sleep 1")
        told = read_metrics(guest.pod)
    assert 0 < told.usable_bytes <= told.memory_bytes
    assert 0 < told.unused_bytes <= told.memory_bytes


def test_a_reset_begins_anew_in_the_same_qemu(guest: Guest) -> None:
    before = guest.state
    guest.pod.stub.ResetDomain(pb.ResetDomainRequest(), timeout=SECONDS)
    guest.terminal.log_in()
    assert guest.state == before


def test_a_reboot_without_agent_is_no_end(guest: Guest) -> None:
    before = guest.state
    reboot(guest.pod)
    guest.terminal.expect("the system is going down", SECONDS)
    guest.terminal.log_in()
    assert guest.state == before


def test_a_stop_after_a_reboot_is_an_end(trees: Trees) -> None:
    with Pod(trees, build_spec()) as pod:
        pod.until(pb.DOMAIN_PHASE_RUNNING)
        with pod.open_serial() as terminal:
            terminal.log_in()
            reboot(pod)
            shut_down(pod, int(LOGIN_SECONDS))  # more than the slowest machine takes
            story = pod.until(pb.DOMAIN_PHASE_STOPPED, LOGIN_SECONDS + SECONDS)
        assert story.last.stop_cause == pb.STOP_CAUSE_GUEST_SHUTDOWN
        assert story.last.stop_requested
        assert pod.process.wait(SECONDS) == 0


def test_what_the_machine_lacks_is_refused(trees: Trees) -> None:
    with Pod(trees, build_spec(graphics=False, acpi=False)) as pod:
        pod.until(pb.DOMAIN_PHASE_RUNNING)
        with pytest.raises(grpc.RpcError) as drawn:
            take_screenshot(pod)
        with pytest.raises(grpc.RpcError) as rebooted:
            reboot(pod)
        with pytest.raises(grpc.RpcError) as asked:
            pod.stub.GetGuestInfo(pb.GetGuestInfoRequest(), timeout=SECONDS)
        assert not (pod.host / "vnc").exists()
    assert refusal(drawn.value) == ("FAILED_PRECONDITION", "NoGraphics")
    assert refusal(rebooted.value) == ("FAILED_PRECONDITION", "AcpiUnavailable")
    assert refusal(asked.value) == ("FAILED_PRECONDITION", "AgentNotConnected")


def test_a_reboot_that_the_guest_ignores_does_not_change_how_it_ends(trees: Trees) -> None:
    with Pod(trees, build_spec()) as pod:
        pod.until(pb.DOMAIN_PHASE_RUNNING)
        with pod.open_serial() as terminal:
            terminal.log_in()
            terminal.run("killall acpid")
            reboot(pod)
            shut_down(pod, 3)
            assert pod.until(pb.DOMAIN_PHASE_STOPPED).last.stop_cause == pb.STOP_CAUSE_KILLED


def test_a_pause_that_a_stop_overtakes_does_not_keep_the_guest(trees: Trees) -> None:
    with Pod(trees, build_spec()) as pod:
        pod.until(pb.DOMAIN_PHASE_RUNNING)
        with pod.open_serial() as terminal:
            terminal.log_in()
        pausing = pod.stub.PauseDomain.future(pb.PauseDomainRequest(), timeout=SECONDS)
        shut_down(pod, int(SECONDS))
        stopped = pod.until(pb.DOMAIN_PHASE_STOPPED, SECONDS).last
        pausing.cancel()
        assert stopped.stop_cause == pb.STOP_CAUSE_GUEST_SHUTDOWN, stopped.message
