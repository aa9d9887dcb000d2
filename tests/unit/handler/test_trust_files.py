"""Other containers see a whole certificate at any time, and nobody else sees it."""

import os
from pathlib import Path

import pytest

from api.problem import Problem
from daemon.tls import Material
from handler.trust_files import CURRENT, TrustFiles


def make(number: int) -> Material:
    return Material(f"cert{number}".encode(), f"key{number}".encode(), f"ca{number}".encode())


def read(directory: int) -> list[bytes]:
    """Read a generation through its directory, as `console` does."""
    found = []
    for name in ("tls.crt", "tls.key", "ca.crt"):
        descriptor = os.open(name, os.O_RDONLY, dir_fd=directory)
        with os.fdopen(descriptor, "rb") as file:
            found.append(file.read())
    return found


def open_current(root: Path) -> int:
    return os.open(root / CURRENT, os.O_PATH | os.O_DIRECTORY)


def list_names(root: Path) -> set[str]:
    return {path.name for path in root.iterdir()}


def test_what_is_written_is_current(tmp_path: Path) -> None:
    files = TrustFiles(tmp_path)
    for number in range(1, 4):
        files.write(make(number))
        directory = open_current(tmp_path)
        assert read(directory) == [b"cert%d" % number, b"key%d" % number, b"ca%d" % number]
        os.close(directory)


def test_nobody_but_the_owner_may_read_it(tmp_path: Path) -> None:
    TrustFiles(tmp_path).write(make(1))
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / CURRENT).iterdir()}
    assert modes == {0o600}
    assert (tmp_path / CURRENT).resolve().stat().st_mode & 0o777 == 0o700


def test_who_opened_the_former_one_can_read_it_to_its_end(tmp_path: Path) -> None:
    files = TrustFiles(tmp_path)
    files.write(make(1))
    directory = open_current(tmp_path)
    files.write(make(2))
    assert read(directory) == [b"cert1", b"key1", b"ca1"]
    os.close(directory)


def test_only_two_generations_are_kept(tmp_path: Path) -> None:
    files = TrustFiles(tmp_path)
    for number in range(1, 6):
        files.write(make(number))
    assert list_names(tmp_path) == {CURRENT, "4", "5"}


def test_a_handler_that_starts_anew_goes_on_where_it_was(tmp_path: Path) -> None:
    TrustFiles(tmp_path).write(make(1))
    (tmp_path / ".fresh").symlink_to("nowhere")  # it died just there
    (tmp_path / "2").mkdir()  # and had begun this one
    TrustFiles(tmp_path).write(make(3))
    directory = open_current(tmp_path)
    assert read(directory)[0] == b"cert3"
    os.close(directory)
    assert list_names(tmp_path) == {CURRENT, "2", "3"}


def test_a_directory_that_is_not_there_is_a_problem_and_no_crash(tmp_path: Path) -> None:
    with pytest.raises(Problem, match="for other containers"):
        TrustFiles(tmp_path / "nowhere").write(make(1))
