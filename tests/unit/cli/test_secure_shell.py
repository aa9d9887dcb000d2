"""The command lines of ssh and scp."""

import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st

from api.problem import Problem
from cli.secure_shell import (
    Place,
    Way,
    build_proxy,
    build_scp,
    build_ssh,
    choose_remote,
    name_host,
    parse_place,
    split_user,
)
from cli.target import VM, Target

TARGET = Target("a", VM, "ns")
PROXY = ("kubectl-virt", "port-forward", "--stdio", "vm/a/ns", "22")
WAY = Way(PROXY, "/home/me/.ssh/known")


def test_ssh_goes_through_our_port_forward() -> None:
    way = Way(PROXY, "/k", user="me", identity="key", options=("-o A=b", "-v"))
    assert build_ssh(way, TARGET, ["ls -l"]) == [
        "-o",
        "ProxyCommand=kubectl-virt port-forward --stdio vm/a/ns 22",
        "-o",
        'UserKnownHostsFile="/k"',
        "-o",
        'User="me"',
        "-i",
        "key",
        "-o",
        "A=b",
        "-v",
        "vm.a.ns",
        "--",
        "ls -l",
    ]
    assert build_ssh(WAY, TARGET, [])[-1] == "vm.a.ns"


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"])))
def test_any_flag_of_kubectl_reaches_the_connection_whole(flag: str) -> None:
    proxy = build_proxy(["virt"], [f"--kubeconfig={flag}"], TARGET, 22)
    option = Way(tuple(proxy), "/k").build_options()[1].removeprefix("ProxyCommand=")
    # as ssh reads percent signs, and then a shell the rest
    assert shlex.split(option.replace("%%", "%")) == proxy
    assert "%" not in option.replace("%%", "")


@pytest.mark.parametrize("user", ['me"', "a\nb"])
def test_what_ssh_cannot_be_told_is_a_problem(user: str) -> None:
    with pytest.raises(Problem, match="ssh cannot be told"):
        Way(PROXY, "/k", user=user).build_options()


@pytest.mark.parametrize(
    ("text", "user", "target"),
    [("a", "", "a"), ("me@vm/a", "me", "vm/a"), ("a@b@vm/a", "a@b", "vm/a")],
)
def test_the_user_stands_before_the_target(text: str, user: str, target: str) -> None:
    assert split_user(text) == (user, target)


def test_an_empty_user_is_a_problem() -> None:
    with pytest.raises(Problem, match="no user"):
        split_user("@a")


def test_an_instance_has_a_host_of_its_own() -> None:
    assert name_host(Target("a", None, "ns")) == "vmi.a.ns"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("file", Place("file")),
        ("./a:b", Place("./a:b")),
        ("/a:b", Place("/a:b")),
        ("a:", Place("", Target("a"))),
        ("me@vm/a/ns:/etc/a:b", Place("/etc/a:b", TARGET, "me")),
    ],
)
def test_a_place_is_here_or_in_a_vm(text: str, place: Place) -> None:
    assert parse_place(text) == place


def test_one_of_two_places_is_in_a_vm() -> None:
    here, there = Place("-rf"), Place("x", TARGET)
    assert choose_remote(here, there) is there
    for both in ((here, here), (there, there)):
        with pytest.raises(Problem, match="just one"):
            choose_remote(*both)


def test_scp_takes_no_name_for_an_option_or_a_host() -> None:
    words = build_scp(WAY, "vm.a.ns", [Place("-rf"), Place("x y", TARGET)], ["-r"])
    assert words[0] == "-r"
    assert words[-3:] == ["--", "./-rf", "vm.a.ns:x y"]
    assert build_scp(WAY, "h", [Place("/a"), Place("b:c")], [])[-2:] == ["/a", "./b:c"]
