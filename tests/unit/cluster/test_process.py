"""Pid files that cannot name a stranger."""

import os
import sys
from pathlib import Path

from cluster.process import find_running, parse_stat, read_command, read_tail

STAT = "4242 (a (b) c) S 1 " + " ".join(str(number) for number in range(5, 53))


def test_a_stat_line_is_read_past_a_name_with_brackets() -> None:
    assert parse_stat(STAT) == (4242, "S", 22)


def test_a_pid_file_names_the_process_that_wrote_it(tmp_path: Path) -> None:
    file = tmp_path / "a.pid"
    file.write_text(Path("/proc/self/stat").read_text())
    assert find_running(file) == os.getpid()


def test_a_pid_that_was_given_to_another_process_is_not_running(tmp_path: Path) -> None:
    pid, _, started = parse_stat(Path("/proc/self/stat").read_text())
    file = tmp_path / "a.pid"
    file.write_text(STAT.replace("4242", str(pid)).replace(" 22 ", f" {started - 1} "))
    assert find_running(file) is None


def test_no_pid_file_and_half_a_pid_file_name_nobody(tmp_path: Path) -> None:
    file = tmp_path / "a.pid"
    assert find_running(file) is None
    file.write_text("42")
    assert find_running(file) is None


def test_the_tail_of_a_log_is_its_last_lines(tmp_path: Path) -> None:
    log = tmp_path / "a.log"
    assert read_tail(log) == ""
    log.write_text("a\nb\nc\n")
    assert read_tail(log, 2) == "b\nc"


def test_a_process_tells_its_command_line() -> None:
    assert read_command(os.getpid())[-1] == sys.argv[-1]
    assert read_command(2**22 + 1) == []  # above the kernel's largest pid
