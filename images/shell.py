"""Runs other programs: their answer, or their output in a log file."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from api.problem import Problem


def run(command: Sequence[str]) -> str:
    """Return what a command prints; a failure carries what it said."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=True)
    except FileNotFoundError as error:
        raise _missing(command) from error
    except subprocess.CalledProcessError as error:
        said = error.stderr.strip().splitlines() or ["nothing"]
        raise Problem("CommandFailed", f"{command[0]} {command[1]} failed: {said[-1]}") from error
    return done.stdout.strip()


def run_logged(command: Sequence[str], log: Path) -> None:
    """Run a long command with its output appended to a log file, which a failure names."""
    with log.open("a") as output:
        output.write(f"+ {' '.join(command)}\n")
        output.flush()
        try:
            subprocess.run(command, stdout=output, stderr=output, check=True)
        except FileNotFoundError as error:
            raise _missing(command) from error
        except subprocess.CalledProcessError as error:
            raise Problem(
                "CommandFailed", f"{command[0]} ended with {error.returncode}, see {log}"
            ) from error


def _missing(command: Sequence[str]) -> Problem:
    return Problem("ProgramMissing", f"{command[0]} is not installed, apt-get install {command[0]}")
