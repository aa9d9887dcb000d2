"""kubectl as a user types it."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.e2e.console import Console
from tests.e2e.observer import Json


class KubectlError(AssertionError):
    """kubectl said no."""


class Kubectl:
    """kubectl with one kubeconfig and one namespace."""

    def __init__(self, program: str, kubeconfig: Path, namespace: str) -> None:
        self.program = program
        self.namespace = namespace
        self.env: Mapping[str, str] = {**os.environ, "KUBECONFIG": str(kubeconfig)}

    def within(self, namespace: str) -> "Kubectl":
        """Return the same kubectl for another namespace."""
        return Kubectl(self.program, Path(self.env["KUBECONFIG"]), namespace)

    def __call__(self, *args: str, given: str | None = None, seconds: float = 180) -> str:
        """Run `kubectl ARGS` and return what it printed; fail when it fails."""
        done = subprocess.run(
            [self.program, "--namespace", self.namespace, *args],
            env=self.env,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
        if done.returncode != 0:
            raise KubectlError(f"kubectl {' '.join(args)}: {done.stderr.strip()}")
        return done.stdout

    def apply(self, *manifests: Json, flags: Sequence[str] = ()) -> None:
        """kubectl apply -f - of some objects."""
        document = {"apiVersion": "v1", "kind": "List", "items": list(manifests)}
        self("apply", *flags, "-f", "-", given=json.dumps(document))

    def get(self, kind: str, name: str) -> Json:
        return dict(json.loads(self("get", kind, name, "-o", "json")))

    def wait(self, target: str, condition: str, seconds: int = 120) -> None:
        """kubectl wait --for=CONDITION TARGET."""
        self("wait", f"--for={condition}", target, f"--timeout={seconds}s", seconds=seconds + 30)

    def terminal(self, *args: str) -> Console:
        """Run kubectl in a terminal of its own."""
        return Console([self.program, "--namespace", self.namespace, *args], self.env)
