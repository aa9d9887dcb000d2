"""The guest's agent behind the real libvirt, played by a shell script, well and badly."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import grpc
import pytest

from protos.virtpod.launcher.v1 import launcher_pb2 as pb
from tests.integration.launcher.pod import Pod, Terminal, Trees, build_spec

SECONDS = 180.0  # emulated, beside whatever else runs
PORT = "PORT=/dev/$(grep -l guest_agent /sys/class/virtio-ports/*/name | cut -d/ -f5)"
# Opening the port tells libvirt to come; until it has, a read finds the end of the file.
HONEST = r"""
exec 3<>"$PORT"
status=thawed
while :; do
    read -r line <&3 || continue
    case "$line" in
    *guest-sync*) answer=$(echo "$line" | sed 's/.*"id": *\([0-9]*\).*/\1/') ;;
    *guest-info*) answer='{"version": "1.2", "supported_commands": [
        {"name": "guest-get-host-name", "enabled": true},
        {"name": "guest-fsfreeze-status", "enabled": true}]}' ;;
    *guest-get-host-name*) answer='{"host-name": "tiny"}' ;;
    *fsfreeze-status*) answer="\"$status\"" ;;
    *fsfreeze-freeze*) status=frozen answer=1 ;;
    *fsfreeze-thaw*) status=thawed answer=1 ;;
    esac
    echo '{"return":' $answer '}' >&3
done
"""
# 100,000 file systems, after a greeting as it should be.
MANY = r"""
exec 3<>"$PORT"
while :; do
    read -r line <&3 || continue
    case "$line" in
    *guest-sync*) answer=$(echo "$line" | sed 's/.*"id": *\([0-9]*\).*/\1/') ;;
    *guest-info*) answer='{"version": "1", "supported_commands": [
        {"name": "guest-get-fsinfo", "enabled": true},
        {"name": "guest-get-host-name", "enabled": true}]}' ;;
    *guest-get-host-name*) answer='{"host-name": "many"}' ;;
    *guest-get-fsinfo*)
        answer="[$(yes '{"name": "x", "type": "x", "mountpoint": "/"},' | head -n 100000) {}]" ;;
    esac
    echo '{"return":' $answer '}' >&3
done
"""
SILENT = 'sleep 1000 <"$PORT"'
ENDLESS = r"""tr '\0' a </dev/zero >"$PORT" """


@dataclass(frozen=True, slots=True)
class Guest:
    """A guest with its login shell on the serial console."""

    pod: Pod
    terminal: Terminal


@pytest.fixture(scope="module")
def booted(trees: Trees) -> Iterator[Guest]:
    """Start one guest for all tests."""
    with Pod(trees, build_spec()) as pod:
        pod.until(pb.DOMAIN_PHASE_RUNNING)
        with pod.open_serial() as terminal:
            yield Guest(pod, terminal)


@pytest.fixture
def guest(booted: Guest) -> Iterator[Guest]:
    """Log in to a guest that has no agent yet."""
    booted.terminal.log_in()
    yield booted
    booted.pod.stub.ResetDomain(pb.ResetDomainRequest(), timeout=SECONDS)
    until_agent(booted.pod, connected=False)


def until_agent(pod: Pod, *, connected: bool) -> None:
    for state in pod.watch(SECONDS):
        if state.agent_connected == connected:
            return


def run_agent(guest: Guest, script: str) -> None:
    guest.terminal.run("stty -echo")
    for line in ("cat >/agent <<'EOF'", *script.strip().splitlines(), "EOF"):
        guest.terminal.type(f"{line}\n")
    guest.terminal.type(f"{PORT} sh /agent >/dev/null 2>&1 &\n")
    until_agent(guest.pod, connected=True)


def ask(pod: Pod) -> pb.GuestInfo:
    return pod.stub.GetGuestInfo(pb.GetGuestInfoRequest(), timeout=SECONDS).info


def test_what_the_agent_tells_and_does(guest: Guest) -> None:
    pod = guest.pod
    run_agent(guest, HONEST)
    info = ask(pod)
    assert (info.agent_version, info.hostname, info.freeze_status) == ("1.2", "tiny", "thawed")
    pod.stub.FreezeFilesystems(pb.FreezeFilesystemsRequest(), timeout=SECONDS)
    assert ask(pod).freeze_status == "frozen"
    pod.stub.ThawFilesystems(pb.ThawFilesystemsRequest(), timeout=SECONDS)
    assert ask(pod).freeze_status == "thawed"
    pod.stub.FreezeFilesystems(pb.FreezeFilesystemsRequest(thaw_after_seconds=1), timeout=SECONDS)
    deadline = time.monotonic() + SECONDS
    while ask(pod).freeze_status != "thawed":  # nothing but the guest tells of it
        assert time.monotonic() < deadline, "the guest stayed frozen"


def test_an_agent_with_a_hundred_thousand_file_systems(guest: Guest) -> None:
    pod = guest.pod
    run_agent(guest, MANY)
    info = ask(pod)
    assert info.ByteSize() < 48 * 1024
    assert info.agent_version == "1"


@pytest.mark.parametrize("script", [SILENT, ENDLESS], ids=["silent", "endless"])
def test_an_agent_that_says_nothing_sensible_keeps_nobody(guest: Guest, script: str) -> None:
    pod = guest.pod
    run_agent(guest, script)
    for _ in range(10):  # on a starved machine it may be given up before the others are done
        asking = pod.stub.GetGuestInfo.future(pb.GetGuestInfoRequest(), timeout=SECONDS)
        pod.stub.PauseDomain(pb.PauseDomainRequest(), timeout=SECONDS)
        pod.stub.ResumeDomain(pb.ResumeDomainRequest(), timeout=SECONDS)
        if not asking.done():
            break  # nobody waited for its end
    else:
        pytest.fail("whoever came later waited for the agent")
    with pytest.raises(grpc.RpcError) as failed:
        asking.result()
    call: grpc.Call = failed.value  # type: ignore[assignment]  # grpcio's types do not say so
    assert call.code() is grpc.StatusCode.INTERNAL
    assert (call.details() or "").startswith("AgentFailed: ")
