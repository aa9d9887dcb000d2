"""The stand-in for docker.io/library/debian:trixie-slim where there is no registry."""

import hashlib
import tempfile
from pathlib import Path

from images.catalog import DEBIAN_SUITE, REPOSITORY
from images.shell import run, run_logged

MIRROR = "http://deb.debian.org"
SOURCES = (
    f"deb {MIRROR}/debian {DEBIAN_SUITE} main",
    f"deb {MIRROR}/debian {DEBIAN_SUITE}-updates main",
    f"deb {MIRROR}/debian-security {DEBIAN_SUITE}-security main",
)
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


def name_base() -> str:
    """Return the stand-in's reference; another recipe has another one."""
    recipe = "\n".join((*OPTIONS, *SOURCES))
    return f"{REPOSITORY}/base:{hashlib.sha256(recipe.encode()).hexdigest()[:16]}"


def ensure_base(reference: str, log: Path) -> None:
    """Make the stand-in unless buildah has it."""
    if run(["buildah", "images", "--quiet", "--filter", f"reference={reference}"]):
        return
    with tempfile.TemporaryDirectory(prefix="virtpod-base-") as scratch:
        folder = Path(scratch)
        run_logged(["mmdebstrap", *OPTIONS, DEBIAN_SUITE, str(folder / "root.tar"), *SOURCES], log)
        (folder / "Containerfile").write_text('FROM scratch\nADD root.tar /\nCMD ["bash"]\n')
        run_logged(["buildah", "bud", "--isolation", "chroot", "-t", reference, scratch], log)
