"""The cluster's own images, and loading any image into every node: there is no registry."""

import json
import platform
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from cluster import oci
from cluster.binaries import ensure_busybox, find_program, find_version
from cluster.paths import Layout
from cluster.shell import run

REGISTRY = "localhost/virtpod"
ARCHITECTURES = {"x86_64": "amd64", "aarch64": "arm64"}


@dataclass(frozen=True, slots=True)
class OwnImages:
    """What the cluster itself runs in pods."""

    names: dict[str, str]
    archives: list[Path]


def ensure_own_images(layout: Layout) -> OwnImages:
    """Write the archives that are missing."""
    busybox = ensure_busybox(layout)
    architecture = ARCHITECTURES.get(platform.machine(), platform.machine())
    applets = run([busybox, "--list"]).split()
    links = {f"/bin/{applet}": "busybox" for applet in applets if applet != "busybox"}

    def single(program: str, tag: str) -> oci.Image:
        files = {f"/bin/{program}": find_program(layout, program)}
        name = f"{REGISTRY}/{program}:{tag}"
        return oci.Image(name, files, [f"/bin/{program}"], architecture=architecture)

    images = {
        "pause": oci.Image(
            f"{REGISTRY}/pause:1",
            {"/bin/busybox": busybox},
            ["/bin/busybox", "sleep", "infinity"],
            architecture=architecture,
        ),
        "busybox": oci.Image(
            f"{REGISTRY}/busybox:1",
            {"/bin/busybox": busybox},
            ["/bin/sh"],
            links,
            architecture=architecture,
        ),
        "coredns": single("coredns", find_version("coredns")),
        "local_path_provisioner": single(
            "local-path-provisioner", find_version("local-path-provisioner")
        ),
    }
    archives = []
    for image in images.values():
        archive = layout.images / f"{image.name.rpartition('/')[2].replace(':', '-')}.tar"
        if not archive.exists():
            oci.write_archive(image, archive)
        archives.append(archive)
    return OwnImages({key: image.name for key, image in images.items()}, archives)


def find_missing(archives: Iterable[Path], present: dict[str, str]) -> list[Path]:
    """Return the archives whose image, by digest, a node does not have yet."""
    missing = []
    for archive in archives:
        name, digest = oci.read_archive(archive)
        if present.get(name) != digest:
            missing.append(archive)
    return missing


def parse_images(listing: str) -> dict[str, str]:
    """Return digests by name from the table that `ctr images list` prints."""
    rows = [line.split() for line in listing.splitlines()[1:]]
    return {row[0]: row[2] for row in rows if len(row) > 2}


def resolve_archive(source: str, scratch: Path) -> Path:
    """Return an OCI archive for what the user named: a file, or an image of buildah's."""
    if Path(source).is_file():
        return Path(source)
    inspected = json.loads(run(["buildah", "inspect", "--type", "image", source]))
    name = inspected["FromImage"]
    archive = Path(tempfile.mkdtemp(dir=scratch)) / "image.tar"
    run(["buildah", "push", source, f"oci-archive:{archive}:{name}"])
    return archive
