"""Reading through kubectl: its authentication, its kubeconfig, its words when it fails."""

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

from api.problem import Problem

Json = dict[str, Any]  # Any: an object of Kubernetes as it is on the wire
NOT_FOUND: Final = "NotFound"
_SAYS_NOT_FOUND: Final = "Error from server (NotFound)"


@dataclass(frozen=True, slots=True)
class Kubectl:
    """kubectl with the user's flags."""

    flags: tuple[str, ...] = ()

    def get(self, resource: str, name: str, namespace: str = "") -> Json:
        """Return an object; a Problem of slug NotFound when there is none of this name.

        A namespace goes before that of the flags.
        """
        scope = [f"--namespace={namespace}"] if namespace else []
        # after "--" not even a name that begins with a dash is a flag
        said = self._run("get", *scope, "--output=json", "--", resource, name)
        found: Json = json.loads(said)
        return found

    def read_file(self, path: str) -> list[Json]:
        """Return the objects of a manifest; "-" is what comes in, and a URL is fetched."""
        said = self._run(
            "create", "--dry-run=client", "--validate=false", "--output=json", f"--filename={path}"
        )
        return list(_split(said))

    def _run(self, verb: str, *words: str) -> str:
        program = shutil.which("kubectl")
        if program is None:
            raise Problem("NoKubectl", "there is no kubectl in PATH")
        done = subprocess.run(
            [program, verb, *self.flags, *words],
            capture_output=True,
            encoding="utf-8",
            errors="replace",
            check=False,
        )
        if done.returncode != 0:
            said = done.stderr.strip() or f"kubectl ended with status {done.returncode}"
            raise Problem(NOT_FOUND if _SAYS_NOT_FOUND in said else "KubectlFailed", said)
        sys.stderr.write(done.stderr)  # warnings, and what --v asked for
        return done.stdout


def _split(text: str) -> Iterator[Json]:
    """Yield the objects of a text that holds them one after the other."""
    decoder = json.JSONDecoder()
    rest = text.lstrip()
    while rest:
        found, end = decoder.raw_decode(rest)
        yield found
        rest = rest[end:].lstrip()
