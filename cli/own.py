"""How this program can be started again, from a shell of somebody else's."""

import os
import sys
from pathlib import Path

import __main__


def find_own_command() -> list[str]:
    """Return the words that run this program: a module, a script or a zipapp."""
    spec = getattr(__main__, "__spec__", None)
    if spec is not None and spec.name.endswith(".__main__") and spec.parent:
        return [sys.executable, "-m", spec.parent]
    return [sys.executable, str(Path(sys.argv[0]).resolve())]


def build_environment() -> dict[str, str]:
    """Return the environment in which a child finds the modules that we found."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
