"""What the containers' first programs make before anybody may log in, and whom they let in."""

import os
import socket
import ssl
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit_login.account import FIRST_UID, Places
from cockpit_login.serve import answer_knock, open_door, prepare_places
from cockpit_login.web import prepare_certificate
from tests.authority import Authority

# Knocks as another user, and prints what comes back.
KNOCK = """\
import os, socket, sys
os.setresuid(*[int(sys.argv[2])] * 3)
with socket.socket(socket.AF_UNIX) as visitor:
    visitor.connect(sys.argv[1])
    visitor.shutdown(socket.SHUT_WR)
    print(visitor.recv(100))
"""
LOGIN = ["/bin/sh", "-c", "printf hello; cat"]
WEB_UID = 10_001


def mode_of(path: Path) -> int:
    return path.stat().st_mode & 0o7777


def test_a_certificate_that_was_given_is_the_one_that_is_shown(tmp_path: Path) -> None:
    given, folder = tmp_path / "given", tmp_path / "shown"
    given.mkdir()
    folder.mkdir()
    own = Authority().issue("cockpit.example.org")
    (given / "tls.crt").write_bytes(own.certificate)
    (given / "tls.key").write_bytes(own.key)
    prepare_certificate(given, folder)
    assert (folder / "0-virtpod.crt").read_bytes() == own.certificate
    assert (folder / "0-virtpod.key").read_bytes() == own.key
    assert mode_of(folder / "0-virtpod.key") == 0o600


def test_without_one_it_signs_itself_and_tells_the_fingerprint(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    prepare_certificate(tmp_path / "nothing", tmp_path)
    assert "Fingerprint=" in capsys.readouterr().err
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "0-virtpod.crt", tmp_path / "0-virtpod.key")
    assert mode_of(tmp_path / "0-virtpod.key") == 0o600


def test_nobody_but_root_may_look_into_the_places(tmp_path: Path) -> None:
    users = tmp_path / "users"
    users.mkdir()
    places = Places(tmp_path / "locks", tmp_path / "sessions", users / "passwd", sessions=2)
    for _ in range(2):  # a container may start anew
        prepare_places(places)
        assert mode_of(places.locks) == 0o700
        assert mode_of(places.homes) == 0o1733
        assert mode_of(tmp_path) == 0o711
    groups = [line.split(":")[2] for line in (users / "group").read_text().splitlines()]
    assert groups == [str(FIRST_UID), str(FIRST_UID + 1)]


@pytest.fixture
def door() -> Iterator[Path]:
    """Yield the path of a door, below a folder that others may enter."""
    with tempfile.TemporaryDirectory(prefix="virtpod-door-") as folder:
        yield Path(folder) / "login"


def knock(door: Path, listener: socket.socket, uid: int) -> bytes:
    """Return what a process of this uid hears at the door."""
    argv = [sys.executable, "-c", KNOCK, str(door), str(uid)]
    with subprocess.Popen(argv, stdout=subprocess.PIPE) as visitor:
        started = answer_knock(listener, WEB_UID, LOGIN)
        if started is not None:
            assert started.wait(60) == 0
        heard, _ = visitor.communicate(timeout=60)
    return heard


def test_the_web_server_alone_gets_a_login(door: Path) -> None:
    with open_door(door) as listener:
        assert knock(door, listener, WEB_UID) == b"b'hello'\n"
        for stranger in (FIRST_UID, 0):
            assert knock(door, listener, stranger) == b"b''\n"


def test_nobody_can_put_another_door_in_its_place(door: Path) -> None:
    door.parent.chmod(0o777)  # as a pod's shared folder is
    door.touch()  # of an earlier start
    with open_door(door):
        assert mode_of(door.parent) == 0o755
        assert door.parent.stat().st_uid == os.getuid()


def test_a_login_that_cannot_be_started_is_no_end(
    door: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    with open_door(door) as listener, socket.socket(socket.AF_UNIX) as visitor:
        visitor.connect(str(door))
        assert answer_knock(listener, os.getuid(), ["/nonexistent"]) is None
        assert visitor.recv(1) == b""
    assert "no login can be started" in capfd.readouterr().err
