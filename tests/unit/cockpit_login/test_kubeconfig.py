"""What a session's kubectl reads."""

import pytest
import yaml

from cockpit_login.kubeconfig import Server, find_namespace, render_kubeconfig


@pytest.mark.parametrize(
    ("user", "namespace"),
    [
        ("system:serviceaccount:team:viewer", "team"),
        ("system:serviceaccount:team", "default"),
        ("jane@example.org", "default"),
    ],
)
def test_a_service_account_begins_in_its_own_namespace(user: str, namespace: str) -> None:
    assert find_namespace(user) == namespace


def test_it_is_yaml_that_says_where_and_who_whatever_the_name() -> None:
    user = 'a: "b" # {c}\n- d'
    read = yaml.safe_load(render_kubeconfig(Server("fd00::1", 6443, "/ca.crt"), "t.0-k", user))
    assert read["clusters"][0]["cluster"] == {
        "server": "https://[fd00::1]:6443",
        "certificate-authority": "/ca.crt",
    }
    assert read["users"] == [{"name": user, "user": {"token": "t.0-k"}}]
    assert read["current-context"] == read["contexts"][0]["name"]
    assert read["contexts"][0]["context"]["user"] == user


def test_an_address_of_the_older_kind_has_no_brackets() -> None:
    assert Server("10.96.0.1", 443, "/ca.crt").url == "https://10.96.0.1:443"
