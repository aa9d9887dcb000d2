"""`kubectl virt` as a user types it."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.e2e.console import Console
from tests.e2e.kubectl import Kubectl, KubectlError
from tests.e2e.pipe import Pipe

SECONDS = 180.0
PLUGINS = Path(sys.executable).parent  # where `make setup` puts kubectl-virt


class Virt:
    """`kubectl virt` with a kubectl's kubeconfig and namespace."""

    def __init__(self, kubectl: Kubectl) -> None:
        self._kubectl = kubectl
        folders = (str(PLUGINS), str(Path(kubectl.program).parent), os.environ["PATH"])
        self.env = {**kubectl.env, "PATH": os.pathsep.join(folders)}

    def build_command(self, verb: str, *words: str) -> list[str]:
        return [
            self._kubectl.program,
            "virt",
            verb,
            f"--namespace={self._kubectl.namespace}",
            *words,
        ]

    def run(self, *words: str, seconds: float = SECONDS) -> subprocess.CompletedProcess[str]:
        """Run it between pipes, whatever comes of it."""
        return subprocess.run(
            self.build_command(*words),
            env=self.env,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )

    def __call__(self, *words: str, seconds: float = SECONDS) -> str:
        """Run it and return what it printed; fail when it fails."""
        done = self.run(*words, seconds=seconds)
        if done.returncode != 0:
            raise KubectlError(f"kubectl virt {' '.join(words)}: {done.stderr.strip()}")
        return done.stdout

    def terminal(self, *words: str) -> Console:
        """Run it in a terminal of its own."""
        return Console(self.build_command(*words), self.env)

    def console(self, name: str, *words: str) -> Console:
        """kubectl virt console NAME, in a terminal."""
        return self.terminal("console", name, *words)

    def pipe(self, *words: str) -> Pipe:
        """Run it between pipes, to talk with it."""
        return Pipe(self.build_command(*words), self.env)

    @contextmanager
    def serve(self, *words: str) -> Iterator[str]:
        """Run it until the block ends; yield the first line that it prints."""
        command = self.build_command(*words)
        with subprocess.Popen(command, env=self.env, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdout is not None
            try:
                line = process.stdout.readline()
                assert line, f"{' '.join(words)} ended with {process.wait(60)}"
                yield line
            finally:
                process.send_signal(signal.SIGINT)
                process.wait(60)

    @contextmanager
    def browse(self, name: str) -> Iterator[str]:
        """kubectl virt vnc NAME --browser, without a browser; yield what it would open."""
        command = self.build_command("vnc", name, "--browser")
        with Console(command, {**self.env, "BROWSER": "true"}) as console:
            yield console.expect(r"http://\S+", 60).group()
            console.process.send_signal(signal.SIGINT)
            console.until_ended(60)

    @contextmanager
    def screen(self, name: str) -> Iterator[int]:
        """kubectl virt vnc NAME --proxy-only; yield the local port."""
        with self.serve("vnc", name, "--proxy-only") as line:
            yield int(json.loads(line)["port"])
