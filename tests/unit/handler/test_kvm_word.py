"""What launchers read about KVM, and that nothing in their directory leads the probe astray."""

import logging
from pathlib import Path
from typing import Any

import pytest
import yaml

from api.names import HOST_CAPABILITIES_DIR, HOST_KVM_VERDICT
from handler.kvm_word import format_word, write_word
from handler.probe import NodeFacts, tell_launchers

MANIFEST = Path(__file__).parents[3] / "manifests" / "base" / "handler.yaml"


def test_the_word_is_one_line_that_a_launcher_knows() -> None:
    assert format_word("") == "works"
    assert format_word("no\n/dev/kvm") == "does not work: no /dev/kvm"


def test_the_word_replaces_an_older_one_and_leaves_nothing_else(tmp_path: Path) -> None:
    write_word("does not work: yet", tmp_path)
    write_word("works", tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kvm"]
    assert (tmp_path / "kvm").read_text() == "works\n"


def test_a_link_in_the_words_place_is_replaced_and_not_followed(tmp_path: Path) -> None:
    theirs = tmp_path / "theirs"
    theirs.write_text("untouched")
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "kvm").symlink_to(theirs)
    write_word("works", shared)
    assert theirs.read_text() == "untouched"
    assert not (shared / "kvm").is_symlink()


def test_a_draft_that_is_there_already_is_not_written_to(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("secrets.token_hex", lambda _size: "guessed")
    theirs = tmp_path / "theirs"
    (tmp_path / ".kvm.guessed").symlink_to(theirs)
    with pytest.raises(FileExistsError):
        write_word("works", tmp_path)
    assert not theirs.exists()
    assert [path.name for path in tmp_path.iterdir()] == [".kvm.guessed"]


def test_a_directory_that_is_a_link_is_refused(tmp_path: Path) -> None:
    (tmp_path / "theirs").mkdir()
    (tmp_path / "shared").symlink_to(tmp_path / "theirs")
    with pytest.raises(NotADirectoryError):
        write_word("works", tmp_path / "shared")


def test_a_word_that_cannot_be_put_in_place_leaves_no_draft_and_does_not_stop_the_handler(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "kvm").mkdir()
    with caplog.at_level(logging.WARNING):
        tell_launchers(NodeFacts(kvm=True, kvm_reason="", tun=True), tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["kvm"]
    assert caplog.messages == ["cannot tell launchers whether KVM works"]


def test_only_the_probe_is_given_the_words_directory() -> None:
    documents: list[Any] = list(yaml.safe_load_all(MANIFEST.read_text()))
    spec = next(d for d in documents if d["kind"] == "DaemonSet")["spec"]["template"]["spec"]
    directory = {"path": HOST_CAPABILITIES_DIR, "type": "DirectoryOrCreate"}
    names = [v["name"] for v in spec["volumes"] if v.get("hostPath") == directory]
    mounts = {
        container["name"]: mount["mountPath"]
        for container in [*spec["initContainers"], *spec["containers"]]
        for mount in container["volumeMounts"]
        if mount["name"] in names
    }
    assert mounts == {"probe": str(Path(HOST_KVM_VERDICT).parent)}
