"""The stand-in for docker.io/library/debian:trixie-slim where there is no registry."""

import hashlib
import tempfile
from functools import cache
from pathlib import Path

from images.catalog import DEBIAN_SUITE, REPOSITORY
from images.shell import run, run_logged

# As in the public image: nothing recommended, no translations, nobody reads manuals.
OPTIONS = (
    "--variant=minbase",
    '--aptopt=APT::Install-Recommends "false"',
    '--aptopt=Acquire::Languages "none"',
    "--dpkgopt=path-exclude=/usr/share/doc/*",
    "--dpkgopt=path-include=/usr/share/doc/*/copyright",
    "--dpkgopt=path-exclude=/usr/share/info/*",
    "--dpkgopt=path-exclude=/usr/share/locale/*",
    "--dpkgopt=path-exclude=/usr/share/man/*",
)


@cache
def find_sources() -> tuple[str, ...]:
    """Return apt's sources on the mirrors that this host uses; none on a host that is no Debian.

    Without any, mmdebstrap takes its own defaults.
    """
    command = ["apt-get", "indextargets", "--format", "$(REPO_URI)", "Created-By: Packages"]
    repositories = [uri.rstrip("/") for uri in run(command).split()]
    main = next((uri for uri in repositories if uri.endswith("/debian")), "")
    security = next((uri for uri in repositories if uri.endswith("/debian-security")), "")
    if not main or not security:
        return ()
    return (
        f"deb {main} {DEBIAN_SUITE} main",
        f"deb {main} {DEBIAN_SUITE}-updates main",
        f"deb {security} {DEBIAN_SUITE}-security main",
    )


def name_base() -> str:
    """Return the stand-in's reference; another recipe has another one."""
    recipe = "\n".join((*OPTIONS, *find_sources()))
    return f"{REPOSITORY}/base:{hashlib.sha256(recipe.encode()).hexdigest()[:16]}"


def ensure_base(reference: str, log: Path) -> None:
    """Make the stand-in unless buildah has it."""
    if run(["buildah", "images", "--quiet", "--filter", f"reference={reference}"]):
        return
    with tempfile.TemporaryDirectory(prefix="virtpod-base-") as scratch:
        folder = Path(scratch)
        target = str(folder / "root.tar")
        run_logged(["mmdebstrap", *OPTIONS, DEBIAN_SUITE, target, *find_sources()], log)
        (folder / "Containerfile").write_text('FROM scratch\nADD root.tar /\nCMD ["bash"]\n')
        run_logged(["buildah", "bud", "--isolation", "chroot", "-t", reference, scratch], log)
