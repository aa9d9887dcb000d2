"""Files of volumes: found, pinned, and never anyone else's."""

import errno
import os
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from api.names import QEMU_GID, QEMU_UID
from api.problem import Problem
from api.volume import ContainerDiskSource, PersistentVolumeClaimSource, Volume
from launcher import volume as under_test
from launcher.disk import Image
from launcher.qcow2 import build_image

GIBIBYTE = 1 << 30
CLAIM = Volume("v", persistent_volume_claim=PersistentVolumeClaimSource("claim"))
READ_ONLY = Volume("v", persistent_volume_claim=PersistentVolumeClaimSource("claim", True))


@pytest.fixture
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Stand in for /volumes, and undo the mounts afterwards."""
    images = tmp_path / "images"
    monkeypatch.setattr(under_test, "IMAGES_DIR", str(images))
    yield tmp_path / "volumes"
    for path in images.glob("*"):
        subprocess.run(["umount", str(path)], check=False)


def find(root: Path, volume: Volume, claim_bytes: int = 0) -> Image:
    return under_test.find_images((volume,), (), {"v": claim_bytes}, root=str(root))["v"]


def container_disk(path: str | None = None) -> Volume:
    return Volume("v", container_disk=ContainerDiskSource("image", path=path))


def make(path: Path, content: bytes = b"\0" * 512) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def test_the_only_file_of_disk_is_found_whatever_its_name(root: Path) -> None:
    make(root / "v" / "disk" / "os.qcow2", build_image(GIBIBYTE))
    image = find(root, container_disk())
    assert (image.format, image.size_bytes) == ("qcow2", GIBIBYTE)


def test_a_file_at_a_path_of_its_own_is_found(root: Path) -> None:
    make(root / "v" / "images" / "os.img")
    image = find(root, container_disk("/images/os.img"))
    assert (image.format, image.size_bytes) == ("raw", 512)


@pytest.mark.parametrize("names", [[], ["a", "b"]])
def test_none_or_two_files_are_refused(root: Path, names: list[str]) -> None:
    (root / "v" / "disk").mkdir(parents=True)
    for name in names:
        make(root / "v" / "disk" / name)
    with pytest.raises(Problem, match=f"it has {len(names)}"):
        find(root, container_disk())


@pytest.mark.parametrize("path", ["../../secret", "/disk/../../../secret", "disk/link", "away/f"])
def test_no_path_leaves_its_volume(root: Path, path: str) -> None:
    secret = make(root / "secret")
    make(root / "outside" / "f")
    (root / "v" / "disk").mkdir(parents=True)
    (root / "v" / "disk" / "link").symlink_to(secret)
    (root / "v" / "away").symlink_to(root / "outside")
    with pytest.raises(Problem) as caught:
        find(root, container_disk(path))
    assert caught.value.slug == "ImagePathEscape"


def test_a_fifo_is_refused_without_waiting(root: Path) -> None:
    (root / "v" / "disk").mkdir(parents=True)
    os.mkfifo(root / "v" / "disk" / "pipe")
    with pytest.raises(Problem, match="not a regular file"):
        find(root, container_disk())


def test_an_image_that_qemu_may_not_read_is_named(root: Path) -> None:
    make(root / "v" / "disk" / "os").chmod(0o600)
    with pytest.raises(Problem, match="not readable by user 107"):
        find(root, container_disk())


def test_what_is_pinned_stays_though_its_name_goes_elsewhere(root: Path) -> None:
    file = make(root / "v" / "disk.img", b"mine".ljust(512))
    image = find(root, CLAIM)
    file.unlink()
    file.symlink_to("/etc/shadow")
    assert Path(image.path).read_bytes().startswith(b"mine")


def test_a_claims_file_becomes_qemus(root: Path) -> None:
    file = make(root / "v" / "disk.img")
    file.chmod(0o600)
    assert find(root, CLAIM).format == "raw"
    assert file.stat().st_uid == QEMU_UID


def test_a_fresh_claim_gets_a_sparse_disk_of_qemus(root: Path) -> None:
    (root / "v").mkdir(parents=True)
    image = find(root, CLAIM, 64 << 20)
    status = (root / "v" / "disk.img").stat()
    assert (image.format, image.size_bytes, status.st_blocks) == ("raw", 60 << 20, 0)
    assert (status.st_uid, status.st_gid, status.st_mode & 0o7777) == (QEMU_UID, QEMU_GID, 0o660)
    Path(image.path).write_bytes(b"kept")
    assert (root / "v" / "disk.img").read_bytes() == b"kept"


def test_the_disk_of_a_claim_keeps_its_size_and_content(root: Path) -> None:
    make(root / "v" / "disk.img", b"kept".ljust(512))
    image = find(root, CLAIM, 64 << 20)
    assert (image.size_bytes, Path(image.path).read_bytes()[:4]) == (512, b"kept")


@pytest.mark.parametrize("exists", [True, False])
def test_no_disk_is_made_through_a_link(root: Path, exists: bool) -> None:
    (root / "v").mkdir(parents=True)
    target = root / "elsewhere"
    if exists:
        make(target, b"theirs")
    (root / "v" / "disk.img").symlink_to(target)
    with pytest.raises(Problem) as caught:
        find(root, CLAIM, 64 << 20)
    assert caught.value.slug == "ImagePathEscape"
    assert target.exists() == exists
    assert not exists or target.stat().st_uid == os.getuid()


def test_a_disk_that_comes_to_be_meanwhile_is_not_touched(
    root: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = make(root / "v" / "disk.img", b"theirs")
    file.chmod(0o666)
    monkeypatch.setattr("os.path.lexists", lambda _path: False)
    assert find(root, CLAIM, 64 << 20).size_bytes == len(b"theirs")
    assert file.stat().st_uid == os.getuid()


def test_a_half_made_disk_does_not_stay(root: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: int) -> None:
        raise PermissionError(errno.EPERM, os.strerror(errno.EPERM))

    (root / "v").mkdir(parents=True)
    monkeypatch.setattr("os.fchown", refuse)
    with pytest.raises(Problem, match="cannot be made: operation not permitted"):
        find(root, CLAIM, 64 << 20)
    assert not list((root / "v").iterdir())


@pytest.mark.parametrize(
    ("volume", "claim_bytes", "why"),
    [
        (READ_ONLY, 64 << 20, "a read-only claim gets none"),
        (CLAIM, 0, "the claim's size is not known"),
        (CLAIM, 1 << 20, "there is no room for one"),
    ],
)
def test_a_claim_that_can_get_no_disk_says_why(
    root: Path, volume: Volume, claim_bytes: int, why: str
) -> None:
    (root / "v").mkdir(parents=True)
    with pytest.raises(Problem, match=f"disk.img of the claim of volume v is missing, and {why}"):
        find(root, volume, claim_bytes)
    assert not list((root / "v").iterdir())


def test_a_claims_file_with_a_second_name_is_refused(root: Path) -> None:
    os.link(make(root / "v" / "disk.img"), root / "other")
    with pytest.raises(Problem, match="more than one name"):
        find(root, CLAIM)


def test_a_claims_qcow2_header_means_nothing(root: Path) -> None:
    make(root / "v" / "disk.img", build_image(GIBIBYTE, "/etc/shadow", "raw"))
    assert find(root, CLAIM).format == "raw"
