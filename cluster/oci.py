"""Container images of a few files, written as OCI archives without any tool.

An image is less than it seems: a tar of files, a JSON that says what to run, a JSON that
lists both by digest, and a JSON that names the result.
"""

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from api.problem import Problem

INDEX = "application/vnd.oci.image.index.v1+json"
MANIFEST = "application/vnd.oci.image.manifest.v1+json"
CONFIG = "application/vnd.oci.image.config.v1+json"
LAYER = "application/vnd.oci.image.layer.v1.tar+gzip"
REFERENCE = "org.opencontainers.image.ref.name"
IMAGE_NAME = "io.containerd.image.name"


@dataclass(frozen=True, slots=True)
class Image:
    """What is in an image: programs by path, links by path, and the command."""

    name: str
    files: Mapping[str, Path]
    entrypoint: Sequence[str]
    links: Mapping[str, str] = field(default_factory=dict)
    architecture: str = "amd64"


def _entry(path: str, kind: bytes, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(path.lstrip("/"))
    entry.type, entry.mode, entry.mtime = kind, mode, 0
    return entry


def _write_layer(image: Image) -> bytes:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        folders = {str(Path(path).parent) for path in (*image.files, *image.links)}
        for folder in sorted({*folders, "/tmp", "/etc"} - {"/"}):  # noqa: S108 - in the image
            mode = 0o1777 if folder == "/tmp" else 0o755  # noqa: S108 - in the image
            tar.addfile(_entry(folder, tarfile.DIRTYPE, mode))
        for path, source in image.files.items():
            entry = _entry(path, tarfile.REGTYPE, 0o755)
            content = source.read_bytes()
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
        for path, target in image.links.items():
            entry = _entry(path, tarfile.SYMTYPE, 0o777)
            entry.linkname = target
            tar.addfile(entry)
    return buffer.getvalue()


def write_archive(image: Image, target: Path) -> None:
    """Write an image as an OCI archive; the same content gives the same digest."""
    layer = _write_layer(image)
    packed = gzip.compress(layer, compresslevel=1, mtime=0)
    config = {
        "architecture": image.architecture,
        "os": "linux",
        "config": {"Entrypoint": list(image.entrypoint), "Env": ["PATH=/bin:/usr/bin"]},
        "rootfs": {"type": "layers", "diff_ids": [_digest(layer)]},
    }
    blobs = {CONFIG: json.dumps(config).encode(), LAYER: packed}
    manifest = {
        "schemaVersion": 2,
        "mediaType": MANIFEST,
        "config": _describe(CONFIG, blobs[CONFIG]),
        "layers": [_describe(LAYER, packed)],
    }
    blobs[MANIFEST] = json.dumps(manifest).encode()
    named = _describe(MANIFEST, blobs[MANIFEST])
    named["annotations"] = {REFERENCE: image.name, IMAGE_NAME: image.name}
    index = {"schemaVersion": 2, "mediaType": INDEX, "manifests": [named]}
    files = {f"blobs/sha256/{_digest(blob)[7:]}": blob for blob in blobs.values()}
    files["oci-layout"] = json.dumps({"imageLayoutVersion": "1.0.0"}).encode()
    files["index.json"] = json.dumps(index).encode()
    target.parent.mkdir(parents=True, exist_ok=True)
    partial = target.with_suffix(".partial")
    with tarfile.open(partial, "w") as tar:
        for path, content in files.items():
            entry = _entry(path, tarfile.REGTYPE, 0o644)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))
    partial.rename(target)


def read_archive(archive: Path) -> tuple[str, str]:
    """Return name and digest of the image in an OCI archive."""
    try:
        with tarfile.open(archive) as tar:
            file = tar.extractfile("index.json")
            assert file is not None
            named = json.load(file)["manifests"][0]
    except (OSError, tarfile.TarError, KeyError, IndexError, ValueError) as error:
        raise Problem("ArchiveInvalid", f"{archive} is no OCI archive: {error}") from error
    annotations = named.get("annotations", {})
    name = annotations.get(IMAGE_NAME) or annotations.get(REFERENCE)
    if not name:
        raise Problem("ArchiveInvalid", f"{archive} does not say what its image is called")
    return str(name), str(named["digest"])


def _digest(content: bytes) -> str:
    return f"sha256:{hashlib.sha256(content).hexdigest()}"


def _describe(media_type: str, content: bytes) -> dict[str, object]:
    return {"mediaType": media_type, "digest": _digest(content), "size": len(content)}
