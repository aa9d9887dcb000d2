"""Other programs, run to their end."""

import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from api.problem import Problem


def run(
    argv: Sequence[str | Path],
    *,
    stdin: str | None = None,
    env: Mapping[str, str] | None = None,
    cwd: Path | None = None,
    seconds: float | None = 300.0,
) -> str:
    """Run a program and return its output; a failure is a Problem with what it said."""
    name = Path(argv[0]).name
    try:
        done = subprocess.run(
            argv,
            input=stdin,
            stdin=subprocess.DEVNULL if stdin is None else None,
            capture_output=True,
            text=True,
            check=False,
            env=env,
            cwd=cwd,
            timeout=seconds,
        )
    except FileNotFoundError as error:
        raise Problem("ProgramMissing", f"{name} is not installed; run `make up`") from error
    except subprocess.TimeoutExpired as error:
        raise Problem("ProgramTimedOut", f"{name} did not end in {seconds:.0f} s") from error
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()[-2000:]
        command = " ".join(str(word) for word in argv)
        raise Problem("ProgramFailed", f"{command} failed: {said}")
    return done.stdout


def succeeds(argv: Sequence[str | Path]) -> bool:
    """Tell whether a program ends well."""
    done = subprocess.run(argv, stdin=subprocess.DEVNULL, capture_output=True, check=False)
    return done.returncode == 0
