"""The machine under the embedded cluster: a pod's processes, their memory, and their end."""

import os
import select
import signal
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

PROC = Path("/proc")


@dataclass(frozen=True, slots=True)
class Process:
    """A process of a pod, as the node's kernel knows it."""

    pid: int
    command: tuple[str, ...]

    @property
    def program(self) -> str:
        return Path(self.command[0]).name if self.command else ""

    def kill(self) -> None:
        """kill -9."""
        os.kill(self.pid, signal.SIGKILL)


def list_processes(pod_uid: str) -> list[Process]:
    """Return the live processes in a pod's cgroup, the oldest first."""
    found = []
    for entry in PROC.iterdir():
        if not entry.name.isdigit():
            continue
        try:
            if f"pod{pod_uid}" not in (entry / "cgroup").read_text():
                continue
            command = (entry / "cmdline").read_bytes().rstrip(b"\0").decode().split("\0")
        except (FileNotFoundError, ProcessLookupError):
            continue  # ended meanwhile
        if command != [""]:  # a zombie has none
            found.append(Process(int(entry.name), tuple(command)))
    return sorted(found, key=lambda process: process.pid)


def find_process(pod_uid: str, word: str) -> Process:
    """Return the first process of a pod with the word among its arguments."""
    processes = list_processes(pod_uid)
    for process in processes:
        if any(word in argument for argument in process.command):
            return process
    raise AssertionError(f"no {word} in pod {pod_uid}: {[p.command for p in processes]}")


def find_qemu(pod_uid: str) -> Process:
    """Return a pod's qemu."""
    for process in list_processes(pod_uid):
        if process.program.startswith("qemu-system"):
            return process
    raise AssertionError(f"no qemu in pod {pod_uid}")


def find_launcher(pod_uid: str) -> Process:
    """Return a pod's launcher: the Python below tini, not tini."""
    for process in list_processes(pod_uid):
        if process.program.startswith("python") and "launcher" in " ".join(process.command):
            return process
    raise AssertionError(f"no launcher in pod {pod_uid}")


class Deathwatch:
    """Tells when a process ended, by its pidfd: no polling, no reused pid."""

    def __init__(self, process: Process) -> None:
        self.process = process
        self._fd = os.pidfd_open(process.pid)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        os.close(self._fd)

    def wait(self, seconds: float) -> float:
        """Wait for the end; return its moment (time.monotonic())."""
        ready, _, _ = select.select([self._fd], [], [], seconds)
        at = time.monotonic()
        assert ready, f"{self.process.command[0]} still lives after {seconds} s"
        return at


def read_pss_kib(pid: int) -> int:
    """Return the proportional set size of a process."""
    for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1])
    raise AssertionError(f"no Pss of {pid}")
