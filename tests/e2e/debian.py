"""A Debian guest with sshd and the guest agent, made with `create vm`, entered with ssh."""

import json
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.e2e.cluster import Cluster
from tests.e2e.guests import DEBIAN
from tests.e2e.kubectl import KubectlError
from tests.e2e.observer import Json
from tests.e2e.pipe import Pipe
from tests.e2e.plugin import Virt
from tests.e2e.vm import START_SECONDS

NAME: Final = "secure-shell"
USER: Final = "someone"
BOOT_SECONDS: Final = 480


@dataclass(frozen=True, slots=True)
class Guest:
    """A guest with sshd, and the key that opens it."""

    virt: Virt
    folder: Path

    @property
    def options(self) -> tuple[str, ...]:
        return (
            f"--identity-file={self.folder / 'key'}",
            f"--known-hosts={self.folder / 'known_hosts'}",
            "--local-ssh-opts=-o StrictHostKeyChecking=accept-new -o BatchMode=yes",
        )

    def ssh(self, *words: str) -> str:
        return self.virt("ssh", *self.options, f"{USER}@vm/{NAME}", *words, seconds=120)

    def tell(self, verb: str, field: str) -> Json:
        """Return what the agent tells, this field among it; one that is busy leaves out some."""
        deadline = time.monotonic() + BOOT_SECONDS
        while True:
            try:
                told: Json = json.loads(self.virt(verb, NAME))
            except KubectlError:
                assert time.monotonic() < deadline
            else:
                if told.get(field):
                    return told
                assert time.monotonic() < deadline, told

    def shell(self) -> Pipe:
        """Return a shell between pipes."""
        return self.virt.pipe("ssh", *self.options, f"{USER}@vm/{NAME}", "--", "sh")

    def scp(self, source: str, destination: str) -> None:
        self.virt("scp", *self.options, source, destination, seconds=300)


@contextmanager
def open_guest(cluster: Cluster, folder: Path) -> Iterator[Guest]:
    """Yield the guest, up and reachable, with a key in the folder."""
    key = folder / "key"
    subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
    virt = Virt(cluster.kubectl)
    manifest = virt(
        *("create", "vm", f"--name={NAME}", "--memory=1Gi", f"--user={USER}"),
        f"--ssh-key={key.with_suffix('.pub').read_text().strip()}",
        f"--volume-containerdisk=src:{DEBIAN},pullpolicy:IfNotPresent",
        "--termination-grace-period=0",
    )
    cluster.kubectl("create", "-f", "-", given=manifest)
    try:
        cluster.kubectl.wait(f"vm/{NAME}", "condition=Ready", START_SECONDS)
        cluster.kubectl.wait(f"vmi/{NAME}", "condition=AgentConnected", BOOT_SECONDS)
        made = Guest(virt, folder)
        await_sshd(made)
        yield made
    finally:
        cluster.kubectl("delete", "vm", NAME)


def await_sshd(guest: Guest) -> None:
    """Try until somebody answers: nothing outside of the guest tells when sshd does."""
    deadline = time.monotonic() + BOOT_SECONDS
    pause = threading.Event()
    while True:
        try:
            guest.ssh("--", "true")
        except KubectlError:
            assert time.monotonic() < deadline
            pause.wait(1)
        else:
            return
