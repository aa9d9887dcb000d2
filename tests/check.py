"""`make check`: every static check, two at a time, silent unless one complains."""

import os
import subprocess
import sys
import tomllib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from images.web import ensure_packages

ROOT = Path(__file__).resolve().parent.parent
WEB = ROOT / "web"


def read_packages() -> list[str]:
    """Return the packages of pyproject.toml, and the tests."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    return [*project["tool"]["importlinter"]["root_packages"], "tests"]


@dataclass(frozen=True, slots=True)
class Check:
    """One tool and how to call it without chatter."""

    name: str
    argv: tuple[str, ...]
    folder: Path = ROOT


def list_shell_scripts() -> tuple[str, ...]:
    """Return every tracked file that a shell would run."""
    listed = subprocess.run(
        ["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout
    return tuple(path for path in listed.split("\0") if path and is_shell_script(ROOT / path))


def is_shell_script(path: Path) -> bool:
    """Tell a shell script by its ending or its first line."""
    if path.suffix == ".sh":
        return True
    if path.suffix or not path.is_file():
        return False
    with path.open("rb") as file:
        first = file.readline(80)
    return first.startswith(b"#!") and first.split()[-1].split(b"/")[-1] in {b"sh", b"bash"}


def plan_checks() -> tuple[Check, ...]:
    """Return all checks, the slowest first."""
    python = sys.executable
    scripts = list_shell_scripts()
    shell = (Check("shellcheck", ("shellcheck", *scripts)),) if scripts else ()
    return (
        Check("mypy", ("mypy", "--no-error-summary", *read_packages())),
        Check("stale CRDs", (python, "-m", "api.crd", "--check")),
        Check("stale gRPC stubs", (python, "protos/generate.py", "--check")),
        Check("vulture", ("vulture",)),
        Check("import-linter", ("lint-imports",)),
        Check("ruff format", ("ruff", "format", "--check", "--quiet", ".")),
        Check("ruff check", ("ruff", "check", "--quiet", ".")),
        Check("codespell", ("codespell",)),
        Check("buf", ("buf", "lint", "protos")),
        Check("tsc", ("tsc",), WEB),
        Check("biome", ("biome", "check", "--error-on-warnings"), WEB),
        *shell,
    )


def run_check(check: Check) -> str | None:
    """Run one tool; return what it said if it complained."""
    folders = (Path(sys.executable).parent, WEB / "node_modules" / ".bin", os.environ["PATH"])
    done = subprocess.run(
        check.argv,
        cwd=check.folder,
        check=False,
        env={**os.environ, "PATH": os.pathsep.join(map(str, folders)), "NO_COLOR": "1"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    return None if done.returncode == 0 else done.stdout.strip() or f"exit {done.returncode}"


def main() -> int:
    """Run all checks and print the complaints."""
    ensure_packages()
    checks = plan_checks()
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        complaints = list(pool.map(run_check, checks))
    for check, complaint in zip(checks, complaints, strict=True):
        if complaint is not None:
            print(f"── {check.name}: {' '.join(check.argv[:4])}\n{complaint}\n")
    return int(any(complaint is not None for complaint in complaints))


if __name__ == "__main__":
    sys.exit(main())
