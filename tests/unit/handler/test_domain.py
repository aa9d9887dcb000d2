"""What a launcher says is taken over only as far as it is well-formed."""

from datetime import UTC, datetime

import pytest
from google.protobuf.timestamp_pb2 import Timestamp

from api.termination import StopCause, Termination
from handler.domain import MAX_ADDRESSES, MAX_INTERFACES, DomainPhase, read_state
from protos.virtpod.launcher.v1 import launcher_pb2 as pb


def test_a_running_domain_is_read_whole() -> None:
    state = read_state(
        pb.DomainState(
            sequence=3,
            phase=pb.DOMAIN_PHASE_RUNNING,
            phase_time=Timestamp(seconds=1_800_000_000),
            accelerator=pb.ACCELERATOR_TCG,
            agent_connected=True,
            interfaces=[
                pb.GuestInterface(
                    name="default",
                    mac="02:00:00:AA:00:01",
                    ip_addresses=["10.0.0.5", "fd00::5"],
                    pod_interface_name="eth0",
                    info_source="domain",
                    link_state="up",
                )
            ],
        )
    )
    assert state.phase is DomainPhase.RUNNING
    assert state.phase_time == datetime.fromtimestamp(1_800_000_000, UTC)
    assert (state.sequence, state.emulated, state.agent_connected) == (3, True, True)
    assert state.interfaces[0].mac == "02:00:00:aa:00:01"
    assert state.interfaces[0].ip_addresses == ("10.0.0.5", "fd00::5")
    assert state.stop is None


def test_an_unknown_phase_is_unknown() -> None:
    state = pb.DomainState()
    state.phase = 99  # type: ignore[assignment] # a newer launcher's
    assert read_state(state).phase is DomainPhase.UNKNOWN


def test_the_last_state_says_why_it_stopped() -> None:
    state = read_state(
        pb.DomainState(
            phase=pb.DOMAIN_PHASE_STOPPED,
            stop_cause=pb.STOP_CAUSE_KILLED,
            reason="KilledAtDeadline",
            message="too slow",
            stop_requested=True,
        )
    )
    assert state.stop == Termination(StopCause.KILLED, "KilledAtDeadline", "too slow", True)


def test_a_stop_without_a_cause_is_no_clean_end() -> None:
    stop = read_state(pb.DomainState(phase=pb.DOMAIN_PHASE_STOPPED)).stop
    assert stop is not None
    assert stop.cause is StopCause.QEMU_CRASHED


def test_a_pause_by_a_disk_error_is_told_apart() -> None:
    paused = pb.DomainState(phase=pb.DOMAIN_PHASE_PAUSED, pause_cause=pb.PAUSE_CAUSE_IO_ERROR)
    assert read_state(paused).paused_by_error


def test_lists_are_cut() -> None:
    interface = pb.GuestInterface(name="x", ip_addresses=["10.0.0.1"] * 1000)
    state = read_state(pb.DomainState(interfaces=[interface] * 1000))
    assert len(state.interfaces) == MAX_INTERFACES
    assert len(state.interfaces[0].ip_addresses) == MAX_ADDRESSES


@pytest.mark.parametrize("address", ["", "10.0.0.256", "localhost", "10.0.0.1\n", "a" * 4000])
def test_what_is_no_address_is_dropped(address: str) -> None:
    state = read_state(pb.DomainState(interfaces=[pb.GuestInterface(ip_addresses=[address])]))
    assert state.interfaces[0].ip_addresses == ()


def test_a_zone_index_is_dropped_from_an_address() -> None:
    interface = pb.GuestInterface(ip_addresses=["fe80::1%<b>evil"])
    assert read_state(pb.DomainState(interfaces=[interface])).interfaces[0].ip_addresses == (
        "fe80::1",
    )


def test_texts_are_printable_and_short() -> None:
    interface = pb.GuestInterface(
        name="\x1b[31mred\u202e" + "x" * 500, mac="zz", link_state="sideways"
    )
    read = read_state(pb.DomainState(message="a\n\nb" * 4000, interfaces=[interface]))
    assert read.interfaces[0].name.startswith("[31mred")
    assert len(read.interfaces[0].name) == 64
    assert (read.interfaces[0].mac, read.interfaces[0].link_state) == ("", "")
    assert read.message.isprintable()
    assert len(read.message) == 1024


def test_a_time_beyond_all_bounds_is_none() -> None:
    state = pb.DomainState(phase_time=Timestamp(seconds=2**62))
    assert read_state(state).phase_time is None
    assert read_state(pb.DomainState()).phase_time is None
