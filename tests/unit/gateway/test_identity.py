"""Who the front proxies are, and whom they name."""

import json

import pytest
from multidict import CIMultiDict

from api.problem import Problem
from gateway.identity import FrontProxy, read_front_proxy, read_user
from gateway.user import User

DATA = {
    "requestheader-client-ca-file": "PEM",
    "requestheader-allowed-names": '["front", "second"]',
    "requestheader-username-headers": '["X-Remote-User", "X-User"]',
    "requestheader-group-headers": '["X-Remote-Group"]',
    "requestheader-extra-headers-prefix": '["X-Remote-Extra-"]',
}
PROXY = read_front_proxy(DATA)


def _read(*headers: tuple[str, str], proxy: FrontProxy = PROXY) -> User | None:
    return read_user(CIMultiDict(headers), proxy)


def test_only_allowed_names_may_speak() -> None:
    assert PROXY.may_speak("front")
    assert PROXY.may_speak("second")
    for name in ("", "Front", "front ", "front2"):
        assert not PROXY.may_speak(name)


def test_an_empty_list_allows_every_certificate_that_has_a_name() -> None:
    for names in ("[]", ""):
        proxy = read_front_proxy(DATA | {"requestheader-allowed-names": names})
        assert proxy.may_speak("anybody")
        assert not proxy.may_speak("")


@pytest.mark.parametrize(
    "change",
    [
        {"requestheader-client-ca-file": ""},
        {"requestheader-client-ca-file": " \n"},
        {"requestheader-allowed-names": "front"},
        {"requestheader-allowed-names": '{"a": 1}'},
        {"requestheader-username-headers": "[1]"},
    ],
)
def test_a_config_of_no_use_is_a_problem(change: dict[str, str]) -> None:
    with pytest.raises(Problem):
        read_front_proxy(DATA | change)


def test_a_cluster_without_front_proxies_is_a_problem() -> None:
    with pytest.raises(Problem):
        read_front_proxy({})


def test_the_first_header_that_is_there_counts() -> None:
    assert _read(("X-User", "bob")) == User("bob")
    assert _read(("X-User", "bob"), ("X-Remote-User", "alice")) == User("alice")
    assert _read(("X-Remote-Group", "dev")) is None
    assert _read(("X-Remote-User", "a"), ("x-remote-user", "b")) is None


def test_groups_and_extra_keep_their_order() -> None:
    user = _read(
        ("X-Remote-User", "alice"),
        ("X-Remote-Group", "b"),
        ("X-Remote-Group", "a, c"),
        ("X-Remote-Extra-Acme.com%2fProject", "one"),
        ("x-remote-extra-acme.com%2Fproject", "two"),
        ("X-Remote-Extra-%ff%zz", "odd"),
        ("X-Remote-Extra", "no key"),
        ("X-Remote-Uid", "not configured"),
    )
    assert user == User(
        "alice",
        "",
        ("b", "a, c"),
        {"acme.com/project": ("one", "two"), "\ufffd%zz": ("odd",)},
    )


def test_names_of_headers_are_the_clusters() -> None:
    data = {key: json.dumps(["X-Other"]) for key in DATA} | {"requestheader-client-ca-file": "PEM"}
    proxy = read_front_proxy(data)
    assert _read(("X-Remote-User", "alice"), proxy=proxy) is None
