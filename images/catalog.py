"""Which images there are, and what goes into each; pure."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from api.problem import Problem

REPOSITORY: Final = "localhost/virtpod"
DEBIAN_SUITE: Final = "trixie"


@dataclass(frozen=True, slots=True)
class Image:
    """One folder of images/ with its Containerfile, and the Python that it runs."""

    name: str
    folders: tuple[str, ...] = ()  # top-level folders of ours, copied as they are
    requirements: tuple[str, ...] = ()  # packages of uv.lock, with all that they need
    web: str = ""  # bundle of web/dist, copied as web/
    extra: bool = False  # built only when it is asked for by name

    @property
    def reference(self) -> str:
        """Return the name under which nodes know the image."""
        return f"{REPOSITORY}/{self.name}:latest"


@dataclass(frozen=True, slots=True)
class ContextFile:
    """One file of a build context."""

    content: bytes
    executable: bool = False


Context = Mapping[str, ContextFile]  # by path

# kubernetes is for kubeconfigs, which a pod has none of.
DAEMON_REQUIREMENTS: Final = ("aiohttp", "msgspec", "prometheus-client")

IMAGES: Final = (
    Image(
        "launcher",
        ("api", "protos", "daemon", "launcher"),
        ("grpcio", "jinja2", "msgspec", "protobuf"),
    ),
    Image("tiny"),
    # cryptography is for the signing child alone.
    Image(
        "controller",
        ("api", "kube", "daemon", "controller"),
        (*DAEMON_REQUIREMENTS, "cryptography"),
    ),
    Image(
        "gateway",
        ("api", "kube", "daemon", "gateway"),
        (*DAEMON_REQUIREMENTS, "cryptography", "pyyaml"),
        web="standalone",
    ),
    Image(
        "handler",
        ("api", "protos", "kube", "daemon", "handler"),
        (*DAEMON_REQUIREMENTS, "asyncinotify", "grpcio", "protobuf", "websockify"),
    ),
    Image("debian"),
    Image("cockpit", ("cockpit_login",), web="cockpit", extra=True),
)


def find_images(names: Iterable[str]) -> list[Image]:
    """Return the images of these names; for none all but the extra ones."""
    by_name = {image.name: image for image in IMAGES}
    wanted = list(names) or [image.name for image in IMAGES if not image.extra]
    for name in wanted:
        if name not in by_name:
            known = ", ".join(by_name)
            raise Problem("ImageUnknown", f"there is no image {name}, only {known}", image=name)
    return [by_name[name] for name in wanted]


def compute_hash(context: Context, base: str) -> str:
    """Return a short digest of everything that a build depends on."""
    digest = hashlib.sha256(f"{base}\n".encode())
    for path, file in sorted(context.items()):
        content = hashlib.sha256(file.content).hexdigest()
        digest.update(f"{path}\0{int(file.executable)}\0{content}\n".encode())
    return digest.hexdigest()[:16]


def name_archive(image: Image, content_hash: str) -> str:
    """Return the file name of an image's archive."""
    return f"{image.name}-{content_hash}.tar"


def is_source(path: Path) -> bool:
    """Tell what belongs into an image from what Python and editors leave lying about."""
    return "__pycache__" not in path.parts and path.suffix not in {".pyc", ".swp"}
