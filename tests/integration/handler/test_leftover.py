"""Directories of pods that are gone are removed, and nothing else."""

from pathlib import Path

import pytest

from handler import leftover
from handler.leftover import remove_directory, remove_leftovers
from tests.integration.handler.fake_launcher import POD_UID

OTHER_UID = POD_UID.replace("0", "1")


def make(root: Path, name: str) -> Path:
    directory = root / name
    directory.mkdir()
    (directory / "launcher.sock").touch()
    return directory


async def test_a_directory_is_removed_without_following_its_links(tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "file").touch()
    directory = make(tmp_path, POD_UID)
    (directory / "link").symlink_to(precious)
    await remove_directory(tmp_path, POD_UID)
    assert not directory.exists()
    assert (precious / "file").exists()


async def test_a_directory_that_is_a_link_is_left_alone(tmp_path: Path) -> None:
    precious = make(tmp_path, "precious")
    (tmp_path / POD_UID).symlink_to(precious)
    await remove_directory(tmp_path, POD_UID)
    assert (precious / "launcher.sock").exists()


@pytest.mark.parametrize("name", ["..", "", "precious"])
async def test_what_is_no_pods_directory_is_left_alone(tmp_path: Path, name: str) -> None:
    precious = make(tmp_path, "precious")
    await remove_directory(tmp_path, name)
    assert precious.exists()


async def test_only_what_is_older_than_the_list_can_be_a_leftover(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept, old = make(tmp_path, POD_UID), make(tmp_path, OTHER_UID)
    await remove_leftovers(tmp_path, {POD_UID})
    assert old.exists()
    monkeypatch.setattr(leftover, "CERTAIN_SECONDS", -60.0)
    await remove_leftovers(tmp_path, {POD_UID})
    assert kept.exists()
    assert not old.exists()
