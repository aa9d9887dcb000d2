"""Telling a user what failed, and whether another version of this program might not have."""

import importlib
import sys
from typing import Final

from api.problem import Problem
from cli.kubectl import UNSERVED, Kubectl
from cli.output import clean

# What an older or a newer server may answer to what it does not know.
_SKEWED: Final = frozenset(
    {UNSERVED, "BadRequest", "MethodNotAllowed", "NotImplemented", "UnsupportedMediaType"}
)


def tell(problem: Problem, kubectl: Kubectl) -> None:
    """Print the sentence; versions are compared only now, since it costs a request."""
    print(clean(problem.message), file=sys.stderr)
    if problem.slug in _SKEWED:
        importlib.import_module("cli.version").warn_of_skew(kubectl)
