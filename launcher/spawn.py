"""Starts programs without forking this process, and before anything slow is imported."""

import os
import sys
from typing import NamedTuple


class Child(NamedTuple):
    """A program that runs, and the pipe that it prints to."""

    pid: int
    output: int


def start_module(module: str) -> Child:
    """Run one of our modules in an interpreter of its own."""
    reader, writer = os.pipe2(os.O_CLOEXEC)
    argv = [sys.executable, "-m", module]
    redirect = [(os.POSIX_SPAWN_DUP2, writer, 1)]
    pid = os.posix_spawn(sys.executable, argv, os.environ, file_actions=redirect)
    os.close(writer)
    return Child(pid, reader)


def start_program(argv: tuple[str, ...]) -> int:
    """Run a program that lives beside us; return its pid."""
    return os.posix_spawnp(argv[0], argv, os.environ)


def reap(pid: int) -> int:
    """Return the exit code of a child that has ended."""
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
