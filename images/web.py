"""The browser's pages: web/ as esbuild makes it, once for each state of its sources."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from api.problem import Problem

ROOT: Final = Path(__file__).resolve().parent.parent / "web"
SECONDS: Final = 600.0  # packages come from elsewhere
_INPUTS: Final = ("package.json", "package-lock.json")


def ensure_bundle(name: str, root: Path = ROOT) -> Path:
    """Return the folder of one bundle (standalone, cockpit, dev), built if its sources changed.

    Raises:
        Problem: npm or esbuild failed; the message has what it said last.
    """
    folder = root / "dist" / name
    with _lock(root):
        _ensure_packages(root)
        stamp = root / "dist" / f"{name}.stamp"
        wanted = _compute_hash(path for path in _list_sources(root))
        if not folder.is_dir() or not stamp.is_file() or stamp.read_text() != wanted:
            _run(["node", "build.mjs", name], root)
            stamp.write_text(wanted)
    return folder


def ensure_packages(root: Path = ROOT) -> None:
    """Have node_modules be what package-lock.json says.

    Raises:
        Problem: npm failed; the message has what it said last.
    """
    with _lock(root):
        _ensure_packages(root)


def _ensure_packages(root: Path) -> None:
    stamp = root / "node_modules" / ".virtpod-stamp"
    wanted = _compute_hash(root / name for name in _INPUTS)
    if not stamp.is_file() or stamp.read_text() != wanted:
        shutil.rmtree(root / "node_modules", ignore_errors=True)
        _run(["npm", "ci", "--no-audit", "--no-fund", "--ignore-scripts"], root)
        stamp.write_text(wanted)


def _list_sources(root: Path) -> Iterator[Path]:
    for folder in ("src", "dev"):
        yield from sorted(path for path in (root / folder).rglob("*") if path.is_file())
    yield from sorted(root.glob("*.mjs"))
    yield from (root / name for name in _INPUTS)


def _compute_hash(paths: Iterator[Path]) -> str:
    digest = hashlib.sha256()
    for path in paths:
        content = hashlib.sha256(path.read_bytes()).hexdigest()
        digest.update(f"{path.name}\0{path.parent}\0{content}\n".encode())
    return digest.hexdigest()


def _run(command: list[str], root: Path) -> None:
    """Run a program of the Python environment: its Node is the same on every machine."""
    tools = f"{Path(sys.executable).parent}{os.pathsep}{os.environ.get('PATH', '')}"
    done = subprocess.run(
        command,
        cwd=root,
        env={**os.environ, "PATH": tools, "NPM_CONFIG_LOGLEVEL": "error"},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    if done.returncode != 0:
        said = done.stdout.strip()[-2000:]
        raise Problem("WebNotBuilt", f"{' '.join(command[:2])} in web/ failed: {said}")


@contextmanager
def _lock(root: Path) -> Iterator[None]:
    """Keep two builds from writing the same files."""
    (root / "dist").mkdir(exist_ok=True)
    with (root / "dist" / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
