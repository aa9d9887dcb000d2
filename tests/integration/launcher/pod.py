"""A launcher in its own image with libvirt and qemu, but without Kubernetes: what a pod gives it.

The image is the one that was built last; our Python in it is replaced by the present sources.
Building the image again meanwhile takes it away from under a test's feet.
"""

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import grpc
import msgspec

from api.config import KubeVirtConfiguration
from api.default import apply_defaults
from api.launch import LaunchDocument, encode_launch
from api.vmi import VirtualMachineInstanceSpec
from protos.virtpod.launcher.v1 import launcher_pb2 as pb
from protos.virtpod.launcher.v1 import launcher_pb2_grpc as rpc

SOURCES = Path(__file__).parents[3]
UID = "5d307ca9-b3ef-428c-8861-06e72d69f223"
START_SECONDS = 120.0
LOGIN_SECONDS = 300.0  # emulated, on a machine that does other things as well

STOP_SECONDS = 180.0
# Runs in namespaces of its own; every mount goes with them.
POD = r"""
mount --make-rprivate /
for place in run tmp etc/virtpod var/lib/virtpod var/cache/virtpod dev; do
    mkdir -p "$root/$place"
    mount -t tmpfs pod "$root/$place"
done
mkdir -p "$root/kernel-boot" "$root/run/virtpod/console" "$root/run/virtpod/launcher"
mknod -m 666 "$root/dev/null" c 1 3
mknod -m 666 "$root/dev/zero" c 1 5
mknod -m 444 "$root/dev/urandom" c 1 9
mknod -m 444 "$root/dev/random" c 1 8
: >"$root/dev/termination-log"
for folder in api daemon launcher protos; do
    mount -o bind,ro "$sources/$folder" "$root/usr/lib/virtpod/$folder"
done
mount -o bind,ro "$guest" "$root/kernel-boot"
mount --bind "$host" "$root/run/virtpod/launcher"
mkdir -p "$root/var/cache/virtpod/capabilities"
mount --bind "$cache" "$root/var/cache/virtpod/capabilities"
mount -t proc proc "$root/proc"
mount -o bind,ro /sys "$root/sys"
printf 'nameserver 10.96.0.10\n' >"$root/run/resolv.conf"
mount --bind "$root/run/resolv.conf" "$root/etc/resolv.conf"
printf '%s' "$document" >"$root/etc/virtpod/launch.json"
umask 077  # the runtime's is no concern of the launcher
exec chroot "$root" /usr/bin/env -i PATH=/usr/bin:/usr/sbin PYTHONPATH=/usr/lib/virtpod \
    PYTHONDONTWRITEBYTECODE=1 MALLOC_ARENA_MAX=1 POD_UID="$uid" \
    tini -- python3 -m launcher
"""


@contextmanager
def mount_image(name: str) -> Iterator[Path]:
    """Mount the file tree of one of our images."""
    reference = f"localhost/virtpod/{name}:latest"
    container = run("buildah", "from", "--pull-never", reference)
    try:
        yield Path(run("buildah", "mount", container))
    finally:
        run("buildah", "rm", container)


def run(*argv: str) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)
    assert done.returncode == 0, f"{argv}: {done.stderr}"
    return done.stdout.strip()


@dataclass(frozen=True, slots=True)
class Trees:
    """Mounted images, and libvirt's capabilities cache."""

    launcher: Path
    guest: Path
    cache: Path


class Pod:
    """One launcher and its VM; leaving the context ends both."""

    def __init__(self, trees: Trees, spec: dict[str, object], grace_seconds: int = 5) -> None:
        self.directory = Path(tempfile.mkdtemp(prefix="vp-pod-"))
        self.log = self.directory / "log"
        self.host = self.directory / "launcher"
        self.host.mkdir()
        environment = {
            "PATH": os.environ["PATH"],
            "root": str(trees.launcher),
            "guest": str(trees.guest),
            "cache": str(trees.cache),
            "sources": str(SOURCES),
            "host": str(self.host),
            "uid": UID,
            "document": build_document(spec, grace_seconds),
        }
        namespaces = ["--mount", "--pid", "--net", "--ipc", "--fork", "--kill-child"]
        with self.log.open("w") as log:
            self.process = subprocess.Popen(
                ["unshare", *namespaces, "sh", "-euc", POD],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self._channel = grpc.insecure_channel(f"unix:{self.host}/launcher.sock")
        self.stub = rpc.LauncherServiceStub(self._channel)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._channel.close()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGKILL)
        self.process.wait(STOP_SECONDS)
        shutil.rmtree(self.directory)

    def watch(self, seconds: float) -> Iterator[pb.DomainState]:
        """Yield the state now and after each change; fails when the time is over."""
        deadline = time.monotonic() + seconds
        try:
            for answer in self.stub.WatchState(
                pb.WatchStateRequest(), timeout=seconds, wait_for_ready=True
            ):
                yield answer.state
        except grpc.RpcError as error:
            left = deadline - time.monotonic()
            raise AssertionError(f"{error}, {left:.1f} s left\n{self.log.read_text()}") from error

    def until(self, phase: "pb.DomainPhase.ValueType", seconds: float = START_SECONDS) -> "Story":
        """Wait for a phase; return all states up to it."""
        states: list[pb.DomainState] = []
        for state in self.watch(seconds):
            states.append(state)
            if state.phase == phase:
                return Story(states)
        raise AssertionError(f"{pb.DomainPhase.Name(phase)} never came\n{self.log.read_text()}")

    def open_serial(self) -> "Terminal":
        """Connect to the serial door."""
        return Terminal(self.host / "serial0")


@dataclass(frozen=True, slots=True)
class Story:
    """States of a domain, one after the other."""

    states: list[pb.DomainState]

    @property
    def last(self) -> pb.DomainState:
        return self.states[-1]

    @property
    def phases(self) -> list[str]:
        """Return the phases without repetitions."""
        names = [pb.DomainPhase.Name(state.phase)[len("DOMAIN_PHASE_") :] for state in self.states]
        return [name for name, before in zip(names, ["", *names], strict=False) if name != before]


class Terminal:
    """A connection to the serial console."""

    def __init__(self, path: Path) -> None:
        self._socket = socket.socket(socket.AF_UNIX)
        self._socket.connect(str(path))
        self._unread = b""

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.close()

    def type(self, text: str) -> None:
        self._socket.sendall(text.encode())

    def expect(self, mark: str, seconds: float = 180) -> str:
        """Read up to a mark; return what came before it."""
        deadline = time.monotonic() + seconds
        while mark.encode() not in self._unread:
            self._socket.settimeout(max(0.001, deadline - time.monotonic()))
            try:
                data = self._socket.recv(65536)
            except TimeoutError:
                data = b""
            assert data, f"no {mark!r} in {self._unread[-2000:]!r}"
            self._unread += data
        before, _, self._unread = self._unread.partition(mark.encode())
        return before.decode(errors="replace")

    def log_in(self) -> None:
        self.expect("login: ", LOGIN_SECONDS)
        self.type("root\n")
        self.expect("# ")

    def run(self, command: str, seconds: float = 180) -> str:
        """Run a command in the guest's shell; return what it printed."""
        self.type(f"{command}; echo E''ND\n")
        self.expect("E''ND\r\n")
        return self.expect("END\r\n", seconds).replace("\r", "")


def build_document(spec: dict[str, object], grace_seconds: int) -> str:
    """Return the launch document of a VMI of this spec."""
    typed = msgspec.convert(spec, VirtualMachineInstanceSpec)
    return encode_launch(
        LaunchDocument(
            version=1,
            name="vm",
            namespace="ns",
            uid=UID,
            created="2026-11-22T20:00:00Z",
            spec=apply_defaults(typed, KubeVirtConfiguration(), UID, "vm"),
            allow_emulation=True,
            grace_seconds=grace_seconds,
        )
    )


def read_cmdline() -> str:
    """Return the kernel's arguments that the tiny guest's own disk has."""
    text = (SOURCES / "images" / "tiny" / "syslinux.cfg").read_text()
    return next(line.split("APPEND ")[1] for line in text.splitlines() if "APPEND " in line)


def build_spec(
    *,
    graphics: bool = True,
    acpi: bool = True,
    paused: bool = False,
) -> dict[str, object]:
    """Return a VMI that boots the tiny guest's kernel."""
    container = {"image": "tiny", "kernelPath": "/boot/vmlinuz", "initrdPath": "/boot/initrd"}
    return {
        "architecture": "amd64",
        **({"startStrategy": "Paused"} if paused else {}),
        "domain": {
            "memory": {"guest": "192Mi"},
            "firmware": {"kernelBoot": {"kernelArgs": read_cmdline(), "container": container}},
            "features": {"acpi": {"enabled": acpi}},
            "devices": {
                "autoattachPodInterface": False,
                "autoattachGraphicsDevice": graphics,
            },
        },
    }
