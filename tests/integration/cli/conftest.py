"""`kubectl virt` as a process of its own, with a real kubectl, against a server of the test's."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.cluster import find_kubectl
from tests.e2e.console import Console
from tests.integration.cli.server import Server, run_server

ROOT = Path(__file__).resolve().parents[3]
KUBECONFIG = """\
apiVersion: v1
kind: Config
current-context: test
contexts: [{{name: test, context: {{cluster: test, namespace: default}}}}]
clusters: [{{name: test, cluster: {{server: "{url}"}}}}]
"""


@dataclass(frozen=True, slots=True)
class Virt:
    """The command line; its HOME and its temporary files are the test's."""

    folder: Path
    server: Server

    @property
    def env(self) -> dict[str, str]:
        path = os.pathsep.join([str(Path(find_kubectl()).parent), os.environ["PATH"]])
        own = str(self.folder)
        return {
            **os.environ,
            "PATH": path,
            "HOME": own,
            "TMPDIR": own,
            "KUBECONFIG": f"{own}/kubeconfig",
            "PYTHONPATH": str(ROOT),
        }

    def build_command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "cli", *words]

    def __call__(self, *words: str, given: bytes = b"") -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            self.build_command(*words),
            env=self.env,
            input=given,
            capture_output=True,
            check=False,
            timeout=180,
        )

    def start(self, *words: str) -> subprocess.Popen[bytes]:
        """Start a command that lasts."""
        pipe = subprocess.PIPE
        return subprocess.Popen(
            self.build_command(*words), env=self.env, stdin=pipe, stdout=pipe, stderr=pipe
        )

    def terminal(self, *words: str) -> Console:
        """Run a command in a terminal."""
        return Console(self.build_command(*words), self.env)

    def list_leftovers(self) -> list[str]:
        """Return the directories of proxies that are not gone."""
        return [path.name for path in self.folder.glob("kubectl-virt-*")]


@pytest.fixture
def server() -> Iterator[Server]:
    server = Server()
    end = run_server(server)
    yield server
    end()


@pytest.fixture
def virt(tmp_path: Path, server: Server) -> Virt:
    (tmp_path / "kubeconfig").write_text(KUBECONFIG.format(url=server.url))
    return Virt(tmp_path, server)
