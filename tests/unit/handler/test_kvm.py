"""The KVM probe's judgement, and its guest's memory."""

import pytest

from handler.kvm import COUNT_LIMIT_SECONDS, Exit, judge_exits, probe_kvm
from handler.kvm_program import (
    ENTRY,
    EXPECTED_SUM,
    INTERRUPT_TABLE,
    PORT_INTERRUPT,
    PORT_SUM,
    build_memory,
)

INTERRUPTED = Exit(2, PORT_INTERRUPT, 1)
COUNTED = Exit(2, PORT_SUM, EXPECTED_SUM, cpu_seconds=0.001)
HALTED = Exit(5)


def test_a_guest_that_gets_through_shows_a_working_kvm() -> None:
    assert judge_exits((INTERRUPTED, COUNTED, HALTED)) == ""


@pytest.mark.parametrize(
    ("exits", "why"),
    [
        ((Exit(17, detail=1),), "an internal error (1) before its first interrupt is done"),
        ((INTERRUPTED, Exit(8)), "a triple fault (0) before counting is done"),
        ((Exit(42),), "exit 42"),
        ((INTERRUPTED, Exit(2, PORT_SUM, 7)), "computes wrongly in counting"),
        ((Exit(2, 0x80, 1),), "computes wrongly in its first interrupt"),
        ((INTERRUPTED, COUNTED), "does not reach its end"),
        ((INTERRUPTED, COUNTED, Exit(2)), "does not reach its end"),
        ((), "does not reach its end"),
    ],
)
def test_a_guest_that_fails_shows_a_kvm_that_does_not_work(
    exits: tuple[Exit, ...], why: str
) -> None:
    assert why in judge_exits(exits)


def test_a_kvm_that_emulates_is_found_by_its_slowness() -> None:
    slow = Exit(2, PORT_SUM, EXPECTED_SUM, cpu_seconds=4 * COUNT_LIMIT_SECONDS)
    assert "600000 instructions took 200 ms" in judge_exits((INTERRUPTED, slow, HALTED))


def test_a_missing_device_is_no_traceback() -> None:
    assert probe_kvm("/nowhere/kvm") == "KVM is not usable: No such file or directory"


def test_a_file_that_is_no_kvm_is_refused() -> None:
    assert probe_kvm("/dev/null").startswith("KVM is not usable: Inappropriate ioctl")


def test_other_architectures_have_no_guest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")
    assert "riscv64" in probe_kvm()


def test_the_guests_jumps_lead_where_its_code_is() -> None:
    memory = build_memory()
    assert memory[ENTRY] == 0xFA
    assert memory[0x1017] == 0xB8  # the 32-bit part
    assert memory[0x1045:0x1047] == b"\x31\xc0"  # the 64-bit part
    assert memory[0x106A:0x106C] == b"\xb0\x01"  # the interrupt's handler
    assert memory[0x1088:0x108A] == b"\x17\x00"  # limit of three segment descriptors
    gate = int.from_bytes(memory[INTERRUPT_TABLE + 0x200 : INTERRUPT_TABLE + 0x208], "little")
    assert gate & 0xFFFF == 0x106A
    assert gate >> 16 & 0xFFFF == 16
