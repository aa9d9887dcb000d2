"""Builds what changed with buildah and exports it as OCI archives into the cache."""

import fcntl
import os
import resource
import ssl
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from images.base import ensure_base, name_base
from images.catalog import Context, Image, compute_hash, name_archive
from images.context import read_context, write_context
from images.pip_config import render_pip_config
from images.shell import run, run_logged

ENOUGH = 16_384  # open files, and processes, for a build
PIP_CONFIGS = (Path("/etc/pip.conf"), Path("~/.pip/pip.conf"), Path("~/.config/pip/pip.conf"))


def find_cache() -> Path:
    """Return the folder of archives and logs."""
    cache = os.environ.get("VIRTPOD_CACHE") or "~/.cache/virtpod"
    return Path(cache).expanduser() / "images"


def find_archive(image: Image, base: str | None) -> Path:
    """Return where the archive for the present sources is, or will be."""
    return _name_path(image, read_context(image), base)


def ensure_image(image: Image, base: str | None) -> Path:
    """Build and export an image unless its archive is there; return the archive."""
    context = read_context(image)
    archive = _name_path(image, context, base)
    archive.parent.mkdir(parents=True, exist_ok=True)
    with _lock(archive.parent):
        if archive.exists():
            print(f"{image.name}: unchanged", flush=True)
            return archive
        started = time.monotonic()
        print(f"{image.name}: building", flush=True)
        log = archive.parent / f"{image.name}.log"
        log.write_text("")
        if base is None:
            ensure_base(name_base(), log)
        _build(image, context, base or name_base(), log)
        _export(image, archive, log)
    print(f"{image.name}: built in {time.monotonic() - started:.1f} s", flush=True)
    return archive


def _name_path(image: Image, context: Context, base: str | None) -> Path:
    return find_cache() / name_archive(image, compute_hash(context, base or name_base()))


def _build(image: Image, context: Context, base: str, log: Path) -> None:
    """Run the Containerfile; what the host's pip knows is lent to it and leaves no trace."""
    previous = run(["buildah", "images", "--quiet", "--filter", f"reference={image.reference}"])
    with tempfile.TemporaryDirectory(prefix="virtpod-image-") as scratch:
        folder = Path(scratch)
        write_context(context, folder / "context")
        command = ["buildah", "bud", "--isolation", "chroot", "--network", "host"]
        # A guest changes seldom and its layers are large; edits of our Python are many and thin.
        command += [f"--layers={'true' if image.folders else 'false'}", *_keep_limits()]
        command += ["--build-arg", f"BASE={base}", "--tag", image.reference]
        for name, path in _write_secrets(folder).items():
            command += ["--secret", f"id={name},src={path}"]
        run_logged([*command, str(folder / "context")], log)
    current = run(["buildah", "images", "--quiet", "--filter", f"reference={image.reference}"])
    if previous and previous != current:
        # Its thin layers would pile up with every edit; what the new image shares stays.
        run(["buildah", "rmi", "--force", previous])


def _keep_limits() -> list[str]:
    """Build within the limits that we have: raising them is not for every root."""
    flags = []
    for name, number in (("nofile", resource.RLIMIT_NOFILE), ("nproc", resource.RLIMIT_NPROC)):
        hard = resource.getrlimit(number)[1]
        limit = ENOUGH if hard == resource.RLIM_INFINITY else min(hard, ENOUGH)
        flags += ["--ulimit", f"{name}={limit}:{limit}"]
    return flags


def _write_secrets(folder: Path) -> dict[str, Path]:
    """Write what pip needs to know of this host; return the files by secret name."""
    authorities = os.environ.get("SSL_CERT_FILE") or ssl.get_default_verify_paths().cafile
    host_configs = [path.expanduser() for path in PIP_CONFIGS]
    config = folder / "pip.conf"
    config.write_text(
        render_pip_config(
            os.environ,
            [path.read_text() for path in host_configs if path.exists()],
            has_ca=authorities is not None,
        )
    )
    secrets = {"pip": config}
    if authorities is not None:
        secrets["ca"] = Path(authorities)
    return secrets


def _export(image: Image, archive: Path, log: Path) -> None:
    """Write the archive under its name only when it is whole, then drop older ones."""
    partial = archive.with_suffix(".partial")
    partial.unlink(missing_ok=True)
    command = ["buildah", "push", "--quiet", "--compression-format", "zstd", image.reference]
    run_logged([*command, f"oci-archive:{partial}:{image.reference}"], log)
    partial.rename(archive)
    for other in archive.parent.glob(f"{image.name}-*"):
        if other != archive:
            other.unlink()


@contextmanager
def _lock(folder: Path) -> Iterator[None]:
    """Keep two builds from writing the same archive."""
    with (folder / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
