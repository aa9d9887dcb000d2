"""Images as OCI archives, and which of them a node lacks."""

import tarfile
from pathlib import Path

import pytest

from api.problem import Problem
from cluster import oci
from cluster.image import find_missing, parse_images

LISTING = """REF                    TYPE    DIGEST      SIZE     PLATFORMS   LABELS
localhost/a:1          application/x sha256:aa 1.0 MiB linux/amd64 io.cri-containerd.image=managed
localhost/b:1          application/x sha256:bb 1.0 MiB linux/amd64 -
"""


def write_image(folder: Path, name: str, content: str) -> Path:
    program = folder / "program"
    program.write_text(content)
    archive = folder / f"{name.replace('/', '-').replace(':', '-')}.tar"
    image = oci.Image(name, {"/bin/program": program}, ["/bin/program"], {"/bin/sh": "program"})
    oci.write_archive(image, archive)
    return archive


def test_an_archive_names_its_image_and_its_digest(tmp_path: Path) -> None:
    name, digest = oci.read_archive(write_image(tmp_path, "localhost/a:1", "x"))
    assert name == "localhost/a:1"
    assert digest.startswith("sha256:")


def test_the_same_content_has_the_same_digest(tmp_path: Path) -> None:
    first = oci.read_archive(write_image(tmp_path, "localhost/a:1", "x"))
    assert oci.read_archive(write_image(tmp_path, "localhost/a:1", "x")) == first
    assert oci.read_archive(write_image(tmp_path, "localhost/a:1", "y")) != first


def test_every_blob_of_an_archive_is_named_by_its_digest(tmp_path: Path) -> None:
    with tarfile.open(write_image(tmp_path, "localhost/a:1", "x")) as tar:
        names = tar.getnames()
    assert {"oci-layout", "index.json"} < set(names)
    assert len([name for name in names if name.startswith("blobs/sha256/")]) == 3


def test_what_is_no_archive_is_refused_with_its_name(tmp_path: Path) -> None:
    stranger = tmp_path / "a.tar"
    stranger.write_text("no tar")
    with pytest.raises(Problem, match=r"a\.tar is no OCI archive"):
        oci.read_archive(stranger)


def test_only_images_with_another_digest_are_missing(tmp_path: Path) -> None:
    archive = write_image(tmp_path, "localhost/a:1", "x")
    name, digest = oci.read_archive(archive)
    assert find_missing([archive], {name: digest}) == []
    assert find_missing([archive], {name: "sha256:other"}) == [archive]
    assert find_missing([archive], {}) == [archive]


def test_a_listing_of_containerds_is_read_by_name() -> None:
    assert parse_images(LISTING) == {"localhost/a:1": "sha256:aa", "localhost/b:1": "sha256:bb"}
