"""Names and lines of sessions' users."""

from pathlib import Path

import pytest

from cockpit_login.account import Account, shorten_name, write_entry
from cockpit_login.session import build_environment


def build_account(uid: int) -> Account:
    return Account(uid, Path(f"/run/{uid}"), lock=-1)


@pytest.mark.parametrize(
    ("user", "name"),
    [
        ("jane@example.org", "jane@example.org"),
        ("system:serviceaccount:team:viewer", "team_viewer"),
        ("a:b:0:0\nroot:x:0:0", "a_b_0_0_root_x_0_0"),
        ("", "_"),
        ("x" * 300, "x" * 64),
    ],
)
def test_a_users_name_can_be_no_more_than_a_name(user: str, name: str) -> None:
    assert shorten_name(user) == name


def test_the_next_user_of_a_uid_takes_the_line_of_the_last_one() -> None:
    one, other = build_account(20_001), build_account(20_011)
    text = write_entry("", one, "jane")
    text = write_entry(text, other, "joe")
    text = write_entry(text, one, "root\nx:y")
    lines = [line.split(":") for line in text.splitlines()]
    assert [(line[0], line[2], line[5], len(line)) for line in lines] == [
        ("joe", "20011", "/run/20011", 7),
        ("root_x_y", "20001", "/run/20001", 7),
    ]


def test_a_session_knows_nothing_of_the_containers_environment() -> None:
    ours = {"SECRET": "x", "LD_PRELOAD": "y", "PATH": "/evil"}
    environment = build_environment(Path("/run/1"), ours)
    assert environment == {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "HOME": "/run/1",
        "XDG_RUNTIME_DIR": "/run/1",
        "KUBECONFIG": "/run/1/kubeconfig",
    }
