"""Makes a bare Debian-family machine ready: packages, then the Python environment.

Runs before there is anything but Python's own library, and does only what is missing.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

UV_VERSION = "0.13.9"
ROOT = Path(__file__).resolve().parent.parent
CACHE = Path(os.environ.get("VIRTPOD_CACHE", Path.home() / ".cache" / "virtpod"))
LOG = CACHE / "setup.log"
POLICY = Path("/usr/sbin/policy-rc.d")

PACKAGES = (
    # of the cluster
    "ca-certificates",
    "conntrack",
    "containernetworking-plugins",
    "etcd-server",
    "iproute2",
    "iptables",
    "nftables",
    "runc",
    "tini",
    # of the images
    "buildah",
    "debian-archive-keyring",
    "e2fsprogs",
    "mmdebstrap",
    "netavark",
    "qemu-utils",
    # of the tests
    "chromium",
    "cockpit-bridge",
    "cockpit-system",
    "cockpit-ws",
    "libvirt-clients",
    "libxml2-utils",
    "openssh-client",
    "procps",
    "socat",
    # of this script
    "git",
    "python3-pip",
)


class SetupError(Exception):
    """What is wrong, and what to do about it."""


def main() -> int:
    """Do each stage; tell which one failed, where its log is, and what to do next."""
    try:
        require_machine()
        with stage("Debian packages"):
            install_packages(find_missing(PACKAGES))
        with stage("Python environment"):
            sync_environment()
    except SetupError as error:
        print(f"{error}\nnext: put that right, then run the same command again", file=sys.stderr)
        return 1
    return 0


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Print a line once a stage has ended, with its time."""
    started = time.monotonic()
    try:
        yield
    except SetupError as error:
        raise SetupError(f"failed {name}: {error}") from error
    print(f"done {name} {time.monotonic() - started:.1f} s", file=sys.stderr)


def require_machine() -> None:
    """Refuse a machine that the rest could not work on."""
    if os.geteuid() != 0:
        raise SetupError("the cluster needs root; run it with sudo")
    if sys.version_info < (3, 11):  # noqa: UP036 - this is where older ones are told
        raise SetupError(f"Python 3.11 or newer is needed, this is {sys.version.split()[0]}")
    if not Path("/usr/bin/dpkg-query").exists():
        raise SetupError("this is no Debian-family machine: there is no dpkg")
    require_go()
    CACHE.mkdir(parents=True, exist_ok=True)


def require_go() -> None:
    """Refuse a Go that cannot fetch the toolchain which the go.mod files ask for."""
    try:
        said = subprocess.run(["go", "version"], capture_output=True, text=True, check=True).stdout
    except (FileNotFoundError, subprocess.CalledProcessError) as error:
        raise SetupError("there is no go in PATH; Go 1.21 or newer builds Kubernetes") from error
    found = re.search(r"go(\d+)\.(\d+)", said)
    if found is None or (int(found[1]), int(found[2])) < (1, 21):
        raise SetupError(f"Go 1.21 or newer is needed, this is {said.strip()}")


def find_missing(packages: tuple[str, ...]) -> list[str]:
    """Return the packages that are not installed."""
    shown = subprocess.run(
        ["dpkg-query", "--show", "--showformat=${Package} ${db:Status-Status}\n", *packages],
        capture_output=True,
        text=True,
        check=False,
    ).stdout
    installed = {line.split()[0] for line in shown.splitlines() if line.endswith(" installed")}
    return [package for package in packages if package not in installed]


def install_packages(missing: list[str]) -> None:
    """Install packages without starting the services that they bring."""
    if not missing:
        return
    print(f"Debian packages: waiting for apt-get to install {' '.join(missing)}", file=sys.stderr)
    env = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    own_policy = not POLICY.exists()
    if own_policy:
        POLICY.write_text("#!/bin/sh\nexit 101\n")
        POLICY.chmod(0o755)
    try:
        run(["apt-get", "update"], env)
        run(["apt-get", "install", "--yes", "--no-install-recommends", *missing], env)
    finally:
        if own_policy:
            POLICY.unlink()


def sync_environment() -> None:
    """Make .venv what uv.lock says, with a uv of our own."""
    folder = CACHE / f"uv-{UV_VERSION}"
    uv = folder / "bin" / "uv"
    if not uv.exists():
        install_uv(folder)
    env = {**os.environ, "UV_PYTHON_DOWNLOADS": "never", "UV_NO_PROGRESS": "1"}
    env.pop("VIRTUAL_ENV", None)
    run([str(uv), "sync", "--frozen", "--python", sys.executable], env)


def install_uv(folder: Path) -> None:
    """Install uv beside everything else; Debian's pip does it where this Python has none."""
    wanted = ["install", "--quiet", "--no-cache-dir", "--target", str(folder), f"uv=={UV_VERSION}"]
    own_pip = [sys.executable, "-m", "pip"]
    probe = subprocess.run([*own_pip, "--version"], capture_output=True, check=False)
    pip = own_pip if probe.returncode == 0 else ["/usr/bin/python3", "-m", "pip"]
    run([*pip, *wanted], dict(os.environ))


def run(argv: list[str], env: dict[str, str]) -> None:
    """Run a program with its output in the log; a failure shows the log's end."""
    with LOG.open("a") as log:
        log.write(f"$ {' '.join(argv)}\n")
        log.flush()
        try:
            done = subprocess.run(
                argv,
                cwd=ROOT,
                env=env,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                check=False,
            )
        except FileNotFoundError as error:
            raise SetupError(f"{argv[0]} is not there") from error
    if done.returncode != 0:
        tail = "\n".join(LOG.read_text(errors="replace").splitlines()[-8:])
        raise SetupError(f"{Path(argv[0]).name} failed; see {LOG}\n{tail}")


if __name__ == "__main__":
    sys.exit(main())
