"""The login command as cockpit-ws runs it: as root, on two pipes, up to a bridge and its end."""

import json
import os
import pwd
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO

import pytest

from cockpit_login.account import FIRST_UID
from cockpit_login.kubeconfig import Server
from tests.integration.cockpit_login.api import open_api

ROOT = Path(__file__).parents[3]
# In place of the bridge: tells what it sees, then waits for its end.
BRIDGE = """\
import json, os, pathlib, sys
home = pathlib.Path(os.environ["HOME"])
def read(path):
    try:
        return path.read_text()
    except OSError as error:
        return type(error).__name__
def list_readable(name):  # whose processes' files of this name can be opened
    found = set()
    for process in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            with open(process / name, "rb"):
                found.add(process.stat().st_uid)
        except OSError:
            pass
    return sorted(found)
print(json.dumps({
    "ids": [os.getresuid(), os.getresgid(), os.getgroups()],
    "kubeconfig": json.loads((home / "kubeconfig").read_text()),
    "modes": [oct(home.stat().st_mode), oct((home / "kubeconfig").stat().st_mode)],
    "neighbours": [read(home.parent / str(uid) / "kubeconfig") for uid in (20001, 20002)],
    "locks": read(home.parent.parent / "locks" / "20001"),
    "readable": [list_readable(name) for name in ("mem", "environ", "auxv")],
    "capabilities": [line for line in open("/proc/self/status") if line.startswith("CapEff")],
}), flush=True)
sys.stdin.read()
"""
PROGRAM = """\
import sys, pathlib
sys.path.insert(0, {root!r})
from cockpit_login import login
from cockpit_login.account import Places
from cockpit_login.kubeconfig import Server
login.BRIDGE = ({python!r}, "-I", {bridge!r})
run = pathlib.Path({run!r})
places = Places(run / "locks", run / "sessions", run / "passwd", sessions=2)
sys.exit(login.log_in(Server({server.host!r}, {server.port}, {server.authority!r}), places))
"""


@dataclass(frozen=True, slots=True)
class Login:
    """A login that has been asked for its credentials."""

    process: subprocess.Popen[bytes]
    to: IO[bytes]
    said: IO[bytes]

    def answer(self, header: str) -> None:
        cookie = json.loads(self.read_frame())["cookie"]
        message = {"command": "authorize", "cookie": cookie, "response": header}
        body = b"\n" + json.dumps(message).encode()
        self.to.write(b"%d\n%b" % (len(body), body))
        self.to.flush()

    def read_frame(self) -> bytes:
        length = int(self.said.readline())
        return self.said.read(length)

    def end(self) -> int:
        """Close the pipe as cockpit-ws does; return how the command ended."""
        self.to.close()
        return self.process.wait(60)


@dataclass(frozen=True, slots=True)
class World:
    """Where logins go: an API server, and the folders of sessions."""

    server: Server
    run: Path
    bridge: Path

    @contextmanager
    def open(self) -> Iterator[Login]:
        program = PROGRAM.format(
            root=str(ROOT),
            python="/usr/bin/python3",
            bridge=str(self.bridge),
            run=str(self.run),
            server=self.server,
        )
        with subprocess.Popen(
            [sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            try:
                yield Login(process, process.stdin, process.stdout)
            finally:
                process.stdin.close()
                process.wait(60)


@pytest.fixture
def world() -> Iterator[World]:
    """Yield the folders as `--serve` makes them, below one that others may enter."""
    with tempfile.TemporaryDirectory(prefix="virtpod-login-") as folder:
        yield from build_world(Path(folder))


def build_world(folder: Path) -> Iterator[World]:
    folder.chmod(0o711)
    run = folder / "run"
    for name, mode in (("", 0o711), ("locks", 0o700), ("sessions", 0o1733)):
        (run / name).mkdir()
        (run / name).chmod(mode)
    bridge = folder / "bridge.py"
    bridge.write_text(BRIDGE)
    with open_api(folder) as server:
        yield World(server, run, bridge)


def test_a_session_is_a_user_of_its_own_that_sees_nothing_of_another(world: World) -> None:
    with world.open() as first, world.open() as second:
        first.answer("Bearer jane")
        one = json.loads(first.said.readline())
        second.answer("Basic YW55Ym9keTpqb2U=")
        other = json.loads(second.said.readline())
    assert one["ids"] == [[FIRST_UID] * 3, [FIRST_UID] * 3, []]
    assert other["ids"] == [[FIRST_UID + 1] * 3, [FIRST_UID + 1] * 3, []]
    assert other["neighbours"][0] == "PermissionError"
    assert other["locks"] == "PermissionError"
    assert other["readable"] == [[FIRST_UID + 1]] * 3
    assert other["modes"] == ["0o40700", "0o100600"]
    assert other["capabilities"] == ["CapEff:\t0000000000000000\n"]
    assert one["kubeconfig"]["users"] == [{"name": "jane", "user": {"token": "jane"}}]
    assert other["kubeconfig"]["users"] == [{"name": "joe", "user": {"token": "joe"}}]


def test_the_end_leaves_nothing_and_the_uid_is_free_again(world: World) -> None:
    for token in ("jane", "joe", "jane"):
        with world.open() as login:
            login.answer(f"Bearer {token}")
            seen = json.loads(login.said.readline())
            assert seen["ids"][0][0] == FIRST_UID
            assert (world.run / "sessions" / str(FIRST_UID)).exists()
            assert login.end() == 0
        assert not list((world.run / "sessions").iterdir())


def test_sessions_are_bounded(world: World) -> None:
    with world.open() as one, world.open() as two, world.open() as three:
        for login in (one, two):
            login.answer("Bearer jane")
            login.said.readline()
        three.answer("Bearer jane")
        refused = json.loads(three.read_frame())
    assert refused["problem"] == "access-denied"
    assert "too many sessions" in refused["message"]


@pytest.mark.parametrize(
    ("header", "problem"),
    [
        ("Bearer wrong", "authentication-failed"),
        ("Bearer " + "a" * 30_000, "authentication-failed"),
        ("Basic !", "authentication-failed"),
        ("Bearer broken", "internal-error"),
    ],
)
def test_a_refusal_is_said_in_cockpits_words(world: World, header: str, problem: str) -> None:
    with world.open() as login:
        login.answer(header)
        assert json.loads(login.read_frame())["problem"] == problem
        assert login.process.wait(60) == 5
    assert not list((world.run / "sessions").iterdir())


def test_a_web_server_that_goes_away_or_floods_ends_the_login(world: World) -> None:
    for said in (b"", b"999999999999", b"70000\n", b"12\nshort"):
        with world.open() as login:
            login.read_frame()
            login.to.write(said)
            login.to.close()
            assert json.loads(login.read_frame())["problem"] == "protocol-error"
            assert login.process.wait(60) == 5


def test_no_user_of_the_machine_has_these_uids() -> None:
    """These tests end all processes of the first ones."""
    taken = {each.pw_uid for each in pwd.getpwall()}
    assert not taken & {FIRST_UID, FIRST_UID + 1}
    assert os.getuid() == 0, "a login starts as root"
